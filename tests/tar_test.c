// tar_test.c: the tar reader finds the entries of good archives, with the usual extensions, and refuses bad ones without
// ever reading outside them.
#include "datasets/tar_reader.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/support/archive.h"

// Walks through all entries. What it saw: "name:size[!];" each, with ! where it is no ordinary file.
static struct status walk_reader(struct tar_reader *reader, const struct archive *archive, char *seen, size_t seen_size)
{
    struct status status = status_ok();
    struct tar_entry entry;
    bool found = true;
    seen[0] = '\0';
    while (status.code == STATUS_OK && found) {
        status = tar_read_entry(reader, &entry, &found);
        if (status.code == STATUS_OK && found) {
            size_t used = strlen(seen);
            cr_assert(entry.offset <= archive->size && entry.size <= archive->size - entry.offset);
            cr_assert(entry.bytes == (reader->file != NULL ? NULL : archive->bytes + entry.offset));
            snprintf(seen + used, seen_size - used, "%s:%zu%s;", entry.name, entry.size, entry.regular ? "" : "!");
        }
    }
    return status;
}

// The same archive in a file.
static struct status walk_file(const struct archive *archive, char *seen, size_t seen_size)
{
    struct tar_reader reader;
    struct plain_file file = {.descriptor = memfd_create("sample.tar", 0), .size = archive->size};
    cr_assert(file.descriptor >= 0 && write(file.descriptor, archive->bytes, archive->size) == (ssize_t)archive->size);
    cr_assert(eq(int, tar_reader_create_file("sample.tar", &file, &reader).code, STATUS_OK));
    struct status status = walk_reader(&reader, archive, seen, seen_size);
    tar_reader_destroy(&reader);
    plain_file_close(&file);
    return status;
}

// In memory and in a file; both must see the same.
static struct status walk(const struct archive *archive, char *seen, size_t seen_size)
{
    char seen_in_file[4096];
    struct tar_reader reader = tar_reader_create("sample.tar", archive->bytes, archive->size);
    struct status status = walk_reader(&reader, archive, seen, seen_size);
    struct status in_file = walk_file(archive, seen_in_file, sizeof seen_in_file);
    cr_expect(eq(str, seen, seen_in_file));
    cr_expect(eq(int, in_file.code, status.code));
    cr_expect(eq(str, in_file.message, status.message));
    return status;
}

static void expect_walk(struct archive *archive, const char *expected)
{
    char seen[4096];
    struct status status = walk(archive, seen, sizeof seen);
    cr_expect(eq(int, status.code, STATUS_OK), "%s: %s", expected, status.message);
    cr_expect(eq(str, seen, (char *)expected));
    archive_destroy(archive);
}

static void expect_refusal(struct archive *archive, const char *part)
{
    char seen[4096];
    expect_error(walk(archive, seen, sizeof seen), STATUS_BAD_INPUT, part, part);
    archive_destroy(archive);
}

Test(tar, reads_plain_entries)
{
    struct archive archive = {0};
    archive_append_member(&archive, "folder/", '5', "", 0);
    archive_append_member(&archive, "folder/empty", '0', "", 0);
    archive_append_member(&archive, "./folder/a", '0', "abc", 3);
    archive_append_member(&archive, "old-file", '\0', "abcd", 4);
    archive_append_member(&archive, "old-folder/", '\0', "", 0);
    archive_append_member(&archive, "link", '2', "", 0);
    archive_append_member(&archive, "contiguous", '7', "x", 1);
    archive_append_end(&archive);
    expect_walk(&archive, "folder/:0!;folder/empty:0;folder/a:3;old-file:4;old-folder/:0!;link:0!;contiguous:1;");
}

Test(tar, content_points_at_the_right_bytes)
{
    struct archive archive = {0};
    struct tar_entry entry;
    bool found = false;
    archive_append_member(&archive, "a", '0', "first", 5);
    archive_append_member(&archive, "b", '0', "second", 6);
    archive_append_end(&archive);
    struct tar_reader reader = tar_reader_create("sample.tar", archive.bytes, archive.size);
    cr_assert(eq(int, tar_read_entry(&reader, &entry, &found).code, STATUS_OK));
    cr_expect(eq(int, memcmp(entry.bytes, "first", 5), 0));
    cr_assert(eq(int, tar_read_entry(&reader, &entry, &found).code, STATUS_OK));
    cr_expect(eq(int, memcmp(entry.bytes, "second", 6), 0));
    cr_expect(eq(sz, entry.offset, 3 * TAR_BLOCK));
    archive_destroy(&archive);
}

Test(tar, respects_prefix_pax_and_gnu_names)
{
    struct archive archive = {0};
    char long_name[181];
    memset(long_name, 'n', 180);
    long_name[180] = '\0';
    archive_append_header(&archive, "name", '0', 0);
    memcpy(archive.bytes + 345, "prefix", 6);
    archive_seal_header(archive.bytes);
    archive_append_pax(&archive, 'g', "comment", "for all");
    archive_append_pax(&archive, 'x', "path", "pax/name");
    archive_append_member(&archive, "short", '0', "abc", 3);
    archive_append_member(&archive, "././@LongLink", 'L', long_name, 181);
    archive_append_member(&archive, "nnn", '0', "ab", 2);
    archive_append_member(&archive, "././@LongLink", 'K', long_name, 181);
    archive_append_member(&archive, "plain-again", '0', "a", 1);
    archive_append_end(&archive);
    char expected[300];
    snprintf(expected, sizeof expected, "prefix/name:0;pax/name:3;%s:2;plain-again:1;", long_name);
    expect_walk(&archive, expected);
}

Test(tar, gnu_header_has_no_prefix)
{
    struct archive archive = {0};
    archive_append_header(&archive, "name", '0', 0);
    memcpy(archive.bytes + 257, "ustar  ", 8);
    memcpy(archive.bytes + 345, "12345670123", 11); // a time of access stands there
    archive_seal_header(archive.bytes);
    archive_append_end(&archive);
    expect_walk(&archive, "name:0;");
}

Test(tar, respects_pax_and_base_256_sizes)
{
    struct archive archive = {0};
    archive_append_pax(&archive, 'x', "size", "3");
    archive_append_header(&archive, "pax", '0', 0); // its own size field is overruled
    uint8_t block[TAR_BLOCK] = "abc";
    archive_append(&archive, block, sizeof block);
    size_t header = archive.size;
    archive_append_member(&archive, "base-256", '0', "abcde", 5);
    memcpy(archive.bytes + header + 124, "\x80\0\0\0\0\0\0\0\0\0\0\x05", 12);
    archive_seal_header(archive.bytes + header);
    archive_append_end(&archive);
    expect_walk(&archive, "pax:3;base-256:5;");
}

Test(tar, accepts_a_checksum_of_signed_bytes)
{
    struct archive archive = {0};
    archive_append_header(&archive, "caf\xc3\xa9", '0', 0);
    unsigned sum = 0;
    for (int i = 0; i < TAR_BLOCK; i++) sum += i >= 148 && i < 156 ? ' ' : (unsigned)(int8_t)archive.bytes[i];
    snprintf((char *)archive.bytes + 148, 8, "%06o", sum);
    archive_append_end(&archive);
    expect_walk(&archive, "caf\xc3\xa9:0;");
}

Test(tar, bytes_behind_the_end_marker_do_not_matter)
{
    struct archive archive = {0};
    archive_append_member(&archive, "a", '0', "abc", 3);
    archive_append_end(&archive);
    archive_append(&archive, "whatever", 8);
    expect_walk(&archive, "a:3;");
}

Test(tar, every_cut_is_an_error)
{
    struct archive archive = {0};
    char seen[4096];
    archive_append_member(&archive, "folder/", '5', "", 0);
    archive_append_pax(&archive, 'x', "path", "folder/long");
    archive_append_member(&archive, "a", '0', "abc", 3);
    archive_append_member(&archive, "b", '0', "abcd", 4);
    archive_append_end(&archive);
    for (size_t size = 0; size < archive.size; size++) {
        struct archive cut = {0};
        char place[40];
        archive_append(&cut, archive.bytes, size);
        snprintf(place, sizeof place, "cut after byte %zu", size);
        expect_error(walk(&cut, seen, sizeof seen), STATUS_BAD_INPUT, "cut off", place);
        archive_destroy(&cut);
    }
    archive_destroy(&archive);
}

Test(tar, every_flipped_bit_of_a_header_is_an_error)
{
    struct archive archive = {0};
    char seen[4096];
    archive_append_member(&archive, "a", '0', "abc", 3);
    archive_append_end(&archive);
    for (size_t bit = 0; bit < 8 * TAR_BLOCK; bit++) {
        if (bit == 8 * 148 + 4 || bit / 8 == 148 + 6 || bit / 8 == 148 + 7)
            continue; // the checksum's first zero would become a blank, and its end may be blank or zero
        archive.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        struct status status = walk(&archive, seen, sizeof seen);
        cr_expect(eq(int, status.code, STATUS_BAD_INPUT), "bit %zu of byte %zu: %s", bit % 8, bit / 8, status.message);
        archive.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    archive_destroy(&archive);
}

Test(tar, hostile_sizes_are_refused)
{
    static const struct {
        char field[13]; // twelve bytes and what the compiler adds
        const char *part;
    } cases[] = {
        {"777777777777", "cut off"},                               // the largest octal number, 2^36 - 1
        {"00000001000\0", "cut off"},                              // 512 bytes, of which 3 are there
        {"\x80\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff", "cut off"}, // 2^64 - 1: rounding up to blocks would give 0
        {"\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff", "cut off"},
        {"\x80\x01\0\0\0\0\0\0\0\0\0\0", "not a usable number"},                     // 2^80
        {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "not a usable number"}, // -1
        {"00000000-03\0", "not a usable number"},
        {"0x000000003\0", "not a usable number"},
        {"00000000008\0", "not a usable number"},
        {"            ", "not a usable number"},
        {"\0\0\0\0\0\0\0\0\0\0\0\0", "not a usable number"},
        {"3 3        \0", "not a usable number"},
    };
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        struct archive archive = {0};
        archive_append_member(&archive, "a", '0', "abc", 3);
        memcpy(archive.bytes + 124, cases[c].field, 12);
        archive_seal_header(archive.bytes);
        if (c != 1)
            archive_append_end(&archive);
        else
            archive.size -= 1;
        expect_refusal(&archive, cases[c].part);
    }
}

Test(tar, damaged_pax_records_are_refused)
{
    static const char *const records[] = {"",
                                          "x",
                                          "12",
                                          "99 path=a\n",
                                          "9 path=ab",
                                          "0 path=ab\n",
                                          "3 \n",
                                          "10 pathab\n",
                                          "-9 path=a\n",
                                          "18446744073709551616 path=a\n",
                                          " 9 path=a\n",
                                          "9999999999999999999999"};
    for (size_t r = 1; r < sizeof records / sizeof records[0]; r++) {
        struct archive archive = {0};
        archive_append_member(&archive, "x", 'x', records[r], strlen(records[r]));
        archive_append_member(&archive, "a", '0', "abc", 3);
        archive_append_end(&archive);
        expect_refusal(&archive, "expected a pax record");
    }
    struct archive empty = {0};
    archive_append_member(&empty, "x", 'x', records[0], 0);
    archive_append_member(&empty, "a", '0', "abc", 3);
    archive_append_end(&empty);
    expect_walk(&empty, "a:3;");
}

Test(tar, unwelcome_pax_records_are_refused)
{
    static const struct {
        char type;
        const char *key, *value, *part;
    } cases[] = {
        {'x', "size", "-1", "pax size record"},
        {'x', "size", "", "pax size record"},
        {'x', "size", "99999999999999999999", "pax size record"},
        {'x', "size", "18446744073709551615", "pax size record"},
        {'x', "size", "18446744073709551600", "cut off"},
        {'x', "size", "9000000000000000000", "cut off"},
        {'x', "GNU.sparse.major", "1", "sparse"},
        {'g', "path", "everywhere", "one path or size to all"},
        {'g', "size", "3", "one path or size to all"},
    };
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        struct archive archive = {0};
        archive_append_pax(&archive, cases[c].type, cases[c].key, cases[c].value);
        archive_append_member(&archive, "a", '0', "abc", 3);
        archive_append_end(&archive);
        expect_refusal(&archive, cases[c].part);
    }
}

Test(tar, names_that_cannot_be_are_refused)
{
    char too_long[TAR_NAME_LIMIT + 1];
    struct archive archive = {0};
    memset(too_long, 'n', TAR_NAME_LIMIT);
    too_long[TAR_NAME_LIMIT] = '\0';
    archive_append_pax(&archive, 'x', "path", too_long);
    archive_append_member(&archive, "a", '0', "abc", 3);
    archive_append_end(&archive);
    expect_refusal(&archive, "expected a name of at most 1023 bytes");

    archive_append_member(&archive, "x", 'x', "12 path=a\0b\n", 12);
    archive_append_member(&archive, "a", '0', "abc", 3);
    archive_append_end(&archive);
    expect_refusal(&archive, "without a zero byte");

    archive_append_pax(&archive, 'x', "path", "nobody");
    archive_append_end(&archive);
    expect_refusal(&archive, "found the end marker");

    archive_append_member(&archive, "sparse", 'S', "abc", 3);
    archive_append_end(&archive);
    expect_refusal(&archive, "sparse");
}

Test(tar, what_is_no_tar_is_refused)
{
    struct archive archive = {0};
    char page[2000];
    memset(page, ' ', sizeof page);
    memcpy(page, "<html><body>404 Not Found</body></html>", 39);
    archive_append(&archive, page, sizeof page);
    expect_refusal(&archive, "expected a tar header");

    uint8_t zeros[TAR_BLOCK] = {0};
    archive_append(&archive, zeros, sizeof zeros);
    archive_append_member(&archive, "a", '0', "abc", 3);
    archive_append_end(&archive);
    expect_refusal(&archive, "second block of the end marker");
}

// In a file, the headers of one entry are read into a window of fixed size; those of all entries together may be longer.
Test(tar, headers_in_a_file_have_a_limit_for_each_entry)
{
    char comment[TAR_WINDOW_BYTES / 2], seen[64];
    struct archive archive = {0};
    memset(comment, 'c', sizeof comment);
    comment[sizeof comment - 1] = '\0';
    for (int i = 0; i < 3; i++) {
        archive_append_member(&archive, "././@LongLink", 'K', comment, sizeof comment);
        archive_append_member(&archive, "a", '0', "abc", 3);
    }
    archive_append_end(&archive);
    expect_walk(&archive, "a:3;a:3;a:3;");
    for (int i = 0; i < 2; i++) archive_append_member(&archive, "././@LongLink", 'K', comment, sizeof comment);
    archive_append_member(&archive, "a", '0', "abc", 3);
    archive_append_end(&archive);
    expect_error(walk_file(&archive, seen, sizeof seen), STATUS_BAD_INPUT, "at most 32768 bytes of headers", "window");
    archive_destroy(&archive);
}

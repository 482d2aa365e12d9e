// npy_reader_test.c: NumPy arrays in files and in tar archives: what is read, how little of the rest, and the sentences
// for everything damaged. Each test works in a new folder.
#include "datasets/npy_reader.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/npy.h"
#include "tests/support/archive.h"
#include "tests/support/temporary_folder.h"

static char place[TEMPORARY_PATH_SIZE];

static void enter(void)
{
    temporary_folder_enter(place);
}

static void leave(void)
{
    temporary_folder_leave(place);
}

TestSuite(npy_reader, .init = enter, .fini = leave);

#define GOOD "{'descr': '|u1', 'fortran_order': False, 'shape': (6, 2), }\n"

// A .npy of that version and text, then data bytes 0, 1, 2, ...
static struct archive make_array(int version, const char *text, size_t data_bytes)
{
    struct archive array = {0};
    size_t length = strlen(text);
    const uint8_t start[] = {
        0x93, 'N', 'U', 'M', 'P', 'Y', (uint8_t)version, 0, (uint8_t)length, (uint8_t)(length >> 8), 0, 0};
    archive_append(&array, start, version == 1 ? 10 : 12);
    archive_append(&array, text, length);
    for (size_t i = 0; i < data_bytes; i++) archive_append(&array, &(uint8_t){(uint8_t)i}, 1);
    return array;
}

static struct status open_array(const struct archive *array, struct npy_reader *reader)
{
    archive_write(array, ".", "array.npy");
    return npy_reader_open_file("array.npy", reader);
}

Test(npy_reader, takes_both_versions_and_any_order_of_keys)
{
    static const struct {
        int version;
        const char *text;
        enum npy_element element;
        int dimensions;
        uint64_t first;
        size_t bytes;
    } cases[] = {
        {1, GOOD, NPY_ELEMENT_UINT8, 2, 6, 12},
        {2, GOOD, NPY_ELEMENT_UINT8, 2, 6, 12},
        {1, "{\"shape\":(3,),\"fortran_order\":False,\"descr\":\"<i4\"}  \n", NPY_ELEMENT_INT32, 1, 3, 12},
        {1, " { 'shape' : ( 3L , ) , 'descr' : '<i8' , 'fortran_order' : False } ", NPY_ELEMENT_INT64, 1, 3, 24},
        {1, "{'descr': '|u1', 'fortran_order': False, 'shape': (), }\n", NPY_ELEMENT_UINT8, 0, 0, 1},
        {1, "{'descr': '|u1', 'fortran_order': False, 'shape': (0, 32, 32, 3), }\n", NPY_ELEMENT_UINT8, 4, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct npy_reader reader;
        struct archive array = make_array(cases[i].version, cases[i].text, cases[i].bytes);
        struct status status = open_array(&array, &reader);
        cr_assert(status.code == STATUS_OK, "case %zu: %s", i, status.message);
        cr_expect(eq(int, (int)reader.layout.element, (int)cases[i].element), "case %zu", i);
        cr_expect(eq(int, reader.layout.dimensions, cases[i].dimensions), "case %zu", i);
        cr_expect(eq(u64, reader.layout.shape[0], cases[i].first), "case %zu", i);
        cr_expect(eq(u64, reader.layout.data_bytes, cases[i].bytes), "case %zu", i);
        npy_reader_close(&reader);
        archive_destroy(&array);
    }
}

Test(npy_reader, refuses_what_it_cannot_take_and_says_where)
{
    static const struct {
        int version;
        const char *text;
        size_t bytes;
        const char *part;
    } cases[] = {
        {3, GOOD, 12, "byte 6: expected .npy version 1.0 or 2.0, found 3.0"},
        {1, GOOD, 11, "byte 70: expected 12 bytes of data, as its shape says, found 11"},
        {1, GOOD, 13, "expected 12 bytes of data, as its shape says, found 13"},
        {1, "{'descr': '>i8', 'fortran_order': False, 'shape': (6,), }\n", 48,
         "byte 20: expected little-endian values"},
        {1, "{'descr': '>u1', 'fortran_order': False, 'shape': (6,), }\n", 6, "little-endian"},
        {1, "{'descr': '<f4', 'fortran_order': False, 'shape': (6,), }\n", 24, "a known type of values: '|u1' (uint8)"},
        {1, "{'descr': [('a', '<i4')], 'fortran_order': False, 'shape': (6,)}\n", 24, "expected a text in quotes"},
        {1, "{'descr': '|u1', 'fortran_order': True, 'shape': (6,), }\n", 6,
         "byte 44: expected 'fortran_order': False (C order), found True"},
        {1, "{'descr': '|u1', 'fortran_order': Falsehood, 'shape': (6,), }\n", 6, "expected \",\" or \"}\""},
        {1, "{'descr': '|u1', 'fortran_order': False}\n", 6, "each once"},
        {1, "{'descr': '|u1', 'descr': '|u1', 'fortran_order': False, 'shape': (6,)}\n", 6, "each once"},
        {1, "{'descr': '|u1', 'fortran_order': False, 'shape': (6,), 'more': 1}\n", 6, "each once"},
        {1, "{'descr': '|u1', 'fortran_order': False, 'shape': (6,)} 7\n", 6, "nothing behind the dictionary"},
        {1, "{'descr': '|u1', 'fortran_order': False, 'shape': (6)}\n", 6, "expected \",\""},
        {1, "{'descr': '|u1', 'fortran_order': False, 'shape': (-6,)}\n", 6, "expected a whole number, found -6"},
        {1, "{'descr': '|u1', 'fortran_order': False, 'shape': (3 2)}\n", 6, "expected \",\""},
        {1, "{'descr': '|u1', 'fortran_order': False, 'shape': (,)}\n", 6, "expected a whole number"},
        {1, "{'descr': '|u1', 'fortran_order': False, 'shape': (1,1,1,1,6)}\n", 6, "at most 4 dimensions"},
        {1, "{'descr': '|u1', 'fortran_order': False, 'shape': (99999999999999999999,)}\n", 6, "a smaller number"},
        {1, "{'descr': '<i8', 'fortran_order': False, 'shape': (4611686018427387904, 4)}\n", 6, "at most 2^62 bytes"},
        {1, "{'descr': '|u1', 'fortran_order': False, 'shape': (6,", 6, "found the header's end"},
        {1, "{'descr': '|u1", 6, "expected a short text in quotes"},
        {1, "{'descr': '|\\x75\\x31', 'fortran_order': False, 'shape': (6,)}\n", 6, "expected a short text in quotes"},
        {1, "", 6, "found the header's end"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct npy_reader reader;
        struct archive array = make_array(cases[i].version, cases[i].text, cases[i].bytes);
        struct status status = open_array(&array, &reader);
        expect_error(status, STATUS_BAD_INPUT, cases[i].part, cases[i].text);
        expect_error(status, STATUS_BAD_INPUT, "array.npy", cases[i].text);
        cr_expect(eq(int, reader.file.descriptor, -1), "%s: left open", cases[i].text);
        archive_destroy(&array);
    }
}

Test(npy_reader, every_cut_and_every_flipped_bit_of_a_header_ends_well)
{
    struct npy_reader reader;
    struct archive array = make_array(2, GOOD, 12);
    for (size_t size = 0; size < array.size; size++) {
        struct archive cut = {.bytes = array.bytes, .size = size};
        struct status status = open_array(&cut, &reader);
        cr_expect(eq(int, status.code, STATUS_BAD_INPUT), "cut after byte %zu: %s", size, status.message);
    }
    for (size_t bit = 0; bit < 8 * (array.size - 12); bit++) {
        array.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        struct status status = open_array(&array, &reader);
        // Some flips leave a good header: a blank becomes a line end, a digit of the shape another with as many bytes.
        if (status.code == STATUS_OK)
            cr_expect(eq(u64, reader.layout.data_offset + reader.layout.data_bytes, array.size), "bit %zu", bit);
        else
            cr_expect(eq(int, status.code, STATUS_BAD_INPUT), "bit %zu: %s", bit, status.message);
        npy_reader_close(&reader);
        array.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    archive_destroy(&array);
}

Test(npy_reader, absent_files_and_no_files)
{
    struct npy_reader reader;
    expect_error(npy_reader_open_file("absent.npy", &reader), STATUS_MISSING, "absent.npy", "absent");
    expect_error(npy_reader_open_file(".", &reader), STATUS_BAD_INPUT, "expected a plain file", "a folder");
    cr_assert(eq(int, mkfifo("pipe.npy", 0600), 0));
    expect_error(npy_reader_open_file("pipe.npy", &reader), STATUS_BAD_INPUT, "expected a plain file", "a pipe");
    temporary_file_write(".", "text.npy", "<html>404 Not Found</html>");
    expect_error(npy_reader_open_file("text.npy", &reader), STATUS_BAD_INPUT, "byte 0: expected a .npy file", "a page");
    expect_error(npy_reader_open_member("absent.tar", "a.npy", &reader), STATUS_MISSING, "absent.tar", "no archive");
}

Test(npy_reader, reads_rows_and_refuses_others)
{
    static const uint64_t shape[] = {6, 2}, other[] = {6, 2, 1};
    uint8_t rows[12] = {0};
    struct npy_reader reader;
    struct archive array = make_array(1, GOOD, 12);
    cr_assert(eq(int, open_array(&array, &reader).code, STATUS_OK));
    for (uint64_t first = 0; first <= 6; first++)
        for (uint64_t count = 0; first + count <= 6; count++) {
            memset(rows, 0xee, sizeof rows);
            struct status status = npy_reader_read_bytes(&reader, first, count, rows);
            cr_assert(status.code == STATUS_OK, "%s", status.message);
            for (uint64_t i = 0; i < 12; i++)
                cr_expect(eq(u8, rows[i], i < 2 * count ? (uint8_t)(2 * first + i) : 0xee));
        }
    expect_error(npy_reader_read_bytes(&reader, 6, 1, rows), STATUS_USAGE, "expected rows below 6", "row 6");
    expect_error(npy_reader_read_bytes(&reader, 0, 7, rows), STATUS_USAGE, "expected rows below 6", "7 rows");
    expect_error(npy_reader_read_bytes(&reader, 1, UINT64_MAX, rows), STATUS_USAGE, "rows below 6", "2^64 - 1 rows");
    cr_expect(eq(int, npy_reader_expect_shape(&reader, 2, shape).code, STATUS_OK));
    expect_error(npy_reader_expect_shape(&reader, 3, other), STATUS_BAD_INPUT, "expected shape (6, 2, 1), found (6, 2)",
                 "three dimensions");
    expect_error(npy_reader_expect_shape(&reader, 1, shape), STATUS_BAD_INPUT, "expected shape (6,), found (6, 2)",
                 "one dimension");
    npy_reader_close(&reader);
    archive_destroy(&array);
}

Test(npy_reader, reads_integers_of_every_type)
{
    static const uint8_t wide[] = {7,   0,   0,   0,   0, 0, 0, 0, 255, 255, 255, 255,
                                   255, 255, 255, 255, 0, 0, 0, 0, 1,   0,   0,   0};
    int32_t values[3] = {0};
    struct npy_reader reader;
    struct archive array = make_array(1, "{'descr': '|u1', 'fortran_order': False, 'shape': (3,)}\n", 3);
    cr_assert(eq(int, open_array(&array, &reader).code, STATUS_OK));
    cr_expect(eq(int, npy_reader_read_integers(&reader, 1, 2, 0, 9, values).code, STATUS_OK));
    cr_expect(values[0] == 1 && values[1] == 2);
    expect_error(npy_reader_read_integers(&reader, 0, 3, 0, 1, values), STATUS_BAD_INPUT,
                 "value 2: expected 0 to 1, found 2", "uint8");
    expect_error(npy_reader_read_integers(&reader, 3, 1, 0, 9, values), STATUS_USAGE, "rows below 3", "row 3");
    npy_reader_close(&reader);
    archive_destroy(&array);

    array = make_array(1, "{'descr': '<i4', 'fortran_order': False, 'shape': (2,)}\n", 0);
    archive_append(&array, wide + 4, 8);
    cr_assert(eq(int, open_array(&array, &reader).code, STATUS_OK));
    cr_expect(eq(int, npy_reader_read_integers(&reader, 0, 2, -1, 0, values).code, STATUS_OK));
    cr_expect(values[0] == 0 && values[1] == -1);
    expect_error(npy_reader_read_bytes(&reader, 0, 2, (uint8_t *)values), STATUS_BAD_INPUT, "type uint8, found int32",
                 "int32 as bytes");
    npy_reader_close(&reader);
    archive_destroy(&array);

    array = make_array(1, "{'descr': '<i8', 'fortran_order': False, 'shape': (3,)}\n", 0);
    archive_append(&array, wide, sizeof wide);
    cr_assert(eq(int, open_array(&array, &reader).code, STATUS_OK));
    cr_expect(eq(int, npy_reader_read_integers(&reader, 0, 2, -1, 9, values).code, STATUS_OK));
    cr_expect(values[0] == 7 && values[1] == -1);
    expect_error(npy_reader_read_integers(&reader, 0, 3, INT32_MIN, INT32_MAX, values), STATUS_BAD_INPUT,
                 "value 2: expected -2147483648 to 2147483647, found 4294967296", "int64");
    npy_reader_close(&reader);
    archive_destroy(&array);

    array = make_array(1, GOOD, 12);
    cr_assert(eq(int, open_array(&array, &reader).code, STATUS_OK));
    expect_error(npy_reader_read_integers(&reader, 0, 1, 0, 9, values), STATUS_BAD_INPUT, "expected shape (6,)",
                 "two dimensions");
    npy_reader_close(&reader);
    archive_destroy(&array);
}

// More labels than are read at once.
Test(npy_reader, reads_many_integers)
{
    enum { COUNT = 20001 };
    static int32_t values[COUNT];
    struct npy_reader reader;
    struct archive array = make_array(1, "{'descr': '<i8', 'fortran_order': False, 'shape': (20001,)}\n", 0);
    for (uint64_t i = 0; i < COUNT; i++) {
        const uint8_t bytes[8] = {(uint8_t)i, (uint8_t)(i >> 8)};
        archive_append(&array, bytes, sizeof bytes);
    }
    cr_assert(eq(int, open_array(&array, &reader).code, STATUS_OK));
    struct status status = npy_reader_read_integers(&reader, 0, COUNT, 0, COUNT, values);
    cr_assert(status.code == STATUS_OK, "%s", status.message);
    for (int i = 0; i < COUNT; i++) cr_assert(eq(i32, values[i], i));
    expect_error(npy_reader_read_integers(&reader, 0, COUNT, 0, 19999, values), STATUS_BAD_INPUT, "value 20000",
                 "last");
    npy_reader_close(&reader);
    archive_destroy(&array);
}

// ---- members of archives ---------------------------------------------------------------------------------------

static void write_tar(const char *name, const char *member, const struct archive *array, size_t cut)
{
    struct archive tar = {0};
    archive_append_member(&tar, "sets/", '5', "", 0);
    archive_append_member(&tar, "sets/notes.npy", '0', "none", 4);
    archive_append_pax(&tar, 'x', "mtime", "1.5");
    archive_append_member(&tar, member, '0', array->bytes, array->size);
    archive_append_end(&tar);
    tar.size -= cut;
    archive_write(&tar, ".", name);
    archive_destroy(&tar);
}

Test(npy_reader, reads_a_member_as_a_file)
{
    uint8_t rows[4];
    struct npy_reader reader;
    struct archive array = make_array(1, GOOD, 12);
    write_tar("a.tar", "./sets/a.npy", &array, 0);
    struct status status = npy_reader_open_member("a.tar", "sets/a.npy", &reader);
    cr_assert(status.code == STATUS_OK, "%s", status.message);
    cr_expect(eq(int, npy_reader_read_bytes(&reader, 4, 2, rows).code, STATUS_OK));
    cr_expect(rows[0] == 8 && rows[3] == 11);
    npy_reader_close(&reader);
    expect_error(npy_reader_open_member("a.tar", "sets/b.npy", &reader), STATUS_MISSING,
                 "a.tar: expected a member sets/b.npy, found none", "another name");
    expect_error(npy_reader_open_member("a.tar", "sets/", &reader), STATUS_MISSING, "expected a member", "the folder");
    expect_error(npy_reader_open_member("a.tar", "sets/notes.npy", &reader), STATUS_BAD_INPUT,
                 "a.tar: sets/notes.npy: expected a .npy file, found 4 bytes", "no array");
    archive_destroy(&array);
}

Test(npy_reader, damaged_archives_are_refused)
{
    struct npy_reader reader;
    struct archive array = make_array(1, GOOD, 12), short_array = make_array(1, GOOD, 9);
    write_tar("cut.tar", "sets/a.npy", &array, 1024 + 500);
    expect_error(npy_reader_open_member("cut.tar", "sets/a.npy", &reader), STATUS_BAD_INPUT, "cut off", "cut archive");
    write_tar("cut.tar", "sets/a.npy", &array, 1024);
    cr_expect(eq(int, npy_reader_open_member("cut.tar", "sets/a.npy", &reader).code, STATUS_OK), "cut behind it");
    npy_reader_close(&reader);
    expect_error(npy_reader_open_member("cut.tar", "sets/b.npy", &reader), STATUS_BAD_INPUT, "cut off", "no end");
    write_tar("short.tar", "sets/a.npy", &short_array, 0);
    expect_error(npy_reader_open_member("short.tar", "sets/a.npy", &reader), STATUS_BAD_INPUT,
                 "expected 12 bytes of data", "the next bytes of the archive are not its own");
    struct archive tar_gz = archive_compress(array.bytes, array.size);
    archive_write(&tar_gz, ".", "a.tar");
    expect_error(npy_reader_open_member("a.tar", "sets/a.npy", &reader), STATUS_BAD_INPUT, "compressed by gzip",
                 "gzip");
    archive_destroy(&tar_gz);
    archive_destroy(&array);
    archive_destroy(&short_array);
}

// What this process has read so far; false where the kernel does not count.
static bool count_read(unsigned long long *bytes)
{
    FILE *file = fopen("/proc/self/io", "r");
    bool good = file != NULL && fscanf(file, "rchar: %llu", bytes) == 1;
    if (file != NULL) fclose(file);
    return good;
}

// An archive of the size of the published ones: 20 members of 154 MB, holes all of them but the last one's last row.
Test(npy_reader, reads_only_headers_of_a_large_archive)
{
    enum { MEMBERS = 20, ROWS = 50000, ROW = 3072, CONTENT = ROWS * ROW + 128 };
    const int64_t shape[] = {ROWS, 32, 32, 3};
    uint8_t header[NPY_HEADER_BYTES], row[ROW], found[ROW];
    unsigned long long before = 0, after = 0;
    int descriptor = open("large.tar", O_WRONLY | O_CREAT, 0600);
    off_t at = 0;
    npy_fill_header(NPY_UINT8_TYPE, 4, shape, header);
    for (int m = 0; m < MEMBERS; m++) {
        struct archive block = {0};
        char name[32];
        snprintf(name, sizeof name, "C/member-%d.npy", m);
        archive_append_header(&block, name, '0', CONTENT);
        cr_assert(pwrite(descriptor, block.bytes, block.size, at) == (ssize_t)block.size);
        cr_assert(pwrite(descriptor, header, sizeof header, at + 512) == (ssize_t)sizeof header);
        at += 512 + (CONTENT + 511) / 512 * 512;
        archive_destroy(&block);
    }
    for (int i = 0; i < ROW; i++) row[i] = (uint8_t)(i * 7);
    cr_assert(pwrite(descriptor, row, ROW, at - 384 - ROW) == ROW); // 384 bytes of padding
    cr_assert(eq(int, ftruncate(descriptor, at + 1024), 0));
    close(descriptor);
    if (!count_read(&before)) cr_skip("no /proc/self/io");
    struct npy_reader reader;
    struct status status = npy_reader_open_member("large.tar", "C/member-19.npy", &reader);
    cr_assert(status.code == STATUS_OK, "%s", status.message);
    cr_expect(eq(int, npy_reader_read_bytes(&reader, ROWS - 1, 1, found).code, STATUS_OK));
    npy_reader_close(&reader);
    cr_assert(count_read(&after));
    cr_expect(eq(int, memcmp(row, found, ROW), 0));
    cr_expect(lt(ullong, after - before, 20000ULL), "read %llu bytes", after - before);
}

// gzip_test.c: gzip streams inflate whole or not at all, whatever is wrong with them.
#include "datasets/gzip_reader.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "tests/support/archive.h"
#include "tests/support/memory.h"

// Half noise, half runs of one byte, so that the compressed form has stored and coded blocks.
static uint8_t *make_bytes(size_t size)
{
    struct random_stream stream = random_stream_create(3, PURPOSE_TEST, 0, 0);
    uint8_t *bytes = test_allocate(size + 1);
    for (size_t i = 0; i < size; i++)
        bytes[i] = i / 700 % 2 == 0 ? (uint8_t)random_next_u32(&stream) : (uint8_t)(i / 700);
    return bytes;
}

static struct status inflate_all(const struct archive *archive, size_t limit, uint8_t **out, size_t *out_size)
{
    return gzip_inflate("sample.gz", archive->bytes, archive->size, limit, out, out_size);
}

static void expect_refusal(const struct archive *archive, size_t limit, const char *part, const char *place)
{
    uint8_t *out = NULL;
    size_t size = 0;
    expect_error(inflate_all(archive, limit, &out, &size), STATUS_BAD_INPUT, part, place);
    cr_expect(eq(ptr, out, NULL), "%s", place);
    free(out);
}

Test(gzip, inflates_all_sizes_up_to_the_limit)
{
    static const size_t sizes[] = {0, 1, 511, 70000, 1000003};
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        uint8_t *bytes = make_bytes(sizes[s]), *out = NULL;
        struct archive archive = archive_compress(bytes, sizes[s]);
        size_t out_size = 0;
        struct status status = inflate_all(&archive, sizes[s], &out, &out_size);
        cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
        cr_assert(eq(sz, out_size, sizes[s]));
        cr_expect(eq(int, memcmp(out, bytes, out_size), 0), "size %zu", sizes[s]);
        free(out);
        if (sizes[s] > 0) expect_refusal(&archive, sizes[s] - 1, "found more", "one byte above the limit");
        archive_destroy(&archive);
        free(bytes);
    }
}

Test(gzip, joins_streams_in_a_row)
{
    struct archive archive = archive_compress("first ", 6), second = archive_compress("second", 6);
    uint8_t *out = NULL;
    size_t size = 0;
    archive_append(&archive, second.bytes, second.size);
    struct status status = inflate_all(&archive, 12, &out, &size);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    cr_assert(eq(sz, size, 12));
    cr_expect(eq(int, memcmp(out, "first second", 12), 0));
    free(out);
    expect_refusal(&archive, 11, "at most 11 bytes", "a second stream above the limit");
    archive_destroy(&archive);
    archive_destroy(&second);
}

Test(gzip, a_bomb_is_refused_at_the_limit)
{
    size_t size = (size_t)64 << 20;
    uint8_t *zeros = calloc(1, size);
    cr_assert(ne(ptr, zeros, NULL));
    struct archive archive = archive_compress(zeros, size);
    cr_assert(lt(sz, archive.size, 100000));
    expect_refusal(&archive, 1000000, "expected at most 1000000 bytes", "64 MiB of zeros");
    archive_destroy(&archive);
    free(zeros);
}

Test(gzip, every_cut_is_an_error)
{
    uint8_t *bytes = make_bytes(3000);
    struct archive archive = archive_compress(bytes, 3000);
    for (size_t size = 0; size < archive.size; size++) {
        // A copy of its own size, so that a sanitizer sees a read behind the end.
        struct archive cut = {0};
        char place[40];
        archive_append(&cut, archive.bytes, size);
        snprintf(place, sizeof place, "cut after byte %zu", size);
        expect_refusal(&cut, 3000, size < 2 ? "expected a gzip stream" : "cut off", place);
        archive_destroy(&cut);
    }
    archive_destroy(&archive);
    free(bytes);
}

// Between the last code and the trailer up to seven bits mean nothing; every other flipped bit must be noticed.
Test(gzip, no_flipped_bit_changes_content_unnoticed)
{
    uint8_t *bytes = make_bytes(900);
    struct archive archive = archive_compress(bytes, 900);
    int unnoticed = 0;
    for (size_t bit = 8 * 10; bit < 8 * archive.size; bit++) { // the header's ten bytes hold a date and the like
        uint8_t *out = NULL;
        size_t size = 0;
        archive.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        struct status status = inflate_all(&archive, 100000, &out, &size);
        archive.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        if (status.code == STATUS_OK) {
            unnoticed++;
            cr_expect(size == 900 && memcmp(out, bytes, 900) == 0, "bit %zu of byte %zu", bit % 8, bit / 8);
        } else {
            cr_expect(eq(int, status.code, STATUS_BAD_INPUT), "bit %zu of byte %zu: %s", bit % 8, bit / 8,
                      status.message);
        }
        free(out);
    }
    cr_expect(le(int, unnoticed, 7));
    archive_destroy(&archive);
    free(bytes);
}

Test(gzip, names_a_wrong_checksum_and_trailing_bytes)
{
    struct archive archive = archive_compress("content", 7);
    archive.bytes[archive.size - 8] ^= 1; // first byte of the CRC-32
    expect_refusal(&archive, 100, "incorrect data check", "flipped CRC");
    archive.bytes[archive.size - 8] ^= 1;
    archive.bytes[archive.size - 4] ^= 1; // first byte of the length
    expect_refusal(&archive, 100, "incorrect length check", "flipped length");
    archive.bytes[archive.size - 4] ^= 1;
    archive_append(&archive, "\0\0garbage", 9);
    expect_refusal(&archive, 100, "expected a gzip stream at byte", "trailing garbage");
    archive_destroy(&archive);
}

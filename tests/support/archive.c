// archive.c: tar and gzip files for tests, made in memory.
#include "tests/support/archive.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/file.h"
#include "tests/support/memory.h"

enum { BLOCK = 512 };

void archive_append(struct archive *archive, const void *bytes, size_t size)
{
    uint8_t *larger = realloc(archive->bytes, archive->size + size + 1);
    cr_assert(larger != NULL, "no memory for %zu bytes", archive->size + size);
    if (size > 0) memcpy(larger + archive->size, bytes, size);
    archive->bytes = larger;
    archive->size += size;
}

void archive_destroy(struct archive *archive)
{
    free(archive->bytes);
    *archive = (struct archive){0};
}

void archive_seal_header(uint8_t *block)
{
    unsigned sum = 0;
    memset(block + 148, ' ', 8);
    for (int i = 0; i < BLOCK; i++) sum += block[i];
    snprintf((char *)block + 148, 8, "%06o", sum);
}

void archive_append_header(struct archive *archive, const char *name, char type, size_t size)
{
    uint8_t block[BLOCK] = {0};
    memcpy(block, name, strnlen(name, 100));
    snprintf((char *)block + 100, 8, "%07o", 0644);
    snprintf((char *)block + 124, 12, "%011zo", size);
    block[156] = (uint8_t)type;
    memcpy(block + 257,
           "ustar\0"
           "00",
           8);
    archive_seal_header(block);
    archive_append(archive, block, sizeof block);
}

void archive_append_member(struct archive *archive, const char *name, char type, const void *bytes, size_t size)
{
    static const uint8_t zeros[BLOCK];
    archive_append_header(archive, name, type, size);
    archive_append(archive, bytes, size);
    archive_append(archive, zeros, (BLOCK - size % BLOCK) % BLOCK);
}

void archive_append_pax(struct archive *archive, char type, const char *key, const char *value)
{
    char record[4096];
    size_t length = strlen(key) + strlen(value) + 3; // blank, equals sign, end of line
    size_t digits = length < 9 ? 1 : length < 98 ? 2 : length < 997 ? 3 : 4;
    snprintf(record, sizeof record, "%zu %s=%s\n", length + digits, key, value);
    archive_append_member(archive, "PaxHeaders/entry", type, record, strlen(record));
}

void archive_append_end(struct archive *archive)
{
    static const uint8_t zeros[2 * BLOCK];
    archive_append(archive, zeros, sizeof zeros);
}

struct archive archive_compress(const void *bytes, size_t size)
{
    z_stream stream = {0};
    cr_assert(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    size_t bound = deflateBound(&stream, size);
    struct archive archive = {.bytes = test_allocate(bound + 1)};
    stream.next_in = (z_const Bytef *)bytes;
    stream.avail_in = (uInt)size;
    stream.next_out = archive.bytes;
    stream.avail_out = (uInt)bound;
    cr_assert(deflate(&stream, Z_FINISH) == Z_STREAM_END);
    archive.size = stream.total_out;
    deflateEnd(&stream);
    return archive;
}

void archive_write(const struct archive *archive, const char *folder, const char *name)
{
    char *path = path_join(folder, name);
    struct status status = file_write_atomic(path, archive->bytes, archive->size);
    cr_assert(status.code == STATUS_OK, "%s", status.message);
    free(path);
}

void expect_error(struct status status, enum status_code code, const char *part, const char *place)
{
    cr_expect(status.code == code, "%s: expected status %d, found %d: %s", place, code, status.code, status.message);
    cr_expect(strstr(status.message, part) != NULL, "%s: expected \"%s\" in \"%s\"", place, part, status.message);
}

// archive.h: tar and gzip files for tests, made in memory, well or badly formed on purpose. Memory that runs out fails the
// running test.
#ifndef TESTS_SUPPORT_ARCHIVE_H
#define TESTS_SUPPORT_ARCHIVE_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct archive {
    uint8_t *bytes;
    size_t size;
};

void archive_append(struct archive *archive, const void *bytes, size_t size);
void archive_destroy(struct archive *archive);

// One ustar header block; `type` is the typeflag. Content does not follow by itself.
void archive_append_header(struct archive *archive, const char *name, char type, size_t size);
// Header, content and padding.
void archive_append_member(struct archive *archive, const char *name, char type, const void *bytes, size_t size);
// A pax header ('x' or 'g') with the record "LENGTH key=value\n".
void archive_append_pax(struct archive *archive, char type, const char *key, const char *value);
void archive_append_end(struct archive *archive); // two blocks of zeros

// Writes the checksum of a header block that a test has changed.
void archive_seal_header(uint8_t *block);

// The gzip form of `bytes`, one stream.
struct archive archive_compress(const void *bytes, size_t size);

void archive_write(const struct archive *archive, const char *folder, const char *name);

// Fails the test unless `status` has that code and its message contains `part`. `place` says in the test's message which
// case it was.
void expect_error(struct status status, enum status_code code, const char *part, const char *place);

#endif

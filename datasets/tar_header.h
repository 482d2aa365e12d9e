// tar_header.h: one 512-byte tar header block, decoded and checked; and pax records. For use in tar_reader.c alone.
#ifndef DATASETS_TAR_HEADER_H
#define DATASETS_TAR_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct tar_header {
    char name[257]; // prefix and name together
    char type;      // POSIX typeflag: '0' file, '5' folder, 'x' and 'g' pax, 'L' and 'K' GNU long names, ...
    uint64_t size;  // of the content that follows
};

bool tar_block_is_zero(const uint8_t *block);

// `archive` and `offset` say in messages which block of which file it is. STATUS_BAD_INPUT.
struct status tar_header_decode(const char *archive, size_t offset, const uint8_t *block, struct tar_header *header);

// What a pax record or a GNU long name says in place of the next header's own fields.
struct tar_override {
    const char *path; // not terminated; points into the archive; NULL: none
    size_t path_size;
    bool has_size;
    uint64_t size;
};

// Reads the records "LENGTH KEY=VALUE\n" of a pax header. Keys other than path and size are passed over, except those
// of sparse files, whose content is not what it seems. STATUS_BAD_INPUT names the byte.
struct status tar_pax_decode(const char *archive, size_t offset, const uint8_t *bytes, size_t size,
                             struct tar_override *override);

#endif

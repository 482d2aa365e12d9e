// fetch_part.h: what has been received of a file so far: NAME.part, its checksum, and beside it, in NAME.part.json, which
// version of the file on which server it comes from. Knows nothing of servers.
#ifndef DATASETS_FETCH_PART_H
#define DATASETS_FETCH_PART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "datasets/catalog.h"

enum { FETCH_VALIDATOR_SIZE = 160 };

// What a server said about the version of the file that it sends; "" where it said nothing.
struct fetch_origin {
    char address[512], etag[FETCH_VALIDATOR_SIZE], modified[FETCH_VALIDATOR_SIZE];
};

struct fetch_part {
    const struct catalog_entry *entry; // borrowed
    char *final_path, *path, *origin_path;
    int descriptor;
    uint64_t size;              // bytes received
    uint64_t resumed;           // of them from an earlier time or another server
    struct fetch_origin origin; // of the last bytes
    struct fetch_writer *writer;
};

// Opens FOLDER/FILE.part, or makes it; what an earlier attempt left is kept and hashed while more comes. A part that is
// longer than the file begins anew. STATUS_IO when it is a link or no plain file, or the folder cannot be written to.
// *part is the caller's to close, also after an error.
struct status fetch_part_open(const struct catalog_entry *entry, const char *folder, struct fetch_part *part);
void fetch_part_close(struct fetch_part *part); // keeps the files, and what was appended in them

// STATUS_IO when the disk has no room for the rest, with both numbers.
struct status fetch_part_check_space(const struct fetch_part *part);

// STATUS_IO, which may come only with a later call: `size` then becomes what the file really has.
struct status fetch_part_append(struct fetch_part *part, const void *bytes, size_t size);
struct status fetch_part_restart(struct fetch_part *part);                               // to zero bytes
void fetch_part_note_origin(struct fetch_part *part, const struct fetch_origin *origin); // and remembers it

// Compares size and checksum with the entry. *good: they agree, and the file now has its name, safely on disk, and
// `sha256` is its SHA-256 ("" for entries that have only an MD5). Otherwise `found` is the checksum of what was received,
// which has been thrown away. STATUS_IO.
struct status fetch_part_finish(struct fetch_part *part, bool *good, char found[65]);

#endif

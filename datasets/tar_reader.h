// tar_reader.h: walks through the entries of a tar archive that lies in memory, or in a file, of which only the headers
// are read. Nothing is written to disk, and what an entry's name means is the caller's decision. Reads ustar, and of its extensions pax "path" and "size" and GNU long
// names; other extension records are passed over; sparse files are refused.
#ifndef DATASETS_TAR_READER_H
#define DATASETS_TAR_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "datasets/plain_file.h"

enum { TAR_BLOCK = 512, TAR_NAME_LIMIT = 1024, TAR_WINDOW_BYTES = 1 << 15 };

struct tar_reader {
    const char *archive;  // name for messages; borrowed
    const uint8_t *bytes; // borrowed; NULL when it lies in a file
    size_t size, position;
    const struct plain_file *file; // borrowed
    uint8_t *window;               // what was read of the file for the current entry: its headers
    size_t window_used;
    char name[TAR_NAME_LIMIT]; // of the current entry
};

struct tar_entry {
    const char *name;     // full path, a leading "./" dropped; valid until the next call
    bool regular;         // an ordinary file; folders, links and devices are not
    const uint8_t *bytes; // content; points into the archive; NULL when it lies in a file
    size_t size;
    size_t offset; // of the content in the archive, for messages
};

struct tar_reader tar_reader_create(const char *archive, const uint8_t *bytes, size_t size);

// The headers of an entry, extension records included, may take TAR_WINDOW_BYTES. To be destroyed. STATUS_NO_MEMORY.
struct status tar_reader_create_file(const char *archive, const struct plain_file *file, struct tar_reader *reader);
void tar_reader_destroy(struct tar_reader *reader); // accepts any; leaves it empty

// The next entry, or *found = false after the end marker (two blocks of zeros), which every whole archive has.
// STATUS_BAD_INPUT names byte offset, expected and found, for: a wrong header checksum, a field that is no number, a
// size beyond the archive's end, a damaged extension record, an archive that ends too early.
struct status tar_read_entry(struct tar_reader *reader, struct tar_entry *entry, bool *found);

#endif

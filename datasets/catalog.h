// catalog.h: which archives hold which data set: their names, sizes, checksums and members. Facts only: looking for the
// files and reading them is cifar_source.c's work.
#ifndef DATASETS_CATALOG_H
#define DATASETS_CATALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum catalog_part { CATALOG_TRAIN, CATALOG_TEST };
enum { CATALOG_MEMBER_LIMIT = 16, CATALOG_RECORD_LIMIT = 1000000 }; // members of an entry, records of a member

struct catalog_member {
    const char *name; // inside the archive: "cifar-10-batches-bin/data_batch_1.bin"
    enum catalog_part part;
    int records;     // 1 .. CATALOG_RECORD_LIMIT
    const char *md5; // 32 lower-case hex digits, or "" when not known
};

struct catalog_entry {
    const char *file;                     // NAME.tar.gz, without a folder
    const char *dataset;                  // "cifar-10" or "cifar-100"
    bool official;                        // the archive as its authors publish it
    uint64_t size;                        // bytes of the .tar.gz
    const char *sha256;                   // of the .tar.gz: 64 lower-case hex digits
    const char *address;                  // where it is published, or ""
    const char *remark;                   // what a report says about it; "" only when official
    const struct catalog_member *members; // all lie in one folder; images are kept in this order
    size_t member_count;                  // 1 .. CATALOG_MEMBER_LIMIT
};

// Entries in the order in which they are looked for: those of a catalogue file come before the official ones.
struct catalog {
    struct catalog_entry *entries;
    size_t count;
    struct catalog_member *members; // of the entries that were read from a file
    void *document;                 // JSON document whose strings those entries borrow
};

// The official entries and, when `path` is not NULL, before them those of that JSON file (format: datasets/README.md).
// Entries from a file never count as official. *catalog is the caller's to destroy; on error it is empty.
// Errors: STATUS_MISSING or STATUS_IO for the file, STATUS_USAGE naming the place in it, STATUS_NO_MEMORY.
struct status catalog_create(const char *path, struct catalog *catalog);
// The same with JSON text in memory; `name` only serves error messages.
struct status catalog_create_from_memory(const char *name, const char *text, size_t size, struct catalog *catalog);
void catalog_destroy(struct catalog *catalog); // leaves it empty; accepts an empty one

// Folder that holds the members, as in the archive ("cifar-10-batches-bin"), without a slash.
void catalog_entry_folder(const struct catalog_entry *entry, char *text, size_t size);

int catalog_entry_records(const struct catalog_entry *entry, enum catalog_part part);

#endif

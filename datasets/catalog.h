// catalog.h: every file that the program knows: which data set it holds, where it is published, its size, checksums,
// licence and members. Facts only: getting files is fetch.c's work, reading them cifar_source.c's and others'.
#ifndef DATASETS_CATALOG_H
#define DATASETS_CATALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum catalog_part { CATALOG_TRAIN, CATALOG_TEST };
enum catalog_kind {
    CATALOG_BINARY,    // CIFAR in its binary format: NAME.tar.gz
    CATALOG_PYTHON,    // the same images as pickled NumPy arrays: NAME.tar.gz
    CATALOG_CORRUPTED, // CIFAR-10-C or CIFAR-100-C: NAME.tar
    CATALOG_ARRAY,     // one array of them alone: FOLDER/NAME.npy
    CATALOG_PICTURE,   // a texture of frost
};
enum {
    CATALOG_MEMBER_LIMIT = 32,      // members of an entry
    CATALOG_ADDRESS_LIMIT = 8,      // addresses of an entry
    CATALOG_RECORD_LIMIT = 1000000, // records of a member
    CATALOG_FILE_LIMIT = 1 << 20,   // bytes of a catalogue file
};

struct catalog_member {
    const char *name; // inside the archive: "cifar-10-batches-bin/data_batch_1.bin"
    enum catalog_part part;
    int records;     // 1 .. CATALOG_RECORD_LIMIT; 0 for arrays
    const char *md5; // 32 lower-case hex digits, or "" when not known
    uint64_t size;   // bytes; 0: what its records say, or not known
};

struct catalog_entry {
    const char *file; // below the data folder; a folder only for arrays
    enum catalog_kind kind;
    const char *dataset; // "cifar-10", "cifar-100", "cifar-10-c", "cifar-100-c", "frost"
    bool official;       // the file as its authors publish it
    uint64_t size;
    const char *sha256; // 64 lower-case hex digits; "" for arrays, whose MD5 alone is published
    const char *md5;    // 32 of them, or "" when not known
    const char *addresses[CATALOG_ADDRESS_LIMIT + 1]; // in the order in which they are tried, then NULL
    const char *remark;                               // what a report says about it; "" only when official
    const char *licence, *citation;                   // notes for people; may be NULL when not official
    const struct catalog_member *members;             // all lie in one folder; images are kept in this order
    size_t member_count;                              // 0 for arrays and pictures, else 1 .. CATALOG_MEMBER_LIMIT
};

// Entries in the order in which they are looked for: those of a catalogue file come before the official ones, and what
// carries the same images in another form (python archives, single arrays) comes after what it replaces.
struct catalog {
    struct catalog_entry *entries;
    size_t count;
    struct catalog_member *members[2]; // of the entries of each document
    void *documents[2];                // JSON whose strings the entries borrow: a catalogue file's, the official one
};

// The official entries (datasets/catalogs/official.json, which the program carries) and, when `path` is not NULL, before
// them those of that JSON file (format: datasets/README.md). Entries from a file never count as official. *catalog is the
// caller's to destroy; on error it is empty.
// Errors: STATUS_MISSING or STATUS_IO for the file, STATUS_USAGE naming the place in it, STATUS_NO_MEMORY.
struct status catalog_create(const char *path, struct catalog *catalog);
// The same with JSON text in memory; `name` only serves error messages.
struct status catalog_create_from_memory(const char *name, const char *text, size_t size, struct catalog *catalog);
void catalog_destroy(struct catalog *catalog); // leaves it empty; accepts an empty one

// The entry with that file name; NULL when there is none.
const struct catalog_entry *catalog_find_file(const struct catalog *catalog, const char *file);
// Whether an entry holds that data set.
bool catalog_has_dataset(const struct catalog *catalog, const char *dataset);

// Folder that holds the members, as in the archive ("cifar-10-batches-bin"), without a slash. For entries with members.
void catalog_entry_folder(const struct catalog_entry *entry, char *text, size_t size);

int catalog_entry_records(const struct catalog_entry *entry, enum catalog_part part);

#endif

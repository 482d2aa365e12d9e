// catalog_json.h: the part of catalog.c that reads catalogue files. For use in catalog.c alone.
#ifndef DATASETS_CATALOG_JSON_H
#define DATASETS_CATALOG_JSON_H

#include "datasets/catalog.h"

// Appends the entries of JSON text to *catalog, whose document of that kind (0: a catalogue file, 1: official) is empty so
// far. Entries of a catalogue file must be CIFAR archives, and carry a remark. On error *catalog holds what
// catalog_destroy can release.
struct status catalog_json_read(const char *name, const char *text, size_t size, bool official,
                                struct catalog *catalog);

#endif

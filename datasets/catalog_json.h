// catalog_json.h: the part of catalog.c that reads catalogue files. For use in catalog.c alone.
#ifndef DATASETS_CATALOG_JSON_H
#define DATASETS_CATALOG_JSON_H

#include "datasets/catalog.h"

// Fills an empty *catalog with the entries of JSON text. On error it holds what catalog_destroy can release.
struct status catalog_json_read(const char *name, const char *text, size_t size, struct catalog *catalog);

#endif

// embedded_catalog.h: the official catalogue, which the program carries. Defined in a file that `make` generates.
#ifndef DATASETS_EMBEDDED_CATALOG_H
#define DATASETS_EMBEDDED_CATALOG_H

#include "base/embedded.h"

extern const struct embedded_file embedded_official_catalog; // datasets/catalogs/official.json

#endif

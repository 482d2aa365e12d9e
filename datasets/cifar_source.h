// cifar_source.h: a CIFAR data set from whatever form of it lies in the data folder.
#ifndef DATASETS_CIFAR_SOURCE_H
#define DATASETS_CIFAR_SOURCE_H

#include "base/status.h"
#include "datasets/catalog.h"
#include "datasets/image_set.h"

// Looks in `folder` for the catalogue's entries of data set `name`, first for archives (NAME.tar.gz, then NAME.tar, entry
// by entry), then for an unpacked folder whose files have the sizes of an entry's members. The first thing found is
// used; when it is damaged, that is an error and nothing else is tried.
// *dataset is the caller's to destroy, and empty on error. `official` is set only when the entry is official and either
// the archive's SHA-256 or the MD5 of every member agrees with it.
// STATUS_MISSING names what was looked for; STATUS_BAD_INPUT, STATUS_IO, STATUS_NO_MEMORY as the readers say.
struct status cifar_source_load(const struct catalog *catalog, const char *name, const char *folder,
                                struct dataset *dataset);

#endif

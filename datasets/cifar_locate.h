// cifar_locate.h: which form of a CIFAR data set lies in the data folder. Looks at names and sizes only.
#ifndef DATASETS_CIFAR_LOCATE_H
#define DATASETS_CIFAR_LOCATE_H

#include "base/status.h"
#include "datasets/catalog.h"

enum source_form { SOURCE_TAR_GZ, SOURCE_TAR, SOURCE_FOLDER };

// A catalogue entry in the form in which it is there.
struct source {
    const struct catalog_entry *entry; // borrowed
    enum source_form form;
    const char *folder; // the data folder; borrowed
    char *path;         // of the archive or the unpacked folder; owned: source_destroy
};

// The first of: NAME.tar.gz or NAME.tar of an entry of data set `name`, entry by entry; an unpacked folder whose files
// have the sizes of an entry's members; an unpacked folder of an entry's name, whatever is in it.
// On success *source is the caller's to destroy. STATUS_MISSING names what was looked for, its size and its address.
struct status source_find(const struct catalog *catalog, const char *name, const char *folder, struct source *source);
void source_destroy(struct source *source);

#endif

// cifar_locate.h: which form of a CIFAR data set lies in the data folder. Looks at names and sizes only.
#ifndef DATASETS_CIFAR_LOCATE_H
#define DATASETS_CIFAR_LOCATE_H

#include "base/status.h"
#include "datasets/catalog.h"

enum cifar_form { CIFAR_TAR_GZ, CIFAR_TAR, CIFAR_FOLDER };

// A catalogue entry in the form in which it is there.
struct cifar_location {
    const struct catalog_entry *entry; // borrowed
    enum cifar_form form;
    const char *folder; // the data folder; borrowed
    char *path;         // of the archive or the unpacked folder; owned: cifar_location_destroy
};

// The first of: NAME.tar.gz or NAME.tar of an entry of data set `name`, entry by entry; an unpacked folder whose files
// have the sizes of an entry's members; an unpacked folder of an entry's name, whatever is in it.
// On success *location is the caller's to destroy. STATUS_MISSING names what was looked for, its size and its address.
struct status cifar_locate(const struct catalog *catalog, const char *name, const char *folder,
                           struct cifar_location *location);
void cifar_location_destroy(struct cifar_location *location);

#endif

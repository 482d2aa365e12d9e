// datasets.h: the door of this room: a name becomes images in memory.
#ifndef DATASETS_DATASETS_H
#define DATASETS_DATASETS_H

#include "base/status.h"
#include "datasets/image_set.h"

// How a preset and the command line describe where images come from.
struct dataset_request {
    const char *name; // "cifar-10", "cifar-100", "synthetic-10", "synthetic-100"
    const char *
        folder; // where archives or unpacked folders lie; NULL: $TRANSINV_DATA, $XDG_CACHE_HOME/transinv, ~/.cache/transinv
    const char
        *catalog; // JSON file with further catalogue entries (docs in datasets/README.md); NULL: only the official ones
    int synthetic_train, synthetic_test; // sizes of the embedded set; ignored for cifar
};

// Loads or generates it. *dataset is the caller's to destroy. Errors: STATUS_MISSING names the files looked for and the
// folder; STATUS_BAD_INPUT names file, member, place, expected and found; STATUS_USAGE for an unknown name.
struct status dataset_load(const struct dataset_request *request, struct dataset *dataset);

#endif

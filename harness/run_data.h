// run_data.h: the images that a preset and a role ask for.
#ifndef HARNESS_RUN_DATA_H
#define HARNESS_RUN_DATA_H

#include "datasets/image_set.h"
#include "harness/run.h"

struct run_data_request {
    const struct preset *preset;
    const char *folder, *catalog; // as in struct dataset_request; may be NULL
};

// The data set that the preset's source gives to a role: "cifar-10", "synthetic-100", ...
const char *run_data_name(const struct preset *preset, enum run_role role);

// Loads a data set by name; sizes of the embedded ones come from the preset. Errors: those of dataset_load, and
// STATUS_USAGE when it has fewer training images than a batch. *data is the caller's to destroy.
struct status run_data_load(const struct run_data_request *request, const char *name, struct dataset *data);

#endif

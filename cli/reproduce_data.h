// reproduce_data.h: sees to it that what a preset needs is in the data folder before anything is trained: CIFAR-10 and
// CIFAR-100; the pictures of frost where its corruptions have frost; CIFAR-10-C where its teachers train on it.
#ifndef CLI_REPRODUCE_DATA_H
#define CLI_REPRODUCE_DATA_H

#include "datasets/fetch.h"
#include "harness/preset.h"

struct reproduce_data_request {
    const struct preset *preset;
    const char *data, *catalog; // as on the command line; may be NULL
    char *const *arguments;     // behind `transinv reproduce' on the command line; ends with NULL
    struct fetch_settings settings;
};

// Whatever form of a data set lies there will do; only what is not there at all is fetched. Nothing happens for the
// embedded set. Of several that cannot be had all are named, each with its size and its place; STATUS_MISSING then says
// which command goes on. Other errors as fetch_dataset says.
struct status reproduce_data_prepare(const struct reproduce_data_request *request);

#endif

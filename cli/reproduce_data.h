// reproduce_data.h: sees to it that the archives which a preset needs are in the data folder before anything is trained.
#ifndef CLI_REPRODUCE_DATA_H
#define CLI_REPRODUCE_DATA_H

#include "datasets/fetch.h"
#include "harness/preset.h"

struct reproduce_data_request {
    const struct preset *preset;
    const char *preset_argument, *data, *catalog; // as on the command line; may be NULL
    struct fetch_settings settings;
};

// Whatever form of a data set lies there will do; only what is not there at all is fetched. Nothing happens for the
// embedded set. Of several that cannot be had all are named: STATUS_MISSING says which files, how large, where to put them
// by hand, and which command goes on; other errors as fetch_dataset says.
struct status reproduce_data_prepare(const struct reproduce_data_request *request);

#endif

// evaluate_corrupted.h: what `transinv evaluate --corrupted` does with a model and a data set that are loaded.
#ifndef CLI_EVALUATE_CORRUPTED_H
#define CLI_EVALUATE_CORRUPTED_H

#include <jansson.h>

#include "harness/preset.h"
#include "harness/state_dict.h"
#include "harness/training.h"

struct corrupted_command {
    const struct preset_corruptions *corruptions;
    bool published;     // the files of CIFAR-10-C or CIFAR-100-C in place of our own corruptions
    uint32_t seed;      // of our own
    const char *folder; // where published files and frost's pictures lie; NULL: the usual places
    int depth, widen;
    const struct state_dict *model;
    const struct dataset *data;
    const struct image_set *images; // the part of it that is evaluated
    const char *part;               // "test" or "train"
};

struct corrupted_results {
    struct evaluation clean;
    struct evaluation cells[CORRUPTION_COUNT][CORRUPTION_SEVERITIES]; // by place in the command's list
    const char *frost; // where frost's textures came from; NULL: not asked for, or in published files
    bool official;     // of published files: all checksums were the published ones
};

// Shows progress, and a warning for published files without the published checksum. STATUS_MISSING before any work
// when a published file is not there; STATUS_BAD_INPUT, STATUS_INTERRUPTED and so on.
struct status evaluate_corrupted(struct device *device, const struct corrupted_command *command,
                                 struct corrupted_results *results);

// A table of accuracies on standard output, at most 80 columns wide.
void evaluate_corrupted_print(const struct corrupted_command *command, const struct corrupted_results *results);

// The same as an object, for the key "corrupted"; NULL when memory runs out.
json_t *evaluate_corrupted_json(const struct corrupted_command *command, const struct corrupted_results *results);

#endif

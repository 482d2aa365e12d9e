// corrupt_job.h: what `transinv corrupt` was asked for, with everything loaded: files (corrupt_files.c) and sheets
// (contact_sheet.c) are made from it.
#ifndef CLI_CORRUPT_JOB_H
#define CLI_CORRUPT_JOB_H

#include "cli/selection.h"
#include "datasets/frost.h"
#include "datasets/image_set.h"
#include "kernels/kernels.h"

struct corrupt_job {
    struct device *device;
    const struct dataset *data;
    const struct image_set *images; // the part of it
    const char *part;               // "test" or "train"
    struct image_range range;       // inside that part
    struct preset_corruptions corruptions;
    struct severity_list severities;
    uint32_t seed;
    const struct frost *frost; // NULL where nobody asks for frost
};

#endif

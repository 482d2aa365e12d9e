// training_profile.h: the profile of a preset's own training step: its network, batch size and method, with the very
// step that training records, on drawn numbers.
#ifndef BENCH_TRAINING_PROFILE_H
#define BENCH_TRAINING_PROFILE_H

#include <jansson.h>

#include "bench/profile.h"
#include "harness/preset.h"

struct training_profile_request {
    const struct preset *preset;
    const struct method *method; // of a target
    struct device *device;
    double seconds; // as in profile_request
};

// Errors: those of profile_measure and of setting up a training. On success *profile is the caller's to destroy.
struct status training_profile_measure(const struct training_profile_request *request, struct profile *profile);

// Measures and writes profile.json (report/README.md) atomically; its folder must be there.
// `configuration_hash` is that of the matrix.
struct status training_profile_write(const struct training_profile_request *request, const char *configuration_hash,
                                     const char *path);

#endif

// step_profile.h: profile.json, the profile of a training step that lies beside the report, as values. Its format:
// README.md. It decides nothing about a run, so that one that cannot be read never ends the report.
#ifndef REPORT_STEP_PROFILE_H
#define REPORT_STEP_PROFILE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

#define STEP_PROFILE_FILE "profile.json"

// One operation, or one operation with one shape and algorithm. Everything is per step.
struct step_profile_line {
    const char *operation;         // letters, digits and '_' only: it may stand in a gnuplot script
    const char *shape, *algorithm; // NULL where all shapes of the operation are added up
    bool memory_bound;             // of a shape
    double calls, seconds, flops, bytes, bound_seconds;
    double one_thread_seconds; // NaN where it was not measured
};

struct step_profile {
    json_t *root;     // owns all texts; NULL when there is no profile
    char absent[640]; // the sentence why there is none
    bool damaged;     // there is a file, but it cannot be read

    const char *configuration_hash, *method, *measured, *backend, *precision, *instructions;
    double depth, widen, threads, images, calls;
    double seconds, kernel_seconds;
    double one_thread_seconds, processor_percent;         // NaN where not measured
    double fma_gflops, copy_gigabytes_per_second;         // ceilings, of this precision; NaN where not measured
    double fma_fp32_gflops_before, fma_fp32_gflops_after; // around the steps; likewise
    struct step_profile_line *shapes, *operations;        // each longest first
    size_t shape_count, operation_count;
};

// Reads `folder`/profile.json. `refused`: why none shall be shown (the file is then not looked at), or NULL. Only
// STATUS_NO_MEMORY is an error; *profile is then empty, otherwise the caller's to destroy.
struct status step_profile_read(const char *folder, const char *refused, struct step_profile *profile);
void step_profile_destroy(struct step_profile *profile); // leaves it empty; accepts an empty one

// Derived numbers, in percent or per second; NaN where there is nothing to divide.
double step_profile_time_share(const struct step_profile *profile, const struct step_profile_line *line);
double step_profile_bound_share(const struct step_profile_line *line); // bound / time
double step_profile_idle_share(const struct step_profile *profile, double seconds, double one_thread_seconds);
double step_profile_gigaflops(const struct step_profile_line *line);
double step_profile_gigabytes(const struct step_profile_line *line);
double step_profile_kernel_share(const struct step_profile *profile);      // of the step, inside operations
double step_profile_total_bound_share(const struct step_profile *profile); // all bounds / the step
double step_profile_images_per_second(const struct step_profile *profile);

#endif

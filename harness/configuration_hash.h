// configuration_hash.h: one number for everything that decides a run's result except its seed, corruption and method,
// which its name tells. Two runs of a cell with the same hash may be averaged; two with different hashes may not.
//
// Part of it: every value marked so in preset_keys.c, the checksum and size of the training and test images, where
// the weights came from, the class of backend (cpu, reference), and environment_algorithm_table. Not part of it:
// seeds, the lists of the matrix, report margins, and what changes rounding only (instruction set, threads, compiler,
// commit); run.json's environment records those.
#ifndef HARNESS_CONFIGURATION_HASH_H
#define HARNESS_CONFIGURATION_HASH_H

#include "datasets/image_set.h"
#include "harness/preset.h"

enum run_role { RUN_TEACHER, RUN_TARGET };

struct configuration {
    enum run_role role;
    const struct preset *preset;
    const struct dataset *data; // that the run trains on
    const char *start;          // hash of the teacher's configuration, or of a model file; NULL: fresh weights
    const char *teacher_images; // "clean" or "clean+corrupted"
    const struct kernels *kernels;
};

// The text that is hashed, one sorted "key=value" a line; the caller's to free, NULL when memory is exhausted.
char *configuration_text(const struct configuration *configuration);
struct status configuration_hash(const struct configuration *configuration, char hex[65]);

#endif

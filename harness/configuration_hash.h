// configuration_hash.h: one number for everything that decides a run's result except its seed, corruption and method,
// which its name tells. Two runs of a cell with the same hash may be averaged; two with different hashes may not.
//
// Part of it: every value marked so in preset_keys.c, the checksum and size of both data sets, what teachers see, the
// class of backend (cpu, reference), and the version of its arithmetic. Teachers and targets of one matrix share it, so
// that it names a whole report. Not part of it:
// seeds, the lists of the matrix, report margins, and what changes rounding only (instruction set, threads, compiler,
// commit); run.json's environment records those.
#ifndef HARNESS_CONFIGURATION_HASH_H
#define HARNESS_CONFIGURATION_HASH_H

#include "datasets/image_set.h"
#include "harness/preset.h"

struct configuration {
    const struct preset *preset;
    const struct dataset *teacher_data, *target_data; // NULL: no such run belongs to it
    const char
        *start; // of a single target: SHA-256 of the model it starts from; NULL: weights are fresh or a teacher's
    const char *teacher_images; // run_teacher_images(), or "unknown" with `start`
    const char *frost_textures; // where they come from, datasets/frost.h; NULL when nothing is corrupted
    const struct kernels *kernels;
};

// The text that is hashed, one sorted "key=value" a line; the caller's to free, NULL when memory is exhausted.
char *configuration_text(const struct configuration *configuration);
struct status configuration_hash(const struct configuration *configuration, char hex[65]);

#endif

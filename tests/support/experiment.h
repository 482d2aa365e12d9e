// experiment.h: one piece of work with reproducible random inputs, done again and again: on another backend, with other
// threads, with fewer runs per call. An experiment_function asks for its inputs in a fixed order; run r's values hang on
// (seed, order, r) alone, so a run can be had in company or by itself.
#ifndef TESTS_SUPPORT_EXPERIMENT_H
#define TESTS_SUPPORT_EXPERIMENT_H

#include <stddef.h>
#include <stdint.h>

#include "kernels/kernels.h"

enum { EXPERIMENT_ARRAYS = 24 };

// A result: `runs` times `run_bytes`, on the host.
struct outcome_array {
    const char *name;
    bool is_float;    // float32, compared within the tolerance; otherwise bytes, compared exactly
    double tolerance; // largest difference from the reference / largest value of the reference
    size_t run_bytes;
    unsigned char *bytes;
};

struct outcome {
    int runs, count;
    struct outcome_array arrays[EXPERIMENT_ARRAYS];
};

struct experiment_input {
    const void *memory;
    unsigned char *copy;
    size_t bytes;
};

struct experiment {
    struct device *device;
    uint32_t seed;
    int first_run, runs; // of how many runs this call does which
    bool rounded;        // activations are given as numbers that bfloat16 holds
    const void *spec;    // the test's own: shapes and options
    uint32_t next_array;
    struct outcome outcome;
    struct experiment_input inputs[EXPERIMENT_ARRAYS];
    int input_count;
};

typedef void experiment_function(struct experiment *experiment);

// Inputs: run_size values a run, uniform in [low, high), rounded if so asked. They must be unchanged when the experiment is over.
float *experiment_floats(struct experiment *experiment, size_t run_size, float low, float high);
// Multiples of 1/64 in [-2, 2], so that a test can rule out values between (see experiment_affine).
float *experiment_grid(struct experiment *experiment, size_t run_size);
// Stride larger than run_size, as in an array of all parameters.
struct per_run experiment_per_run(struct experiment *experiment, size_t run_size, float low, float high);
// Scales and shifts whose multiply-add on experiment_grid's values is exact and never zero: every backend takes the
// same ReLU decisions, whether or not it rounds the product.
struct per_run experiment_affine(struct experiment *experiment, int channels);
int32_t *experiment_integers(struct experiment *experiment, size_t run_size, uint32_t bound);

// An array that the operation changes: random before, result afterwards.
float *experiment_in_place(struct experiment *experiment, size_t run_size, float low, float high);
struct per_run experiment_per_run_in_place(struct experiment *experiment, size_t run_size, float low, float high);
// An array of results, poisoned.
float *experiment_results(struct experiment *experiment, size_t run_size);
struct per_run experiment_per_run_results(struct experiment *experiment, size_t run_size);
void *experiment_statistics(struct experiment *experiment, int channels);

// Hands in a result, run_size floats a run, or run_bytes bytes a run.
void experiment_record(struct experiment *experiment, const char *name, const float *memory, size_t run_size,
                       double tolerance);
// Also checks that nothing was written between the runs' parts.
void experiment_record_per_run(struct experiment *experiment, const char *name, struct per_run source, size_t run_size,
                               double tolerance);
void experiment_record_bytes(struct experiment *experiment, const char *name, const void *memory, size_t run_bytes);

// For every backend under test: three runs in one call meet the reference, which gets the same inputs (rounded for a
// backend of bfloat16), within the tolerances; 2 and 3 threads give the
// bits of one thread; each run alone gives the bits it has in company. `label` is for messages, and its numbers tell
// which experiments cuda-simt is spared (pairwise.h).
void experiment_check(experiment_function *function, const void *spec, uint32_t seed, const char *label);
// The same for a list of backends, NULL-terminated.
void experiment_check_on(const struct kernels *const *backends, experiment_function *function, const void *spec,
                         uint32_t seed, const char *label);
// The same for every backend with every choice of convolution.
void experiment_check_convolution(experiment_function *function, const void *spec, uint32_t seed, const char *label);

#endif

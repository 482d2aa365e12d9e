// case.h: one thing to measure: an operation with the shape and the options that a network gives it. Knows nothing of
// memory: a case is made live by instance.h.
#ifndef BENCH_CASE_H
#define BENCH_CASE_H

#include "kernels/kernels.h"

// The settings of any operation that occurs in a training step.
union operation_settings {
    struct batch_load batch_load;
    struct conv_forward conv_forward;
    struct conv_backward_data conv_backward_data;
    struct conv_backward_filter conv_backward_filter;
    struct batchnorm_finalise batchnorm_finalise;
    struct batchnorm_backward batchnorm_backward;
    struct residual_join residual_join;
    struct pool_forward pool_forward;
    struct pool_backward pool_backward;
    struct linear_forward linear_forward;
    struct linear_backward linear_backward;
    struct softmax_cross_entropy softmax_cross_entropy;
    struct sgd_update sgd_update;
    struct step_advance step_advance;
};

enum { CASE_NAME_SIZE = 96, CASE_SHAPE_SIZE = 48, CASE_OPTIONS_SIZE = 40 };

struct bench_case {
    enum operation operation;
    union operation_settings settings; // numbers mean what they say; of a pointer counts only whether it is NULL
    char shape[CASE_SHAPE_SIZE];       // "3x3/1 32x32 32>32 n32"
    char options[CASE_OPTIONS_SIZE];   // "affine+add+stats", "" for none
    char name[CASE_NAME_SIZE];         // operation, shape and options: unique, and the same in every version
};

// Fills in a case from settings as an observer sees them. STATUS_FAILED for an operation that bench knows no tensors of, and
// for more than one run at a time.
struct status bench_case_create(enum operation operation, const void *settings, struct bench_case *created);

// The same case without any option, as a library computes it that fuses nothing: no affine prologue, no addend, no
// statistics, no mask.
struct bench_case bench_case_strip(const struct bench_case *full);

// Images that the settings speak of; 1 where they speak of none.
int bench_case_images(const struct bench_case *bench_case);
// The same case on `images` images; a convolution only, others come back as they are.
struct bench_case bench_case_resize(const struct bench_case *bench_case, int images);

// ---- tensors ---------------------------------------------------------------------------------------------------

enum field_kind {
    FIELD_ACTIVATIONS, // of the device's activation type
    FIELD_FLOATS,
    FIELD_PER_RUN, // struct per_run
    FIELD_INTEGERS,
    FIELD_BYTES,
    FIELD_STATISTICS, // records of the device's kind; `count` channels over `positions` values each
    FIELD_STATES,     // struct training_state
    FIELD_METRICS,    // struct metrics
};

enum field_role { FIELD_INPUT, FIELD_OUTPUT, FIELD_UPDATED };

// What an input begins with.
enum field_values {
    VALUES_UNIFORM,  // -1 .. 1
    VALUES_POSITIVE, // 1/2 .. 3/2
    VALUES_GRID,     // multiples of 1/64 in -2 .. 2
    VALUES_AFFINE,   // scales and shifts that never meet VALUES_GRID's zero: every backend decides every ReLU alike
    VALUES_SMALL,    // 1/1000 of VALUES_UNIFORM
    VALUES_BELOW,    // integers 0 .. bound - 1
    VALUES_ORDER,    // 0, 1, 2, ...
    VALUES_ZERO,
};

// How a result on many images follows from that on a part of them, when the images repeat.
enum field_growth {
    GROWTH_NONE, // it does not: the same numbers
    GROWTH_TILE, // repeats, image by image
    GROWTH_SUM,  // a sum over the images
};

enum { FIELD_LIMIT = 12 };

// One tensor of a case.
struct field {
    const char *name;
    size_t offset; // of its pointer in the settings
    size_t count;  // values
    enum field_kind kind;
    enum field_role role;
    enum field_values values;
    enum field_growth growth; // inputs on images: GROWTH_TILE
    uint32_t bound;           // of VALUES_BELOW
    int64_t positions;        // of FIELD_STATISTICS: values per channel
    bool backward;            // of FIELD_STATISTICS: sums of g and g * x instead of a mean and a variance
};

// The tensors that a case has: those whose pointers are not NULL. Returns how many; 0 for an unknown operation.
int bench_case_fields(const struct bench_case *bench_case, struct field fields[FIELD_LIMIT]);

#endif

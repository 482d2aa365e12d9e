// case.c: names cases, and makes cases from cases. Tests: tests/bench_case_test.c.
#include "bench/case.h"

#include <stdio.h>
#include <string.h>

#include "bench/cost.h"

static size_t settings_bytes(enum operation operation)
{
    static const size_t bytes[OPERATION_COUNT] = {
        [OPERATION_BATCH_LOAD] = sizeof(struct batch_load),
        [OPERATION_CONV_FORWARD] = sizeof(struct conv_forward),
        [OPERATION_CONV_BACKWARD_DATA] = sizeof(struct conv_backward_data),
        [OPERATION_CONV_BACKWARD_FILTER] = sizeof(struct conv_backward_filter),
        [OPERATION_BATCHNORM_FINALISE] = sizeof(struct batchnorm_finalise),
        [OPERATION_BATCHNORM_BACKWARD] = sizeof(struct batchnorm_backward),
        [OPERATION_RESIDUAL_JOIN] = sizeof(struct residual_join),
        [OPERATION_POOL_FORWARD] = sizeof(struct pool_forward),
        [OPERATION_POOL_BACKWARD] = sizeof(struct pool_backward),
        [OPERATION_LINEAR_FORWARD] = sizeof(struct linear_forward),
        [OPERATION_LINEAR_BACKWARD] = sizeof(struct linear_backward),
        [OPERATION_SOFTMAX_CROSS_ENTROPY] = sizeof(struct softmax_cross_entropy),
        [OPERATION_SGD_UPDATE] = sizeof(struct sgd_update),
        [OPERATION_STEP_ADVANCE] = sizeof(struct step_advance),
    };
    return bytes[operation];
}

// ---- options ---------------------------------------------------------------------------------------------------

enum { OPTION_LIMIT = 4 };

// What a caller may leave out of an operation, in words for the name, and the pointers that go with it.
struct option {
    enum operation operation;
    const char *word;
    size_t offset, also; // of the pointers; `also` 0: none (no option's second pointer comes first in its struct)
};

#define OPTION(operation, member) offsetof(struct operation, member)
static const struct option all_options[] = {
    {OPERATION_CONV_FORWARD, "affine", OPTION(conv_forward, affine), 0},
    {OPERATION_CONV_FORWARD, "add", OPTION(conv_forward, residual), 0},
    {OPERATION_CONV_FORWARD, "stats", OPTION(conv_forward, statistics), 0},
    {OPERATION_CONV_BACKWARD_DATA, "coef", OPTION(conv_backward_data, coefficients), OPTION(conv_backward_data, raw)},
    {OPERATION_CONV_BACKWARD_DATA, "add", OPTION(conv_backward_data, addend), 0},
    {OPERATION_CONV_BACKWARD_DATA, "mask", OPTION(conv_backward_data, mask_input), OPTION(conv_backward_data, affine)},
    {OPERATION_CONV_BACKWARD_DATA, "sums", OPTION(conv_backward_data, sums), 0},
    {OPERATION_CONV_BACKWARD_FILTER, "affine", OPTION(conv_backward_filter, affine), 0},
    {OPERATION_CONV_BACKWARD_FILTER, "coef", OPTION(conv_backward_filter, coefficients),
     OPTION(conv_backward_filter, raw)},
    {OPERATION_RESIDUAL_JOIN, "add", OPTION(residual_join, addend), 0},
    {OPERATION_POOL_FORWARD, "affine", OPTION(pool_forward, affine), 0},
    {OPERATION_POOL_BACKWARD, "mask", OPTION(pool_backward, mask_input), OPTION(pool_backward, affine)},
    {OPERATION_POOL_BACKWARD, "sums", OPTION(pool_backward, sums), 0},
};
enum { OPTION_COUNT = sizeof all_options / sizeof all_options[0] };

static bool has_option(const struct bench_case *bench_case, const struct option *option)
{
    const void *pointer = NULL;
    if (option->operation != bench_case->operation) return false;
    memcpy(&pointer, (const char *)&bench_case->settings + option->offset, sizeof pointer);
    return pointer != NULL;
}

static void clear_pointer(struct bench_case *bench_case, size_t offset)
{
    const void *none = NULL;
    memcpy((char *)&bench_case->settings + offset, &none, sizeof none);
}

static void write_names(struct bench_case *bench_case)
{
    bench_case->options[0] = '\0';
    for (int i = 0; i < OPTION_COUNT; i++) {
        size_t length = strlen(bench_case->options);
        if (has_option(bench_case, &all_options[i]))
            snprintf(bench_case->options + length, sizeof bench_case->options - length, "%s%s", length > 0 ? "+" : "",
                     all_options[i].word);
    }
    operation_shape_text(bench_case->operation, &bench_case->settings, bench_case->shape, sizeof bench_case->shape);
    snprintf(bench_case->name, sizeof bench_case->name, "%s %s%s%s", operation_name(bench_case->operation),
             bench_case->shape, bench_case->options[0] != '\0' ? " " : "", bench_case->options);
}

struct bench_case bench_case_strip(const struct bench_case *full)
{
    struct bench_case stripped = *full;
    for (int i = 0; i < OPTION_COUNT; i++) {
        if (!has_option(full, &all_options[i])) continue;
        clear_pointer(&stripped, all_options[i].offset);
        if (all_options[i].also != 0) clear_pointer(&stripped, all_options[i].also);
    }
    write_names(&stripped);
    return stripped;
}

// ---- images ----------------------------------------------------------------------------------------------------

// Where the settings keep their number of images; NULL where they have none.
static int *images_of(struct bench_case *bench_case)
{
    union operation_settings *settings = &bench_case->settings;
    switch (bench_case->operation) {
    case OPERATION_BATCH_LOAD: return &settings->batch_load.images;
    case OPERATION_CONV_FORWARD: return &settings->conv_forward.shape.images;
    case OPERATION_CONV_BACKWARD_DATA: return &settings->conv_backward_data.shape.images;
    case OPERATION_CONV_BACKWARD_FILTER: return &settings->conv_backward_filter.shape.images;
    case OPERATION_POOL_FORWARD: return &settings->pool_forward.images;
    case OPERATION_POOL_BACKWARD: return &settings->pool_backward.images;
    case OPERATION_LINEAR_FORWARD: return &settings->linear_forward.images;
    case OPERATION_LINEAR_BACKWARD: return &settings->linear_backward.images;
    case OPERATION_SOFTMAX_CROSS_ENTROPY: return &settings->softmax_cross_entropy.images;
    default: return NULL;
    }
}

int bench_case_images(const struct bench_case *bench_case)
{
    struct bench_case copy = *bench_case;
    const int *images = images_of(&copy);
    return images == NULL ? 1 : *images;
}

static bool is_convolution(enum operation operation)
{
    return operation == OPERATION_CONV_FORWARD || operation == OPERATION_CONV_BACKWARD_DATA ||
           operation == OPERATION_CONV_BACKWARD_FILTER;
}

struct bench_case bench_case_resize(const struct bench_case *bench_case, int images)
{
    struct bench_case resized = *bench_case;
    if (!is_convolution(bench_case->operation)) return resized;
    *images_of(&resized) = images;
    write_names(&resized);
    return resized;
}

// ---- creation --------------------------------------------------------------------------------------------------

// `runs` is the first number of every operation's settings.
static int runs_of(const struct bench_case *bench_case)
{
    int runs = 0;
    memcpy(&runs, &bench_case->settings, sizeof runs);
    return runs;
}

struct status bench_case_create(enum operation operation, const void *settings, struct bench_case *created)
{
    *created = (struct bench_case){.operation = operation};
    if (settings_bytes(operation) == 0)
        return status_error(STATUS_FAILED, "bench: it does not know what tensors %s works on",
                            operation_name(operation));
    memcpy(&created->settings, settings, settings_bytes(operation));
    if (runs_of(created) != 1)
        return status_error(STATUS_FAILED, "bench: %s of %d runs, expected one", operation_name(operation),
                            runs_of(created));
    write_names(created);
    return status_ok();
}

// experiment.c: inputs and results of experiments; experiment_check.c repeats and compares them.
#include "tests/support/experiment.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/device_array.h"
#include "tests/support/memory.h"
#include "tests/support/random_data.h"
#include "tests/support/widened_kernels.h"

enum { STRIDE_GAP = 3, RUNS_LIMIT = 16 };

// Where the numbers of this array and run are drawn from.
static uint32_t index_of(const struct experiment *experiment, int run)
{
    return experiment->next_array * RUNS_LIMIT + (uint32_t)(experiment->first_run + run);
}

static void remember_input(struct experiment *experiment, const void *memory, const void *values, size_t bytes)
{
    cr_assert(experiment->input_count < EXPERIMENT_ARRAYS);
    struct experiment_input *input = &experiment->inputs[experiment->input_count++];
    *input = (struct experiment_input){.memory = memory, .copy = test_allocate(bytes), .bytes = bytes};
    memcpy(input->copy, values, bytes);
}

// All runs' values, each followed by `gap` poisoned floats. Without a gap they are activations.
static float *make_values(struct experiment *experiment, size_t run_size, size_t gap, float low, float high)
{
    size_t stride = run_size + gap;
    float *values = test_allocate((size_t)experiment->runs * stride * sizeof *values);
    memset(values, 0xff, (size_t)experiment->runs * stride * sizeof *values);
    for (int run = 0; run < experiment->runs; run++) {
        float *part = random_floats(experiment->seed, index_of(experiment, run), run_size, low, high);
        for (size_t i = 0; experiment->rounded && gap == 0 && i < run_size; i++)
            part[i] = bfloat16_value(bfloat16_of(part[i]));
        memcpy(values + (size_t)run * stride, part, run_size * sizeof *part);
        free(part);
    }
    experiment->next_array++;
    return values;
}

static float *put_values(struct experiment *experiment, float *values, size_t count, bool is_input)
{
    float *memory = device_put_floats(experiment->device, values, count);
    if (is_input) remember_input(experiment, memory, values, count * sizeof *values);
    free(values);
    return memory;
}

float *experiment_floats(struct experiment *experiment, size_t run_size, float low, float high)
{
    float *values = make_values(experiment, run_size, 0, low, high);
    return put_values(experiment, values, (size_t)experiment->runs * run_size, true);
}

float *experiment_in_place(struct experiment *experiment, size_t run_size, float low, float high)
{
    float *values = make_values(experiment, run_size, 0, low, high);
    return put_values(experiment, values, (size_t)experiment->runs * run_size, false);
}

// Rounds down to a multiple of 1 / steps.
static float snap(float value, float steps)
{
    return (float)(int)(value * steps) / steps;
}

float *experiment_grid(struct experiment *experiment, size_t run_size)
{
    size_t count = (size_t)experiment->runs * run_size;
    float *values = make_values(experiment, run_size, 0, -2, 2);
    for (size_t i = 0; i < count; i++) values[i] = snap(values[i], 64);
    return put_values(experiment, values, count, true);
}

struct per_run experiment_per_run(struct experiment *experiment, size_t run_size, float low, float high)
{
    float *values = make_values(experiment, run_size, STRIDE_GAP, low, high);
    size_t stride = run_size + STRIDE_GAP;
    return (struct per_run){put_values(experiment, values, (size_t)experiment->runs * stride, true), stride};
}

struct per_run experiment_per_run_in_place(struct experiment *experiment, size_t run_size, float low, float high)
{
    float *values = make_values(experiment, run_size, STRIDE_GAP, low, high);
    size_t stride = run_size + STRIDE_GAP;
    return (struct per_run){put_values(experiment, values, (size_t)experiment->runs * stride, false), stride};
}

struct per_run experiment_affine(struct experiment *experiment, int channels)
{
    size_t run_size = 2 * (size_t)channels, stride = run_size + STRIDE_GAP;
    float *values = make_values(experiment, run_size, STRIDE_GAP, -1.5F, 1.5F);
    for (int run = 0; run < experiment->runs; run++)
        for (int channel = 0; channel < channels; channel++) {
            float *scale = values + (size_t)run * stride + channel, *shift = scale + channels;
            *scale = snap(*scale, 16);
            *shift = snap(*shift, 512) + 1.0F / 2048; // products are multiples of 1/1024
        }
    return (struct per_run){put_values(experiment, values, (size_t)experiment->runs * stride, true), stride};
}

int32_t *experiment_integers(struct experiment *experiment, size_t run_size, uint32_t bound)
{
    size_t count = (size_t)experiment->runs * run_size;
    int32_t *values = test_allocate(count * sizeof *values);
    for (int run = 0; run < experiment->runs; run++) {
        int32_t *part = random_integers(experiment->seed, index_of(experiment, run), run_size, bound);
        memcpy(values + (size_t)run * run_size, part, run_size * sizeof *part);
        free(part);
    }
    experiment->next_array++;
    int32_t *memory = device_put(experiment->device, values, count * sizeof *values);
    remember_input(experiment, memory, values, count * sizeof *values);
    free(values);
    return memory;
}

float *experiment_results(struct experiment *experiment, size_t run_size)
{
    return device_make_floats(experiment->device, (size_t)experiment->runs * run_size);
}

struct per_run experiment_per_run_results(struct experiment *experiment, size_t run_size)
{
    return device_make_per_run(experiment->device, experiment->runs, run_size + STRIDE_GAP);
}

void *experiment_statistics(struct experiment *experiment, int channels)
{
    return device_make_statistics(experiment->device, (size_t)experiment->runs * (size_t)channels);
}

static struct outcome_array *add_array(struct experiment *experiment, const char *name, size_t run_bytes)
{
    struct outcome *outcome = &experiment->outcome;
    cr_assert(outcome->count < EXPERIMENT_ARRAYS);
    struct outcome_array *array = &outcome->arrays[outcome->count++];
    *array = (struct outcome_array){.name = name, .run_bytes = run_bytes};
    array->bytes = test_allocate((size_t)experiment->runs * run_bytes);
    return array;
}

void experiment_record(struct experiment *experiment, const char *name, const float *memory, size_t run_size,
                       double tolerance)
{
    struct outcome_array *array = add_array(experiment, name, run_size * sizeof(float));
    array->is_float = true;
    array->tolerance = tolerance;
    device_get(experiment->device, memory, array->bytes, (size_t)experiment->runs * array->run_bytes);
}

void experiment_record_per_run(struct experiment *experiment, const char *name, struct per_run source, size_t run_size,
                               double tolerance)
{
    struct outcome_array *array = add_array(experiment, name, run_size * sizeof(float));
    array->is_float = true;
    array->tolerance = tolerance;
    float *values = device_get_floats(experiment->device, source.data, (size_t)experiment->runs * source.stride);
    for (int run = 0; run < experiment->runs; run++) {
        const float *part = values + (size_t)run * source.stride;
        memcpy(array->bytes + (size_t)run * array->run_bytes, part, array->run_bytes);
        const unsigned char *gap = (const unsigned char *)(part + run_size);
        for (size_t i = 0; i < (source.stride - run_size) * sizeof(float); i++)
            cr_expect(gap[i] == 0xff, "%s: wrote behind run %d's part", name, run);
    }
    free(values);
}

void experiment_record_bytes(struct experiment *experiment, const char *name, const void *memory, size_t run_bytes)
{
    struct outcome_array *array = add_array(experiment, name, run_bytes);
    device_get(experiment->device, memory, array->bytes, (size_t)experiment->runs * run_bytes);
}

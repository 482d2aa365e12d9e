// golden_optimisers_test.c: Nesterov SGD, AdamW and gradient clipping against golden vectors, step by step. Step and rate
// are read from device memory, as in training.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/device_array.h"
#include "tests/support/golden.h"
#include "tests/support/memory.h"

// A table with the same rate for every step.
static struct per_run put_constant_rates(struct golden_case *golden, double rate, int steps)
{
    float *rates = test_allocate((size_t)steps * sizeof *rates);
    for (int i = 0; i < steps; i++) rates[i] = (float)rate;
    struct per_run result = device_put_per_run(golden->device, rates, 1, (size_t)steps);
    free(rates);
    return result;
}

static struct per_run put_zeros(struct golden_case *golden, size_t count)
{
    struct per_run result = device_make_per_run(golden->device, 1, count);
    device_zero(golden->device, result.data, count * sizeof(float));
    return result;
}

static struct training_state *put_fresh_state(struct golden_case *golden)
{
    const struct training_state state = {.step = 0};
    return device_put(golden->device, &state, sizeof state);
}

// The gradient of step `step` to the device.
static void give_gradient(struct golden_case *golden, const struct golden_array *gradients, int step,
                          struct per_run gradient)
{
    size_t count = (size_t)gradients->shape[1];
    device_upload(golden->device, gradient.data, gradients->values + (size_t)step * count, count * sizeof(float));
}

static void advance(struct golden_case *golden, struct training_state *state)
{
    struct step_advance settings = {.runs = 1, .images = 1, .count_step = true, .states = state};
    step_advance(golden->device, &settings);
}

// Row `step` of the array called `name`.
static void expect_row(struct golden_case *golden, struct per_run computed, const char *name, int step,
                       enum error_measure measure, double tolerance)
{
    const struct golden_array *rows = golden_read(golden, "%s", name);
    size_t count = (size_t)rows->shape[1];
    float *values = device_get_floats(golden->device, computed.data, count);
    char label[64];
    snprintf(label, sizeof label, "%s, step %d", name, step);
    golden_expect_values(golden, values, rows->truth + (size_t)step * count, count, label, measure, tolerance);
    free(values);
}

static void check_sgd(struct golden_case *golden)
{
    const double tolerance = 1e-6; // float32 parameters of order one
    const struct golden_array *hyper = golden_read(golden, "sgd_hyper"), *start = golden_read(golden, "sgd_param0");
    const struct golden_array *gradients = golden_read(golden, "sgd_grads");
    struct training_state *state = put_fresh_state(golden);
    struct sgd_update sgd = {
        .runs = 1,
        .count = (int64_t)start->count,
        .momentum = hyper->values[1],
        .weight_decay = hyper->values[2],
        .rates = put_constant_rates(golden, hyper->truth[0], gradients->shape[0]),
        .states = state,
        .gradient = put_zeros(golden, start->count),
        .velocity = put_zeros(golden, start->count),
        .parameter = golden_put_per_run(golden, start),
    };
    for (int step = 0; step < gradients->shape[0]; step++) {
        give_gradient(golden, gradients, step, sgd.gradient);
        sgd_update(golden->device, &sgd);
        advance(golden, state);
        expect_row(golden, sgd.parameter, "sgd_params", step, ERROR_ABSOLUTE, tolerance);
        expect_row(golden, sgd.velocity, "sgd_momentum", step, ERROR_ABSOLUTE, tolerance);
    }
}

static void check_adamw(struct golden_case *golden)
{
    const double tolerance = 1e-6, moment_tolerance = 1e-5; // 1 - beta2 formed in float32 would miss the latter
    const struct golden_array *hyper = golden_read(golden, "adamw_hyper"), *start = golden_read(golden, "adamw_param0");
    const struct golden_array *gradients = golden_read(golden, "adamw_grads");
    struct training_state *state = put_fresh_state(golden);
    struct adamw_update adamw = {
        .runs = 1,
        .count = (int64_t)start->count,
        .beta1 = hyper->truth[1],
        .beta2 = hyper->truth[2],
        .epsilon = hyper->truth[3],
        .weight_decay = hyper->truth[4],
        .rates = put_constant_rates(golden, hyper->truth[0], gradients->shape[0]),
        .states = state,
        .gradient = put_zeros(golden, start->count),
        .first_moment = put_zeros(golden, start->count),
        .second_moment = put_zeros(golden, start->count),
        .parameter = golden_put_per_run(golden, start),
    };
    for (int step = 0; step < gradients->shape[0]; step++) {
        give_gradient(golden, gradients, step, adamw.gradient);
        adamw_update(golden->device, &adamw);
        advance(golden, state);
        expect_row(golden, adamw.parameter, "adamw_params", step, ERROR_ABSOLUTE, tolerance);
        expect_row(golden, adamw.first_moment, "adamw_m", step, ERROR_RELATIVE, moment_tolerance);
        expect_row(golden, adamw.second_moment, "adamw_v", step, ERROR_RELATIVE, moment_tolerance);
    }
}

// All gradient tensors of the folder, one after the other.
static float *put_gradients(struct golden_case *golden, int tensors, size_t count)
{
    float *memory = device_make_floats(golden->device, count), *at = memory;
    for (int i = 0; i < tensors; i++) {
        const struct golden_array *part = golden_read(golden, "g%d", i);
        device_upload(golden->device, at, part->values, part->count * sizeof(float));
        at += part->count;
    }
    return memory;
}

static void check_clip(struct golden_case *golden)
{
    const double tolerance = 2e-6;
    int tensors = 0;
    size_t count = 0;
    for (; golden_has(golden, "g%d", tensors); tensors++) count += golden_read(golden, "g%d", tensors)->count;
    struct gradient_clip clip = {
        .runs = 1,
        .count = (int64_t)count,
        .limit = golden_read(golden, "../clip_hyper")->values[0],
        .gradient = {put_gradients(golden, tensors, count), count},
        .norm = device_make_per_run(golden->device, 1, 1),
    };
    gradient_clip(golden->device, &clip);
    golden_expect(golden, clip.norm.data, golden_read(golden, "norm"), ERROR_MAX, tolerance);
    const float *at = clip.gradient.data;
    for (int i = 0; i < tensors; i++) {
        golden_expect(golden, at, golden_read(golden, "clipped%d", i), ERROR_MAX, tolerance);
        at += golden_read(golden, "g%d", i)->count;
    }
}

Test(golden_optimisers, sgd)
{
    golden_for_folder("training/optim", check_sgd);
}

Test(golden_optimisers, adamw)
{
    golden_for_folder("training/optim", check_adamw);
}

Test(golden_optimisers, gradient_clip)
{
    golden_for_each("training/optim", check_clip);
}

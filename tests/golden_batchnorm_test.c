// golden_batchnorm_test.c: batch norm against golden vectors, through the kernels that training uses. Statistics and
// backward sums come from convolutions with an identity filter, whose output is their input exactly; the
// normalised values and the gradient are written out by residual_join.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/device_array.h"
#include "tests/support/golden.h"
#include "tests/support/memory.h"
#include "tests/support/widened_kernels.h"

static const float momentum = 0.1F, epsilon = 1e-5F; // the golden vectors' own

// Float32 reaches 5e-6; with means of 8 and deviations of 0.05 (folders named ..._offset) the inputs' own spacing
// is 1e-5 of a deviation.
// In bfloat16 an ordinary input is off by up to 2^-8 of itself, its deviation by twice that; at 8 the spacing of its numbers is
// 2^-4, more than an _offset folder's deviation, and little can be asked there.
static double tolerance_of(const struct golden_case *golden)
{
    const char *ending = strrchr(golden->folder, '_');
    bool offset = ending != NULL && strcmp(ending, "_offset") == 0;
    return offset ? by_precision(golden->device, 1e-4, 0.5) : by_precision(golden->device, 5e-6, 8e-3);
}

// What an identity computes: the values themselves, as far as the activation type holds them.
static void expect_unchanged(struct golden_case *golden, const void *memory, const char *name)
{
    const struct golden_array *array = golden_read_images(golden, "%s", name);
    double *expected = test_allocate(array->count * sizeof *expected);
    float *computed = device_get_floats(golden->device, memory, array->count);
    bool rounds = by_precision(golden->device, 0, 1) > 0;
    for (size_t i = 0; i < array->count; i++)
        expected[i] = (double)(rounds ? bfloat16_value(bfloat16_of(array->values[i])) : array->values[i]);
    golden_expect_values(golden, computed, expected, array->count, name, ERROR_ABSOLUTE, 1e-300);
    free(computed);
    free(expected);
}

static void expect_close(struct golden_case *golden, const void *memory, const char *name)
{
    golden_expect(golden, memory, golden_read(golden, "%s", name), ERROR_MAX, tolerance_of(golden));
}

static void expect_images_close(struct golden_case *golden, const void *memory, const char *name)
{
    golden_expect(golden, memory, golden_read_images(golden, "%s", name), ERROR_MAX, tolerance_of(golden));
}

static struct conv_shape identity_shape(const struct golden_array *x)
{
    return (struct conv_shape){.runs = 1,
                               .images = x->shape[0],
                               .height = x->shape[1],
                               .width = x->shape[2],
                               .channels_in = x->shape[3],
                               .channels_out = x->shape[3],
                               .kernel = 1,
                               .stride = 1};
}

static struct per_run put_identity_filter(struct device *device, int channels)
{
    size_t size = (size_t)channels * (size_t)channels;
    float *filter = test_allocate(size * sizeof *filter);
    for (size_t i = 0; i < size; i++) filter[i] = i % ((size_t)channels + 1) == 0 ? 1 : 0;
    struct per_run result = device_put_per_run(device, filter, 1, size);
    free(filter);
    return result;
}

// first, second and third, `channels` times each.
static struct per_run put_constants(struct device *device, int channels, float first, float second, float third)
{
    float *values = test_allocate(3 * (size_t)channels * sizeof *values);
    for (int i = 0; i < channels; i++) {
        values[i] = first;
        values[channels + i] = second;
        values[2 * channels + i] = third;
    }
    struct per_run result = device_put_per_run(device, values, 1, 3 * (size_t)channels);
    free(values);
    return result;
}

// Batch norm's arguments over this folder; the caller sets what differs between training and evaluation.
static struct batchnorm_finalise settings_of(struct golden_case *golden, enum batchnorm_mode mode, const char *when)
{
    const struct golden_array *x = golden_read_images(golden, "x");
    int channels = x->shape[3];
    return (struct batchnorm_finalise){
        .runs = 1,
        .channels = channels,
        .count = (int64_t)(x->count / (size_t)channels),
        .mode = mode,
        .momentum = momentum,
        .epsilon = epsilon,
        .gamma = golden_put_per_run(golden, golden_read(golden, "gamma")),
        .beta = golden_put_per_run(golden, golden_read(golden, "beta")),
        .running_mean = golden_put_per_run(golden, golden_read(golden, "running_mean_%s", when)),
        .running_variance = golden_put_per_run(golden, golden_read(golden, "running_var_%s", when)),
        .affine = device_make_per_run(golden->device, 1, 2 * (size_t)channels),
        .moments = device_make_per_run(golden->device, 1, 2 * (size_t)channels),
    };
}

// scale * x + shift, written out: the join's three factors are (scale, 0, shift).
static float *normalise(struct golden_case *golden, const float *x, const struct batchnorm_finalise *norm)
{
    size_t channels = (size_t)norm->channels, size = (size_t)norm->count * channels;
    float *affine = device_get_floats(golden->device, norm->affine.data, 2 * channels);
    float *factors = test_allocate(3 * channels * sizeof *factors);
    memcpy(factors, affine, channels * sizeof *factors);
    memset(factors + channels, 0, channels * sizeof *factors);
    memcpy(factors + 2 * channels, affine + channels, channels * sizeof *factors);
    struct residual_join join = {
        .runs = 1,
        .positions = norm->count,
        .channels = norm->channels,
        .gradient = x,
        .raw = x,
        .coefficients = device_put_per_run(golden->device, factors, 1, 3 * channels),
        .output = device_make_floats(golden->device, size),
    };
    residual_join(golden->device, &join);
    free(affine);
    free(factors);
    return join.output;
}

// The moments hold 1 / sqrt(variance + epsilon); compares the variance itself.
static void expect_moments(struct golden_case *golden, const struct batchnorm_finalise *norm)
{
    expect_close(golden, norm->moments.data, "batch_mean");
    const struct golden_array *truth = golden_read(golden, "batch_var_biased");
    float *variance = device_get_floats(golden->device, norm->moments.data + norm->channels, truth->count);
    for (size_t i = 0; i < truth->count; i++)
        variance[i] = (float)(1 / ((double)variance[i] * (double)variance[i]) - (double)epsilon);
    golden_expect_values(golden, variance, truth->truth, truth->count, truth->name, ERROR_MAX, tolerance_of(golden));
    free(variance);
}

static struct batchnorm_finalise check_forward(struct golden_case *golden, const float *x)
{
    struct conv_shape shape = identity_shape(golden_read_images(golden, "x"));
    struct batchnorm_finalise norm = settings_of(golden, BATCHNORM_BATCH_UPDATE, "before");
    struct conv_forward measure = {
        .shape = shape,
        .input = x,
        .filter = put_identity_filter(golden->device, shape.channels_in),
        .output = device_make_floats(golden->device, golden_read_images(golden, "x")->count),
        .statistics = device_make_statistics(golden->device, (size_t)shape.channels_out),
    };
    conv_forward(golden->device, &measure);
    expect_unchanged(golden, measure.output, "x");
    norm.statistics = measure.statistics;
    batchnorm_finalise(golden->device, &norm);
    expect_moments(golden, &norm);
    expect_close(golden, norm.running_mean.data, "running_mean_after");
    expect_close(golden, norm.running_variance.data, "running_var_after");
    expect_images_close(golden, normalise(golden, x, &norm), "y");
    return norm;
}

// Sums of gy and gy * x. The mask's multiply-add is 0 * x + 1, so every position is open.
static void *sum_gradient(struct golden_case *golden, const float *x, const float *gy)
{
    struct conv_shape shape = identity_shape(golden_read_images(golden, "x"));
    struct conv_backward_data measure = {
        .shape = shape,
        .gradient = gy,
        .filter = put_identity_filter(golden->device, shape.channels_in),
        .mask_input = x,
        .affine = put_constants(golden->device, shape.channels_in, 0, 1, 0),
        .output = device_make_floats(golden->device, golden_read_images(golden, "x")->count),
        .sums = device_make_statistics(golden->device, (size_t)shape.channels_in),
    };
    conv_backward_data(golden->device, &measure);
    expect_unchanged(golden, measure.output, "gy");
    return measure.sums;
}

static void check_backward(struct golden_case *golden, const float *x, const struct batchnorm_finalise *forward)
{
    size_t channels = (size_t)forward->channels;
    const float *gy = golden_put(golden, golden_read_images(golden, "gy"));
    struct batchnorm_backward norm = {
        .runs = 1,
        .channels = forward->channels,
        .count = forward->count,
        .mode = BATCHNORM_BATCH_UPDATE,
        .sums = sum_gradient(golden, x, gy),
        .gamma = forward->gamma,
        .moments = forward->moments,
        .grad_gamma = device_make_per_run(golden->device, 1, channels),
        .grad_beta = device_make_per_run(golden->device, 1, channels),
        .coefficients = device_make_per_run(golden->device, 1, 3 * channels),
    };
    batchnorm_backward(golden->device, &norm);
    expect_close(golden, norm.grad_gamma.data, "ggamma");
    expect_close(golden, norm.grad_beta.data, "gbeta");
    struct residual_join join = {
        .runs = 1,
        .positions = forward->count,
        .channels = forward->channels,
        .gradient = gy,
        .raw = x,
        .coefficients = norm.coefficients,
        .output = device_make_floats(golden->device, (size_t)forward->count * channels),
    };
    residual_join(golden->device, &join);
    expect_images_close(golden, join.output, "gx");
}

static void check_folder(struct golden_case *golden)
{
    const float *x = golden_put(golden, golden_read_images(golden, "x"));
    struct batchnorm_finalise training = check_forward(golden, x);
    check_backward(golden, x, &training);
    struct batchnorm_finalise evaluation = settings_of(golden, BATCHNORM_FROZEN, "after");
    batchnorm_finalise(golden->device, &evaluation);
    expect_images_close(golden, normalise(golden, x, &evaluation), "y_eval");
    expect_close(golden, evaluation.running_mean.data, "running_mean_after"); // and evaluation leaves them alone
    expect_close(golden, evaluation.running_variance.data, "running_var_after");
}

Test(golden_batchnorm, training_and_evaluation)
{
    golden_for_each("training/layers/batchnorm", check_folder);
}

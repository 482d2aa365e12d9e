// backend_conv_test.c: the three convolution kernels of every backend, with every algorithm, against the reference, over
// awkward shapes and all options; bits independent of threads and of company.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/random.h"
#include "tests/support/device_array.h"
#include "tests/support/experiment.h"

// Sums of at most 9 * 128 products in float32: about sqrt(1152) * 2^-24 = 2e-6 of a typical value, ten times that for
// transforms such as Winograd's.
static const double tolerance = 2e-5;

// Where activations are bfloat16, an output is rounded to 8 bits, within 2^-8 of itself; in direct convolutions so are the
// operands behind the prologue and the filter, whose errors partly cancel. Sums over rounded outputs may add that up; and
// the deviation of few rounded values may be far from the true one's, so that what statistics must be is checked against
// the output itself (expect_statistics_of).
static const double bf16_output_tolerance = 3 * 0x1p-8, bf16_sums_tolerance = 4 * 0x1p-8;
static const double bf16_statistics_tolerance = 0x1p-3;

enum { SEED = 20 };

enum operand { OPERAND_NONE, OPERAND_SEPARATE, OPERAND_IN_PLACE };

struct conv_spec {
    struct conv_shape shape;   // runs is the experiment's
    bool affine, coefficients; // prologues of the input and of the gradient
    enum operand added;        // residual or addend
    bool mask, sums;           // of backward_data; sums stands for forward's statistics, too
};

static struct conv_shape shape_of(const struct experiment *experiment)
{
    struct conv_shape shape = ((const struct conv_spec *)experiment->spec)->shape;
    shape.runs = experiment->runs;
    return shape;
}

static size_t input_size(const struct conv_shape *shape)
{
    return (size_t)shape->images * (size_t)shape->height * (size_t)shape->width * (size_t)shape->channels_in;
}

static int64_t positions_out(const struct conv_shape *shape)
{
    int height = (shape->height + shape->stride - 1) / shape->stride;
    int width = (shape->width + shape->stride - 1) / shape->stride;
    return (int64_t)shape->images * height * width;
}

static size_t output_size(const struct conv_shape *shape)
{
    return (size_t)positions_out(shape) * (size_t)shape->channels_out;
}

static size_t filter_size(const struct conv_shape *shape)
{
    return (size_t)(shape->kernel * shape->kernel) * (size_t)shape->channels_in * (size_t)shape->channels_out;
}

// The array an operation adds to its result: none, one of its own, or the result's array.
static const void *added_of(struct experiment *experiment, enum operand kind, size_t size, float **output)
{
    if (kind == OPERAND_IN_PLACE) return *output = experiment_in_place(experiment, size, -1, 1);
    *output = experiment_results(experiment, size);
    return kind == OPERAND_NONE ? NULL : experiment_floats(experiment, size, -1, 1);
}

// One channel of one run: the moments that batchnorm_finalise made of the statistics are those of the output as it is,
// but for the rounding of the moments to float32.
static void expect_moments_of(const float *output, size_t positions, size_t channels, double epsilon,
                              const float *moments)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < positions; i++) {
        double value = (double)output[i * channels];
        sum += value;
        squares += value * value;
    }
    double mean = sum / (double)positions, variance = squares / (double)positions - mean * mean;
    double inverse_deviation = 1 / sqrt((variance < 0 ? 0 : variance) + epsilon);
    cr_expect(fabs((double)moments[0] - mean) <= 1e-6 * sqrt(squares / (double)positions), "mean %.9g, found %.9g",
              mean, (double)moments[0]);
    cr_expect(fabs((double)moments[channels] - inverse_deviation) <= 1e-6 * inverse_deviation,
              "1 / deviation %.9g, found %.9g", inverse_deviation, (double)moments[channels]);
}

static void expect_statistics_of(struct experiment *experiment, const struct conv_shape *shape, const void *output,
                                 const struct batchnorm_finalise *norm)
{
    size_t channels = (size_t)shape->channels_out, size = output_size(shape), runs = (size_t)experiment->runs;
    float *values = device_get_floats(experiment->device, output, runs * size);
    float *moments = device_get_floats(experiment->device, norm->moments.data, runs * norm->moments.stride);
    for (size_t run = 0; run < runs; run++)
        for (size_t channel = 0; channel < channels; channel++)
            expect_moments_of(values + run * size + channel, size / channels, channels, (double)norm->epsilon,
                              moments + run * norm->moments.stride + channel);
    free(values);
    free(moments);
}

// What the statistics mean shows in the affine map that batchnorm_finalise makes of them.
static void record_statistics(struct experiment *experiment, const struct conv_shape *shape, const void *output,
                              const void *statistics)
{
    double allowed = by_precision(experiment->device, tolerance, bf16_statistics_tolerance);
    size_t channels = (size_t)shape->channels_out;
    struct batchnorm_finalise norm = {
        .runs = experiment->runs,
        .channels = shape->channels_out,
        .count = positions_out(shape),
        .mode = BATCHNORM_BATCH_ONLY,
        .momentum = 0.1F,
        .epsilon = 1e-2F, // keeps the scale finite where one position has no variance
        .statistics = statistics,
        .gamma = experiment_per_run(experiment, channels, 0.5F, 1.5F),
        .beta = experiment_per_run(experiment, channels, -1, 1),
        .affine = experiment_per_run_results(experiment, 2 * channels),
        .moments = experiment_per_run_results(experiment, 2 * channels),
    };
    batchnorm_finalise(experiment->device, &norm);
    experiment_record_per_run(experiment, "affine map from statistics", norm.affine, 2 * channels, allowed);
    experiment_record_per_run(experiment, "moments from statistics", norm.moments, 2 * channels, allowed);
    expect_statistics_of(experiment, shape, output, &norm);
}

static void forward_experiment(struct experiment *experiment)
{
    const struct conv_spec *spec = experiment->spec;
    struct conv_shape shape = shape_of(experiment);
    struct conv_forward conv = {.shape = shape};
    float *output;
    conv.input = experiment_grid(experiment, input_size(&shape));
    if (spec->affine) conv.affine = experiment_affine(experiment, shape.channels_in);
    conv.filter = experiment_per_run(experiment, filter_size(&shape), -1, 1);
    conv.residual = added_of(experiment, spec->added, output_size(&shape), &output);
    conv.output = output;
    if (spec->sums) conv.statistics = experiment_statistics(experiment, shape.channels_out);
    conv_forward(experiment->device, &conv);
    experiment_record(experiment, "output", output, output_size(&shape),
                      by_precision(experiment->device, tolerance, bf16_output_tolerance));
    if (spec->sums) record_statistics(experiment, &shape, output, conv.statistics);
}

// The sums show in the gradients that batchnorm_backward makes of them.
static void record_sums(struct experiment *experiment, const struct conv_shape *shape, const void *sums)
{
    size_t channels = (size_t)shape->channels_in;
    double allowed = by_precision(experiment->device, tolerance, bf16_sums_tolerance);
    struct batchnorm_backward norm = {
        .runs = experiment->runs,
        .channels = shape->channels_in,
        .count = (int64_t)(input_size(shape) / channels),
        .mode = BATCHNORM_BATCH_ONLY,
        .sums = sums,
        .gamma = experiment_per_run(experiment, channels, 0.5F, 1.5F),
        .moments = experiment_per_run(experiment, 2 * channels, 0.5F, 1),
        .grad_gamma = experiment_per_run_results(experiment, channels),
        .grad_beta = experiment_per_run_results(experiment, channels),
        .coefficients = experiment_per_run_results(experiment, 3 * channels),
    };
    batchnorm_backward(experiment->device, &norm);
    experiment_record_per_run(experiment, "grad_gamma from sums", norm.grad_gamma, channels, allowed);
    experiment_record_per_run(experiment, "grad_beta from sums", norm.grad_beta, channels, allowed);
    experiment_record_per_run(experiment, "coefficients from sums", norm.coefficients, 3 * channels, allowed);
}

// Gradient, with raw and coefficients where the spec says so.
static const float *gradient_of(struct experiment *experiment, const struct conv_shape *shape, const void **raw,
                                struct per_run *coefficients)
{
    const struct conv_spec *spec = experiment->spec;
    if (spec->coefficients) {
        *raw = experiment_floats(experiment, output_size(shape), -1, 1);
        *coefficients = experiment_per_run(experiment, 3 * (size_t)shape->channels_out, -1, 1);
    }
    return experiment_floats(experiment, output_size(shape), -1, 1);
}

static void backward_data_experiment(struct experiment *experiment)
{
    const struct conv_spec *spec = experiment->spec;
    struct conv_shape shape = shape_of(experiment);
    struct conv_backward_data conv = {.shape = shape};
    float *output;
    conv.gradient = gradient_of(experiment, &shape, &conv.raw, &conv.coefficients);
    conv.filter = experiment_per_run(experiment, filter_size(&shape), -1, 1);
    conv.addend = added_of(experiment, spec->added, input_size(&shape), &output);
    conv.output = output;
    if (spec->mask) {
        conv.mask_input = experiment_grid(experiment, input_size(&shape));
        conv.affine = experiment_affine(experiment, shape.channels_in);
        if (spec->sums) conv.sums = experiment_statistics(experiment, shape.channels_in);
    }
    conv_backward_data(experiment->device, &conv);
    experiment_record(experiment, "output", output, input_size(&shape),
                      by_precision(experiment->device, tolerance, bf16_output_tolerance));
    if (conv.sums != NULL) record_sums(experiment, &shape, conv.sums);
}

static void backward_filter_experiment(struct experiment *experiment)
{
    const struct conv_spec *spec = experiment->spec;
    struct conv_shape shape = shape_of(experiment);
    struct conv_backward_filter conv = {.shape = shape};
    conv.input = experiment_grid(experiment, input_size(&shape));
    if (spec->affine) conv.affine = experiment_affine(experiment, shape.channels_in);
    conv.gradient = gradient_of(experiment, &shape, &conv.raw, &conv.coefficients);
    conv.grad_filter = experiment_per_run_results(experiment, filter_size(&shape));
    conv_backward_filter(experiment->device, &conv);
    double allowed = device_rounds_factors(experiment->device) ? bf16_output_tolerance : tolerance;
    experiment_record_per_run(experiment, "grad_filter", conv.grad_filter, filter_size(&shape), allowed);
}

// Every option off, every option on, and one mixture drawn at random.
static void check_shape(experiment_function *function, struct conv_shape shape)
{
    struct random_stream stream =
        random_stream_create(SEED, PURPOSE_TEST, (uint32_t)shape.channels_in,
                             (uint32_t)(shape.channels_out * 100 + shape.height * 10 + shape.stride + shape.kernel));
    uint32_t bits = random_next_u32(&stream);
    const struct conv_spec specs[] = {
        {.shape = shape},
        {.shape = shape, .affine = true, .coefficients = true, .added = OPERAND_IN_PLACE, .mask = true, .sums = true},
        {.shape = shape,
         .affine = (bits & 1) != 0,
         .coefficients = (bits & 2) != 0,
         .added = (enum operand)random_next_below(&stream, 3),
         .mask = (bits & 4) != 0,
         .sums = (bits & 8) != 0},
    };
    for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
        char label[128];
        snprintf(label, sizeof label, "%dx%dx%dx%d to %d, kernel %d, stride %d, options %d%d%d%d%d", shape.images,
                 shape.height, shape.width, shape.channels_in, shape.channels_out, shape.kernel, shape.stride,
                 specs[i].affine, specs[i].coefficients, specs[i].added, specs[i].mask, specs[i].sums);
        experiment_check_convolution(function, &specs[i], SEED + (uint32_t)i, label);
    }
}

// Channels around the vectors' lengths, odd sides, sides that differ, images that fill no block.
static void check_awkward_shapes(experiment_function *function)
{
    static const int channels[][2] = {{3, 16},  {5, 3},   {16, 16}, {16, 32}, {20, 5},
                                      {20, 20}, {32, 48}, {48, 3},  {1, 1}};
    static const int sides[][3] = {{2, 7, 7}, {1, 8, 9}, {3, 9, 8}, {1, 1, 2}, {19, 3, 5}}; // images, height, width
    for (size_t i = 0; i < sizeof channels / sizeof channels[0]; i++)
        for (size_t j = 0; j < sizeof sides / sizeof sides[0]; j++)
            for (int stride = 1; stride <= 2; stride++)
                for (int kernel = 1; kernel <= 3; kernel += 2)
                    check_shape(function, (struct conv_shape){.images = sides[j][0],
                                                              .height = sides[j][1],
                                                              .width = sides[j][2],
                                                              .channels_in = channels[i][0],
                                                              .channels_out = channels[i][1],
                                                              .kernel = kernel,
                                                              .stride = stride});
}

// Layers of WideResNet-40-2, one image each.
static void check_network_shapes(experiment_function *function)
{
    static const struct conv_shape shapes[] = {
        {0, 1, 32, 32, 3, 16, 3, 1},  {0, 1, 32, 32, 16, 32, 3, 1},  {0, 1, 32, 32, 32, 64, 3, 2},
        {0, 1, 32, 32, 32, 64, 1, 2}, {0, 1, 16, 16, 64, 64, 3, 1},  {0, 1, 16, 16, 64, 128, 1, 2},
        {0, 1, 8, 8, 128, 128, 3, 1}, {0, 1, 16, 16, 64, 128, 3, 2},
    };
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) check_shape(function, shapes[i]);
}

// What tiles make awkward: sides that are no multiples of 4 or of 2, tiles wider than the image, channels of one vector
// and of several panels with and without a rest, widths that leave a group of tiles alone in its row.
static void check_tiled_shapes(experiment_function *function)
{
    static const int channels[][2] = {{16, 16}, {32, 48}, {64, 64}, {80, 16}, {16, 80}, {20, 12}};
    static const int sides[][3] = {{1, 1, 1}, {3, 2, 2}, {2, 5, 7}, {5, 9, 6}, {1, 3, 10}, {1, 2, 150}};
    for (size_t i = 0; i < sizeof channels / sizeof channels[0]; i++)
        for (size_t j = 0; j < sizeof sides / sizeof sides[0]; j++)
            check_shape(function, (struct conv_shape){.images = sides[j][0],
                                                      .height = sides[j][1],
                                                      .width = sides[j][2],
                                                      .channels_in = channels[i][0],
                                                      .channels_out = channels[i][1],
                                                      .kernel = 3,
                                                      .stride = 1});
}

// Many images: groups of tiles that begin inside an image, and for the filter more tiles than one chunk holds.
static void check_many_images(experiment_function *function)
{
    check_shape(function, (struct conv_shape){0, 250, 5, 7, 16, 16, 3, 1});
    check_shape(function, (struct conv_shape){0, 40, 6, 6, 128, 64, 3, 1});
}

Test(backend_conv, forward_awkward)
{
    check_awkward_shapes(forward_experiment);
}

Test(backend_conv, forward_network)
{
    check_network_shapes(forward_experiment);
}

Test(backend_conv, backward_data_awkward)
{
    check_awkward_shapes(backward_data_experiment);
}

Test(backend_conv, backward_data_network)
{
    check_network_shapes(backward_data_experiment);
}

Test(backend_conv, backward_filter_awkward)
{
    check_awkward_shapes(backward_filter_experiment);
}

Test(backend_conv, backward_filter_network)
{
    check_network_shapes(backward_filter_experiment);
}

Test(backend_conv, forward_tiled)
{
    check_tiled_shapes(forward_experiment);
}

Test(backend_conv, forward_many_images)
{
    check_many_images(forward_experiment);
}

Test(backend_conv, backward_data_tiled)
{
    check_tiled_shapes(backward_data_experiment);
}

Test(backend_conv, backward_data_many_images)
{
    check_many_images(backward_data_experiment);
}

Test(backend_conv, backward_filter_tiled)
{
    check_tiled_shapes(backward_filter_experiment);
}

Test(backend_conv, backward_filter_many_images)
{
    check_many_images(backward_filter_experiment);
}

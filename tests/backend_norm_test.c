// backend_norm_test.c: batch norm, residual join and pooling of every backend against the reference, over odd sizes and
// all options; bits independent of threads and of company.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

#include "tests/support/device_array.h"
#include "tests/support/experiment.h"

// A handful of float32 roundings of values of order one, on top of sums that any backend keeps in double.
static const double tolerance = 2e-6;

// Where activations are bfloat16: an output is rounded to 8 bits, within 2^-8 of itself; numbers made of sums over rounded
// outputs may add that up.
static const double bf16_output_tolerance = 0x1.1p-8, bf16_sums_tolerance = 2 * 0x1p-8;

static double sums_tolerance(const struct experiment *experiment)
{
    return by_precision(experiment->device, tolerance, bf16_sums_tolerance);
}

static double output_tolerance(const struct experiment *experiment)
{
    return by_precision(experiment->device, tolerance, bf16_output_tolerance);
}

enum { SEED = 30 };

enum operand { OPERAND_NONE, OPERAND_SEPARATE, OPERAND_IN_PLACE };

struct norm_spec {
    int images, height, width, channels;
    enum batchnorm_mode mode;
    bool optional; // running statistics in BATCH_ONLY, statistics in FROZEN, gradients of gain and offset
};

// Statistics of a 1x1 convolution with one channel in: one product each, which every backend rounds alike.
static void *measure(struct experiment *experiment, const struct norm_spec *spec)
{
    size_t channels = (size_t)spec->channels;
    struct conv_shape shape = {experiment->runs, spec->images, spec->height, spec->width, 1, spec->channels, 1, 1};
    size_t positions = (size_t)spec->images * (size_t)spec->height * (size_t)spec->width;
    struct conv_forward conv = {
        .shape = shape,
        .input = experiment_grid(experiment, positions),
        .filter = experiment_per_run(experiment, channels, -1, 1),
        .output = experiment_results(experiment, positions * channels),
        .statistics = experiment_statistics(experiment, spec->channels),
    };
    conv_forward(experiment->device, &conv);
    return conv.statistics;
}

static void finalise_experiment(struct experiment *experiment)
{
    const struct norm_spec *spec = experiment->spec;
    size_t channels = (size_t)spec->channels;
    bool batch = spec->mode != BATCHNORM_FROZEN, running = spec->mode != BATCHNORM_BATCH_ONLY || spec->optional;
    struct batchnorm_finalise norm = {
        .runs = experiment->runs,
        .channels = spec->channels,
        .count = (int64_t)spec->images * spec->height * spec->width,
        .mode = spec->mode,
        .momentum = 0.1F,
        .epsilon = 1e-5F,
        .statistics = batch || spec->optional ? measure(experiment, spec) : NULL,
        .gamma = experiment_per_run(experiment, channels, 0.5F, 1.5F),
        .beta = experiment_per_run(experiment, channels, -1, 1),
        .affine = experiment_per_run_results(experiment, 2 * channels),
        .moments = experiment_per_run_results(experiment, 2 * channels),
    };
    if (running) {
        norm.running_mean = experiment_per_run_in_place(experiment, channels, -1, 1);
        norm.running_variance = experiment_per_run_in_place(experiment, channels, 0.5F, 1.5F);
    }
    batchnorm_finalise(experiment->device, &norm);
    experiment_record_per_run(experiment, "affine", norm.affine, 2 * channels, sums_tolerance(experiment));
    experiment_record_per_run(experiment, "moments", norm.moments, 2 * channels, sums_tolerance(experiment));
    if (!running) return;
    experiment_record_per_run(experiment, "running mean", norm.running_mean, channels, sums_tolerance(experiment));
    experiment_record_per_run(experiment, "running variance", norm.running_variance, channels,
                              sums_tolerance(experiment));
}

// Sums of a random gradient and of its product with random x, through a pool's backward over one position an image.
static void *sum_gradient(struct experiment *experiment, const struct norm_spec *spec)
{
    size_t channels = (size_t)spec->channels;
    int positions = spec->images * spec->height * spec->width;
    struct pool_backward pool = {
        .runs = experiment->runs,
        .images = positions,
        .positions = 1,
        .channels = spec->channels,
        .grad_features = experiment_floats(experiment, (size_t)positions * channels, -1, 1),
        .mask_input = experiment_grid(experiment, (size_t)positions * channels),
        .affine = experiment_affine(experiment, spec->channels),
        .output = experiment_results(experiment, (size_t)positions * channels),
        .sums = experiment_statistics(experiment, spec->channels),
    };
    pool_backward(experiment->device, &pool);
    return pool.sums;
}

static void backward_experiment(struct experiment *experiment)
{
    const struct norm_spec *spec = experiment->spec;
    size_t channels = (size_t)spec->channels;
    struct batchnorm_backward norm = {
        .runs = experiment->runs,
        .channels = spec->channels,
        .count = (int64_t)spec->images * spec->height * spec->width,
        .mode = spec->mode,
        .sums = sum_gradient(experiment, spec),
        .gamma = experiment_per_run(experiment, channels, 0.5F, 1.5F),
        .moments = experiment_per_run(experiment, 2 * channels, 0.5F, 1),
        .coefficients = experiment_per_run_results(experiment, 3 * channels),
    };
    if (spec->optional) {
        norm.grad_gamma = experiment_per_run_results(experiment, channels);
        norm.grad_beta = experiment_per_run_results(experiment, channels);
    }
    batchnorm_backward(experiment->device, &norm);
    experiment_record_per_run(experiment, "coefficients", norm.coefficients, 3 * channels, sums_tolerance(experiment));
    if (!spec->optional) return;
    experiment_record_per_run(experiment, "grad_gamma", norm.grad_gamma, channels, sums_tolerance(experiment));
    experiment_record_per_run(experiment, "grad_beta", norm.grad_beta, channels, sums_tolerance(experiment));
}

static void check_norm(experiment_function *function)
{
    static const int sizes[][4] = {{1, 1, 2, 1}, {2, 7, 7, 3}, {3, 8, 9, 20}, {1, 9, 7, 48}, {2, 16, 16, 128}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (int option = 0; option < 6; option++) {
            struct norm_spec spec = {
                sizes[i][0], sizes[i][1], sizes[i][2], sizes[i][3], (enum batchnorm_mode)(option / 2), option % 2 != 0};
            char label[96];
            snprintf(label, sizeof label, "%dx%dx%dx%d, mode %d, option %d", spec.images, spec.height, spec.width,
                     spec.channels, (int)spec.mode, spec.optional);
            experiment_check(function, &spec, SEED, label);
        }
}

Test(backend_norm, finalise)
{
    check_norm(finalise_experiment);
}

Test(backend_norm, backward)
{
    check_norm(backward_experiment);
}

struct join_spec {
    int positions, channels;
    enum operand addend;
    bool into_gradient; // the output is the gradient itself
};

static void join_experiment(struct experiment *experiment)
{
    const struct join_spec *spec = experiment->spec;
    size_t size = (size_t)spec->positions * (size_t)spec->channels;
    float *output = spec->into_gradient || spec->addend == OPERAND_IN_PLACE
                        ? experiment_in_place(experiment, size, -1, 1)
                        : experiment_results(experiment, size);
    struct residual_join join = {
        .runs = experiment->runs,
        .positions = spec->positions,
        .channels = spec->channels,
        .gradient = spec->into_gradient ? output : experiment_floats(experiment, size, -1, 1),
        .raw = experiment_floats(experiment, size, -1, 1),
        .coefficients = experiment_per_run(experiment, 3 * (size_t)spec->channels, -1, 1),
        .output = output,
    };
    if (spec->addend == OPERAND_SEPARATE) join.addend = experiment_floats(experiment, size, -1, 1);
    if (spec->addend == OPERAND_IN_PLACE) join.addend = output;
    residual_join(experiment->device, &join);
    experiment_record(experiment, "output", output, size, output_tolerance(experiment));
}

Test(backend_norm, residual_join)
{
    static const int sizes[][2] = {{1, 1}, {7, 3}, {63, 5}, {64, 16}, {243, 20}, {81, 48}, {1024, 32}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (int option = 0; option < 6; option++) {
            struct join_spec spec = {sizes[i][0], sizes[i][1], (enum operand)(option / 2), option % 2 != 0};
            char label[96];
            snprintf(label, sizeof label, "%d positions, %d channels, addend %d, into gradient %d", spec.positions,
                     spec.channels, (int)spec.addend, spec.into_gradient);
            experiment_check(join_experiment, &spec, SEED, label);
        }
}

struct pool_spec {
    int images, positions, channels;
    bool affine, sums;
};

static void pool_forward_experiment(struct experiment *experiment)
{
    const struct pool_spec *spec = experiment->spec;
    size_t features = (size_t)spec->images * (size_t)spec->channels, size = features * (size_t)spec->positions;
    struct pool_forward pool = {
        .runs = experiment->runs,
        .images = spec->images,
        .positions = spec->positions,
        .channels = spec->channels,
        .input = experiment_floats(experiment, size, -1, 1),
        .features = experiment_results(experiment, features),
    };
    if (spec->affine) pool.affine = experiment_per_run(experiment, 2 * (size_t)spec->channels, -1, 1);
    pool_forward(experiment->device, &pool);
    experiment_record(experiment, "features", pool.features, features, tolerance);
}

static void pool_backward_experiment(struct experiment *experiment)
{
    const struct pool_spec *spec = experiment->spec;
    size_t features = (size_t)spec->images * (size_t)spec->channels, size = features * (size_t)spec->positions;
    struct pool_backward pool = {
        .runs = experiment->runs,
        .images = spec->images,
        .positions = spec->positions,
        .channels = spec->channels,
        .grad_features = experiment_floats(experiment, features, -1, 1),
        .output = experiment_results(experiment, size),
    };
    if (spec->affine) {
        pool.mask_input = experiment_grid(experiment, size);
        pool.affine = experiment_affine(experiment, spec->channels);
    }
    if (spec->affine && spec->sums) pool.sums = experiment_statistics(experiment, spec->channels);
    pool_backward(experiment->device, &pool);
    experiment_record(experiment, "output", pool.output, size, output_tolerance(experiment));
    if (pool.sums == NULL) return;
    struct batchnorm_backward norm = {
        .runs = experiment->runs,
        .channels = spec->channels,
        .count = (int64_t)spec->images * spec->positions,
        .mode = BATCHNORM_BATCH_UPDATE,
        .sums = pool.sums,
        .gamma = experiment_per_run(experiment, (size_t)spec->channels, 0.5F, 1.5F),
        .moments = experiment_per_run(experiment, 2 * (size_t)spec->channels, 0.5F, 1),
        .coefficients = experiment_per_run_results(experiment, 3 * (size_t)spec->channels),
    };
    batchnorm_backward(experiment->device, &norm);
    experiment_record_per_run(experiment, "coefficients from sums", norm.coefficients, 3 * (size_t)spec->channels,
                              sums_tolerance(experiment));
}

static void check_pool(experiment_function *function)
{
    static const int sizes[][3] = {{1, 1, 1}, {2, 49, 3}, {5, 64, 20}, {3, 63, 48}, {4, 64, 128}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (int option = 0; option < 3; option++) {
            struct pool_spec spec = {sizes[i][0], sizes[i][1], sizes[i][2], option > 0, option > 1};
            char label[96];
            snprintf(label, sizeof label, "%d images, %d positions, %d channels, option %d", spec.images,
                     spec.positions, spec.channels, option);
            experiment_check(function, &spec, SEED, label);
        }
}

Test(backend_norm, pool_forward)
{
    check_pool(pool_forward_experiment);
}

Test(backend_norm, pool_backward)
{
    check_pool(pool_backward_experiment);
}

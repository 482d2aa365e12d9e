// gradient_chain_test.c: gradients through a chain as the network has it, against central differences of what the same
// backend computes forwards: statistics of x -> batch norm -> ReLU -> 3x3 convolution -> inner product with a fixed array.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>

#include "tests/support/device_array.h"
#include "tests/support/gradient_check.h"
#include "tests/support/memory.h"
#include "tests/support/random_data.h"
#include "tests/support/vectors.h"

enum { SEED = 75 };

// Channels that every algorithm serves on every instruction set; a side that fills no tile.
enum { SIDE = 5, CHANNELS = 16, CHANNELS_OUT = 16, CHAIN_IMAGES = 3, COUNT = CHAIN_IMAGES * SIDE * SIDE };
enum { CHAIN_SIZE = COUNT * CHANNELS, CHAIN_OUTPUT = COUNT * CHANNELS_OUT, FILTER_SIZE = 9 * CHANNELS * CHANNELS_OUT };

// What the chain's backward needs from its forward.
struct chain {
    struct conv_shape shape;
    float *x;
    struct per_run gamma, beta, filter, affine, moments;
    float *gradient_out, *output;
};

static void *measure(struct device *device, const float *x)
{
    float identity[CHANNELS * CHANNELS] = {0};
    for (int i = 0; i < CHANNELS; i++) identity[i * (CHANNELS + 1)] = 1;
    struct conv_forward conv = {
        .shape = {1, CHAIN_IMAGES, SIDE, SIDE, CHANNELS, CHANNELS, 1, 1},
        .input = x,
        .filter = device_put_per_run(device, identity, 1, CHANNELS * CHANNELS),
        .output = device_make_floats(device, CHAIN_SIZE),
        .statistics = device_make_statistics(device, CHANNELS),
    };
    conv_forward(device, &conv);
    return conv.statistics;
}

static struct per_run put_random(struct device *device, uint32_t index, size_t count, float low, float high)
{
    float *values = random_floats(SEED, index, count, low, high);
    struct per_run array = device_put_per_run(device, values, 1, count);
    free(values);
    return array;
}

static struct chain chain_create(struct device *device, const float *x)
{
    return (struct chain){
        .shape = {1, CHAIN_IMAGES, SIDE, SIDE, CHANNELS, CHANNELS_OUT, 3, 1},
        .x = device_put_floats(device, x, CHAIN_SIZE),
        .gamma = put_random(device, 30, CHANNELS, 0.5F, 1.5F),
        .beta = put_random(device, 31, CHANNELS, -0.03125F, 0.03125F), // keeps clear of the kink
        .filter = put_random(device, 32, FILTER_SIZE, -1, 1),
        .affine = device_make_per_run(device, 1, 2 * CHANNELS),
        .moments = device_make_per_run(device, 1, 2 * CHANNELS),
        .gradient_out = put_random(device, 33, CHAIN_OUTPUT, -1, 1).data,
        .output = device_make_floats(device, CHAIN_OUTPUT),
    };
}

// The value at the end.
static double chain_forward(struct device *device, const struct chain *chain)
{
    struct batchnorm_finalise norm = {
        .runs = 1,
        .channels = CHANNELS,
        .count = COUNT,
        .mode = BATCHNORM_BATCH_ONLY,
        .momentum = 0.1F,
        .epsilon = 1e-5F,
        .statistics = measure(device, chain->x),
        .gamma = chain->gamma,
        .beta = chain->beta,
        .affine = chain->affine,
        .moments = chain->moments,
    };
    struct conv_forward conv = {.shape = chain->shape,
                                .input = chain->x,
                                .affine = chain->affine,
                                .filter = chain->filter,
                                .output = chain->output};
    batchnorm_finalise(device, &norm);
    conv_forward(device, &conv);
    float *output = device_get_floats(device, chain->output, CHAIN_OUTPUT);
    float *weights = device_get_floats(device, chain->gradient_out, CHAIN_OUTPUT);
    double value = vector_dot(output, weights, CHAIN_OUTPUT);
    free(output);
    free(weights);
    return value;
}

// What comes out at the bottom.
struct chain_gradients {
    float *x;
    struct per_run gamma, beta, filter;
};

static struct chain_gradients chain_backward(struct device *device, const struct chain *chain)
{
    float *masked = device_make_floats(device, CHAIN_SIZE);
    struct chain_gradients gradients = {.x = masked,
                                        .gamma = device_make_per_run(device, 1, CHANNELS),
                                        .beta = device_make_per_run(device, 1, CHANNELS),
                                        .filter = device_make_per_run(device, 1, FILTER_SIZE)};
    struct conv_backward_data data = {
        .shape = chain->shape,
        .gradient = chain->gradient_out,
        .filter = chain->filter,
        .mask_input = chain->x,
        .affine = chain->affine,
        .output = masked,
        .sums = device_make_statistics(device, CHANNELS),
    };
    struct conv_backward_filter filter = {.shape = chain->shape,
                                          .input = chain->x,
                                          .affine = chain->affine,
                                          .gradient = chain->gradient_out,
                                          .grad_filter = gradients.filter};
    struct batchnorm_backward norm = {
        .runs = 1,
        .channels = CHANNELS,
        .count = COUNT,
        .mode = BATCHNORM_BATCH_ONLY,
        .sums = data.sums,
        .gamma = chain->gamma,
        .moments = chain->moments,
        .grad_gamma = gradients.gamma,
        .grad_beta = gradients.beta,
        .coefficients = device_make_per_run(device, 1, 3 * CHANNELS),
    };
    struct residual_join join = {.runs = 1,
                                 .positions = COUNT,
                                 .channels = CHANNELS,
                                 .gradient = masked,
                                 .raw = chain->x,
                                 .coefficients = norm.coefficients,
                                 .output = masked};
    conv_backward_data(device, &data);
    conv_backward_filter(device, &filter);
    batchnorm_backward(device, &norm);
    residual_join(device, &join);
    return gradients;
}

static double chain_of_x(struct device *device, const float *x, float *gradient)
{
    struct chain chain = chain_create(device, x);
    double value = chain_forward(device, &chain);
    if (gradient != NULL) gradient_take(device, chain_backward(device, &chain).x, gradient, CHAIN_SIZE);
    return value;
}

// Steps of 1/128 leave truncation errors of step^2 = 6e-5 and roundings of 1e-7 / step = 1e-5, of derivatives whose terms
// partly cancel.
static const double chain_step = 0x1p-7, chain_tolerance = 1e-4;

// In bfloat16 such a step is of the size of the roundings. Backends of it are held to the reference's gradients
// (backend_*_test.c), golden ones (golden_wrn_test.c) and adjointness (conv_algebra_test.c).
typedef void chain_check(const struct convolver *convolver);

static void for_each_convolver(chain_check *check)
{
    int checked = 0;
    for (const struct convolver *convolver = convolvers_under_test(); convolver->kernels != NULL; convolver++) {
        if (convolver->kernels->precision != PRECISION_FP32) continue;
        check(convolver);
        checked++;
    }
    if (checked == 0) cr_skip_test("no backend of float32 is under test");
}

static void check_input(const struct convolver *convolver)
{
    float *x = gradient_two_sided(SEED, 21, CHAIN_SIZE);
    gradient_check(convolver, chain_of_x, x, CHAIN_SIZE, chain_step, chain_tolerance, "chain");
    free(x);
}

Test(gradient_chain, batchnorm_relu_convolution)
{
    for_each_convolver(check_input);
}

// Batch norm undoes a common shift and a common factor of a channel: these derivatives vanish although every gradient
// value is of order one. Forgetting either correction term shows here.
static void check_shift_and_scale(const struct convolver *convolver)
{
    float *x = gradient_two_sided(SEED, 21, CHAIN_SIZE), *shift = test_allocate(CHAIN_SIZE * sizeof *shift);
    for (int i = 0; i < CHAIN_SIZE; i++) shift[i] = (float)(1 + i % CHANNELS) / CHANNELS;
    gradient_check_direction(convolver, chain_of_x, x, CHAIN_SIZE, shift, chain_step, chain_tolerance, "shift");
    gradient_check_direction(convolver, chain_of_x, x, CHAIN_SIZE, x, chain_step, chain_tolerance, "scale");
    free(x);
    free(shift);
}

Test(gradient_chain, batchnorm_ignores_shift_and_scale)
{
    for_each_convolver(check_shift_and_scale);
}

// The chain as a function of one of its parameters.
static void check_parameter(const struct convolver *convolver, struct per_run (*parameter)(const struct chain *),
                            struct per_run (*gradient)(const struct chain_gradients *), size_t count, const char *label)
{
    struct device *device = convolver_open(convolver, 1);
    float *x = gradient_two_sided(SEED, 21, CHAIN_SIZE), *direction = random_floats(SEED, 40, count, -1, 1), *moved[2];
    double values[2];
    struct chain chain = chain_create(device, x);
    chain_forward(device, &chain);
    struct chain_gradients gradients = chain_backward(device, &chain);
    float *slope = device_get_floats(device, gradient(&gradients).data, count);
    float *base = device_get_floats(device, parameter(&chain).data, count);
    for (int side = 0; side < 2; side++) {
        moved[side] = vector_step(base, side == 0 ? chain_step : -chain_step, direction, count);
        device_upload(device, parameter(&chain).data, moved[side], count * sizeof *moved[side]);
        values[side] = chain_forward(device, &chain);
    }
    gradient_expect_gain(convolver, values[0] - values[1], slope, moved[0], moved[1], count, chain_tolerance, label);
    free(moved[0]);
    free(moved[1]);
    free(x);
    free(direction);
    free(slope);
    free(base);
    device_end_test(device);
}

static struct per_run chain_gamma(const struct chain *chain)
{
    return chain->gamma;
}

static struct per_run chain_beta(const struct chain *chain)
{
    return chain->beta;
}

static struct per_run chain_filter(const struct chain *chain)
{
    return chain->filter;
}

static struct per_run gradient_gamma(const struct chain_gradients *gradients)
{
    return gradients->gamma;
}

static struct per_run gradient_beta(const struct chain_gradients *gradients)
{
    return gradients->beta;
}

static struct per_run gradient_filter(const struct chain_gradients *gradients)
{
    return gradients->filter;
}

static void check_parameters(const struct convolver *convolver)
{
    check_parameter(convolver, chain_gamma, gradient_gamma, CHANNELS, "gamma");
    check_parameter(convolver, chain_beta, gradient_beta, CHANNELS, "beta");
    check_parameter(convolver, chain_filter, gradient_filter, FILTER_SIZE, "filter");
}

Test(gradient_chain, parameters)
{
    for_each_convolver(check_parameters);
}

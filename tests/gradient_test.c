// gradient_test.c: the gradients of the reference against central differences of what it computes forwards: every loss,
// the classifier's path down to the last raw activations, and batch norm, ReLU and convolution in one chain.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/device_array.h"
#include "tests/support/memory.h"
#include "tests/support/random_data.h"
#include "tests/support/vectors.h"

enum { SEED = 70 };

// A scalar function of an array on the host. gradient NULL: the value alone.
typedef double scalar_function(struct device *device, const float *x, float *gradient);

static struct device *reference_device(void)
{
    const struct kernels *kernels = kernels_find("reference");
    cr_assert(kernels != NULL);
    return device_for_test(kernels, 1);
}

// What the function gains on the way from `behind` to `ahead`, as rounded, against <gradient, ahead - behind>. The error
// allowed is a share of the sum of |gradient * (ahead - behind)|, which does not vanish when the gain does.
static void expect_gain(double gain, const float *gradient, const float *ahead, const float *behind, size_t count,
                        double tolerance, const char *label)
{
    double expected = vector_dot(gradient, ahead, count) - vector_dot(gradient, behind, count), scale = 0;
    for (size_t i = 0; i < count; i++) scale += fabs((double)gradient[i] * ((double)ahead[i] - (double)behind[i]));
    cr_expect(fabs(gain - expected) <= tolerance * scale && scale > 0,
              "%s, seed %d: gained %.9g, by the gradient %.9g, error %.3g of %.3g", label, SEED, gain, expected,
              fabs(gain - expected), scale);
}

// From x - step * direction to x + step * direction.
static void check_direction(scalar_function *function, const float *x, size_t count, const float *direction,
                            double step, double tolerance, const char *label)
{
    struct device *device = reference_device();
    float *gradient = test_allocate(count * sizeof *gradient);
    function(device, x, gradient);
    float *ahead = vector_step(x, step, direction, count), *behind = vector_step(x, -step, direction, count);
    double gain = function(device, ahead, NULL) - function(device, behind, NULL);
    expect_gain(gain, gradient, ahead, behind, count, tolerance, label);
    free(gradient);
    free(ahead);
    free(behind);
    device_end_test(device);
}

// Several random directions.
static void check_gradient(scalar_function *function, const float *x, size_t count, double step, double tolerance,
                           const char *label)
{
    for (uint32_t i = 0; i < 4; i++) {
        float *direction = random_floats(SEED, 1000 + i, count, -1, 1);
        check_direction(function, x, count, direction, step, tolerance, label);
        free(direction);
    }
}

// ---- losses: the value is the mean of loss_sum, a double, so that differences are good to step^2 -----------------

enum { IMAGES = 5, CLASSES = 7, FEATURES = 12 };

static const double loss_step = 0x1p-10, loss_tolerance = 2e-6; // step^2 = 1e-6 times third derivatives below 1

static double mean_loss(struct device *device, const struct metrics *memory)
{
    struct metrics metrics;
    device_get(device, memory, &metrics, sizeof metrics);
    return metrics.loss_sum / (double)metrics.images;
}

static struct metrics *put_metrics(struct device *device)
{
    const struct metrics empty = {.loss_sum = 0};
    return device_put(device, &empty, sizeof empty);
}

static int32_t *put_labels(struct device *device)
{
    int32_t *labels = random_integers(SEED, 1, IMAGES, CLASSES);
    int32_t *memory = device_put(device, labels, IMAGES * sizeof *labels);
    free(labels);
    return memory;
}

// Fetches the gradient where it is wanted.
static void take_gradient(struct device *device, const float *memory, float *gradient, size_t count)
{
    if (gradient != NULL) device_get(device, memory, gradient, count * sizeof *gradient);
}

static double cross_entropy(struct device *device, const float *logits, float *gradient)
{
    struct softmax_cross_entropy loss = {1,
                                         IMAGES,
                                         CLASSES,
                                         0.1F,
                                         device_put_floats(device, logits, IMAGES * CLASSES),
                                         put_labels(device),
                                         NULL,
                                         device_make_floats(device, IMAGES * CLASSES),
                                         put_metrics(device)};
    softmax_cross_entropy(device, &loss);
    take_gradient(device, loss.grad_logits, gradient, IMAGES * CLASSES);
    return mean_loss(device, loss.metrics);
}

static double non_saturating(struct device *device, const float *logits, float *gradient)
{
    struct non_saturating_loss loss = {1,
                                       IMAGES,
                                       CLASSES,
                                       0.1F,
                                       device_put_floats(device, logits, IMAGES * CLASSES),
                                       put_labels(device),
                                       NULL,
                                       device_make_floats(device, IMAGES * CLASSES),
                                       put_metrics(device)};
    non_saturating_loss(device, &loss);
    take_gradient(device, loss.grad_logits, gradient, IMAGES * CLASSES);
    return mean_loss(device, loss.metrics);
}

static double augmix(struct device *device, const float *logits, float *gradient)
{
    size_t size = (size_t)3 * IMAGES * CLASSES;
    struct augmix_loss loss = {1,
                               IMAGES,
                               CLASSES,
                               device_put_floats(device, logits, size),
                               put_labels(device),
                               NULL,
                               NULL,
                               device_make_floats(device, size),
                               put_metrics(device)};
    augmix_loss(device, &loss);
    take_gradient(device, loss.grad_logits, gradient, size);
    return mean_loss(device, loss.metrics);
}

static double kl(struct device *device, const float *second, float *gradient)
{
    float *first = random_floats(SEED, 2, IMAGES * CLASSES, -3, 3);
    struct kl_loss loss = {1,
                           IMAGES,
                           CLASSES,
                           device_put_floats(device, first, IMAGES * CLASSES),
                           device_put_floats(device, second, IMAGES * CLASSES),
                           NULL,
                           device_make_floats(device, IMAGES * CLASSES),
                           put_metrics(device)};
    kl_loss(device, &loss);
    take_gradient(device, loss.grad_second, gradient, IMAGES * CLASSES);
    free(first);
    return mean_loss(device, loss.metrics);
}

static double distance(struct device *device, enum feature_distance kind, const float *second, float *gradient)
{
    size_t size = IMAGES * FEATURES;
    float *first = random_floats(SEED, 3, size, 0.25F, 1);
    struct feature_distance_loss loss = {1,
                                         IMAGES,
                                         FEATURES,
                                         kind,
                                         device_put_floats(device, first, size),
                                         device_put_floats(device, second, size),
                                         NULL,
                                         device_make_floats(device, size),
                                         put_metrics(device)};
    feature_distance_loss(device, &loss);
    take_gradient(device, loss.grad_second, gradient, size);
    free(first);
    return mean_loss(device, loss.metrics);
}

static double cosine_distance(struct device *device, const float *second, float *gradient)
{
    return distance(device, FEATURE_DISTANCE_COSINE, second, gradient);
}

static double square_distance(struct device *device, const float *second, float *gradient)
{
    return distance(device, FEATURE_DISTANCE_NORMALISED_SQUARE, second, gradient);
}

Test(gradient, losses)
{
    static const struct {
        scalar_function *function;
        size_t count;
        float low, high;
        const char *label;
    } cases[] = {
        {cross_entropy, IMAGES * CLASSES, -3, 3, "cross entropy"},
        {non_saturating, IMAGES * CLASSES, -3, 3, "non-saturating loss"},
        {augmix, (size_t)3 * IMAGES * CLASSES, -3, 3, "AugMix loss"},
        {kl, IMAGES * CLASSES, -3, 3, "KL"},
        {cosine_distance, IMAGES * FEATURES, 0.25F, 1, "cosine distance"},
        {square_distance, IMAGES * FEATURES, 0.25F, 1, "normalised square"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        float *x = random_floats(SEED, 10 + (uint32_t)i, cases[i].count, cases[i].low, cases[i].high);
        check_gradient(cases[i].function, x, cases[i].count, loss_step, loss_tolerance, cases[i].label);
        free(x);
    }
}

// ---- the head: raw activations -> affine, ReLU, mean -> classifier -> cross entropy ------------------------------

enum { POSITIONS = 6, HEAD_SIZE = IMAGES * POSITIONS * FEATURES };

// Scales 1 and shifts 0: the gradient behind the mask is the one with respect to the raw activations.
static struct per_run put_identity_affine(struct device *device)
{
    float affine[2 * FEATURES] = {0};
    for (int i = 0; i < FEATURES; i++) affine[i] = 1;
    return device_put_per_run(device, affine, 1, 2 * FEATURES);
}

static double head(struct device *device, const float *x, float *gradient)
{
    float *weight = random_floats(SEED, 4, CLASSES * FEATURES, -2, 2);
    float *bias = random_floats(SEED, 5, CLASSES, -1, 1);
    struct pool_forward pool = {1,
                                IMAGES,
                                POSITIONS,
                                FEATURES,
                                device_put_floats(device, x, HEAD_SIZE),
                                put_identity_affine(device),
                                device_make_floats(device, IMAGES * FEATURES)};
    struct linear_forward linear = {1,
                                    IMAGES,
                                    FEATURES,
                                    CLASSES,
                                    pool.features,
                                    device_put_per_run(device, weight, 1, CLASSES * FEATURES),
                                    device_put_per_run(device, bias, 1, CLASSES),
                                    device_make_floats(device, IMAGES * CLASSES)};
    struct softmax_cross_entropy loss = {1,
                                         IMAGES,
                                         CLASSES,
                                         0,
                                         linear.logits,
                                         put_labels(device),
                                         NULL,
                                         device_make_floats(device, IMAGES * CLASSES),
                                         put_metrics(device)};
    struct linear_backward linear_back = {.runs = 1,
                                          .images = IMAGES,
                                          .features = FEATURES,
                                          .classes = CLASSES,
                                          .grad_logits = loss.grad_logits,
                                          .input = pool.features,
                                          .weight = linear.weight,
                                          .grad_input = device_make_floats(device, IMAGES * FEATURES)};
    struct pool_backward pool_back = {1,
                                      IMAGES,
                                      POSITIONS,
                                      FEATURES,
                                      linear_back.grad_input,
                                      pool.input,
                                      pool.affine,
                                      device_make_floats(device, HEAD_SIZE),
                                      NULL};
    pool_forward(device, &pool);
    linear_forward(device, &linear);
    softmax_cross_entropy(device, &loss);
    linear_backward(device, &linear_back);
    pool_backward(device, &pool_back);
    take_gradient(device, pool_back.output, gradient, HEAD_SIZE);
    free(weight);
    free(bias);
    return mean_loss(device, loss.metrics);
}

// Values of either sign, none within 1/4 of zero: no step of a difference crosses the ReLU's kink.
static float *two_sided(uint32_t index, size_t count)
{
    float *values = random_floats(SEED, index, count, -1, 1);
    for (size_t i = 0; i < count; i++) values[i] += values[i] < 0 ? -0.25F : 0.25F;
    return values;
}

Test(gradient, head)
{
    float *x = two_sided(20, HEAD_SIZE);
    // Features and logits pass through float32: 6e-8 of order one, divided by the step of 1/64.
    check_gradient(head, x, HEAD_SIZE, 0x1p-6, 2e-5, "head");
    free(x);
}

// ---- the chain: statistics of x -> batch norm -> ReLU -> 3x3 convolution -> inner product with a fixed array -----

enum { SIDE = 5, CHANNELS = 6, CHANNELS_OUT = 4, CHAIN_IMAGES = 3, COUNT = CHAIN_IMAGES * SIDE * SIDE };
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
    if (gradient != NULL) take_gradient(device, chain_backward(device, &chain).x, gradient, CHAIN_SIZE);
    return value;
}

// Steps of 1/128 leave truncation errors of step^2 = 6e-5 and roundings of 1e-7 / step = 1e-5, of derivatives whose terms
// partly cancel.
static const double chain_step = 0x1p-7, chain_tolerance = 1e-4;

Test(gradient, batchnorm_relu_convolution)
{
    float *x = two_sided(21, CHAIN_SIZE);
    check_gradient(chain_of_x, x, CHAIN_SIZE, chain_step, chain_tolerance, "chain");
    free(x);
}

// Batch norm undoes a common shift and a common factor of a channel: these derivatives vanish although every gradient
// value is of order one. Forgetting either correction term shows here.
Test(gradient, batchnorm_ignores_shift_and_scale)
{
    float *x = two_sided(21, CHAIN_SIZE), *shift = test_allocate(CHAIN_SIZE * sizeof *shift);
    for (int i = 0; i < CHAIN_SIZE; i++) shift[i] = (float)(1 + i % CHANNELS) / CHANNELS;
    check_direction(chain_of_x, x, CHAIN_SIZE, shift, chain_step, chain_tolerance, "shift");
    check_direction(chain_of_x, x, CHAIN_SIZE, x, chain_step, chain_tolerance, "scale");
    free(x);
    free(shift);
}

// The chain as a function of one of its parameters.
static void check_parameter(struct per_run (*parameter)(const struct chain *),
                            struct per_run (*gradient)(const struct chain_gradients *), size_t count, const char *label)
{
    struct device *device = reference_device();
    float *x = two_sided(21, CHAIN_SIZE), *direction = random_floats(SEED, 40, count, -1, 1), *moved[2];
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
    expect_gain(values[0] - values[1], slope, moved[0], moved[1], count, chain_tolerance, label);
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

Test(gradient, parameters)
{
    check_parameter(chain_gamma, gradient_gamma, CHANNELS, "gamma");
    check_parameter(chain_beta, gradient_beta, CHANNELS, "beta");
    check_parameter(chain_filter, gradient_filter, FILTER_SIZE, "filter");
}

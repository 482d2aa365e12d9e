// gradient_head_test.c: the gradients of the reference's losses, and of the classifier's path from the last raw
// activations on, against central differences.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>

#include "tests/support/device_array.h"
#include "tests/support/gradient_check.h"
#include "tests/support/random_data.h"

enum { SEED = 70 };

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

// The last class is nobody's label.
static int32_t *put_labels(struct device *device)
{
    int32_t *labels = random_integers(SEED, 1, IMAGES, CLASSES - 1);
    int32_t *memory = device_put(device, labels, IMAGES * sizeof *labels);
    free(labels);
    return memory;
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
    gradient_take(device, loss.grad_logits, gradient, IMAGES * CLASSES);
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
    gradient_take(device, loss.grad_logits, gradient, IMAGES * CLASSES);
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
    gradient_take(device, loss.grad_logits, gradient, size);
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
    gradient_take(device, loss.grad_second, gradient, IMAGES * CLASSES);
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
    gradient_take(device, loss.grad_second, gradient, size);
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

Test(gradient_head, losses)
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
    const struct convolver reference = gradient_reference();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        float *x = random_floats(SEED, 10 + (uint32_t)i, cases[i].count, cases[i].low, cases[i].high);
        gradient_check(&reference, cases[i].function, x, cases[i].count, loss_step, loss_tolerance, cases[i].label);
        free(x);
    }
}

// A class that all views find less likely than AugMix's limit of 1e-7, which passes no gradient: there the 1 from
// differentiating p log p does not cancel. Nothing but that class is moved, or its share would be lost among the others.
Test(gradient_head, augmix_below_the_limit)
{
    size_t count = (size_t)3 * IMAGES * CLASSES;
    float *logits = random_floats(SEED, 17, count, -1, 1), *direction = random_floats(SEED, 18, count, 0.5F, 1);
    for (size_t i = 0; i < count; i++) {
        if (i % CLASSES == CLASSES - 1)
            logits[i] -= 16;
        else
            direction[i] = 0;
    }
    // The gain, 2e-10, is the difference of losses near 5, with 1e-15 of rounding each. The 1 is a quarter of it.
    const struct convolver reference = gradient_reference();
    gradient_check_direction(&reference, augmix, logits, count, direction, loss_step, 1e-4,
                             "AugMix loss below its limit");
    free(logits);
    free(direction);
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
    gradient_take(device, pool_back.output, gradient, HEAD_SIZE);
    free(weight);
    free(bias);
    return mean_loss(device, loss.metrics);
}

Test(gradient_head, head)
{
    float *x = gradient_two_sided(SEED, 20, HEAD_SIZE);
    // Features and logits pass through float32: 6e-8 of order one, divided by the step of 1/64.
    const struct convolver reference = gradient_reference();
    gradient_check(&reference, head, x, HEAD_SIZE, 0x1p-6, 2e-5, "head");
    free(x);
}

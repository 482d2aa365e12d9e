// cuda_packs_test.c: packed filters follow their parameters: an upload, an optimiser's step, another network in the same
// memory. What a convolution gives must be what it gives on a device that never saw other parameters.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>

#include "tests/simt/kernels_simt.h"
#include "tests/support/device_array.h"
#include "tests/support/memory.h"
#include "tests/support/random_data.h"

enum { SEED = 80, SIDE = 6, CHANNELS = 16, VALUES = 2 * SIDE * SIDE * CHANNELS, WEIGHTS = 9 * CHANNELS * CHANNELS };

static const struct conv_shape shape = {1, 2, SIDE, SIDE, CHANNELS, CHANNELS, 3, 1};

struct layer {
    struct device *device;
    struct conv_forward conv;
};

static struct layer layer_create(const float *filter)
{
    struct layer layer = {.device = device_for_test(&kernels_cuda_simt, 1), .conv = {.shape = shape}};
    float *input = random_floats(SEED, 1, VALUES, -1, 1);
    layer.conv.input = device_put_floats(layer.device, input, VALUES);
    layer.conv.filter = device_put_per_run(layer.device, filter, 1, WEIGHTS);
    layer.conv.output = device_make_floats(layer.device, VALUES);
    free(input);
    return layer;
}

static float *convolve(const struct layer *layer)
{
    conv_forward(layer->device, &layer->conv);
    return device_get_floats(layer->device, layer->conv.output, VALUES);
}

// What `layer` gives now, against a device of its own with the parameters that layer's memory holds.
static void expect_fresh(const struct layer *layer, const char *what)
{
    float *filter = device_get_floats(layer->device, layer->conv.filter.data, WEIGHTS), *found = convolve(layer);
    struct layer fresh = layer_create(filter);
    float *expected = convolve(&fresh);
    cr_expect(same_bits(found, expected, VALUES * sizeof *found), "%s: the packed filter is stale", what);
    device_end_test(fresh.device);
    free(filter);
    free(found);
    free(expected);
}

static void step(const struct layer *layer)
{
    const struct training_state state = {.seed = SEED};
    const float rate = 0.5F;
    float *gradient = random_floats(SEED, 4, WEIGHTS, -1, 1), *velocity = random_floats(SEED, 5, WEIGHTS, -1, 1);
    const struct sgd_update sgd = {
        .runs = 1,
        .count = WEIGHTS,
        .momentum = 0.9F,
        .rates = device_put_per_run(layer->device, &rate, 1, 1),
        .states = device_put(layer->device, &state, sizeof state),
        .gradient = device_put_per_run(layer->device, gradient, 1, WEIGHTS),
        .velocity = device_put_per_run(layer->device, velocity, 1, WEIGHTS),
        .parameter = layer->conv.filter,
    };
    sgd_update(layer->device, &sgd);
    free(gradient);
    free(velocity);
}

Test(cuda_packs, follow_their_parameters)
{
    float *first = random_floats(SEED, 2, WEIGHTS, -1, 1), *second = random_floats(SEED, 3, WEIGHTS, -1, 1);
    struct layer layer = layer_create(first);
    float *before = convolve(&layer);
    expect_fresh(&layer, "at first");
    device_upload(layer.device, layer.conv.filter.data, second, WEIGHTS * sizeof *second);
    expect_fresh(&layer, "after an upload");
    step(&layer);
    expect_fresh(&layer, "after a step");
    device_zero(layer.device, layer.conv.filter.data, WEIGHTS * sizeof *second);
    expect_fresh(&layer, "after clearing");
    device_release(layer.device, layer.conv.filter.data);
    layer.conv.filter = device_put_per_run(layer.device, first, 1, WEIGHTS);
    float *after = convolve(&layer);
    cr_expect(same_bits(before, after, VALUES * sizeof *before), "new parameters, perhaps in the old ones' memory");
    device_end_test(layer.device);
    free(first);
    free(second);
    free(before);
    free(after);
}

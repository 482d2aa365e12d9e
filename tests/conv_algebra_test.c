// conv_algebra_test.c: what must hold for any convolution, whoever computes it and by whatever algorithm: the two backward
// kernels are the adjoints of the forward one, the map is linear, images do not see each other, NaN and infinity are not
// swallowed.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/convolvers.h"
#include "tests/support/device_array.h"
#include "tests/support/memory.h"
#include "tests/support/random_data.h"
#include "tests/support/vectors.h"

enum { SEED = 60 };

// One shape with random input, gradient and filter.
struct setting {
    const struct convolver *convolver;
    struct device *device;
    struct conv_shape shape;
    size_t input_size, output_size, filter_size;
    float *x, *gradient, *filter;
};

static struct setting setting_create(const struct convolver *convolver, struct conv_shape shape)
{
    size_t height = (size_t)((shape.height + shape.stride - 1) / shape.stride);
    size_t width = (size_t)((shape.width + shape.stride - 1) / shape.stride);
    struct setting setting = {
        .convolver = convolver,
        .device = convolver_open(convolver, 0),
        .shape = shape,
        .input_size = (size_t)(shape.images * shape.height * shape.width * shape.channels_in),
        .output_size = (size_t)shape.images * height * width * (size_t)shape.channels_out,
        .filter_size = (size_t)(shape.kernel * shape.kernel * shape.channels_in * shape.channels_out),
    };
    setting.x = random_floats(SEED, 1, setting.input_size, -1, 1);
    setting.gradient = random_floats(SEED, 2, setting.output_size, -1, 1);
    setting.filter = random_floats(SEED, 3, setting.filter_size, -1, 1);
    return setting;
}

static void setting_destroy(struct setting *setting)
{
    device_end_test(setting->device);
    free(setting->x);
    free(setting->gradient);
    free(setting->filter);
}

static float *forward(const struct setting *setting, const float *x)
{
    struct conv_forward conv = {
        .shape = setting->shape,
        .input = device_put_floats(setting->device, x, setting->input_size),
        .filter = device_put_per_run(setting->device, setting->filter, 1, setting->filter_size),
        .output = device_make_floats(setting->device, setting->output_size),
    };
    conv_forward(setting->device, &conv);
    return device_get_floats(setting->device, conv.output, setting->output_size);
}

static float *backward_data(const struct setting *setting)
{
    struct conv_backward_data conv = {
        .shape = setting->shape,
        .gradient = device_put_floats(setting->device, setting->gradient, setting->output_size),
        .filter = device_put_per_run(setting->device, setting->filter, 1, setting->filter_size),
        .output = device_make_floats(setting->device, setting->input_size),
    };
    conv_backward_data(setting->device, &conv);
    return device_get_floats(setting->device, conv.output, setting->input_size);
}

static float *backward_filter(const struct setting *setting)
{
    struct conv_backward_filter conv = {
        .shape = setting->shape,
        .input = device_put_floats(setting->device, setting->x, setting->input_size),
        .gradient = device_put_floats(setting->device, setting->gradient, setting->output_size),
        .grad_filter = device_make_per_run(setting->device, 1, setting->filter_size),
    };
    conv_backward_filter(setting->device, &conv);
    return device_get_floats(setting->device, conv.grad_filter.data, setting->filter_size);
}

typedef void setting_check(const struct setting *setting);

static void check_shape(const struct convolver *convolver, struct conv_shape shape, setting_check *check)
{
    struct setting setting = setting_create(convolver, shape);
    check(&setting);
    setting_destroy(&setting);
}

// Every kernel and stride; and for 3x3 with stride 1, which fast algorithms serve, whole and broken tiles.
static void check_all(setting_check *check)
{
    static const int channels[][2] = {{3, 16}, {20, 5}, {32, 48}};
    static const struct conv_shape tiled[] = {
        {1, 1, 1, 1, 16, 16, 3, 1}, {1, 3, 2, 2, 16, 32, 3, 1},  {1, 5, 5, 7, 48, 16, 3, 1},
        {1, 2, 9, 6, 64, 64, 3, 1}, {1, 40, 8, 8, 16, 16, 3, 1}, {1, 3, 8, 4, 128, 80, 3, 1},
    };
    for (const struct convolver *convolver = convolvers_under_test(); convolver->kernels != NULL; convolver++) {
        for (size_t i = 0; i < sizeof channels / sizeof channels[0]; i++)
            for (int stride = 1; stride <= 2; stride++)
                for (int kernel = 1; kernel <= 3; kernel += 2)
                    check_shape(convolver,
                                (struct conv_shape){1, 3, 7, 8, channels[i][0], channels[i][1], kernel, stride}, check);
        for (size_t i = 0; i < sizeof tiled / sizeof tiled[0]; i++) check_shape(convolver, tiled[i], check);
    }
}

// "cpu-avx2 winograd-4x4, 3 x 7 x 8 x 16 to 32, kernel 3, stride 1, seed 60"
static const char *setting_label(const struct setting *setting)
{
    static char label[160];
    const struct conv_shape *s = &setting->shape;
    snprintf(label, sizeof label, "%s, %d x %d x %d x %d to %d, kernel %d, stride %d, seed %d",
             setting->convolver->name, s->images, s->height, s->width, s->channels_in, s->channels_out, s->kernel,
             s->stride, SEED);
    return label;
}

static void expect_equal_products(const struct setting *setting, const char *what, double left, double right,
                                  double magnitude)
{
    // Both products are of the same numbers, except that the computed factor of each carries float32 roundings: a few
    // units in 2^-24 of every term in the worst case, should all of them conspire. Of bfloat16's 2^-8 half a one is plenty: they
    // do not.
    double tolerance = by_precision(setting->device, 8 * 0x1p-24, 0x1p-9) * magnitude;
    cr_expect(fabs(left - right) <= tolerance, "%s: %s: %.9g and %.9g", setting_label(setting), what, left, right);
}

// <conv(x), g> = <x, backward_data(g)> = <filter, backward_filter(x, g)>
static void check_adjoints(const struct setting *setting)
{
    float *y = forward(setting, setting->x), *gx = backward_data(setting), *gw = backward_filter(setting);
    double product = vector_dot(y, setting->gradient, setting->output_size);
    double magnitude = vector_dot_magnitude(y, setting->gradient, setting->output_size);
    expect_equal_products(setting, "backward_data", product, vector_dot(setting->x, gx, setting->input_size),
                          magnitude + vector_dot_magnitude(setting->x, gx, setting->input_size));
    expect_equal_products(setting, "backward_filter", product, vector_dot(setting->filter, gw, setting->filter_size),
                          magnitude + vector_dot_magnitude(setting->filter, gw, setting->filter_size));
    free(y);
    free(gx);
    free(gw);
}

Test(conv_algebra, backward_kernels_are_adjoints)
{
    check_all(check_adjoints);
}

// conv(x / 2 - 4 z) = conv(x) / 2 - 4 conv(z)
static void check_linearity(const struct setting *setting)
{
    float *z = random_floats(SEED, 4, setting->input_size, -1, 1), *half = test_allocate(setting->input_size * 4);
    for (size_t i = 0; i < setting->input_size; i++) half[i] = setting->x[i] / 2;
    float *mixture = vector_step(half, -4, z, setting->input_size);
    float *y_mixture = forward(setting, mixture), *y = forward(setting, setting->x), *y_z = forward(setting, z);
    double largest = 0, worst = 0;
    for (size_t i = 0; i < setting->output_size; i++) {
        double expected = (double)y[i] / 2 - 4 * (double)y_z[i];
        double error = fabs((double)y_mixture[i] - expected);
        if (!(error <= worst)) worst = error;
        largest = fmax(largest, fabs(expected));
    }
    // The same tolerance as against the reference: transforms such as Winograd's lose a digit. In bfloat16 inputs up to
    // 4.5 and outputs are rounded, within 2^-8 of themselves.
    cr_expect(worst <= by_precision(setting->device, 2e-5, 4 * 0x1p-8) * largest, "%s: off by %.3g of %.3g",
              setting_label(setting), worst, largest);
    free(z);
    free(half);
    free(mixture);
    free(y_mixture);
    free(y);
    free(y_z);
}

Test(conv_algebra, linear)
{
    check_all(check_linearity);
}

// The images in reverse order give the outputs in reverse order, bit by bit.
static void check_order(const struct setting *setting)
{
    size_t images = (size_t)setting->shape.images;
    size_t part_in = setting->input_size / images, part_out = setting->output_size / images;
    float *reversed = test_allocate(setting->input_size * sizeof *reversed);
    for (size_t i = 0; i < images; i++)
        memcpy(reversed + i * part_in, setting->x + (images - 1 - i) * part_in, part_in * sizeof *reversed);
    float *y = forward(setting, setting->x), *y_reversed = forward(setting, reversed);
    for (size_t i = 0; i < images; i++)
        cr_expect(memcmp(y + i * part_out, y_reversed + (images - 1 - i) * part_out, part_out * sizeof *y) == 0,
                  "%s: image %zu depends on its place", setting_label(setting), i);
    free(reversed);
    free(y);
    free(y_reversed);
}

Test(conv_algebra, images_do_not_see_each_other)
{
    check_all(check_order);
}

// ---- what is not finite ------------------------------------------------------------------------------------------
// Every output that the definition makes NaN or infinite is NaN or infinite: a diverged run cannot look healthy. The
// direct algorithm computes no others so. A fast one may spread them over all outputs of the tiles that read the culprit,
// and over its channels; never to another image.

enum { POISONED_IMAGE = 1, POISONED_CHANNEL = 2 };

struct poison {
    float value;
    int row, column; // in the image POISONED_IMAGE; channel POISONED_CHANNEL
};

// Whether output position `out` of a side reads position `at` of the input, by a direct sum: tiles of one output.
static bool reads(int out, int at, int kernel, int stride, int tile_outputs)
{
    int first = out / tile_outputs * tile_outputs, last = first + tile_outputs - 1;
    return at >= first * stride - kernel / 2 && at <= last * stride + kernel / 2;
}

// y: height x width x channels of every image.
static void expect_poisoned(const struct setting *setting, const float *y, int height, int width, int channels,
                            struct poison poison, const char *what)
{
    const struct conv_shape *shape = &setting->shape;
    const int tile = convolver_tile_outputs(setting->convolver, shape), kernel = shape->kernel, stride = shape->stride;
    size_t swallowed = 0, spread = 0;
    for (int image = 0; image < shape->images; image++)
        for (int row = 0; row < height; row++)
            for (int column = 0; column < width; column++)
                for (int channel = 0; channel < channels; channel++, y++) {
                    bool here = image == POISONED_IMAGE;
                    bool must = here && reads(row, poison.row, kernel, stride, 1) &&
                                reads(column, poison.column, kernel, stride, 1);
                    bool may = here && reads(row, poison.row, kernel, stride, tile) &&
                               reads(column, poison.column, kernel, stride, tile);
                    swallowed += must && isfinite(*y);
                    spread += !may && !isfinite(*y);
                }
    cr_expect(swallowed == 0 && spread == 0, "%s: %s, %g at %d, %d: %zu values swallowed it, it spread to %zu",
              setting_label(setting), what, (double)poison.value, poison.row, poison.column, swallowed, spread);
}

static float *poisoned_copy(const float *values, size_t count, const struct conv_shape *shape, int channels,
                            struct poison poison)
{
    float *copy = test_allocate(count * sizeof *copy);
    memcpy(copy, values, count * sizeof *copy);
    int row = POISONED_IMAGE * shape->height + poison.row;
    size_t pixel = (size_t)row * (size_t)shape->width + (size_t)poison.column;
    copy[pixel * (size_t)channels + POISONED_CHANNEL] = poison.value;
    return copy;
}

// Through the prologue, too, whose ReLU must not make a 0 of it.
static void check_poisoned_forward(const struct setting *setting, struct poison poison, bool prologue)
{
    const struct conv_shape *shape = &setting->shape;
    float *x = poisoned_copy(setting->x, setting->input_size, shape, shape->channels_in, poison);
    float *affine = random_floats(SEED, 5, 2 * (size_t)shape->channels_in, 0.5F, 1);
    struct conv_forward conv = {
        .shape = *shape,
        .input = device_put_floats(setting->device, x, setting->input_size),
        .filter = device_put_per_run(setting->device, setting->filter, 1, setting->filter_size),
        .output = device_make_floats(setting->device, setting->output_size),
    };
    if (prologue) conv.affine = device_put_per_run(setting->device, affine, 1, 2 * (size_t)shape->channels_in);
    conv_forward(setting->device, &conv);
    float *y = device_get_floats(setting->device, conv.output, setting->output_size);
    int stride = shape->stride;
    expect_poisoned(setting, y, (shape->height + stride - 1) / stride, (shape->width + stride - 1) / stride,
                    shape->channels_out, poison, prologue ? "forward behind a prologue" : "forward");
    free(x);
    free(affine);
    free(y);
}

// With stride 1 the transposed convolution reaches as far as the convolution.
static void check_poisoned_backward_data(const struct setting *setting, struct poison poison)
{
    const struct conv_shape *shape = &setting->shape;
    float *gradient = poisoned_copy(setting->gradient, setting->output_size, shape, shape->channels_out, poison);
    struct setting poisoned = *setting;
    poisoned.gradient = gradient;
    float *gx = backward_data(&poisoned);
    expect_poisoned(setting, gx, shape->height, shape->width, shape->channels_in, poison, "backward_data");
    free(gradient);
    free(gx);
}

// A channel of the input is in all its taps that reach the position, and in no other channel's.
static void check_poisoned_backward_filter(const struct setting *setting, struct poison poison)
{
    const struct conv_shape *shape = &setting->shape;
    float *x = poisoned_copy(setting->x, setting->input_size, shape, shape->channels_in, poison);
    struct setting poisoned = *setting;
    poisoned.x = x;
    float *gw = backward_filter(&poisoned);
    size_t swallowed = 0, spread = 0;
    for (size_t i = 0; i < setting->filter_size; i++) {
        int tap = (int)(i / (size_t)(shape->channels_in * shape->channels_out));
        int row = poison.row - tap / shape->kernel + shape->kernel / 2;
        int column = poison.column - tap % shape->kernel + shape->kernel / 2;
        bool mine = (int)(i / (size_t)shape->channels_out) % shape->channels_in == POISONED_CHANNEL;
        bool must = mine && row >= 0 && row < shape->height && column >= 0 && column < shape->width;
        bool may = convolver_spreads_taps(setting->convolver, shape) ? mine : must;
        swallowed += must && isfinite(gw[i]);
        spread += !may && !isfinite(gw[i]);
    }
    cr_expect(swallowed == 0 && spread == 0,
              "%s: filter gradient, %g at %d, %d: %zu values swallowed it, it spread to %zu", setting_label(setting),
              (double)poison.value, poison.row, poison.column, swallowed, spread);
    free(x);
    free(gw);
}

// At a corner of the image, at a corner of the tiles, inside one.
static void check_poisoned(const struct setting *setting)
{
    const struct conv_shape *shape = &setting->shape;
    static const int places[][2] = {{0, 0}, {4, 4}, {6, 3}};
    static const float values[] = {NAN, INFINITY};
    if (shape->images <= POISONED_IMAGE) return;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        for (size_t j = 0; j < sizeof values / sizeof values[0]; j++) {
            struct poison poison = {values[j], places[i][0], places[i][1]};
            if (poison.row >= shape->height || poison.column >= shape->width) continue;
            check_poisoned_forward(setting, poison, false);
            check_poisoned_forward(setting, poison, true);
            if (shape->stride != 1) continue; // the gradient's places are others
            check_poisoned_backward_data(setting, poison);
            check_poisoned_backward_filter(setting, poison);
        }
}

Test(conv_algebra, what_is_not_finite_is_passed_on)
{
    check_all(check_poisoned);
}

// The choices are not names for the same thing: all of the tests above would pass if they were.
Test(conv_algebra, algorithms_differ_in_their_roundings)
{
    const struct conv_shape shape = {1, 3, 8, 8, 32, 48, 3, 1};
    float *outputs[32];
    const struct convolver *convolvers = convolvers_under_test();
    for (size_t i = 0; convolvers[i].kernels != NULL; i++) {
        struct setting setting = setting_create(&convolvers[i], shape);
        outputs[i] = forward(&setting, setting.x);
        for (size_t j = 0; j < i; j++) {
            if (convolvers[j].kernels != convolvers[i].kernels || convolvers[j].convolution == CONVOLUTION_BY_TABLE)
                continue;
            cr_expect(memcmp(outputs[i], outputs[j], setting.output_size * sizeof(float)) != 0,
                      "%s and %s give the same bits", convolvers[i].name, convolvers[j].name);
        }
        setting_destroy(&setting);
    }
    for (size_t i = 0; convolvers[i].kernels != NULL; i++) free(outputs[i]);
}

// conv_algebra_test.c: what must hold for any convolution, whoever computes it: the two backward kernels are the adjoints
// of the forward one, the map is linear, images do not see each other, and NaN is not swallowed.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/device_array.h"
#include "tests/support/memory.h"
#include "tests/support/random_data.h"
#include "tests/support/vectors.h"

enum { SEED = 60 };

// One shape with random input, gradient and filter.
struct setting {
    struct device *device;
    struct conv_shape shape;
    size_t input_size, output_size, filter_size;
    float *x, *gradient, *filter;
};

static struct setting setting_create(const struct kernels *kernels, struct conv_shape shape)
{
    size_t height = (size_t)((shape.height + shape.stride - 1) / shape.stride);
    size_t width = (size_t)((shape.width + shape.stride - 1) / shape.stride);
    struct setting setting = {
        .device = device_for_test(kernels, 0),
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

static void check_all(setting_check *check)
{
    static const int channels[][2] = {{3, 16}, {20, 5}, {32, 48}};
    for (const struct kernels *const *kernels = backends_under_test(); *kernels != NULL; kernels++)
        for (size_t i = 0; i < sizeof channels / sizeof channels[0]; i++)
            for (int stride = 1; stride <= 2; stride++)
                for (int kernel = 1; kernel <= 3; kernel += 2) {
                    struct conv_shape shape = {1, 3, 7, 8, channels[i][0], channels[i][1], kernel, stride};
                    struct setting setting = setting_create(*kernels, shape);
                    check(&setting);
                    setting_destroy(&setting);
                }
}

static void expect_equal_products(const struct setting *setting, const char *what, double left, double right,
                                  double magnitude)
{
    // Both products are of the same numbers, except that the computed factor of each carries float32 roundings: a few
    // units in 2^-24 of every term in the worst case, should all of them conspire.
    double tolerance = 8 * 0x1p-24 * magnitude;
    cr_expect(fabs(left - right) <= tolerance, "%s, %d to %d, kernel %d, stride %d, seed %d: %s: %.9g and %.9g",
              device_kernels(setting->device)->name, setting->shape.channels_in, setting->shape.channels_out,
              setting->shape.kernel, setting->shape.stride, SEED, what, left, right);
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
    // The same tolerance as against the reference: transforms such as Winograd's lose a digit.
    cr_expect(worst <= 2e-5 * largest, "%s, %d to %d: off by %.3g of %.3g", device_kernels(setting->device)->name,
              setting->shape.channels_in, setting->shape.channels_out, worst, largest);
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
                  "%s: image %zu depends on its place", device_kernels(setting->device)->name, i);
    free(reversed);
    free(y);
    free(y_reversed);
}

Test(conv_algebra, images_do_not_see_each_other)
{
    check_all(check_order);
}

// A NaN in the middle of the second image: seen around it, in all channels, and in no other image; through the
// prologue, too, whose ReLU must not make a 0 of it.
static void check_not_a_number(const struct setting *setting, bool prologue)
{
    const struct conv_shape *shape = &setting->shape;
    size_t part_in = setting->input_size / (size_t)shape->images,
           part_out = setting->output_size / (size_t)shape->images;
    float *x = vector_step(setting->x, 0, setting->x, setting->input_size);
    x[part_in + (size_t)((4 * shape->width + 4) * shape->channels_in)] = NAN;
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
    size_t inside = 0, outside = 0;
    for (size_t i = 0; i < setting->output_size; i++) *(i / part_out == 1 ? &inside : &outside) += isnan(y[i]) != 0;
    int reached = shape->kernel == 1 ? 1 : shape->stride == 1 ? 9 : 1; // row and column 4 lie on stride 2's grid
    cr_expect(inside == (size_t)(reached * shape->channels_out) && outside == 0,
              "%s, kernel %d, stride %d, prologue %d: %zu NaN in the image, %zu in others",
              device_kernels(setting->device)->name, shape->kernel, shape->stride, prologue, inside, outside);
    free(x);
    free(affine);
    free(y);
}

static void check_not_a_number_both(const struct setting *setting)
{
    check_not_a_number(setting, false);
    check_not_a_number(setting, true);
}

Test(conv_algebra, not_a_number_is_passed_on)
{
    check_all(check_not_a_number_both);
}

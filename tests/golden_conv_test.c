// golden_conv_test.c: plain convolutions (no prologue, mask or sums) and both their gradients against golden vectors.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/device_array.h"
#include "tests/support/golden.h"

// Direct and implicit-GEMM float32 kernels reach 1e-6; transforms such as Winograd's lose a digit.
static const double tolerance_l2 = 1e-5, tolerance_max = 2e-5;
// Inputs and outputs rounded within 2^-8 of themselves.
static const double bf16_tolerance_l2 = 4e-3, bf16_tolerance_max = 6e-3;

// One line of cases.txt.
struct conv_case {
    char folder[128];
    int batch, channels_in, channels_out, side, kernel, stride;
};

static bool parse_case(const char *line, struct conv_case *conv)
{
    return sscanf(line, "%127s %d %d %d %d %d %d", conv->folder, &conv->batch, &conv->channels_in, &conv->channels_out,
                  &conv->side, &conv->kernel, &conv->stride) == 7;
}

static void expect_close(struct golden_case *golden, const void *memory, const struct golden_array *truth)
{
    golden_expect(golden, memory, truth, ERROR_L2, by_precision(golden->device, tolerance_l2, bf16_tolerance_l2));
    golden_expect(golden, memory, truth, ERROR_MAX, by_precision(golden->device, tolerance_max, bf16_tolerance_max));
}

static void check_forward(struct golden_case *golden, struct conv_shape shape, const struct golden_array *y)
{
    struct conv_forward conv = {
        .shape = shape,
        .input = golden_put(golden, golden_read_images(golden, "x")),
        .filter = golden_put_per_run(golden, golden_read_filter(golden, "w_k%d", shape.kernel)),
        .output = device_make_floats(golden->device, y->count),
    };
    conv_forward(golden->device, &conv);
    expect_close(golden, conv.output, y);
}

static void check_backward_data(struct golden_case *golden, struct conv_shape shape, const struct golden_array *gx)
{
    struct conv_backward_data conv = {
        .shape = shape,
        .gradient = golden_put(golden, golden_read_images(golden, "gy_s%d", shape.stride)),
        .filter = golden_put_per_run(golden, golden_read_filter(golden, "w_k%d", shape.kernel)),
        .output = device_make_floats(golden->device, gx->count),
    };
    conv_backward_data(golden->device, &conv);
    expect_close(golden, conv.output, gx);
}

static void check_backward_filter(struct golden_case *golden, struct conv_shape shape, const struct golden_array *gw)
{
    struct conv_backward_filter conv = {
        .shape = shape,
        .input = golden_put(golden, golden_read_images(golden, "x")),
        .gradient = golden_put(golden, golden_read_images(golden, "gy_s%d", shape.stride)),
        .grad_filter = device_make_per_run(golden->device, 1, gw->count),
    };
    conv_backward_filter(golden->device, &conv);
    expect_close(golden, conv.grad_filter.data, gw);
}

static void check_case(struct golden_case *golden, const struct conv_case *conv)
{
    const struct golden_array *x = golden_read_images(golden, "x");
    const int expected[4] = {conv->batch, conv->side, conv->side, conv->channels_in};
    cr_assert(memcmp(x->shape, expected, sizeof expected) == 0, "%s: x is not as cases.txt says", golden->folder);
    struct conv_shape shape = {.runs = 1,
                               .images = conv->batch,
                               .height = conv->side,
                               .width = conv->side,
                               .channels_in = conv->channels_in,
                               .channels_out = conv->channels_out,
                               .kernel = conv->kernel,
                               .stride = conv->stride};
    check_forward(golden, shape, golden_read_images(golden, "y_k%d_s%d", conv->kernel, conv->stride));
    check_backward_data(golden, shape, golden_read_images(golden, "gx_k%d_s%d", conv->kernel, conv->stride));
    check_backward_filter(golden, shape, golden_read_filter(golden, "gw_k%d_s%d", conv->kernel, conv->stride));
}

static void check_folder(struct golden_case *golden)
{
    char **lines = golden_read_lines(golden, "../cases.txt");
    for (char **line = lines; *line != NULL; line++) {
        struct conv_case conv;
        cr_assert(parse_case(*line, &conv), "cases.txt: cannot read \"%s\"", *line);
        if (strcmp(strrchr(golden->folder, '/') + 1, conv.folder) == 0) check_case(golden, &conv);
    }
    golden_free_lines(lines);
}

Test(golden_conv, output_and_gradients)
{
    golden_for_each_convolution("training/layers/conv", check_folder);
}

Test(golden_conv, folders_are_all_there)
{
    struct golden_case golden = {.folder = "training/layers/conv"};
    char **lines = golden_read_lines(&golden, "cases.txt");
    for (char **line = lines; *line != NULL; line++) {
        struct conv_case conv;
        cr_assert(parse_case(*line, &conv), "cases.txt: cannot read \"%s\"", *line);
        cr_expect(golden_has(&golden, "%s/x", conv.folder), "cases.txt names %s, which is not there", conv.folder);
    }
    golden_free_lines(lines);
}

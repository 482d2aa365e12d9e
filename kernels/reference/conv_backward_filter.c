// conv_backward_filter.c: grad_filter = sum over images and positions of prologue(input) x gradient, in double, rounded
// once.
#include <string.h>

#include "kernels/device.h"
#include "kernels/reference/conv_geometry.h"
#include "kernels/reference/pointwise.h"

// sums[c][k] += pixel[c] * gradient[k]
static void add_outer_product(const struct conv_shape *shape, const float *pixel, const float *gradient, double *sums)
{
    for (int in = 0; in < shape->channels_in; in++)
        for (int out = 0; out < shape->channels_out; out++)
            sums[(size_t)in * (size_t)shape->channels_out + (size_t)out] += (double)pixel[in] * (double)gradient[out];
}

// What one output position contributes to every tap.
static void add_position(const struct conv_shape *shape, const float *input, const float *gradient, int image, int row,
                         int column, double *sums)
{
    const float *gradient_here = gradient + conv_output_offset(shape, image, row, column);
    for (int kernel_row = 0; kernel_row < shape->kernel; kernel_row++)
        for (int kernel_column = 0; kernel_column < shape->kernel; kernel_column++) {
            int row_in = row * shape->stride + kernel_row - shape->kernel / 2;
            int column_in = column * shape->stride + kernel_column - shape->kernel / 2;
            if (row_in < 0 || row_in >= shape->height || column_in < 0 || column_in >= shape->width) continue;
            add_outer_product(shape, input + conv_input_offset(shape, image, row_in, column_in), gradient_here,
                              sums + conv_tap_offset(shape, kernel_row, kernel_column));
        }
}

static void differentiate_run(const struct conv_shape *shape, const float *input, const float *gradient, double *sums,
                              float *grad_filter)
{
    memset(sums, 0, conv_filter_size(shape) * sizeof *sums);
    for (int image = 0; image < shape->images; image++)
        for (int row = 0; row < conv_height_out(shape); row++)
            for (int column = 0; column < conv_width_out(shape); column++)
                add_position(shape, input, gradient, image, row, column, sums);
    for (size_t i = 0; i < conv_filter_size(shape); i++) grad_filter[i] = (float)sums[i];
}

void conv_backward_filter_reference(struct device *device, const void *settings)
{
    const struct conv_backward_filter *conv = settings;
    const struct conv_shape *shape = &conv->shape;
    size_t positions_in = conv_positions_in(shape), positions_out = conv_positions_out(shape);
    size_t input_size = positions_in * (size_t)shape->channels_in;
    size_t output_size = positions_out * (size_t)shape->channels_out;
    double *sums =
        device_scratch(device, conv_filter_size(shape) * sizeof(double) + (input_size + output_size) * sizeof(float));
    if (sums == NULL) return;
    float *input_space = (float *)(sums + conv_filter_size(shape)), *gradient_space = input_space + input_size;
    const float *all_inputs = conv->input, *all_gradients = conv->gradient, *all_raws = conv->raw;
    for (int run = 0; run < shape->runs; run++) {
        size_t from_out = (size_t)run * output_size;
        const float *input = prologue_apply(per_run_part(conv->affine, run), all_inputs + (size_t)run * input_size,
                                            positions_in, shape->channels_in, input_space);
        const float *gradient = coefficients_apply(per_run_part(conv->coefficients, run), all_gradients + from_out,
                                                   all_raws == NULL ? NULL : all_raws + from_out, positions_out,
                                                   shape->channels_out, gradient_space);
        differentiate_run(shape, input, gradient, sums, per_run_part(conv->grad_filter, run));
    }
}

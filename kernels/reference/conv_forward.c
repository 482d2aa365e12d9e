// conv_forward.c: output = conv(prologue(input), filter) + residual, rounded once; then the statistics of what was
// written. Cross-correlation, kernel / 2 zeros around the activated input.
#include <string.h>

#include "kernels/device.h"
#include "kernels/reference/conv_geometry.h"
#include "kernels/reference/pointwise.h"

// Adds one filter tap: sums[k] += sum over c of pixel[c] * tap[c][k].
static void add_tap(const struct conv_shape *shape, const float *pixel, const float *tap, double *sums)
{
    for (int in = 0; in < shape->channels_in; in++)
        for (int out = 0; out < shape->channels_out; out++)
            sums[out] += (double)pixel[in] * (double)tap[(size_t)in * (size_t)shape->channels_out + (size_t)out];
}

// All output channels of one output position of one image.
static void convolve_position(const struct conv_shape *shape, const float *image, const float *filter, int row,
                              int column, double *sums)
{
    memset(sums, 0, (size_t)shape->channels_out * sizeof *sums);
    for (int kernel_row = 0; kernel_row < shape->kernel; kernel_row++)
        for (int kernel_column = 0; kernel_column < shape->kernel; kernel_column++) {
            int row_in = row * shape->stride + kernel_row - shape->kernel / 2;
            int column_in = column * shape->stride + kernel_column - shape->kernel / 2;
            if (row_in < 0 || row_in >= shape->height || column_in < 0 || column_in >= shape->width) continue;
            add_tap(shape, image + conv_input_offset(shape, 0, row_in, column_in),
                    filter + conv_tap_offset(shape, kernel_row, kernel_column), sums);
        }
}

static void convolve_run(const struct conv_shape *shape, const float *input, const float *filter, const float *residual,
                         float *output, double *sums)
{
    for (int image = 0; image < shape->images; image++)
        for (int row = 0; row < conv_height_out(shape); row++)
            for (int column = 0; column < conv_width_out(shape); column++) {
                convolve_position(shape, input + conv_input_offset(shape, image, 0, 0), filter, row, column, sums);
                size_t first = conv_output_offset(shape, image, row, column);
                for (int channel = 0; channel < shape->channels_out; channel++) {
                    size_t at = first + (size_t)channel;
                    output[at] = (float)(sums[channel] + (residual == NULL ? 0 : (double)residual[at]));
                }
            }
}

void conv_forward_reference(struct device *device, const void *settings)
{
    const struct conv_forward *conv = settings;
    const struct conv_shape *shape = &conv->shape;
    size_t positions_in = conv_positions_in(shape), positions_out = conv_positions_out(shape);
    size_t input_size = positions_in * (size_t)shape->channels_in;
    size_t output_size = positions_out * (size_t)shape->channels_out;
    size_t sums_bytes = (size_t)shape->channels_out * sizeof(double);
    double *sums = device_scratch(device, sums_bytes + input_size * sizeof(float));
    if (sums == NULL) return;
    float *space = (float *)(sums + shape->channels_out);
    struct statistics_reference *statistics = conv->statistics;
    for (int run = 0; run < shape->runs; run++) {
        const float *input =
            prologue_apply(per_run_part(conv->affine, run), (const float *)conv->input + (size_t)run * input_size,
                           positions_in, shape->channels_in, space);
        const float *residual = conv->residual;
        float *output = (float *)conv->output + (size_t)run * output_size;
        convolve_run(shape, input, per_run_part(conv->filter, run),
                     residual == NULL ? NULL : residual + (size_t)run * output_size, output, sums);
        if (statistics != NULL)
            statistics_measure(output, positions_out, shape->channels_out,
                               statistics + (ptrdiff_t)run * shape->channels_out);
    }
}

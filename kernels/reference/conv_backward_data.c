// conv_backward_data.c: output = mask * (conv_transposed(gradient, filter) + addend), rounded once; then the sums of
// what was written. Gathers: every input position collects from the output positions it had contributed to.
#include "kernels/device.h"
#include "kernels/reference/conv_geometry.h"
#include "kernels/reference/pointwise.h"

// The output row (or column) that reads input row `in` through kernel row `kernel_in`; -1 when there is none.
static int source_of(const struct conv_shape *shape, int in, int kernel_in, int count_out)
{
    int shifted = in + shape->kernel / 2 - kernel_in;
    if (shifted < 0 || shifted % shape->stride != 0 || shifted / shape->stride >= count_out) return -1;
    return shifted / shape->stride;
}

static double dot_product(const float *left, const float *right, int count)
{
    double sum = 0;
    for (int i = 0; i < count; i++) sum += (double)left[i] * (double)right[i];
    return sum;
}

static double gather(const struct conv_shape *shape, const float *gradient, const float *filter, int image, int row,
                     int column, int channel)
{
    double sum = 0;
    for (int kernel_row = 0; kernel_row < shape->kernel; kernel_row++)
        for (int kernel_column = 0; kernel_column < shape->kernel; kernel_column++) {
            int row_out = source_of(shape, row, kernel_row, conv_height_out(shape));
            int column_out = source_of(shape, column, kernel_column, conv_width_out(shape));
            if (row_out < 0 || column_out < 0) continue;
            const float *tap = filter + conv_tap_offset(shape, kernel_row, kernel_column);
            sum += dot_product(gradient + conv_output_offset(shape, image, row_out, column_out),
                               tap + (size_t)channel * (size_t)shape->channels_out, shape->channels_out);
        }
    return sum;
}

// Pointers of one run; addend and mask_input may be NULL.
struct gather_run {
    const float *gradient, *filter, *addend, *mask_input, *affine;
    float *output;
};

static void gather_position(const struct conv_shape *shape, const struct gather_run *run, int image, int row,
                            int column)
{
    size_t first = conv_input_offset(shape, image, row, column);
    for (int channel = 0; channel < shape->channels_in; channel++) {
        size_t at = first + (size_t)channel;
        double addend = run->addend == NULL ? 0 : (double)run->addend[at];
        bool open =
            run->mask_input == NULL || prologue_open(run->affine, shape->channels_in, channel, run->mask_input[at]);
        double sum = open ? gather(shape, run->gradient, run->filter, image, row, column, channel) + addend : 0;
        run->output[at] = (float)sum;
    }
}

void conv_backward_data_reference(struct device *device, const void *settings)
{
    const struct conv_backward_data *conv = settings;
    const struct conv_shape *shape = &conv->shape;
    size_t positions_in = conv_positions_in(shape), positions_out = conv_positions_out(shape);
    size_t input_size = positions_in * (size_t)shape->channels_in;
    size_t output_size = positions_out * (size_t)shape->channels_out;
    float *space = device_scratch(device, output_size * sizeof(float));
    if (space == NULL) return;
    struct statistics_reference *sums = conv->sums;
    const float *gradient = conv->gradient, *raw = conv->raw;
    const float *addend = conv->addend, *mask_input = conv->mask_input;
    for (int r = 0; r < shape->runs; r++) {
        size_t from = (size_t)r * input_size, from_out = (size_t)r * output_size;
        const float *coefficients = per_run_part(conv->coefficients, r);
        struct gather_run run = {
            .gradient = coefficients_apply(coefficients, gradient + from_out, raw == NULL ? NULL : raw + from_out,
                                           positions_out, shape->channels_out, space),
            .filter = per_run_part(conv->filter, r),
            .addend = addend == NULL ? NULL : addend + from,
            .mask_input = mask_input == NULL ? NULL : mask_input + from,
            .affine = per_run_part(conv->affine, r),
            .output = (float *)conv->output + from,
        };
        for (int image = 0; image < shape->images; image++)
            for (int row = 0; row < shape->height; row++)
                for (int column = 0; column < shape->width; column++) gather_position(shape, &run, image, row, column);
        if (sums != NULL)
            statistics_sum_products(run.output, run.mask_input, positions_in, shape->channels_in,
                                    sums + (ptrdiff_t)r * shape->channels_in);
    }
}

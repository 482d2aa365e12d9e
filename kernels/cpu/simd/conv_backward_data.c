// conv_backward_data.c: output = mask * (conv_transposed(gradient, filter) + addend), with its two sums.
// Bound     arithmetic, as conv_forward's.
// Method    stride 1 is conv_forward's engine on the gradient with the filter turned by 180 degrees. For stride 2 the
//           output pixels fall into four parity classes; each is a small convolution with the taps that reach it (of a
//           3x3 filter 1, 2, 2 and 4), so no multiplication with an inserted zero is done.
// Parallel  over runs x images, as conv_forward.
#include <omp.h>

#include "kernels/cpu/convolution_table.h"
#include "kernels/cpu/scratch.h"
#include "kernels/cpu/simd/image_pass.h"
#include "kernels/cpu/simd/operations.h"
#include "kernels/cpu/simd/tap_convolution.h"
#include "kernels/cpu/simd/winograd.h"
#include "kernels/device.h"

enum { CLASSES_MAX = 4 };

struct backward_job {
    const struct conv_backward_data *conv;
    struct tap_list taps[CLASSES_MAX]; // of class (row parity, column parity)
    size_t packed_offset[CLASSES_MAX]; // into one run's packed filters
    struct image_shape gradient, output;
    char *packed, *tiles;
    size_t packed_bytes, tile_bytes;
    struct channel_sums *partial;
};

// Output pixel i receives gradient pixel (i + padding - kernel_row) / stride where that is whole.
static struct tap_list class_taps(struct conv_shape s, int row_parity, int column_parity, int tile_padding)
{
    struct tap_list taps = {.count = 0};
    for (int t = 0; t < s.kernel * s.kernel; t++) {
        int row = row_parity + s.kernel / 2 - t / s.kernel, column = column_parity + s.kernel / 2 - t % s.kernel;
        if (row % s.stride != 0 || column % s.stride != 0) continue;
        taps.filter_tap[taps.count] = t;
        taps.row[taps.count] = row / s.stride + tile_padding;
        taps.column[taps.count] = column / s.stride + tile_padding;
        taps.count++;
    }
    return taps;
}

static void backward_class(const struct backward_job *job, int parity, int run, const void *tile,
                           const activation *addend, activation *output)
{
    int stride = job->conv->shape.stride, row = parity / stride, column = parity % stride;
    size_t first = ((size_t)row * (size_t)job->output.width + (size_t)column) * (size_t)job->output.channels;
    struct tap_convolution convolution = {
        .taps = &job->taps[parity],
        .operands = operands_serve(job->gradient.channels),
        .packed = job->packed + (size_t)run * job->packed_bytes + job->packed_offset[parity],
        .channels_in = job->gradient.channels,
        .channels_out = job->output.channels,
        .tile = tile,
        .tile_width = job->gradient.width + 2 * job->gradient.padding,
        .step = 1,
        .rows = (job->output.height - row + stride - 1) / stride,
        .columns = (job->output.width - column + stride - 1) / stride,
        .output = output + first,
        .residual = addend == NULL ? NULL : addend + first,
        .output_row_stride = (ptrdiff_t)stride * job->output.width * job->output.channels,
        .output_pixel_stride = (ptrdiff_t)stride * job->output.channels,
    };
    ISA_NAME(tap_convolve)(&convolution);
}

static void backward_image(const struct backward_job *job, int image, char *space)
{
    const struct conv_backward_data *conv = job->conv;
    int run = image / conv->shape.images;
    size_t gradient_size = (size_t)job->gradient.height * (size_t)job->gradient.width * (size_t)job->gradient.channels;
    size_t output_size = (size_t)job->output.height * (size_t)job->output.width * (size_t)job->output.channels;
    size_t to = (size_t)image * output_size;
    struct tile_source source =
        gradient_source(conv->gradient, conv->raw, (size_t)image, gradient_size, conv->coefficients, run);
    const void *tile = direct_tile_of(job->gradient, source, space);
    activation *output = (activation *)conv->output + to;
    const activation *addend = conv->addend == NULL ? NULL : (const activation *)conv->addend + to;
    for (int parity = 0; parity < conv->shape.stride * conv->shape.stride; parity++)
        backward_class(job, parity, run, tile, addend, output);
    if (conv->mask_input == NULL) return;
    const float *affine = per_run_part(conv->affine, run);
    struct channel_sums *sums =
        job->partial == NULL ? NULL : job->partial + (size_t)image * (size_t)job->output.channels;
    ISA_NAME(image_mask)(job->output, (const activation *)conv->mask_input + to, affine, output, sums);
}

static void pack_filters(const struct backward_job *job)
{
    struct conv_shape s = job->conv->shape;
    for (int r = 0; r < s.runs; r++)
        for (int parity = 0; parity < s.stride * s.stride; parity++) ISA_NAME(tap_pack)
    (&job->taps[parity], per_run_part(job->conv->filter, r), s.channels_out, s.channels_in, 1,
     job->packed + (size_t)r * job->packed_bytes + job->packed_offset[parity]);
}

static void backward_direct(struct device *device, const struct conv_backward_data *conv)
{
    struct conv_shape s = conv->shape;
    int images = s.runs * s.images, padding = s.kernel / 2;
    struct backward_job job = {.conv = conv};
    job.gradient = (struct image_shape){(s.height + s.stride - 1) / s.stride, (s.width + s.stride - 1) / s.stride,
                                        s.channels_out, padding};
    job.output = (struct image_shape){s.height, s.width, s.channels_in, 0};
    for (int parity = 0; parity < s.stride * s.stride; parity++) {
        job.taps[parity] = class_taps(s, parity / s.stride, parity % s.stride, padding);
        job.packed_offset[parity] = job.packed_bytes;
        job.packed_bytes += ISA_NAME(tap_packed_bytes)(job.taps[parity].count, s.channels_out, s.channels_in);
    }
    job.tile_bytes = scratch_round(direct_tile_bytes(job.gradient));
    size_t packed_bytes = (size_t)s.runs * job.packed_bytes;
    size_t tile_bytes = (size_t)device->threads * job.tile_bytes;
    size_t partial_bytes =
        conv->sums == NULL ? 0 : (size_t)images * (size_t)s.channels_in * sizeof(struct channel_sums);
    char *cursor =
        device_scratch(device, scratch_round(packed_bytes) + scratch_round(tile_bytes) + scratch_round(partial_bytes));
    if (cursor == NULL) return;
    job.packed = scratch_take(&cursor, packed_bytes);
    job.tiles = scratch_take(&cursor, tile_bytes);
    job.partial = conv->sums == NULL ? NULL : scratch_take(&cursor, partial_bytes);
    pack_filters(&job);
#pragma omp parallel for num_threads(device->threads) schedule(static)
    for (int image = 0; image < images; image++)
        backward_image(&job, image, job.tiles + (size_t)omp_get_thread_num() * job.tile_bytes);
    if (job.partial != NULL) channel_sums_reduce(s.runs, s.images, s.channels_in, job.partial, conv->sums);
}

static void backward_winograd(struct device *device, const struct conv_backward_data *conv, int outputs)
{
    const struct conv_shape s = conv->shape;
    ISA_NAME(winograd_convolve)
    (device, &(struct winograd_convolution){.outputs = outputs,
                                            .runs = s.runs,
                                            .images = s.images,
                                            .height = s.height,
                                            .width = s.width,
                                            .channels_in = s.channels_out,
                                            .channels_out = s.channels_in,
                                            .backward = true,
                                            .filter = conv->filter,
                                            .input = conv->gradient,
                                            .raw = conv->coefficients.data == NULL ? NULL : conv->raw,
                                            .map = conv->coefficients,
                                            .addend = conv->addend,
                                            .mask_input = conv->mask_input,
                                            .mask_map = conv->affine,
                                            .output = conv->output,
                                            .sums = conv->sums});
}

void ISA_NAME(conv_backward_data)(struct device *device, const void *settings)
{
    const struct conv_backward_data *conv = settings;
    int outputs = convolution_winograd_outputs(device, OPERATION_CONV_BACKWARD_DATA, &conv->shape, LANES);
    if (outputs > 0)
        backward_winograd(device, conv, outputs);
    else
        backward_direct(device, conv);
}

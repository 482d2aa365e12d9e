// conv_forward.c: output = conv(prologue(input), filter) + residual, with the statistics of the output.
// Bound     arithmetic for channels >= 16: 2 * kernel^2 * channels_in flops per output value.
// Parallel  over runs x images; each image's statistics have a slot of their own and are added in order at the end.
// Per image the prologue is written once into a padded tile (150 KB at 32 x 32 x 32: L2), which the tap engine reads.
#include <omp.h>

#include "kernels/cpu/convolution_table.h"
#include "kernels/cpu/scratch.h"
#include "kernels/cpu/simd/image_pass.h"
#include "kernels/cpu/simd/operations.h"
#include "kernels/cpu/simd/tap_convolution.h"
#include "kernels/cpu/simd/winograd.h"
#include "kernels/device.h"

static struct tap_list forward_taps(int kernel)
{
    struct tap_list taps = {.count = kernel * kernel};
    for (int t = 0; t < taps.count; t++) {
        taps.filter_tap[t] = t;
        taps.row[t] = t / kernel;
        taps.column[t] = t % kernel;
    }
    return taps;
}

struct forward_job {
    const struct conv_forward *conv;
    struct tap_list taps;
    struct image_shape input, output;
    char *packed, *tiles;            // runs filters; one tile per thread
    size_t packed_bytes, tile_bytes; // one filter; one tile
    struct channel_sums *partial;    // runs x images x channels_out, or NULL
};

static void forward_image(const struct forward_job *job, int image, char *space)
{
    const struct conv_forward *conv = job->conv;
    int run = image / conv->shape.images;
    size_t input_size = (size_t)job->input.height * (size_t)job->input.width * (size_t)job->input.channels;
    size_t output_size = (size_t)job->output.height * (size_t)job->output.width * (size_t)job->output.channels;
    struct tile_source source = activation_source(conv->input, (size_t)image, input_size, conv->affine, run);
    activation *output = (activation *)conv->output + (size_t)image * output_size;
    struct tap_convolution convolution = {
        .taps = &job->taps,
        .operands = operands_serve(job->input.channels),
        .packed = job->packed + (size_t)run * job->packed_bytes,
        .channels_in = job->input.channels,
        .channels_out = job->output.channels,
        .tile = direct_tile_of(job->input, source, space),
        .tile_width = job->input.width + 2 * job->input.padding,
        .step = conv->shape.stride,
        .rows = job->output.height,
        .columns = job->output.width,
        .output = output,
        .residual = conv->residual == NULL ? NULL : (const activation *)conv->residual + (size_t)image * output_size,
        .output_row_stride = (ptrdiff_t)job->output.width * job->output.channels,
        .output_pixel_stride = job->output.channels,
    };
    ISA_NAME(tap_convolve)(&convolution);
    if (job->partial != NULL)
        ISA_NAME(image_square_sums)(job->output, output, job->partial + (size_t)image * (size_t)job->output.channels);
}

static void forward_direct(struct device *device, const struct conv_forward *conv)
{
    struct conv_shape s = conv->shape;
    int images = s.runs * s.images;
    struct forward_job job = {.conv = conv, .taps = forward_taps(s.kernel)};
    job.input = (struct image_shape){s.height, s.width, s.channels_in, s.kernel / 2};
    job.output = (struct image_shape){(s.height + s.stride - 1) / s.stride, (s.width + s.stride - 1) / s.stride,
                                      s.channels_out, 0};
    job.packed_bytes = ISA_NAME(tap_packed_bytes)(job.taps.count, s.channels_in, s.channels_out);
    job.tile_bytes = scratch_round(direct_tile_bytes(job.input));
    size_t packed_bytes = (size_t)s.runs * job.packed_bytes;
    size_t tile_bytes = (size_t)device->threads * job.tile_bytes;
    size_t partial_bytes =
        conv->statistics == NULL ? 0 : (size_t)images * (size_t)s.channels_out * sizeof(struct channel_sums);
    char *cursor =
        device_scratch(device, scratch_round(packed_bytes) + scratch_round(tile_bytes) + scratch_round(partial_bytes));
    if (cursor == NULL) return;
    job.packed = scratch_take(&cursor, packed_bytes);
    job.tiles = scratch_take(&cursor, tile_bytes);
    job.partial = conv->statistics == NULL ? NULL : scratch_take(&cursor, partial_bytes);
    for (int r = 0; r < s.runs; r++) ISA_NAME(tap_pack)
    (&job.taps, per_run_part(conv->filter, r), s.channels_in, s.channels_out, 0,
     job.packed + (size_t)r * job.packed_bytes);
#pragma omp parallel for num_threads(device->threads) schedule(static)
    for (int image = 0; image < images; image++)
        forward_image(&job, image, job.tiles + (size_t)omp_get_thread_num() * job.tile_bytes);
    if (job.partial != NULL) channel_sums_reduce(s.runs, s.images, s.channels_out, job.partial, conv->statistics);
}

static void forward_winograd(struct device *device, const struct conv_forward *conv, int outputs)
{
    const struct conv_shape s = conv->shape;
    ISA_NAME(winograd_convolve)
    (device, &(struct winograd_convolution){.outputs = outputs,
                                            .runs = s.runs,
                                            .images = s.images,
                                            .height = s.height,
                                            .width = s.width,
                                            .channels_in = s.channels_in,
                                            .channels_out = s.channels_out,
                                            .filter = conv->filter,
                                            .input = conv->input,
                                            .map = conv->affine,
                                            .addend = conv->residual,
                                            .output = conv->output,
                                            .sums = conv->statistics});
}

void ISA_NAME(conv_forward)(struct device *device, const void *settings)
{
    const struct conv_forward *conv = settings;
    int outputs = convolution_winograd_outputs(device, OPERATION_CONV_FORWARD, &conv->shape, LANES);
    if (outputs > 0)
        forward_winograd(device, conv, outputs);
    else
        forward_direct(device, conv);
}

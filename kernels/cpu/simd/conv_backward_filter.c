// conv_backward_filter.c: grad_filter = sum over images and positions of prologue(input) x gradient.
// Bound     arithmetic, as conv_forward's.
// Method    N H W C puts a kernel row's (kernel column, channel in) pairs side by side in the padded tile, so the
//           filter gradient is, per kernel row, a matrix product of (pairs x pixels) with (pixels x channels out).
// Parallel  over a fixed number of groups of images, each with a sum of its own, added in order at the end: the same
//           bits for every number of threads.
#include <omp.h>

#include "kernels/cpu/convolution_table.h"
#include "kernels/cpu/scratch.h"
#include "kernels/cpu/simd/filter_block.h"
#include "kernels/cpu/simd/image_pass.h"
#include "kernels/cpu/simd/operations.h"
#include "kernels/cpu/simd/winograd.h"
#include "kernels/device.h"

// Pixels that stay in L1 while all pairs pass over them.
enum { IMAGE_GROUPS = 8, CHUNK_PIXELS = 64 };

struct filter_job {
    const struct conv_backward_filter *conv;
    struct image_shape input, gradient;
    size_t input_floats, gradient_floats, filter_floats; // tile; tile; one filter
    int groups;
    float *tiles, *partial; // per thread; runs x groups filters
};

// Adds one image's products to `sums` (kernel row, kernel column, channel in, channel out).
static void add_image(const struct filter_job *job, const float *tile, const float *gradient, float *sums)
{
    struct conv_shape s = job->conv->shape;
    int tile_width = job->input.width + 2 * job->input.padding;
    int pairs = s.kernel * s.channels_in, rows = job->gradient.height;
    int chunk = job->gradient.width >= CHUNK_PIXELS ? 1 : CHUNK_PIXELS / job->gradient.width;
    ptrdiff_t tile_row = (ptrdiff_t)tile_width * s.channels_in;
    ptrdiff_t gradient_row = (ptrdiff_t)job->gradient.width * s.channels_out;
    for (int row = 0; row < rows; row += chunk)
        for (int kernel_row = 0; kernel_row < s.kernel; kernel_row++)
            for (int column = 0; column < s.channels_out; column += 2 * LANES) {
                int left = s.channels_out - column;
                struct filter_block block = {
                    .input = tile + (row * s.stride + kernel_row) * tile_row,
                    .gradient = gradient + row * gradient_row + column,
                    .rows = rows - row < chunk ? rows - row : chunk,
                    .columns = job->gradient.width,
                    .input_row = s.stride * tile_row,
                    .input_pixel = (ptrdiff_t)s.stride * s.channels_in,
                    .gradient_pixel = s.channels_out,
                    .sums = sums + (ptrdiff_t)kernel_row * pairs * s.channels_out + column,
                    .channels_out = s.channels_out,
                    .width = left < 2 * LANES ? left : 2 * LANES,
                };
                ISA_NAME(filter_block_add)(&block, pairs);
            }
}

static void add_group(const struct filter_job *job, int run, int group, float *space, float *sums)
{
    const struct conv_backward_filter *conv = job->conv;
    struct conv_shape s = conv->shape;
    size_t input_size = (size_t)s.height * (size_t)s.width * (size_t)s.channels_in;
    size_t gradient_size = (size_t)job->gradient.height * (size_t)job->gradient.width * (size_t)s.channels_out;
    memset(sums, 0, job->filter_floats * sizeof *sums);
    for (int n = s.images * group / job->groups; n < s.images * (group + 1) / job->groups; n++) {
        size_t image = (size_t)run * (size_t)s.images + (size_t)n;
        const float *tile =
            ISA_NAME(tile_of)(job->input, activation_source(conv->input, image, input_size, conv->affine, run), space);
        const float *gradient = ISA_NAME(tile_of)(
            job->gradient, gradient_source(conv->gradient, conv->raw, image, gradient_size, conv->coefficients, run),
            space + job->input_floats);
        add_image(job, tile, gradient, sums);
    }
}

static void add_groups(const struct filter_job *job, int run)
{
    float *total = per_run_part(job->conv->grad_filter, run);
    const float *partial = job->partial + (size_t)run * (size_t)job->groups * job->filter_floats;
#pragma omp for schedule(static)
    for (size_t i = 0; i < job->filter_floats; i++) {
        float sum = 0;
        for (int group = 0; group < job->groups; group++) sum += partial[(size_t)group * job->filter_floats + i];
        total[i] = sum;
    }
}

static void filter_direct(struct device *device, const struct conv_backward_filter *conv)
{
    struct conv_shape s = conv->shape;
    struct filter_job job = {.conv = conv, .groups = s.images < IMAGE_GROUPS ? s.images : IMAGE_GROUPS};
    job.input = (struct image_shape){s.height, s.width, s.channels_in, s.kernel / 2};
    job.gradient = (struct image_shape){(s.height + s.stride - 1) / s.stride, (s.width + s.stride - 1) / s.stride,
                                        s.channels_out, 0};
    job.input_floats = scratch_round(tile_floats(job.input) * sizeof(float)) / sizeof(float);
    job.gradient_floats = scratch_round(tile_floats(job.gradient) * sizeof(float)) / sizeof(float);
    job.filter_floats = (size_t)s.kernel * (size_t)s.kernel * (size_t)s.channels_in * (size_t)s.channels_out;
    size_t tile_bytes = (size_t)device->threads * (job.input_floats + job.gradient_floats) * sizeof(float);
    size_t partial_bytes = (size_t)s.runs * (size_t)job.groups * job.filter_floats * sizeof(float);
    char *cursor = device_scratch(device, scratch_round(tile_bytes) + scratch_round(partial_bytes));
    if (cursor == NULL) return;
    job.tiles = scratch_take(&cursor, tile_bytes);
    job.partial = scratch_take(&cursor, partial_bytes);
#pragma omp parallel num_threads(device->threads)
    {
        float *space = job.tiles + (size_t)omp_get_thread_num() * (job.input_floats + job.gradient_floats);
#pragma omp for schedule(static)
        for (int i = 0; i < s.runs * job.groups; i++)
            add_group(&job, i / job.groups, i % job.groups, space, job.partial + (size_t)i * job.filter_floats);
        for (int r = 0; r < s.runs; r++) add_groups(&job, r);
    }
}

void ISA_NAME(conv_backward_filter)(struct device *device, const void *settings)
{
    const struct conv_backward_filter *conv = settings;
    int outputs = convolution_winograd_outputs(device, OPERATION_CONV_BACKWARD_FILTER, &conv->shape, LANES);
    if (outputs > 0)
        ISA_NAME(winograd_filter_gradient)(device, conv, outputs);
    else
        filter_direct(device, conv);
}

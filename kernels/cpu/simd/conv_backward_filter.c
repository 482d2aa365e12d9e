// conv_backward_filter.c: grad_filter = sum over images and positions of prologue(input) x gradient.
// Bound     arithmetic, as conv_forward's.
// Method    N H W C puts a kernel row's (kernel column, channel in) pairs side by side in the padded tile, so the
//           filter gradient is, per kernel row, a matrix product of (pairs x pixels) with (pixels x channels out): register
//           blocks of BLOCK_PIXELS pairs x two vectors of channels out run over all pixels of an image.
// Parallel  over a fixed number of groups of images, each with a sum of its own, added in order at the end: the same
//           bits for every number of threads.
#include <omp.h>

#include "kernels/cpu/scratch.h"
#include "kernels/cpu/simd/image_pass.h"
#include "kernels/cpu/simd/operations.h"
#include "kernels/device.h"

enum { IMAGE_GROUPS = 8, BLOCK_PAIRS = BLOCK_PIXELS };

struct filter_job {
    const struct conv_backward_filter *conv;
    struct image_shape input, gradient;
    size_t input_floats, gradient_floats, filter_floats; // tile; tile; one filter
    int groups;
    float *tiles, *partial; // per thread; runs x groups filters
};

// One register block over all pixels of an image. `pairs` and `vectors` are constants at every call.
struct filter_block {
    const float *input;    // tile pixel of output pixel 0, at the block's first pair
    const float *gradient; // channel of the block's first column
    int rows, columns;
    ptrdiff_t input_row, input_pixel, gradient_pixel; // floats from one output row or pixel to the next
    float *sums;                                      // pairs x channels_out, added to
    ptrdiff_t channels_out;
    int width; // columns that exist
};

static inline void add_channels(float *to, vector value, int width)
{
    if (width >= LANES) {
        vector_store(to, vector_load(to) + value);
        return;
    }
    for (int l = 0; l < width; l++) to[l] += value[l];
}

static inline vector load_channels(const float *from, int width)
{
    if (width >= LANES) return vector_load(from);
    vector value = {0};
    for (int l = 0; l < width; l++) value[l] = from[l];
    return value;
}

static inline __attribute__((always_inline)) void filter_block_run(const struct filter_block *b, int pairs, int vectors,
                                                                   int whole)
{
    vector sums[BLOCK_PAIRS][2];
    for (int q = 0; q < pairs; q++)
        for (ptrdiff_t v = 0; v < vectors; v++) sums[q][v] = (vector){0};
    const float *gradient = b->gradient;
    for (int row = 0; row < b->rows; row++) {
        const float *input = b->input + row * b->input_row;
        for (int column = 0; column < b->columns; column++) {
            vector g[2];
            for (ptrdiff_t v = 0; v < vectors; v++)
                g[v] = whole ? vector_load(gradient + v * LANES)
                             : load_channels(gradient + v * LANES, b->width - (int)v * LANES);
#pragma GCC unroll 16
            for (int q = 0; q < pairs; q++) {
                vector value = vector_broadcast(input[q]);
#pragma GCC unroll 2
                for (ptrdiff_t v = 0; v < vectors; v++) sums[q][v] = vector_fma(value, g[v], sums[q][v]);
            }
            input += b->input_pixel;
            gradient += b->gradient_pixel;
        }
    }
    for (int q = 0; q < pairs; q++)
        for (ptrdiff_t v = 0; v < vectors; v++)
            add_channels(b->sums + q * b->channels_out + v * LANES, sums[q][v], b->width - (int)v * LANES);
}

static inline __attribute__((always_inline)) void run_pairs(const struct filter_block *block, int pairs, int vectors,
                                                            int whole)
{
    switch (pairs) {
    case 1: filter_block_run(block, 1, vectors, whole); break;
    case 2: filter_block_run(block, 2, vectors, whole); break;
    case 3: filter_block_run(block, 3, vectors, whole); break;
    case 4: filter_block_run(block, 4, vectors, whole); break;
#if defined(__AVX512F__)
    case 5: filter_block_run(block, 5, vectors, whole); break;
    case 6: filter_block_run(block, 6, vectors, whole); break;
    case 7: filter_block_run(block, 7, vectors, whole); break;
    default: filter_block_run(block, 8, vectors, whole); break;
#endif
    }
}

static void run_block(const struct filter_block *block, int pairs)
{
    if (block->width >= 2 * LANES)
        run_pairs(block, pairs, 2, 1);
    else if (block->width > LANES)
        run_pairs(block, pairs, 2, 0);
    else if (block->width == LANES)
        run_pairs(block, pairs, 1, 1);
    else
        run_pairs(block, pairs, 1, 0);
}

// Adds one image's products to `sums` (kernel row, kernel column, channel in, channel out).
static void add_image(const struct filter_job *job, const float *tile, const float *gradient, float *sums)
{
    struct conv_shape s = job->conv->shape;
    int tile_width = job->input.width + 2 * job->input.padding;
    int pairs = s.kernel * s.channels_in, blocks = (pairs + BLOCK_PAIRS - 1) / BLOCK_PAIRS;
    for (int kernel_row = 0; kernel_row < s.kernel; kernel_row++)
        for (int i = 0; i < blocks; i++) {
            int first = pairs * i / blocks, last = pairs * (i + 1) / blocks; // blocks of nearly equal size
            for (int column = 0; column < s.channels_out; column += 2 * LANES) {
                int left = s.channels_out - column;
                struct filter_block block = {
                    .input = tile + (size_t)kernel_row * (size_t)tile_width * (size_t)s.channels_in + first,
                    .gradient = gradient + column,
                    .rows = job->gradient.height,
                    .columns = job->gradient.width,
                    .input_row = (ptrdiff_t)s.stride * tile_width * s.channels_in,
                    .input_pixel = (ptrdiff_t)s.stride * s.channels_in,
                    .gradient_pixel = s.channels_out,
                    .sums =
                        sums + ((size_t)kernel_row * (size_t)pairs + (size_t)first) * (size_t)s.channels_out + column,
                    .channels_out = s.channels_out,
                    .width = left < 2 * LANES ? left : 2 * LANES,
                };
                run_block(&block, last - first);
            }
        }
}

static void add_group(const struct filter_job *job, int run, int group, float *space, float *sums)
{
    const struct conv_backward_filter *conv = job->conv;
    struct conv_shape s = conv->shape;
    const float *affine = per_run_part(conv->affine, run);
    const float *coefficients = per_run_part(conv->coefficients, run);
    size_t input_floats = (size_t)s.height * (size_t)s.width * (size_t)s.channels_in;
    size_t gradient_floats = (size_t)job->gradient.height * (size_t)job->gradient.width * (size_t)s.channels_out;
    memset(sums, 0, job->filter_floats * sizeof *sums);
    for (int n = s.images * group / job->groups; n < s.images * (group + 1) / job->groups; n++) {
        size_t image = (size_t)run * (size_t)s.images + (size_t)n;
        const float *raw = conv->raw == NULL ? NULL : (const float *)conv->raw + image * gradient_floats;
        const float *tile =
            ISA_NAME(tile_of_activation)(job->input, (const float *)conv->input + image * input_floats, affine, space);
        const float *gradient =
            ISA_NAME(tile_of_gradient)(job->gradient, (const float *)conv->gradient + image * gradient_floats, raw,
                                       coefficients, space + job->input_floats);
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

void ISA_NAME(conv_backward_filter)(struct device *device, const void *settings)
{
    const struct conv_backward_filter *conv = settings;
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

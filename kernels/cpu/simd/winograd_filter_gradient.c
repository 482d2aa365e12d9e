// winograd_filter_gradient.c: conv_backward_filter by Winograd's algorithm: transform inputs and gradients of all tiles,
// per position of the transformed tile the product (channels in x tiles) (tiles x channels out), and at the end one
// transform of those sums to 3 x 3.
// Bound     arithmetic, as winograd.c's.
// Parallel  in three phases over a chunk of tiles: tile rows; positions x blocks of channels in; and once at the end channels
//           in. Every sum runs over the tiles in their order, whatever the number of threads, and nothing is added up
//           twice: with sums per group of images, those of 128 x 128 channels (2.4 MB a group) cost more than the products.
// Chunk     CHUNK_FLOATS of factors, which the phases exchange through the last cache.
#include <omp.h>

#include "kernels/cpu/scratch.h"
#include "kernels/cpu/simd/filter_block.h"
#include "kernels/cpu/simd/winograd.h"
#include "kernels/cpu/simd/winograd_tiles.h"
#include "kernels/cpu/simd/winograd_transforms.h"
#include "kernels/device.h"

// Tiles of a block of products: 128 x (16 + 32) floats stay in L1 while the sums pass through registers.
enum { CHUNK_FLOATS = 1 << 20, BLOCK_TILES = 128, BLOCK_CHANNELS = 16 };

struct gradient_job {
    const struct conv_backward_filter *conv;
    struct winograd_tiles tiles;
    struct image_shape input, gradient;
    int tile_rows, chunk_rows; // of a run; of a chunk
    size_t input_stride, gradient_stride, sum_floats;
    float *inputs, *gradients, *sums, *strips; // of a chunk; of a run; one per thread
    size_t strip_floats;
};

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

static void transform_row(const struct gradient_job *job, int run, int first_row, int row, float *strip)
{
    const struct conv_backward_filter *conv = job->conv;
    int run_row = first_row + row, tile_row = run_row % job->tiles.rows;
    size_t image = (size_t)run * (size_t)conv->shape.images + (size_t)(run_row / job->tiles.rows);
    size_t pixels = (size_t)conv->shape.height * (size_t)conv->shape.width;
    size_t first_tile = (size_t)row * (size_t)job->tiles.columns;
    size_t channels_in = (size_t)conv->shape.channels_in, channels_out = (size_t)conv->shape.channels_out;
    ISA_NAME(winograd_input_row)
    (job->tiles, job->input, activation_source(conv->input, image, pixels * channels_in, conv->affine, run), tile_row,
     strip, job->inputs + first_tile * channels_in, job->input_stride);
    ISA_NAME(winograd_gradient_row)
    (job->tiles, job->gradient,
     gradient_source(conv->gradient, conv->raw, image, pixels * channels_out, conv->coefficients, run), tile_row, strip,
     job->gradients + first_tile * channels_out, job->gradient_stride);
}

// sums of one position, for channels in [first, last): += over `tiles` tiles.
static void add_products(const struct gradient_job *job, int product, int first, int last, int tiles)
{
    const struct conv_shape *s = &job->conv->shape;
    const float *inputs = job->inputs + (size_t)product * job->input_stride;
    const float *gradients = job->gradients + (size_t)product * job->gradient_stride;
    float *sums = job->sums + (size_t)product * job->sum_floats;
    for (int tile = 0; tile < tiles; tile += BLOCK_TILES)
        for (int out = 0; out < s->channels_out; out += 2 * LANES) {
            struct filter_block block = {
                .input = inputs + (size_t)tile * (size_t)s->channels_in + first,
                .gradient = gradients + (size_t)tile * (size_t)s->channels_out + out,
                .rows = 1,
                .columns = smaller(BLOCK_TILES, tiles - tile),
                .input_pixel = s->channels_in,
                .gradient_pixel = s->channels_out,
                .sums = sums + (size_t)first * (size_t)s->channels_out + out,
                .channels_out = s->channels_out,
                .width = smaller(2 * LANES, s->channels_out - out),
            };
            ISA_NAME(filter_block_add)(&block, last - first);
        }
}

static inline __attribute__((always_inline)) void transform_sums(int outputs, const float *sums, size_t stride,
                                                                 float *filter, size_t tap_floats)
{
    const int size = outputs + 2;
    vector columns[3][WINOGRAD_INPUTS_MAX];
    for (int x = 0; x < size; x++) {
        vector s[WINOGRAD_INPUTS_MAX], g[3];
        for (int y = 0; y < size; y++) s[y] = vector_load(sums + (size_t)(y * size + x) * stride);
        winograd_filter_gradient_1d(outputs, s, 1, g);
        for (int y = 0; y < 3; y++) columns[y][x] = g[y];
    }
    for (int y = 0; y < 3; y++) {
        vector g[3];
        winograd_filter_gradient_1d(outputs, columns[y], 1, g);
        for (int x = 0; x < 3; x++) vector_store(filter + (size_t)(y * 3 + x) * tap_floats, g[x]);
    }
}

static void finish_channel(const struct gradient_job *job, int run, int in)
{
    const struct conv_shape *s = &job->conv->shape;
    size_t at = (size_t)in * (size_t)s->channels_out, tap_floats = (size_t)s->channels_in * (size_t)s->channels_out;
    float *filter = per_run_part(job->conv->grad_filter, run) + at;
    for (int out = 0; out < s->channels_out; out += LANES)
        if (job->tiles.outputs == 4)
            transform_sums(4, job->sums + at + out, job->sum_floats, filter + out, tap_floats);
        else
            transform_sums(2, job->sums + at + out, job->sum_floats, filter + out, tap_floats);
}

// Called by all threads of a team together.
static void add_run(const struct gradient_job *job, int run)
{
    const struct conv_shape *s = &job->conv->shape;
    const int blocks = (s->channels_in + BLOCK_CHANNELS - 1) / BLOCK_CHANNELS;
    float *strip = job->strips + (size_t)omp_get_thread_num() * job->strip_floats;
#pragma omp for schedule(static)
    for (int product = 0; product < job->tiles.products; product++)
        memset(job->sums + (size_t)product * job->sum_floats, 0, job->sum_floats * sizeof(float));
    for (int first_row = 0; first_row < job->tile_rows; first_row += job->chunk_rows) {
        int rows = smaller(job->chunk_rows, job->tile_rows - first_row);
#pragma omp for schedule(static)
        for (int row = 0; row < rows; row++) transform_row(job, run, first_row, row, strip);
#pragma omp for schedule(static)
        for (int i = 0; i < job->tiles.products * blocks; i++) {
            int first = i % blocks * BLOCK_CHANNELS;
            add_products(job, i / blocks, first, smaller(s->channels_in, first + BLOCK_CHANNELS),
                         rows * job->tiles.columns);
        }
    }
#pragma omp for schedule(static)
    for (int in = 0; in < s->channels_in; in++) finish_channel(job, run, in);
}

static struct gradient_job plan_job(const struct conv_backward_filter *conv, int outputs)
{
    const struct conv_shape *s = &conv->shape;
    struct gradient_job job = {.conv = conv, .tiles = winograd_tiles_of(outputs, s->height, s->width)};
    job.input = (struct image_shape){s->height, s->width, s->channels_in, 0};
    job.gradient = (struct image_shape){s->height, s->width, s->channels_out, 0};
    job.tile_rows = s->images * job.tiles.rows;
    int row_floats = job.tiles.products * job.tiles.columns * (s->channels_in + s->channels_out);
    job.chunk_rows = smaller(job.tile_rows, row_floats >= CHUNK_FLOATS ? 1 : CHUNK_FLOATS / row_floats);
    int tiles = job.chunk_rows * job.tiles.columns;
    job.input_stride = winograd_matrix_stride(tiles, s->channels_in);
    job.gradient_stride = winograd_matrix_stride(tiles, s->channels_out);
    job.sum_floats = winograd_matrix_stride(s->channels_in, s->channels_out);
    int widest = s->channels_in > s->channels_out ? s->channels_in : s->channels_out;
    job.strip_floats = scratch_round(winograd_strip_floats(job.tiles, widest));
    return job;
}

void ISA_NAME(winograd_filter_gradient)(struct device *device, const struct conv_backward_filter *conv, int outputs)
{
    struct gradient_job job = plan_job(conv, outputs);
    size_t products = (size_t)job.tiles.products;
    size_t input_bytes = products * job.input_stride * sizeof(float);
    size_t gradient_bytes = products * job.gradient_stride * sizeof(float);
    size_t sum_bytes = products * job.sum_floats * sizeof(float);
    size_t strip_bytes = (size_t)device->threads * job.strip_floats * sizeof(float);
    char *cursor = device_scratch(device, scratch_round(input_bytes) + scratch_round(gradient_bytes) +
                                              scratch_round(sum_bytes) + scratch_round(strip_bytes));
    if (cursor == NULL) return;
    job.inputs = scratch_take(&cursor, input_bytes);
    job.gradients = scratch_take(&cursor, gradient_bytes);
    job.sums = scratch_take(&cursor, sum_bytes);
    job.strips = scratch_take(&cursor, strip_bytes);
#pragma omp parallel num_threads(device->threads)
    for (int run = 0; run < conv->shape.runs; run++) add_run(&job, run);
}

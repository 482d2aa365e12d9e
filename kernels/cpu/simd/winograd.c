// winograd.c: see winograd.h.
// Bound     arithmetic: (m + 2)^2 / m^2 * channels_in multiply-adds per output value, and per tile about 9 + 7 operations
//           per transformed value; measured share in kernels/cpu/README.md.
// Parallel  over groups of tile rows, GROUP_TILES tiles each, so that factors and products of a group (36 x 32 x 32 floats
//           are 147 KB) stay in L2 between the three phases. Groups are fixed by the shape alone, and so are the sums.
// Products  tap_convolution's engine with one tap: a tile is its pixel.
#include "kernels/cpu/simd/winograd.h"

#include <omp.h>

#include "kernels/cpu/scratch.h"
#include "kernels/cpu/simd/image_pass.h"
#include "kernels/cpu/simd/lane_sums.h"
#include "kernels/cpu/simd/tap_convolution.h"
#include "kernels/cpu/simd/winograd_tiles.h"
#include "kernels/cpu/simd/winograd_transforms.h"
#include "kernels/device.h"

enum { GROUP_TILES = 32, TAPS = 9 };

struct winograd_job {
    const struct winograd_convolution *conv;
    struct winograd_tiles tiles;
    struct image_shape input;
    int group_rows, groups; // tile rows of a group; groups of a run
    size_t factor_stride, product_stride;
    float *filters, *spaces; // runs x products matrices, packed; one work space per thread
    size_t matrix_stride, space_floats;
    struct channel_sums *partial; // runs x groups x channels_out, or NULL
};

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

// ---- filters ---------------------------------------------------------------------------------------------------

// The taps of LANES input channels for LANES output channels, output channels side by side.
static void load_taps(const struct winograd_job *job, const float *filter, int in, int out, vector taps[LANES][TAPS])
{
    size_t channels_in = (size_t)job->conv->channels_in, channels_out = (size_t)job->conv->channels_out;
    for (size_t t = 0; t < TAPS; t++) {
        vector rows[LANES];
        if (!job->conv->backward) {
            const float *first = filter + (t * channels_in + (size_t)in) * channels_out + (size_t)out;
            for (size_t i = 0; i < LANES; i++) taps[i][t] = vector_load(first + i * channels_out);
            continue;
        }
        const float *first = filter + ((TAPS - 1 - t) * channels_out + (size_t)out) * channels_in + (size_t)in;
        for (size_t i = 0; i < LANES; i++) rows[i] = vector_load(first + i * channels_in);
        vector_transpose(rows);
        for (size_t i = 0; i < LANES; i++) taps[i][t] = rows[i];
    }
}

static inline __attribute__((always_inline)) void transform_filter(int outputs, const vector taps[TAPS], float *packed,
                                                                   size_t stride)
{
    const int size = outputs + 2;
    vector columns[WINOGRAD_INPUTS_MAX][3];
    for (int x = 0; x < 3; x++) {
        vector u[WINOGRAD_INPUTS_MAX];
        winograd_filter_1d(outputs, taps + x, 3, u);
        for (int y = 0; y < size; y++) columns[y][x] = u[y];
    }
    for (int y = 0; y < size; y++) {
        vector u[WINOGRAD_INPUTS_MAX];
        winograd_filter_1d(outputs, columns[y], 1, u);
        for (int x = 0; x < size; x++) vector_store(packed + (size_t)(y * size + x) * stride, u[x]);
    }
}

// Packs LANES input channels of one run's filter, as tap_pack does for one tap: panels of outputs, inside them inputs.
static void pack_channels(const struct winograd_job *job, int run, int in)
{
    const float *filter = per_run_part(job->conv->filter, run);
    float *packed = job->filters + (size_t)run * (size_t)job->tiles.products * job->matrix_stride;
    int channels_in = job->conv->channels_in, channels_out = job->conv->channels_out;
    for (int out = 0; out < channels_out; out += LANES) {
        int panel = out / PANEL_CHANNELS * PANEL_CHANNELS;
        int width = smaller(channels_out - panel, PANEL_CHANNELS);
        float *at = packed + (size_t)panel * (size_t)channels_in + (size_t)in * (size_t)width + (size_t)(out - panel);
        vector taps[LANES][TAPS];
        load_taps(job, filter, in, out, taps);
        for (int i = 0; i < LANES; i++, at += width)
            if (job->tiles.outputs == 4)
                transform_filter(4, taps[i], at, job->matrix_stride);
            else
                transform_filter(2, taps[i], at, job->matrix_stride);
    }
}

// ---- outputs ---------------------------------------------------------------------------------------------------

// Where one tile's outputs go. Pointers are at its first output of the channels in hand.
struct output_tile {
    activation *output;
    const activation *addend, *mask_input;
    ptrdiff_t row_step, pixel_step; // in values
    int height, width;              // outputs inside the image
};

static inline __attribute__((always_inline)) void inverse_transform(int outputs, const float *products, size_t stride,
                                                                    vector y[][WINOGRAD_OUTPUTS_MAX])
{
    const int size = outputs + 2;
    vector columns[WINOGRAD_OUTPUTS_MAX][WINOGRAD_INPUTS_MAX];
    for (int x = 0; x < size; x++) {
        vector p[WINOGRAD_INPUTS_MAX], v[WINOGRAD_OUTPUTS_MAX];
#pragma GCC unroll 6
        for (int row = 0; row < size; row++) p[row] = vector_load(products + (size_t)(row * size + x) * stride);
        winograd_output_1d(outputs, p, 1, v);
#pragma GCC unroll 4
        for (int row = 0; row < outputs; row++) columns[row][x] = v[row];
    }
    for (int row = 0; row < outputs; row++) winograd_output_1d(outputs, columns[row], 1, y[row]);
}

static inline __attribute__((always_inline)) void store_tile(const struct output_tile *tile, int height, int width,
                                                             vector y[][WINOGRAD_OUTPUTS_MAX], vector scale,
                                                             vector shift, struct lane_sums *sums)
{
    struct lane_sums lanes = *sums; // in registers: through memory every addition would wait for the one before
    for (int row = 0; row < height; row++)
        for (int x = 0; x < width; x++) {
            ptrdiff_t at = row * tile->row_step + x * tile->pixel_step;
            vector value = y[row][x];
            if (tile->addend != NULL) value += activation_load(tile->addend + at);
            if (tile->mask_input == NULL) {
                value = activation_store(tile->output + at, value);
                lane_sums_add(&lanes, value, value);
                continue;
            }
            vector raw = activation_load(tile->mask_input + at);
            value = vector_where_positive(vector_affine(scale, raw, shift), value);
            value = activation_store(tile->output + at, value);
            lane_sums_add(&lanes, value, raw);
        }
    *sums = lanes;
}

static inline __attribute__((always_inline)) void finish_tile(int outputs, const struct output_tile *tile,
                                                              const float *products, size_t stride, vector scale,
                                                              vector shift, struct lane_sums *sums)
{
    vector y[WINOGRAD_OUTPUTS_MAX][WINOGRAD_OUTPUTS_MAX];
    inverse_transform(outputs, products, stride, y);
    if (tile->height == outputs && tile->width == outputs)
        store_tile(tile, outputs, outputs, y, scale, shift, sums);
    else
        store_tile(tile, tile->height, tile->width, y, scale, shift, sums);
}

// The tile at (tile row of the run, column), from `channel` on.
static struct output_tile locate_tile(const struct winograd_job *job, int run, int run_row, int column, int channel)
{
    const struct winograd_convolution *conv = job->conv;
    int image = run_row / job->tiles.rows, row = run_row % job->tiles.rows, outputs = job->tiles.outputs;
    size_t pixel =
        ((size_t)(run * conv->images + image) * (size_t)conv->height + (size_t)(row * outputs)) * (size_t)conv->width +
        (size_t)(column * outputs);
    size_t at = pixel * (size_t)conv->channels_out + (size_t)channel;
    return (struct output_tile){
        .output = (activation *)conv->output + at,
        .addend = conv->addend == NULL ? NULL : (const activation *)conv->addend + at,
        .mask_input = conv->mask_input == NULL ? NULL : (const activation *)conv->mask_input + at,
        .row_step = (ptrdiff_t)conv->width * conv->channels_out,
        .pixel_step = conv->channels_out,
        .height = smaller(outputs, conv->height - row * outputs),
        .width = smaller(outputs, conv->width - column * outputs),
    };
}

// All tiles of a group for LANES channels.
static void finish_channels(const struct winograd_job *job, int run, int first_row, int rows, const float *products,
                            int channel, struct channel_sums *sums)
{
    const struct winograd_convolution *conv = job->conv;
    vector scale = {0}, shift = {0};
    if (conv->mask_input != NULL) {
        const float *map = per_run_part(conv->mask_map, run);
        scale = vector_load(map + channel);
        shift = vector_load(map + conv->channels_out + channel);
    }
    struct lane_sums lanes = {0};
    const float *from = products + channel;
    for (int row = first_row; row < first_row + rows; row++)
        for (int column = 0; column < job->tiles.columns; column++, from += conv->channels_out) {
            struct output_tile tile = locate_tile(job, run, row, column, channel);
            if (job->tiles.outputs == 4)
                finish_tile(4, &tile, from, job->product_stride, scale, shift, &lanes);
            else
                finish_tile(2, &tile, from, job->product_stride, scale, shift, &lanes);
        }
    if (sums != NULL) lane_sums_store(&lanes, sums + channel);
}

// ---- groups ----------------------------------------------------------------------------------------------------

static void transform_inputs(const struct winograd_job *job, int run, int first_row, int rows, float *strip,
                             float *factors)
{
    const struct winograd_convolution *conv = job->conv;
    size_t image_size = (size_t)conv->height * (size_t)conv->width * (size_t)conv->channels_in;
    for (int row = first_row; row < first_row + rows; row++) {
        size_t image = (size_t)run * (size_t)conv->images + (size_t)(row / job->tiles.rows);
        struct tile_source source = conv->raw == NULL
                                        ? activation_source(conv->input, image, image_size, conv->map, run)
                                        : gradient_source(conv->input, conv->raw, image, image_size, conv->map, run);
        ISA_NAME(winograd_input_row)
        (job->tiles, job->input, source, row % job->tiles.rows, strip, factors, job->factor_stride);
        factors += (ptrdiff_t)job->tiles.columns * conv->channels_in;
    }
}

static void multiply(const struct winograd_job *job, int run, int tiles, const float *factors, float *products)
{
    static const struct tap_list one_tap = {.count = 1};
    const struct winograd_convolution *conv = job->conv;
    const float *filters = job->filters + (size_t)run * (size_t)job->tiles.products * job->matrix_stride;
    for (int p = 0; p < job->tiles.products; p++) ISA_NAME(tap_convolve)
    (&(struct tap_convolution){.taps = &one_tap,
                               .packed = filters + (size_t)p * job->matrix_stride,
                               .channels_in = conv->channels_in,
                               .channels_out = conv->channels_out,
                               .tile = factors + (size_t)p * job->factor_stride,
                               .tile_width = tiles,
                               .step = 1,
                               .rows = 1,
                               .columns = tiles,
                               .products = products + (size_t)p * job->product_stride,
                               .output_pixel_stride = conv->channels_out});
}

static void run_group(const struct winograd_job *job, int index, float *space)
{
    const struct winograd_convolution *conv = job->conv;
    int run = index / job->groups, first_row = index % job->groups * job->group_rows;
    int rows = smaller(job->group_rows, conv->images * job->tiles.rows - first_row);
    float *strip = space;
    float *factors = strip + scratch_round(winograd_strip_floats(job->tiles, conv->channels_in));
    float *products = factors + scratch_round((size_t)job->tiles.products * job->factor_stride);
    struct channel_sums *sums = job->partial == NULL ? NULL : job->partial + (size_t)index * (size_t)conv->channels_out;
    transform_inputs(job, run, first_row, rows, strip, factors);
    multiply(job, run, rows * job->tiles.columns, factors, products);
    for (int channel = 0; channel < conv->channels_out; channel += LANES)
        finish_channels(job, run, first_row, rows, products, channel, sums);
}

static struct winograd_job plan_job(const struct winograd_convolution *conv)
{
    struct winograd_job job = {.conv = conv, .tiles = winograd_tiles_of(conv->outputs, conv->height, conv->width)};
    job.input = (struct image_shape){conv->height, conv->width, conv->channels_in, 0};
    int tile_rows = conv->images * job.tiles.rows;
    job.group_rows = smaller(tile_rows, job.tiles.columns >= GROUP_TILES ? 1 : GROUP_TILES / job.tiles.columns);
    job.groups = (tile_rows + job.group_rows - 1) / job.group_rows;
    int tiles = job.group_rows * job.tiles.columns;
    job.factor_stride = winograd_matrix_stride(tiles, conv->channels_in);
    job.product_stride = winograd_matrix_stride(tiles, conv->channels_out);
    job.matrix_stride = winograd_matrix_stride(conv->channels_in, conv->channels_out);
    job.space_floats = scratch_round(winograd_strip_floats(job.tiles, conv->channels_in)) +
                       scratch_round((size_t)job.tiles.products * job.factor_stride) +
                       scratch_round((size_t)job.tiles.products * job.product_stride);
    return job;
}

void ISA_NAME(winograd_convolve)(struct device *device, const struct winograd_convolution *conv)
{
    struct winograd_job job = plan_job(conv);
    int groups = conv->runs * job.groups, blocks_in = conv->channels_in / LANES;
    size_t filter_bytes = (size_t)conv->runs * (size_t)job.tiles.products * job.matrix_stride * sizeof(float);
    size_t space_bytes = (size_t)device->threads * job.space_floats * sizeof(float);
    size_t partial_bytes =
        conv->sums == NULL ? 0 : (size_t)groups * (size_t)conv->channels_out * sizeof(struct channel_sums);
    char *cursor =
        device_scratch(device, scratch_round(filter_bytes) + scratch_round(space_bytes) + scratch_round(partial_bytes));
    if (cursor == NULL) return;
    job.filters = scratch_take(&cursor, filter_bytes);
    job.spaces = scratch_take(&cursor, space_bytes);
    job.partial = conv->sums == NULL ? NULL : scratch_take(&cursor, partial_bytes);
#pragma omp parallel num_threads(device->threads)
    {
#pragma omp for schedule(static)
        for (int i = 0; i < conv->runs * blocks_in; i++) pack_channels(&job, i / blocks_in, i % blocks_in * LANES);
#pragma omp for schedule(static)
        for (int i = 0; i < groups; i++)
            run_group(&job, i, job.spaces + (size_t)omp_get_thread_num() * job.space_floats);
    }
    if (job.partial != NULL) channel_sums_reduce(conv->runs, job.groups, conv->channels_out, job.partial, conv->sums);
}

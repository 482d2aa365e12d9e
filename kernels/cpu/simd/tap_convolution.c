// tap_convolution.c: direct convolution with register blocks of BLOCK_PIXELS pixels x two vectors of output channels.
// Per channel in: 2 vector loads and BLOCK_PIXELS broadcasts feed 2 * BLOCK_PIXELS multiply-adds, so the arithmetic
// units, not the load ports, are the bound. A panel of packed filters streams from L2 while the tile stays in L1 or L2.
#include "kernels/cpu/simd/tap_convolution.h"

#include <stdbool.h>

enum { WIDE_BLOCK_PIXELS = 2 * BLOCK_PIXELS };

static int panel_vectors(int channels)
{
    return channels > LANES ? 2 : 1;
}

size_t ISA_NAME(tap_packed_floats)(int taps, int channels_in, int channels_out)
{
    int full = channels_out / PANEL_CHANNELS, rest = channels_out % PANEL_CHANNELS;
    int columns = full * PANEL_CHANNELS + (rest == 0 ? 0 : panel_vectors(rest) * LANES);
    return (size_t)taps * (size_t)channels_in * (size_t)columns;
}

static float filter_value(const float *matrix, int channels_in, int channels_out, int transposed, int in, int out)
{
    return transposed ? matrix[(size_t)out * (size_t)channels_in + in]
                      : matrix[(size_t)in * (size_t)channels_out + out];
}

void ISA_NAME(tap_pack)(const struct tap_list *taps, const float *filter, int channels_in, int channels_out,
                        int transposed, float *packed)
{
    size_t matrix_floats = (size_t)channels_in * (size_t)channels_out;
    for (int first = 0; first < channels_out; first += PANEL_CHANNELS) {
        int width = channels_out - first < PANEL_CHANNELS ? channels_out - first : PANEL_CHANNELS;
        int padded = panel_vectors(width) * LANES;
        for (int t = 0; t < taps->count; t++) {
            const float *matrix = filter + (size_t)taps->filter_tap[t] * matrix_floats;
            for (int in = 0; in < channels_in; in++)
                for (int out = 0; out < padded; out++)
                    *packed++ =
                        out < width ? filter_value(matrix, channels_in, channels_out, transposed, in, first + out) : 0;
        }
    }
}

// One register block: everything the inner loop needs, resolved to pointers.
struct tap_block {
    const float *input;           // tile pixel of the first output pixel, before tap offsets
    const ptrdiff_t *tap_offsets; // floats
    int taps, channels_in;
    ptrdiff_t input_step; // floats between the tile pixels of neighbouring outputs
    const float *panel;
    activation *output;
    const activation *residual;
    float *products;
    ptrdiff_t first, output_step; // of the first output pixel; between neighbours
    int width;                    // channels of this panel that exist
};

// The last panel may be narrower than its vectors.
static void store_narrow(const struct tap_block *b, ptrdiff_t at, vector value, int width)
{
    for (int l = 0; l < width && l < LANES; l++)
        if (b->products != NULL)
            b->products[at + l] = value[l];
        else
            b->output[at + l] =
                activation_of(b->residual == NULL ? value[l] : value[l] + activation_value(b->residual[at + l]));
}

// `pixels` and `vectors` are constants at every call, so that the sums live in registers.
static inline __attribute__((always_inline)) void tap_block_run(const struct tap_block *b, int pixels, int vectors)
{
    vector sums[WIDE_BLOCK_PIXELS][2];
    for (int p = 0; p < pixels; p++)
        for (ptrdiff_t v = 0; v < vectors; v++) sums[p][v] = (vector){0};
    const float *weights = b->panel;
    const ptrdiff_t step = b->input_step;
    for (int t = 0; t < b->taps; t++) {
        const float *input = b->input + b->tap_offsets[t];
        for (int c = 0; c < b->channels_in; c++, input++, weights += (ptrdiff_t)vectors * LANES) {
            vector weight[2];
            for (ptrdiff_t v = 0; v < vectors; v++) weight[v] = vector_load(weights + v * LANES);
#pragma GCC unroll 16
            for (int p = 0; p < pixels; p++) {
                vector value = vector_broadcast(input[p * step]);
#pragma GCC unroll 2
                for (ptrdiff_t v = 0; v < vectors; v++) sums[p][v] = vector_fma(value, weight[v], sums[p][v]);
            }
        }
    }
    const bool whole = b->width >= vectors * LANES;
#pragma GCC unroll 16
    for (int p = 0; p < pixels; p++)
#pragma GCC unroll 2
        for (ptrdiff_t v = 0; v < vectors; v++) {
            ptrdiff_t at = b->first + p * b->output_step + v * LANES;
            if (!whole)
                store_narrow(b, at, sums[p][v], b->width - (int)v * LANES);
            else if (b->products != NULL)
                vector_store(b->products + at, sums[p][v]);
            else if (b->residual == NULL)
                activation_store(b->output + at, sums[p][v]);
            else
                activation_store(b->output + at, sums[p][v] + activation_load(b->residual + at));
        }
}

static void run_one_vector(const struct tap_block *block, int pixels)
{
    switch (pixels) {
    case 1: tap_block_run(block, 1, 1); break;
    case 2: tap_block_run(block, 2, 1); break;
    case 3: tap_block_run(block, 3, 1); break;
    case 4: tap_block_run(block, 4, 1); break;
#if defined(__AVX512F__)
    case 5: tap_block_run(block, 5, 1); break;
    case 6: tap_block_run(block, 6, 1); break;
    case 7: tap_block_run(block, 7, 1); break;
    case 8: tap_block_run(block, 8, 1); break;
#endif
    default: tap_block_run(block, WIDE_BLOCK_PIXELS, 1); break;
    }
}

static void run_two_vectors(const struct tap_block *block, int pixels)
{
    switch (pixels) {
    case 1: tap_block_run(block, 1, 2); break;
    case 2: tap_block_run(block, 2, 2); break;
    case 3: tap_block_run(block, 3, 2); break;
    case 4: tap_block_run(block, 4, 2); break;
#if defined(__AVX512F__)
    case 5: tap_block_run(block, 5, 2); break;
    case 6: tap_block_run(block, 6, 2); break;
    case 7: tap_block_run(block, 7, 2); break;
    default: tap_block_run(block, 8, 2); break;
#endif
    }
}

// How many of the `left` pixels of a row the next block takes. One vector wide, twice the pixels make up for the sums that
// are missing: 8 would not hide the latency of 4 cycles times 2 units.
static int block_pixels(int left, int vectors)
{
    if (vectors == 1 && left >= WIDE_BLOCK_PIXELS) return WIDE_BLOCK_PIXELS;
    return left < BLOCK_PIXELS ? left : BLOCK_PIXELS;
}

static void convolve_row(const struct tap_convolution *job, struct tap_block block, int vectors)
{
    for (int left = job->columns, pixels; left > 0; left -= pixels) {
        pixels = block_pixels(left, vectors);
        if (vectors == 2)
            run_two_vectors(&block, pixels);
        else
            run_one_vector(&block, pixels);
        block.input += pixels * block.input_step;
        block.first += pixels * block.output_step;
    }
}

void ISA_NAME(tap_convolve)(const struct tap_convolution *job)
{
    ptrdiff_t tile_row = (ptrdiff_t)job->tile_width * job->channels_in;
    ptrdiff_t tap_offsets[TAPS_MAX];
    for (int t = 0; t < job->taps->count; t++)
        tap_offsets[t] = job->taps->row[t] * tile_row + (ptrdiff_t)job->taps->column[t] * job->channels_in;
    const float *panel = job->packed;
    for (int first = 0; first < job->channels_out; first += PANEL_CHANNELS) {
        int width = job->channels_out - first < PANEL_CHANNELS ? job->channels_out - first : PANEL_CHANNELS;
        int vectors = panel_vectors(width);
        for (int row = 0; row < job->rows; row++) {
            struct tap_block block = {.input = job->tile + (ptrdiff_t)row * job->step * tile_row,
                                      .tap_offsets = tap_offsets,
                                      .taps = job->taps->count,
                                      .channels_in = job->channels_in,
                                      .input_step = (ptrdiff_t)job->step * job->channels_in,
                                      .panel = panel,
                                      .output = job->output,
                                      .residual = job->residual,
                                      .products = job->products,
                                      .first = row * job->output_row_stride + first,
                                      .output_step = job->output_pixel_stride,
                                      .width = width};
            convolve_row(job, block, vectors);
        }
        panel += (ptrdiff_t)job->taps->count * job->channels_in * vectors * LANES;
    }
}

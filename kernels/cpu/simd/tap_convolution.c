// tap_convolution.c: direct convolution with register blocks of BLOCK_PIXELS pixels x two vectors of output channels.
// Per channel in: 2 vector loads and BLOCK_PIXELS broadcasts feed 2 * BLOCK_PIXELS multiply-adds, so the arithmetic
// units, not the load ports, are the bound. A panel of packed filters streams from L2 while the tile stays in L1 or L2.
#include "kernels/cpu/simd/tap_convolution.h"

enum { WIDE_BLOCK_PIXELS = 2 * BLOCK_PIXELS };

static int panel_vectors(int channels)
{
    return channels > LANES ? 2 : 1;
}

size_t ISA_NAME(tap_packed_bytes)(int taps, int channels_in, int channels_out)
{
    int full = channels_out / PANEL_CHANNELS, rest = channels_out % PANEL_CHANNELS;
    int columns = full * PANEL_CHANNELS + (rest == 0 ? 0 : panel_vectors(rest) * LANES);
    size_t weight = operands_serve(channels_in) ? sizeof(activation) : sizeof(float);
    return (size_t)taps * (size_t)channels_in * (size_t)columns * weight;
}

// One tap's matrix as it is in the filter.
struct tap_matrix {
    const float *values;
    int channels_in, channels_out, transposed;
};

static float matrix_value(const struct tap_matrix *m, int in, int out)
{
    return m->transposed ? m->values[(size_t)out * (size_t)m->channels_in + (size_t)in]
                         : m->values[(size_t)in * (size_t)m->channels_out + (size_t)out];
}

// Channels out [first, first + padded) of a panel, of which `width` exist.
static activation *pack_operands(const struct tap_matrix *matrix, int first, int width, int padded, activation *packed)
{
    for (int in = 0; in < matrix->channels_in; in += OPERAND_CHANNELS)
        for (int out = 0; out < padded; out++)
            for (int i = 0; i < OPERAND_CHANNELS; i++)
                *packed++ = out < width ? activation_of(matrix_value(matrix, in + i, first + out)) : activation_of(0);
    return packed;
}

static float *pack_floats(const struct tap_matrix *matrix, int first, int width, int padded, float *packed)
{
    for (int in = 0; in < matrix->channels_in; in++)
        for (int out = 0; out < padded; out++) *packed++ = out < width ? matrix_value(matrix, in, first + out) : 0;
    return packed;
}

void ISA_NAME(tap_pack)(const struct tap_list *taps, const float *filter, int channels_in, int channels_out,
                        int transposed, void *packed)
{
    for (int first = 0; first < channels_out; first += PANEL_CHANNELS) {
        int width = channels_out - first < PANEL_CHANNELS ? channels_out - first : PANEL_CHANNELS;
        int padded = panel_vectors(width) * LANES;
        for (int t = 0; t < taps->count; t++) {
            const struct tap_matrix matrix = {filter + (size_t)taps->filter_tap[t] * (size_t)channels_in *
                                                           (size_t)channels_out,
                                              channels_in, channels_out, transposed};
            if (operands_serve(channels_in))
                packed = pack_operands(&matrix, first, width, padded, packed);
            else
                packed = pack_floats(&matrix, first, width, padded, packed);
        }
    }
}

// One register block: everything the inner loop needs, resolved to pointers.
struct tap_block {
    const void *tile, *panel;
    ptrdiff_t input;              // place in the tile of the first output pixel, before tap offsets
    const ptrdiff_t *tap_offsets; // in values, as all that follow
    int taps, channels_in;
    ptrdiff_t input_step; // between the tile pixels of neighbouring outputs
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

typedef vector tap_sums[WIDE_BLOCK_PIXELS][2];

static inline __attribute__((always_inline)) void add_floats(const struct tap_block *b, int pixels, int vectors,
                                                             tap_sums sums)
{
    const float *weights = b->panel;
    const ptrdiff_t step = b->input_step;
    for (int t = 0; t < b->taps; t++) {
        const float *input = (const float *)b->tile + b->input + b->tap_offsets[t];
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
}

// The same over operands.
static inline __attribute__((always_inline)) void add_operands(const struct tap_block *b, int pixels, int vectors,
                                                               tap_sums sums)
{
    const activation *weights = b->panel;
    const ptrdiff_t step = b->input_step, weight_step = (ptrdiff_t)OPERAND_CHANNELS * LANES;
    for (int t = 0; t < b->taps; t++) {
        const activation *input = (const activation *)b->tile + b->input + b->tap_offsets[t];
        for (int c = 0; c < b->channels_in; c += OPERAND_CHANNELS) {
            operand_vector weight[2];
            for (ptrdiff_t v = 0; v < vectors; v++) weight[v] = operand_load(weights + v * weight_step);
#pragma GCC unroll 16
            for (int p = 0; p < pixels; p++) {
                operand_vector value = operand_broadcast(input + p * step);
#pragma GCC unroll 2
                for (ptrdiff_t v = 0; v < vectors; v++) sums[p][v] = operand_fma(value, weight[v], sums[p][v]);
            }
            input += OPERAND_CHANNELS;
            weights += vectors * weight_step;
        }
    }
}

// `pixels`, `vectors` and `operands` are constants at every call, so that the sums live in registers.
static inline __attribute__((always_inline)) void tap_block_run(const struct tap_block *b, int pixels, int vectors,
                                                                bool operands)
{
    tap_sums sums;
    for (int p = 0; p < pixels; p++)
        for (ptrdiff_t v = 0; v < vectors; v++) sums[p][v] = (vector){0};
    if (operands)
        add_operands(b, pixels, vectors, sums);
    else
        add_floats(b, pixels, vectors, sums);
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

static inline __attribute__((always_inline)) void run_one_vector(const struct tap_block *block, int pixels,
                                                                 bool operands)
{
    switch (pixels) {
    case 1: tap_block_run(block, 1, 1, operands); break;
    case 2: tap_block_run(block, 2, 1, operands); break;
    case 3: tap_block_run(block, 3, 1, operands); break;
    case 4: tap_block_run(block, 4, 1, operands); break;
#if defined(__AVX512F__)
    case 5: tap_block_run(block, 5, 1, operands); break;
    case 6: tap_block_run(block, 6, 1, operands); break;
    case 7: tap_block_run(block, 7, 1, operands); break;
    case 8: tap_block_run(block, 8, 1, operands); break;
#endif
    default: tap_block_run(block, WIDE_BLOCK_PIXELS, 1, operands); break;
    }
}

static inline __attribute__((always_inline)) void run_two_vectors(const struct tap_block *block, int pixels,
                                                                  bool operands)
{
    switch (pixels) {
    case 1: tap_block_run(block, 1, 2, operands); break;
    case 2: tap_block_run(block, 2, 2, operands); break;
    case 3: tap_block_run(block, 3, 2, operands); break;
    case 4: tap_block_run(block, 4, 2, operands); break;
#if defined(__AVX512F__)
    case 5: tap_block_run(block, 5, 2, operands); break;
    case 6: tap_block_run(block, 6, 2, operands); break;
    case 7: tap_block_run(block, 7, 2, operands); break;
    default: tap_block_run(block, 8, 2, operands); break;
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

static inline __attribute__((always_inline)) void convolve_row(const struct tap_convolution *job,
                                                               struct tap_block block, int vectors, bool operands)
{
    for (int left = job->columns, pixels; left > 0; left -= pixels) {
        pixels = block_pixels(left, vectors);
        if (vectors == 2)
            run_two_vectors(&block, pixels, operands);
        else
            run_one_vector(&block, pixels, operands);
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
    const char *panel = job->packed;
    const size_t weight_bytes = job->operands ? sizeof(activation) : sizeof(float);
    for (int first = 0; first < job->channels_out; first += PANEL_CHANNELS) {
        int width = job->channels_out - first < PANEL_CHANNELS ? job->channels_out - first : PANEL_CHANNELS;
        int vectors = panel_vectors(width);
        for (int row = 0; row < job->rows; row++) {
            struct tap_block block = {.tile = job->tile,
                                      .panel = panel,
                                      .input = (ptrdiff_t)row * job->step * tile_row,
                                      .tap_offsets = tap_offsets,
                                      .taps = job->taps->count,
                                      .channels_in = job->channels_in,
                                      .input_step = (ptrdiff_t)job->step * job->channels_in,
                                      .output = job->output,
                                      .residual = job->residual,
                                      .products = job->products,
                                      .first = row * job->output_row_stride + first,
                                      .output_step = job->output_pixel_stride,
                                      .width = width};
            if (job->operands)
                convolve_row(job, block, vectors, true);
            else
                convolve_row(job, block, vectors, false);
        }
        panel += (size_t)(job->taps->count * job->channels_in * vectors * LANES) * weight_bytes;
    }
}

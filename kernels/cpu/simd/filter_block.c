// filter_block.c: see filter_block.h. Register blocks of pairs x two vectors run over all pixels: per pixel two vectors of channels out and one broadcast per pair feed two
// multiply-adds per pair: the arithmetic units are the bound.
#include "kernels/cpu/simd/filter_block.h"

enum { PAIRS_MAX = BLOCK_PIXELS > 4 ? 2 * BLOCK_PIXELS : 9 };

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
    vector sums[PAIRS_MAX][2];
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

// How many pairs a register block takes. One vector wide it needs twice as many to have enough sums under way; 9 are a
// kernel row of the stem, 3 columns x 3 colours.
static int block_pairs(int left, int vectors)
{
    if (vectors == 1 && left >= 2 * BLOCK_PIXELS) return 2 * BLOCK_PIXELS;
    if (vectors == 1 && left == 9) return 9;
    return left < BLOCK_PIXELS ? 1 : BLOCK_PIXELS;
}

static inline __attribute__((always_inline)) void add_pairs(const struct filter_block *block, int pairs, int vectors,
                                                            int whole)
{
    struct filter_block rest = *block;
    for (int left = pairs, taken; left > 0; left -= taken) {
        taken = block_pairs(left, vectors);
        if (taken == 1)
            filter_block_run(&rest, 1, vectors, whole);
        else if (taken == BLOCK_PIXELS)
            filter_block_run(&rest, BLOCK_PIXELS, vectors, whole);
        else if (vectors == 1 && taken == 9)
            filter_block_run(&rest, 9, 1, whole);
        else if (vectors == 1)
            filter_block_run(&rest, 2 * BLOCK_PIXELS, 1, whole);
        rest.input += taken;
        rest.sums += taken * block->channels_out;
    }
}

void ISA_NAME(filter_block_add)(const struct filter_block *block, int pairs)
{
    if (block->width >= 2 * LANES)
        add_pairs(block, pairs, 2, 1);
    else if (block->width > LANES)
        add_pairs(block, pairs, 2, 0);
    else if (block->width == LANES)
        add_pairs(block, pairs, 1, 1);
    else
        add_pairs(block, pairs, 1, 0);
}

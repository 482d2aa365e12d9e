// filter_block.c: see filter_block.h. Per pixel two vectors of channels out and one broadcast per pair feed two
// multiply-adds per pair: the arithmetic units are the bound.
#include "kernels/cpu/simd/filter_block.h"

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
    vector sums[2 * BLOCK_PIXELS][2];
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

static inline __attribute__((always_inline)) void run_two_vectors(const struct filter_block *block, int pairs, int whole)
{
    switch (pairs) {
    case 1: filter_block_run(block, 1, 2, whole); break;
    case 2: filter_block_run(block, 2, 2, whole); break;
    case 3: filter_block_run(block, 3, 2, whole); break;
#if defined(__AVX512F__)
    case 4: filter_block_run(block, 4, 2, whole); break;
    case 5: filter_block_run(block, 5, 2, whole); break;
    case 6: filter_block_run(block, 6, 2, whole); break;
    case 7: filter_block_run(block, 7, 2, whole); break;
#endif
    default: filter_block_run(block, BLOCK_PIXELS, 2, whole); break;
    }
}

static inline __attribute__((always_inline)) void run_one_vector(const struct filter_block *block, int pairs, int whole)
{
    int done = 0;
    struct filter_block rest = *block;
    if (pairs == 2 * BLOCK_PIXELS) {
        filter_block_run(block, 2 * BLOCK_PIXELS, 1, whole);
        return;
    }
    for (; done + BLOCK_PIXELS / 2 <= pairs; done += BLOCK_PIXELS / 2) {
        rest.input = block->input + done;
        rest.sums = block->sums + done * block->channels_out;
        filter_block_run(&rest, BLOCK_PIXELS / 2, 1, whole);
    }
    for (; done < pairs; done++) {
        rest.input = block->input + done;
        rest.sums = block->sums + done * block->channels_out;
        filter_block_run(&rest, 1, 1, whole);
    }
}

void ISA_NAME(filter_block_add)(const struct filter_block *block, int pairs)
{
    if (block->width >= 2 * LANES)
        run_two_vectors(block, pairs, 1);
    else if (block->width > LANES)
        run_two_vectors(block, pairs, 0);
    else if (block->width == LANES)
        run_one_vector(block, pairs, 1);
    else
        run_one_vector(block, pairs, 0);
}

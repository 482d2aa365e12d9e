// filter_block.h: the inner engine of conv_backward_filter: sums over pixels of one value per "pair" times a
// row of channels out. A pair is a (kernel column, channel in) that lies side by side in a padded tile.
#ifndef KERNELS_CPU_SIMD_FILTER_BLOCK_H
#define KERNELS_CPU_SIMD_FILTER_BLOCK_H

#include <stddef.h>

#include "kernels/cpu/simd/vector.h"

struct filter_block {
    const float *input;    // tile pixel of output pixel 0, at the block's first pair
    const float *gradient; // channel of the block's first column
    int rows, columns;
    ptrdiff_t input_row, input_pixel, gradient_pixel; // floats from one output row or pixel to the next
    float *sums;                                      // pairs x channels_out, added to
    ptrdiff_t channels_out;
    int width; // channels out of the block, at most 2 * LANES
};

// sums += for each of `pairs` (any number) and each channel out, over all pixels.
void ISA_NAME(filter_block_add)(const struct filter_block *block, int pairs);

#endif

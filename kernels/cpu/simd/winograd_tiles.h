// winograd_tiles.h: images cut into overlapping tiles, and their transform: what forward, backward_data and
// backward_filter by Winograd share. A tile of m x m outputs reads (m + 2) x (m + 2) inputs; each of the (m + 2)^2
// positions of the transformed tile is a matrix of tiles x channels of its own ("factors").
#ifndef KERNELS_CPU_SIMD_WINOGRAD_TILES_H
#define KERNELS_CPU_SIMD_WINOGRAD_TILES_H

#include "kernels/cpu/simd/image_pass.h"

// Tiles of all images of a run, counted tile row by tile row.
struct winograd_tiles {
    int outputs;       // m: 2 or 4
    int products;      // (m + 2)^2
    int rows, columns; // tiles of one image
};

static inline struct winograd_tiles winograd_tiles_of(int outputs, int height, int width)
{
    return (struct winograd_tiles){outputs, (outputs + 2) * (outputs + 2), (height + outputs - 1) / outputs,
                                   (width + outputs - 1) / outputs};
}

// Floats between two matrices of `tiles` x `channels`: not a multiple of 4 KiB, or all matrices would meet in one cache set.
static inline size_t winograd_matrix_stride(int tiles, int channels)
{
    return (size_t)tiles * (size_t)channels + 16;
}

// Floats of the strip of inputs under one row of tiles.
static inline size_t winograd_strip_floats(struct winograd_tiles tiles, int channels)
{
    return (size_t)(tiles.outputs + 2) * (size_t)(tiles.columns * tiles.outputs + 2) * (size_t)channels;
}

// Transforms the inputs of one row of tiles of an image: tile t of the row writes channels floats at
// factors + product * stride + t * channels. channels % LANES == 0. `strip` is work space.
void ISA_NAME(winograd_input_row)(struct winograd_tiles tiles, struct image_shape shape, struct tile_source source,
                                  int tile_row, float *strip, float *factors, size_t stride);

// The same for the gradients of m x m outputs, for backward_filter. The strip is of the outputs alone.
void ISA_NAME(winograd_gradient_row)(struct winograd_tiles tiles, struct image_shape shape, struct tile_source source,
                                     int tile_row, float *strip, float *factors, size_t stride);

#endif

// conv_tile.h: a convolution, forward or backward_data, any kernel and stride, as one thing: a gathering of taps. Output
// pixel (i, j) of a class is pixel (i * out_step + first_row, j * out_step + first_column) of what is written and sums,
// over the class's taps, filter matrices times pixel (i * stride + row, j * stride + column) of what is read.
//   forward                    one class, all taps
//   backward_data, stride 1    one class, the taps mirrored
//   backward_data, stride 2    four classes by the parity of row and column, with the taps that reach each
// conv_tile.c lays this out on the host; conv_tile.cuh computes it.
#ifndef KERNELS_CUDA_CONV_TILE_H
#define KERNELS_CUDA_CONV_TILE_H

#include "kernels/kernels.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { CONV_TAPS = 9, CONV_CLASSES = 4 };

struct conv_tap {
    int16_t row, column, weight; // weight: number of the filter's tap
};

struct conv_class {
    int first_row, first_column, taps;
    struct conv_tap tap[CONV_TAPS];
};

struct conv_tile {
    // What is read and written, per run: images x height x width x channels.
    int images, read_height, read_width, read_channels, write_height, write_width, write_channels;
    int read_step; // only every read_step-th row and column is read: a 1x1 kernel's stride
    int stride, out_step;
    int first_tap, tap_extent; // smallest row and column of all taps; largest less smallest
    int classes;
    struct conv_class class_of[CONV_CLASSES];
    // A block's output pixels: 128 or 256 = 2^(images + rows + columns).
    int pixels, log_images, log_rows, log_columns;
    int tiles_down, tiles_across, tiles; // tiles: of one class
    int patch_rows, patch_columns, patch_pixels;
    // Channels read in one go, a multiple of 16; bytes between planes of eight channels in shared memory.
    int depth, pitch;
    // In floats, of the filter: to the next channel read, the next channel written, the next tap; taps in all.
    int read_stride, write_stride, tap_stride, filter_taps;
};

struct conv_tile conv_tile_forward(const struct conv_shape *shape);
struct conv_tile conv_tile_backward_data(const struct conv_shape *shape);
// As forward, with 128 pixels to a block, for the filter's gradient.
struct conv_tile conv_tile_filter(const struct conv_shape *shape);

#ifdef __cplusplus
}
#endif

#endif

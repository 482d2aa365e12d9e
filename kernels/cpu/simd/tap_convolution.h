// tap_convolution.h: the inner engine of conv_forward and conv_backward_data. Both are sums over "taps": an output pixel
// is the sum, over a short list of offsets into a padded tile, of a filter matrix times the tile's pixel there.
//   forward, any stride       tile pixel = stride * output pixel + (kernel row, kernel column)
//   backward_data, stride s   output pixels split into s * s parity classes, each with its own list of taps
#ifndef KERNELS_CPU_SIMD_TAP_CONVOLUTION_H
#define KERNELS_CPU_SIMD_TAP_CONVOLUTION_H

#include <stdbool.h>
#include <stddef.h>

#include "kernels/cpu/simd/image_pass.h"

enum { TAPS_MAX = 9, PANEL_CHANNELS = 2 * LANES };

struct tap_list {
    int count;
    int filter_tap[TAPS_MAX];            // kernel_row * kernel + kernel_column
    int row[TAPS_MAX], column[TAPS_MAX]; // offset in the padded tile, in pixels
};

// Whether a direct convolution of so many channels in runs over operands: tile and packed filters of activations, as
// vector.h's operand_fma takes them. Otherwise, and always in Winograd's algorithm, they are float32.
static inline bool operands_serve(int channels_in)
{
    return channels_in % OPERAND_CHANNELS == 0;
}

// Filters for the kernel: panels of PANEL_CHANNELS outputs; inside a panel tap, channel in, channel out, padded with
// zeros to the panel's width (LANES or PANEL_CHANNELS). Operands: tap, group of OPERAND_CHANNELS in, out, in of the group.
size_t ISA_NAME(tap_packed_bytes)(int taps, int channels_in, int channels_out);

// `filter` is taps x rows x columns (HWIO). Not transposed: rows are channels in. Transposed (backward_data): rows are
// channels out. Operands where they serve.
void ISA_NAME(tap_pack)(const struct tap_list *taps, const float *filter, int channels_in, int channels_out,
                        int transposed, void *packed);

// The tile of a direct convolution, as operands where they serve; `space` is of direct_tile_bytes.
static inline size_t direct_tile_bytes(struct image_shape shape)
{
    return operands_serve(shape.channels) ? ISA_NAME(activation_tile_bytes)(shape) : tile_floats(shape) * sizeof(float);
}

static inline const void *direct_tile_of(struct image_shape shape, struct tile_source source, void *space)
{
    return operands_serve(shape.channels) ? (const void *)ISA_NAME(activation_tile_of)(shape, source, space)
                                          : (const void *)ISA_NAME(tile_of)(shape, source, space);
}

struct tap_convolution {
    const struct tap_list *taps;
    bool operands;      // tile and packed filters are operands, not float32
    const void *packed; // as tap_pack leaves it
    int channels_in, channels_out;
    const void *tile;                                 // rows x tile_width x channels_in
    int tile_width;                                   // padding included
    int step;                                         // tile pixels between neighbouring output pixels, both ways
    int rows, columns;                                // output pixels to compute
    activation *output;                               // of the first of them
    const activation *residual;                       // addressed like output; may be NULL; may be the output
    float *products;                                  // not NULL: the sums in float32, in place of both
    ptrdiff_t output_row_stride, output_pixel_stride; // in values
};

void ISA_NAME(tap_convolve)(const struct tap_convolution *job);

#endif

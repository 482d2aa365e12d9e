// image_pass.h: passes over one image's activations, H W C: prologues into a zero-padded tile, masks, per-channel sums.
// Each is memory- or cache-bound and runs while the image is hot from the kernel before or for the one after.
#ifndef KERNELS_CPU_SIMD_IMAGE_PASS_H
#define KERNELS_CPU_SIMD_IMAGE_PASS_H

#include "kernels/cpu/cpu.h"
#include "kernels/cpu/simd/vector.h"
#include "kernels/device.h"

struct image_shape {
    int height, width, channels;
    int padding; // pixels of zeros around the tile
};

static inline size_t tile_floats(struct image_shape shape)
{
    return (size_t)(shape.height + 2 * shape.padding) * (size_t)(shape.width + 2 * shape.padding) *
           (size_t)shape.channels;
}

// What one image's tile holds. `values` point at the image's first pixel.
//   map NULL    values
//   raw NULL    relu(scale * values + shift)                                 map: scale, shift
//   else        factor_gradient * values + factor_raw * raw + offset         map: the three factors
struct tile_source {
    const activation *values, *raw;
    const float *map;
};

// The source of an activation (affine.data may be NULL) and of a gradient (coefficients.data may be NULL).
static inline struct tile_source activation_source(const void *input, size_t image, size_t image_size,
                                                   struct per_run affine, int run)
{
    return (struct tile_source){(const activation *)input + image * image_size, NULL, per_run_part(affine, run)};
}

static inline struct tile_source gradient_source(const void *gradient, const void *raw, size_t image, size_t image_size,
                                                 struct per_run coefficients, int run)
{
    const float *map = per_run_part(coefficients, run);
    return (struct tile_source){(const activation *)gradient + image * image_size,
                                map == NULL ? NULL : (const activation *)raw + image * image_size, map};
}

// Part of an image with zeros wherever it reaches outside: rows [row, row + height) and columns [column, column + width).
struct image_window {
    int row, column, height, width;
};

// Writes height x width x channels into `space`.
void ISA_NAME(tile_fill)(struct image_shape shape, struct image_window window, struct tile_source source, float *space);

// Writes the whole image with its border of zeros into `space` and returns what a kernel should read: `space`, or the
// values themselves when there is nothing to do and they are float32.
const float *ISA_NAME(tile_of)(struct image_shape shape, struct tile_source source, float *space);

// The same as activations, rounded; `space` is of activation_tile_bytes.
size_t ISA_NAME(activation_tile_bytes)(struct image_shape shape);
const activation *ISA_NAME(activation_tile_of)(struct image_shape shape, struct tile_source source, void *space);

// sums[c] = sum over pixels of (x, x * x).
void ISA_NAME(image_square_sums)(struct image_shape shape, const activation *x, struct channel_sums *sums);

// output = scale * mask_input + shift > 0 ? output : 0.
// sums (may be NULL): sum over pixels of (output, output * mask_input).
void ISA_NAME(image_mask)(struct image_shape shape, const activation *mask_input, const float *affine,
                          activation *output, struct channel_sums *sums);

#endif

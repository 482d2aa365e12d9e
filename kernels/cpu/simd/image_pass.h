// image_pass.h: passes over one image's activations, H W C: prologues into a zero-padded tile, masks, per-channel sums.
// Each is memory- or cache-bound and runs while the image is hot from the kernel before or for the one after.
#ifndef KERNELS_CPU_SIMD_IMAGE_PASS_H
#define KERNELS_CPU_SIMD_IMAGE_PASS_H

#include "kernels/cpu/cpu.h"
#include "kernels/cpu/simd/vector.h"

struct image_shape {
    int height, width, channels;
    int padding; // pixels of zeros around the tile
};

static inline size_t tile_floats(struct image_shape shape)
{
    return (size_t)(shape.height + 2 * shape.padding) * (size_t)(shape.width + 2 * shape.padding) *
           (size_t)shape.channels;
}

// Writes relu(scale * input + shift) (affine NULL: input) into `space` with its border of zeros and returns what a
// kernel should read: `space`, or the input itself when there is nothing to do.
const float *ISA_NAME(tile_of_activation)(struct image_shape shape, const float *input, const float *affine,
                                          float *space);

// The same for factor_gradient * gradient + factor_raw * raw + offset (coefficients NULL: gradient).
const float *ISA_NAME(tile_of_gradient)(struct image_shape shape, const float *gradient, const float *raw,
                                        const float *coefficients, float *space);

// sums[c] = sum over pixels of (x, x * x).
void ISA_NAME(image_square_sums)(struct image_shape shape, const float *x, struct channel_sums *sums);

// output = scale * mask_input + shift > 0 ? output : 0.
// sums (may be NULL): sum over pixels of (output, output * mask_input).
void ISA_NAME(image_mask)(struct image_shape shape, const float *mask_input, const float *affine, float *output,
                          struct channel_sums *sums);

#endif

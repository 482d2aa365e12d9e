// augmentation_stream.h: which words of Philox the augmentation model's draws are made of. An image's stream is cut into
// regions of 2^20 blocks, so that a draw hangs neither on how many primitives there are nor on what else is drawn.
#ifndef KERNELS_DRAW_AUGMENTATION_STREAM_H
#define KERNELS_DRAW_AUGMENTATION_STREAM_H

#include "base/random.h"
#include "kernels/kernels.h"

enum augmentation_region {
    AUGMENTATION_EPSILON,  // standard normals, one a value of the image
    AUGMENTATION_UNIFORMS, // one word a primitive
    AUGMENTATION_NOISE,    // plus the primitive's number: standard normals, noise_width of them
};

// The stream of image `place` (in the batch) of run `run`, at the beginning of a region.
struct random_stream augmentation_stream(const struct augmentation_draw *draw, int run, int place, int region);

// In the open interval (0, 1), exact in float32: 23 bits and a half step, never rounded to 1.
float augmentation_uniform(uint32_t word);

#endif

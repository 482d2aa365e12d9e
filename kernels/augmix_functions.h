// augmix_functions.h: what an implementation of AugMix's image operations offers, so that tests can hold implementations
// side by side. All of them give PIL's bytes. Pictures are 32 x 32 RGB (draw/corruption_kind.h).
#ifndef KERNELS_AUGMIX_FUNCTIONS_H
#define KERNELS_AUGMIX_FUNCTIONS_H

#include <stddef.h>
#include <stdint.h>

#include "kernels/draw/augmix_draw.h"
#include "kernels/draw/corruption_kind.h"

typedef uint8_t augmix_chains[AUGMIX_WIDTH][PICTURE_BYTES];

struct augmix_functions {
    const char *name;        // of the backend: "reference", "cpu-avx512", ...
    size_t activation_bytes; // size of what the last two write

    // output = operation(image) with its final argument, not AugMix's level; output is not image.
    void (*apply)(enum augmix_operation operation, double parameter, const uint8_t image[PICTURE_BYTES],
                  uint8_t output[PICTURE_BYTES]);
    // PICTURE_BYTES activations: N(image), and (1 - mix) * N(image) + mix * sum weights * N(chains).
    void (*normalise)(const uint8_t image[PICTURE_BYTES], void *activations);
    void (*mix)(const struct augmix_mixture *mixture, const uint8_t image[PICTURE_BYTES], augmix_chains chains,
                void *activations);
};

extern const struct augmix_functions augmix_functions_reference;
extern const struct augmix_functions augmix_functions_portable;
extern const struct augmix_functions augmix_functions_avx2;        // x86 only
extern const struct augmix_functions augmix_functions_avx512;      // x86 only
extern const struct augmix_functions augmix_functions_avx512_bf16; // the same bytes, activations of bfloat16

#endif

// corruption_functions.h: what an implementation of the corruptions offers, so that tests and measurements can hold
// implementations side by side. Backends' image_corrupt uses the first two; the others are stages that golden data has.
#ifndef KERNELS_CORRUPTION_FUNCTIONS_H
#define KERNELS_CORRUPTION_FUNCTIONS_H

#include "base/status.h"
#include "kernels/draw/corruption_draw.h"

struct corruption_functions {
    const char *name; // of the backend: "reference", "cpu-avx512", ...

    // As corruption_draw in corruption_draw.h, with the same bits.
    void (*draw)(enum corruption_kind kind, int severity, struct corruption_key key, const uint8_t *image,
                 const struct frost_textures *textures, union corruption_draw *draw);
    // output = image corrupted; a pure function. `draw` may be NULL for kinds that draw nothing; output may be image.
    // STATUS_NO_MEMORY is the only error, and JPEG compression's alone.
    struct status (*apply)(enum corruption_kind kind, int severity, const union corruption_draw *draw,
                           const uint8_t image[PICTURE_BYTES], uint8_t output[PICTURE_BYTES]);

    // Elastic transform: the picture after the affine step, unit scale; displacements in x, then in y, in pixels.
    void (*elastic_warp)(const struct elastic_transform_draw *draw, const uint8_t image[PICTURE_BYTES],
                         float warped[PICTURE_BYTES]);
    void (*elastic_displacement)(int severity, const struct elastic_transform_draw *draw,
                                 float displacement[2][PICTURE_PIXELS]);
    // Glass blur: bytes after the first blur, and after the pixels' moves.
    void (*glass_blur_stages)(int severity, const struct glass_blur_draw *draw, const uint8_t image[PICTURE_BYTES],
                              uint8_t blurred[PICTURE_BYTES], uint8_t moved[PICTURE_BYTES]);
    // Snow: flakes after zoom and threshold, and after motion blur.
    void (*snow_layers)(int severity, const struct snow_draw *draw, uint8_t flakes[PICTURE_PIXELS],
                        uint8_t falling[PICTURE_PIXELS]);
    // Fog: the field, scaled to 0 .. 1.
    void (*fog_plasma)(int severity, const struct fog_draw *draw, double plasma[PICTURE_PIXELS]);
};

extern const struct corruption_functions corruption_functions_reference;
extern const struct corruption_functions corruption_functions_portable;
extern const struct corruption_functions corruption_functions_avx2;        // x86 only
extern const struct corruption_functions corruption_functions_avx512;      // x86 only
extern const struct corruption_functions corruption_functions_avx512_bf16; // the same bytes; for that backend's table

#endif

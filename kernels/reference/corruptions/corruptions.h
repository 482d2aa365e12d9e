// corruptions.h: the definition of the 15 corruptions: pure functions of the draws and a picture, in plain loops, in
// double unless the original computes in float32. Pinned by tests/golden/corruptions/. `image` and `output` are
// PICTURE_BYTES bytes and may be the same; severity is 1 .. 5.
#ifndef KERNELS_REFERENCE_CORRUPTIONS_CORRUPTIONS_H
#define KERNELS_REFERENCE_CORRUPTIONS_CORRUPTIONS_H

#include "base/status.h"
#include "kernels/draw/corruption_draw.h"
#include "kernels/reference/corruptions/geometry.h"
#include "kernels/reference/corruptions/picture.h"

void gaussian_noise_reference(int severity, const struct gaussian_noise_draw *draw, const uint8_t *image,
                              uint8_t *output);
void shot_noise_reference(int severity, const struct shot_noise_draw *draw, uint8_t *output);
void impulse_noise_reference(const struct impulse_noise_draw *draw, const uint8_t *image, uint8_t *output);
void brightness_reference(int severity, const uint8_t *image, uint8_t *output);
void contrast_reference(int severity, const uint8_t *image, uint8_t *output);
void elastic_transform_reference(int severity, const struct elastic_transform_draw *draw, const uint8_t *image,
                                 uint8_t *output);
void defocus_blur_reference(int severity, const uint8_t *image, uint8_t *output);
void glass_blur_reference(int severity, const struct glass_blur_draw *draw, const uint8_t *image, uint8_t *output);
void motion_blur_reference(int severity, const struct motion_blur_draw *draw, const uint8_t *image, uint8_t *output);
void zoom_blur_reference(int severity, const uint8_t *image, uint8_t *output);
void snow_reference(int severity, const struct snow_draw *draw, const uint8_t *image, uint8_t *output);
void frost_reference(int severity, const struct frost_draw *draw, const uint8_t *image, uint8_t *output);
void fog_reference(int severity, const struct fog_draw *draw, const uint8_t *image, uint8_t *output);
void pixelate_reference(int severity, const uint8_t *image, uint8_t *output);
// Through libjpeg. STATUS_NO_MEMORY when that has none.
struct status jpeg_compression_reference(int severity, const uint8_t *image, uint8_t *output);

// Stages of them; see kernels/corruption_functions.h.
void elastic_warp_reference(const struct elastic_transform_draw *draw, const uint8_t *image, float *warped);
void elastic_displacement_reference(int severity, const struct elastic_transform_draw *draw,
                                    float displacement[2][PICTURE_PIXELS]);
void glass_blur_stages_reference(int severity, const struct glass_blur_draw *draw, const uint8_t *image,
                                 uint8_t *blurred, uint8_t *moved);
void snow_layers_reference(int severity, const struct snow_draw *draw, uint8_t *flakes, uint8_t *falling);
void fog_plasma_reference(int severity, const struct fog_draw *draw, double *plasma);

// What several corruptions use. Pictures have `channels` interleaved values a pixel; input and output differ.

// Separable filter, columns first, then rows.
void gaussian_filter_reference(const struct gaussian_taps *taps, border_rule *border, int channels, const double *input,
                               double *output);
// Bytes in 16 bits, and back without rounding, as the original's library does it.
void motion_filter_reference(const struct motion_kernel *kernel, int channels, const uint8_t *input, uint8_t *output);
// Bilinear in double.
void zoom_reference(const struct zoom_geometry *zoom, int channels, const double *input, double *output);

#endif

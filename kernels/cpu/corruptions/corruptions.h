// corruptions.h: the 15 corruptions, fast: the reference's arithmetic, in double and in its order, so that every byte is
// the reference's; what is gained comes from vectors, padded borders and numbers kept instead of computed again. This
// folder is compiled once per instruction set. `image` and `output` are PICTURE_BYTES bytes each and differ.
#ifndef KERNELS_CPU_CORRUPTIONS_CORRUPTIONS_H
#define KERNELS_CPU_CORRUPTIONS_CORRUPTIONS_H

#include "base/status.h"
#include "kernels/cpu/isa_name.h"
#include "kernels/draw/corruption_draw.h"
#include "kernels/reference/corruptions/geometry.h"
#include "kernels/reference/corruptions/picture.h"

struct device;

// One register.
#if defined(__AVX512F__)
enum { DOUBLES = 8 };
#elif defined(__AVX2__)
enum { DOUBLES = 4 };
#else
enum { DOUBLES = 2 };
#endif
typedef double doubles __attribute__((vector_size(8 * DOUBLES)));
typedef double doubles_unaligned __attribute__((vector_size(8 * DOUBLES), aligned(8), may_alias));
typedef int64_t doubles_mask __attribute__((vector_size(8 * DOUBLES))); // from comparisons: all bits or none

static inline doubles doubles_load(const double *from)
{
    return *(const doubles_unaligned *)from;
}

static inline void doubles_store(double *to, doubles value)
{
    *(doubles_unaligned *)to = value;
}

static inline doubles doubles_select(doubles_mask mask, doubles yes, doubles no)
{
    return (doubles)((mask & (doubles_mask)yes) | (~mask & (doubles_mask)no));
}

static inline doubles doubles_broadcast(double value)
{
    return value - (doubles){0};
}

// picture_byte of every value.
static inline void doubles_store_bytes(uint8_t *to, doubles unit_values)
{
    const doubles zero = {0}, one = zero + 1;
    doubles limited = doubles_select(unit_values < zero, zero, unit_values);
    limited = 255 * doubles_select(limited > one, one, limited);
    for (int i = 0; i < DOUBLES; i++) to[i] = (uint8_t)(int)limited[i];
}

// The operation, for kernels/cpu/simd/table.c.
void ISA_NAME(image_corrupt)(struct device *device, const void *settings);

void ISA_NAME(corruption_draw)(enum corruption_kind kind, int severity, struct corruption_key key, const uint8_t *image,
                               const struct frost_textures *textures, union corruption_draw *draw);

void ISA_NAME(gaussian_noise)(int severity, const struct gaussian_noise_draw *draw, const uint8_t *image,
                              uint8_t *output);
void ISA_NAME(shot_noise)(int severity, const struct shot_noise_draw *draw, uint8_t *output);
void ISA_NAME(impulse_noise)(const struct impulse_noise_draw *draw, const uint8_t *image, uint8_t *output);
void ISA_NAME(brightness)(int severity, const uint8_t *image, uint8_t *output);
void ISA_NAME(contrast)(int severity, const uint8_t *image, uint8_t *output);
void ISA_NAME(elastic_transform)(int severity, const struct elastic_transform_draw *draw, const uint8_t *image,
                                 uint8_t *output);
void ISA_NAME(defocus_blur)(int severity, const uint8_t *image, uint8_t *output);
void ISA_NAME(glass_blur)(int severity, const struct glass_blur_draw *draw, const uint8_t *image, uint8_t *output);
void ISA_NAME(motion_blur)(int severity, const struct motion_blur_draw *draw, const uint8_t *image, uint8_t *output);
void ISA_NAME(zoom_blur)(int severity, const uint8_t *image, uint8_t *output);
void ISA_NAME(snow)(int severity, const struct snow_draw *draw, const uint8_t *image, uint8_t *output);
void ISA_NAME(frost)(int severity, const struct frost_draw *draw, const uint8_t *image, uint8_t *output);
void ISA_NAME(fog)(int severity, const struct fog_draw *draw, const uint8_t *image, uint8_t *output);
void ISA_NAME(pixelate)(int severity, const uint8_t *image, uint8_t *output);
void ISA_NAME(jpeg_compression)(int severity, const uint8_t *image, uint8_t *output);

// Stages; see kernels/corruption_functions.h.
void ISA_NAME(elastic_warp)(const struct elastic_transform_draw *draw, const uint8_t *image, float *warped);
void ISA_NAME(elastic_displacement)(int severity, const struct elastic_transform_draw *draw,
                                    float displacement[2][PICTURE_PIXELS]);
void ISA_NAME(glass_blur_stages)(int severity, const struct glass_blur_draw *draw, const uint8_t *image,
                                 uint8_t *blurred, uint8_t *moved);
void ISA_NAME(snow_layers)(int severity, const struct snow_draw *draw, uint8_t *flakes, uint8_t *falling);
void ISA_NAME(fog_plasma)(int severity, const struct fog_draw *draw, double *plasma);

// What several of them use; as the reference's functions of these names. Input and output may be the same.
enum border { BORDER_CLAMP, BORDER_REFLECT, BORDER_REFLECT101 };

static inline int border_place(enum border border, int index)
{
    return border == BORDER_CLAMP     ? border_clamp(index)
           : border == BORDER_REFLECT ? border_reflect(index)
                                      : border_reflect101(index);
}

void ISA_NAME(gaussian_filter)(const struct gaussian_taps *taps, enum border border, int channels, const double *input,
                               double *output);
void ISA_NAME(motion_filter)(const struct motion_kernel *kernel, int channels, const uint8_t *input, uint8_t *output);

// Where each output column (or row) of a zoom reads, and with what weight.
struct zoom_axis {
    int first[PICTURE_SIDE], second[PICTURE_SIDE];
    double weights[PICTURE_SIDE];                        // of the second
    double row_weights[PICTURE_SIDE * PICTURE_CHANNELS]; // the same, once for every channel
};

// An output pixel is the rounded mean of pixels `first` and `second`; of one pixel when they are the same, since
// 2 k * 2^21 + 2^21 >> 22 is k.
struct box_pair {
    int first, second;
};

// Numbers that hang on the severities alone, computed at the first call.
struct corruption_tables {
    struct gaussian_taps glass[CORRUPTION_SEVERITIES], elastic[CORRUPTION_SEVERITIES];
    struct defocus_kernel defocus[CORRUPTION_SEVERITIES];
    struct zoom_axis zooms[ZOOM_COUNT_LIMIT];
    struct zoom_geometry snow_zooms[CORRUPTION_SEVERITIES];
    struct motion_kernel motion[CORRUPTION_SEVERITIES], snow_motion[CORRUPTION_SEVERITIES]; // to be turned
    struct box_pair shrink[CORRUPTION_SEVERITIES][PICTURE_SIDE];
    int enlarge[CORRUPTION_SEVERITIES][PICTURE_SIDE]; // one pixel each
};

const struct corruption_tables *ISA_NAME(corruption_tables)(void);

#endif

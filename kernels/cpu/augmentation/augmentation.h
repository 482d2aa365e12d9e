// augmentation.h: AugMix and the augmentation model, fast. This folder is compiled once per instruction set, by loops that
// the compiler turns into vectors. Unit images are float32 throughout; sums are float32 over an image's rows, then double.
#ifndef KERNELS_CPU_AUGMENTATION_AUGMENTATION_H
#define KERNELS_CPU_AUGMENTATION_AUGMENTATION_H

#include "kernels/augmix_functions.h"
#include "kernels/cpu/simd/vector.h"
#include "kernels/kernels.h"
#include "kernels/reference/augmentation/deform.h"

// The operations, for kernels/cpu/simd/table.c.
void ISA_NAME(augmix_views)(struct device *device, const void *settings);
void ISA_NAME(image_to_unit)(struct device *device, const void *settings);
void ISA_NAME(unit_to_activation)(struct device *device, const void *settings);
void ISA_NAME(unit_to_activation_backward)(struct device *device, const void *settings);
void ISA_NAME(augmentation_draw)(struct device *device, const void *settings);
void ISA_NAME(mlp_forward)(struct device *device, const void *settings);
void ISA_NAME(mlp_backward)(struct device *device, const void *settings);
void ISA_NAME(deform_forward)(struct device *device, const void *settings);
void ISA_NAME(deform_backward)(struct device *device, const void *settings);

extern const struct augmix_functions ISA_NAME(augmix_functions);
void ISA_NAME(augmix_apply)(enum augmix_operation operation, double parameter, const uint8_t *image, uint8_t *output);

// One image's deformation, blended by `gate`. `space` is a thread's own, of deform_space_floats().
struct deform_image {
    struct unit_shape shape;
    enum contrast_range range;
    const float *parameters;
    float gate;
    const float *input, *epsilon;
    float *space;
};

// Backwards, from grad_output. grad_input may be NULL; *grad_gate is computed where `with_gate`.
struct deform_slopes {
    const float *grad_output;
    float *grad_input, *grad_parameters;
    float *grad_gate; // may be NULL
};

size_t ISA_NAME(deform_space_floats)(struct unit_shape shape, enum primitive primitive);
size_t ISA_NAME(geometric_space_floats)(struct unit_shape shape);
size_t ISA_NAME(blur_space_floats)(struct unit_shape shape);

void ISA_NAME(contrast_forward)(const struct deform_image *image, float *output);
void ISA_NAME(geometric_forward)(const struct deform_image *image, float *output);
void ISA_NAME(blur_forward)(const struct deform_image *image, float *output);
void ISA_NAME(noise_forward)(const struct deform_image *image, float *output);
void ISA_NAME(contrast_backward)(const struct deform_image *image, const struct deform_slopes *slopes);
void ISA_NAME(geometric_backward)(const struct deform_image *image, const struct deform_slopes *slopes);
void ISA_NAME(blur_backward)(const struct deform_image *image, const struct deform_slopes *slopes);
void ISA_NAME(noise_backward)(const struct deform_image *image, const struct deform_slopes *slopes);

// Values of one row of an image.
static inline int row_values(struct unit_shape shape)
{
    return shape.width * shape.channels;
}

// A sum over an image in two steps: rows are added to `row_values` partial sums in float32, these in double.
static inline double add_up(const float *partial, int count)
{
    double sum = 0;
    for (int i = 0; i < count; i++) sum += (double)partial[i];
    return sum;
}

#endif

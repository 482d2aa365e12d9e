// deform.h: the four deformations d(x), one image at a time, in double; blending with the image is deform.c's.
// `output` and `gradient` are dense height x width x channels, `parameters` as kernels.h has them at deform_forward.
#ifndef KERNELS_REFERENCE_AUGMENTATION_DEFORM_H
#define KERNELS_REFERENCE_AUGMENTATION_DEFORM_H

#include "kernels/kernels.h"

struct unit_shape {
    int height, width, channels;
};

static inline size_t unit_values(struct unit_shape shape)
{
    return (size_t)shape.height * (size_t)shape.width * (size_t)shape.channels;
}

static inline size_t unit_place(struct unit_shape shape, int row, int column, int channel)
{
    return ((size_t)row * (size_t)shape.width + (size_t)column) * (size_t)shape.channels + (size_t)channel;
}

// What blur and noise need besides: `space` holds unit_values() doubles a matrix.
enum { BLUR_RADIUS = 4, BLUR_TAPS = 2 * BLUR_RADIUS + 1, BLUR_SPACES = 3 };

void contrast_forward_reference(struct unit_shape shape, enum contrast_range range, const float *parameters,
                                const float *input, double *output);
// Each backward writes the parameters' gradients and, unless it is NULL, grad_input, from `gradient` = dL/dd.
void contrast_backward_reference(struct unit_shape shape, enum contrast_range range, const float *parameters,
                                 const float *input, const double *gradient, double *grad_input,
                                 double *grad_parameters);

void geometric_forward_reference(struct unit_shape shape, const float *parameters, const float *input, double *output);
void geometric_backward_reference(struct unit_shape shape, const float *parameters, const float *input,
                                  const double *gradient, double *grad_input, double *grad_parameters);

// `space`: BLUR_SPACES matrices.
void blur_forward_reference(struct unit_shape shape, const float *parameters, const float *input, double *space,
                            double *output);
void blur_backward_reference(struct unit_shape shape, const float *parameters, const float *input,
                             const double *gradient, double *space, double *grad_input, double *grad_parameters);

// Taps of a blur, and their derivatives with respect to sigma. Shared with kernels/cpu/augmentation.
struct blur_taps {
    double taps[BLUR_TAPS], slopes[BLUR_TAPS];
};
struct blur_taps blur_taps_of(double sigma);

#endif

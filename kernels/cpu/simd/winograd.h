// winograd.h: 3x3 convolutions of stride 1 by Winograd's algorithm F(m x m, 3 x 3): for each of (m + 2)^2 positions one
// product of matrices (tiles x channels in) (channels in x channels out) instead of 9 m^2: 4 times fewer multiplications
// for m = 4, 2.25 times for m = 2. Serves conv_forward, and conv_backward_data with the filter turned.
#ifndef KERNELS_CPU_SIMD_WINOGRAD_H
#define KERNELS_CPU_SIMD_WINOGRAD_H

#include "kernels/cpu/cpu.h"
#include "kernels/cpu/simd/vector.h"
#include "kernels/kernels.h"

struct winograd_convolution {
    int outputs;                     // m: 2 or 4
    int runs, images, height, width; // input and output alike
    int channels_in, channels_out;   // multiples of LANES
    bool backward;                   // the filter is channels_out x channels_in and applied turned by 180 degrees
    struct per_run filter;
    const void *input, *raw; // as in conv_forward (raw NULL) or conv_backward_data (the gradient and raw)
    struct per_run map;      // the prologue's affine map or coefficients
    const void *addend;      // may be NULL, may be the output
    const void *mask_input;  // NULL: no mask
    struct per_run mask_map;
    void *output;
    struct channel_sums *sums; // may be NULL; of (y, y * y), or with a mask of (y, y * mask_input); runs x channels_out
};

void ISA_NAME(winograd_convolve)(struct device *device, const struct winograd_convolution *convolution);

// conv_backward_filter by F(m x m, 3 x 3): the transpose of the forward algorithm in its filter.
void ISA_NAME(winograd_filter_gradient)(struct device *device, const struct conv_backward_filter *conv, int outputs);

#endif

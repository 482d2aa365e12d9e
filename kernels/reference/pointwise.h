// pointwise.h: what convolutions, pools and joins of the reference do to single values before and after their sums:
// prologue, mask, gradient coefficients, statistics.
//
// Every multiply-add here is one fmaf, rounded once to float32. The forward pass (prologue) and the backward pass (mask)
// evaluate the very same expression, so they agree on which units were open.
#ifndef KERNELS_REFERENCE_POINTWISE_H
#define KERNELS_REFERENCE_POINTWISE_H

#include <stdbool.h>
#include <stddef.h>

#include "kernels/device.h"
#include "kernels/reference/reference.h"

// relu(scale * x + shift) of channel `channel`, affine = scales, then shifts. NaN stays NaN, so that a run that
// diverges shows it.
float prologue_value(const float *affine, int channels, int channel, float x);
// Whether that relu lets a gradient through.
bool prologue_open(const float *affine, int channels, int channel, float x);

// The prologue over positions x channels values, written to `space`. affine NULL: returns `input` as it is.
const float *prologue_apply(const float *affine, const float *input, size_t positions, int channels, float *space);

// factor_gradient * gradient + factor_raw * raw + offset of channel `channel`.
float coefficients_value(const float *coefficients, int channels, int channel, float gradient, float raw);
// The same over positions x channels values, written to `space`. coefficients NULL: returns `gradient` as it is.
const float *coefficients_apply(const float *coefficients, const float *gradient, const float *raw, size_t positions,
                                int channels, float *space);

// Mean and sum of squared deviations per channel, in two passes.
void statistics_measure(const float *values, size_t positions, int channels, struct statistics_reference *records);
// Sums of g and of g * x per channel.
void statistics_sum_products(const float *gradient, const float *x, size_t positions, int channels,
                             struct statistics_reference *records);

#endif

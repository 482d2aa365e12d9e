// pointwise.c: see pointwise.h.
#include "kernels/reference/pointwise.h"

#include <math.h>

static float multiply_add(const float *affine, int channels, int channel, float x)
{
    return fmaf(affine[channel], x, affine[channels + channel]);
}

float prologue_value(const float *affine, int channels, int channel, float x)
{
    float value = multiply_add(affine, channels, channel, x);
    return value <= 0 ? 0 : value; // not "value > 0 ? value : 0", which would turn NaN into a harmless 0
}

bool prologue_open(const float *affine, int channels, int channel, float x)
{
    return multiply_add(affine, channels, channel, x) > 0;
}

const float *prologue_apply(const float *affine, const float *input, size_t positions, int channels, float *space)
{
    if (affine == NULL) return input;
    for (size_t position = 0; position < positions; position++)
        for (int channel = 0; channel < channels; channel++) {
            size_t at = position * (size_t)channels + (size_t)channel;
            space[at] = prologue_value(affine, channels, channel, input[at]);
        }
    return space;
}

float coefficients_value(const float *coefficients, int channels, int channel, float gradient, float raw)
{
    const float *factor_gradient = coefficients, *factor_raw = coefficients + channels;
    const float *offset = coefficients + 2 * (size_t)channels;
    return fmaf(factor_gradient[channel], gradient, fmaf(factor_raw[channel], raw, offset[channel]));
}

const float *coefficients_apply(const float *coefficients, const float *gradient, const float *raw, size_t positions,
                                int channels, float *space)
{
    if (coefficients == NULL) return gradient;
    for (size_t position = 0; position < positions; position++)
        for (int channel = 0; channel < channels; channel++) {
            size_t at = position * (size_t)channels + (size_t)channel;
            space[at] = coefficients_value(coefficients, channels, channel, gradient[at], raw[at]);
        }
    return space;
}

void statistics_measure(const float *values, size_t positions, int channels, struct statistics_reference *records)
{
    for (int channel = 0; channel < channels; channel++) {
        double sum = 0, squares = 0;
        for (size_t position = 0; position < positions; position++)
            sum += (double)values[position * (size_t)channels + (size_t)channel];
        double mean = sum / (double)positions;
        for (size_t position = 0; position < positions; position++) {
            double deviation = (double)values[position * (size_t)channels + (size_t)channel] - mean;
            squares += deviation * deviation;
        }
        records[channel] = (struct statistics_reference){mean, squares};
    }
}

void statistics_sum_products(const float *gradient, const float *x, size_t positions, int channels,
                             struct statistics_reference *records)
{
    for (int channel = 0; channel < channels; channel++) {
        double sum = 0, products = 0;
        for (size_t position = 0; position < positions; position++) {
            size_t at = position * (size_t)channels + (size_t)channel;
            sum += (double)gradient[at];
            products += (double)gradient[at] * (double)x[at];
        }
        records[channel] = (struct statistics_reference){sum, products};
    }
}

// deform_contrast.c: scale and shift about the mean of each channel.
#include <math.h>

#include "kernels/reference/augmentation/deform.h"

static double channel_mean(struct unit_shape shape, const float *input, int channel)
{
    double sum = 0;
    for (size_t i = (size_t)channel; i < unit_values(shape); i += (size_t)shape.channels) sum += (double)input[i];
    return sum / ((double)shape.height * shape.width);
}

static double limited(enum contrast_range range, double value)
{
    switch (range) {
    case CONTRAST_RANGE_CLAMP: return value < 0 ? 0 : value > 1 ? 1 : value;
    case CONTRAST_RANGE_FOLD: return fabs(value - 2 * rint(value / 2));
    case CONTRAST_RANGE_LINEAR: break;
    }
    return value;
}

static double slope(enum contrast_range range, double value)
{
    switch (range) {
    case CONTRAST_RANGE_CLAMP: return value < 0 || value > 1 ? 0 : 1;
    case CONTRAST_RANGE_FOLD: return fmod(floor(value), 2) == 0 ? 1 : -1;
    case CONTRAST_RANGE_LINEAR: break;
    }
    return 1;
}

void contrast_forward_reference(struct unit_shape shape, enum contrast_range range, const float *parameters,
                                const float *input, double *output)
{
    const double scale = (double)parameters[0], shift = (double)parameters[1];
    for (int channel = 0; channel < shape.channels; channel++) {
        const double mean = channel_mean(shape, input, channel);
        for (size_t i = (size_t)channel; i < unit_values(shape); i += (size_t)shape.channels)
            output[i] = limited(range, ((double)input[i] - mean) * scale + mean + shift);
    }
}

// With h = gradient * slope: scale * h + (1 - scale) * mean of h for the input, sum of h * (x - mean) for the scale, sum of
// h for the shift.
void contrast_backward_reference(struct unit_shape shape, enum contrast_range range, const float *parameters,
                                 const float *input, const double *gradient, double *grad_input,
                                 double *grad_parameters)
{
    const double scale = (double)parameters[0], shift = (double)parameters[1];
    grad_parameters[0] = grad_parameters[1] = 0;
    for (int channel = 0; channel < shape.channels; channel++) {
        const size_t first = (size_t)channel, step = (size_t)shape.channels, end = unit_values(shape);
        const double mean = channel_mean(shape, input, channel);
        double sum = 0;
        for (size_t i = first; i < end; i += step) {
            const double deviation = (double)input[i] - mean;
            const double h = gradient[i] * slope(range, deviation * scale + mean + shift);
            sum += h;
            grad_parameters[0] += h * deviation;
            if (grad_input != NULL) grad_input[i] = scale * h;
        }
        grad_parameters[1] += sum;
        const double rest = (1 - scale) * sum / ((double)shape.height * shape.width);
        for (size_t i = first; grad_input != NULL && i < end; i += step) grad_input[i] += rest;
    }
}

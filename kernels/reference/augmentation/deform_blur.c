// deform_blur.c: a Gaussian of nine taps along rows, then along columns.
#include <math.h>

#include "kernels/reference/augmentation/deform.h"

// The derivative of a tap is tap * (i^2 - mean of i^2) / sigma^3: that of the normalisation is the mean.
struct blur_taps blur_taps_of(double sigma)
{
    struct blur_taps taps;
    double sum = 0, squares = 0;
    for (int i = -BLUR_RADIUS; i <= BLUR_RADIUS; i++) {
        const double weight = exp(-(double)(i * i) / (2 * sigma * sigma));
        taps.taps[i + BLUR_RADIUS] = weight;
        sum += weight;
        squares += weight * i * i;
    }
    for (int i = -BLUR_RADIUS; i <= BLUR_RADIUS; i++) {
        double *tap = &taps.taps[i + BLUR_RADIUS];
        *tap /= sum;
        taps.slopes[i + BLUR_RADIUS] = *tap * (i * i - squares / sum) / (sigma * sigma * sigma);
    }
    return taps;
}

static int reflect(int index, int size)
{
    return index < 0 ? -index : index >= size ? 2 * (size - 1) - index : index;
}

enum direction { ALONG_ROWS, ALONG_COLUMNS };

// Where tap `tap` reads for an output pixel.
static size_t tap_place(struct unit_shape shape, enum direction direction, int row, int column, int channel, int tap)
{
    const int shift = tap - BLUR_RADIUS;
    if (direction == ALONG_ROWS) return unit_place(shape, row, reflect(column + shift, shape.width), channel);
    return unit_place(shape, reflect(row + shift, shape.height), column, channel);
}

static void filter(struct unit_shape shape, enum direction direction, const double taps[BLUR_TAPS], const double *input,
                   double *output)
{
    for (int row = 0; row < shape.height; row++)
        for (int column = 0; column < shape.width; column++)
            for (int channel = 0; channel < shape.channels; channel++) {
                double sum = 0;
                for (int tap = 0; tap < BLUR_TAPS; tap++)
                    sum += taps[tap] * input[tap_place(shape, direction, row, column, channel, tap)];
                *output++ = sum;
            }
}

// The transpose of filter.
static void spread(struct unit_shape shape, enum direction direction, const double taps[BLUR_TAPS],
                   const double *gradient, double *output)
{
    for (size_t i = 0; i < unit_values(shape); i++) output[i] = 0;
    for (int row = 0; row < shape.height; row++)
        for (int column = 0; column < shape.width; column++)
            for (int channel = 0; channel < shape.channels; channel++, gradient++)
                for (int tap = 0; tap < BLUR_TAPS; tap++)
                    output[tap_place(shape, direction, row, column, channel, tap)] += taps[tap] * *gradient;
}

static void widen(struct unit_shape shape, const float *input, double *output)
{
    for (size_t i = 0; i < unit_values(shape); i++) output[i] = (double)input[i];
}

void blur_forward_reference(struct unit_shape shape, const float *parameters, const float *input, double *space,
                            double *output)
{
    const struct blur_taps taps = blur_taps_of((double)parameters[0]);
    double *rows = space + unit_values(shape);
    widen(shape, input, space);
    filter(shape, ALONG_ROWS, taps.taps, space, rows);
    filter(shape, ALONG_COLUMNS, taps.taps, rows, output);
}

// Two ways in which sigma acts: with the row filter differentiated, and with the column filter.
static double sigma_gradient(struct unit_shape shape, const struct blur_taps *taps, const double *gradient,
                             double *space)
{
    double *rows = space + unit_values(shape), *both = space + 2 * unit_values(shape), sum = 0;
    for (int way = 0; way < 2; way++) {
        filter(shape, ALONG_ROWS, way == 0 ? taps->slopes : taps->taps, space, rows);
        filter(shape, ALONG_COLUMNS, way == 0 ? taps->taps : taps->slopes, rows, both);
        for (size_t i = 0; i < unit_values(shape); i++) sum += gradient[i] * both[i];
    }
    return sum;
}

void blur_backward_reference(struct unit_shape shape, const float *parameters, const float *input,
                             const double *gradient, double *space, double *grad_input, double *grad_parameters)
{
    const struct blur_taps taps = blur_taps_of((double)parameters[0]);
    widen(shape, input, space);
    grad_parameters[0] = sigma_gradient(shape, &taps, gradient, space);
    if (grad_input == NULL) return;
    spread(shape, ALONG_COLUMNS, taps.taps, gradient, space);
    spread(shape, ALONG_ROWS, taps.taps, space, grad_input);
}

// contrast.c: scale and shift about the mean of each channel, blended by the gate.
// Bound     two passes over the image forwards, three backwards, from the first-level cache.
#include <math.h>

#include "kernels/cpu/augmentation/augmentation.h"

// totals[channel] = sum of the partial sums of its columns.
static void sum_channels(struct unit_shape shape, const float *partial, double totals[4])
{
    for (int channel = 0; channel < shape.channels; channel++) {
        totals[channel] = 0;
        for (int i = channel; i < row_values(shape); i += shape.channels) totals[channel] += (double)partial[i];
    }
}

// values[i] = per-channel number of column i.
static void spread_channels(struct unit_shape shape, const double totals[4], double factor, float *values)
{
    for (int i = 0; i < row_values(shape); i++) values[i] = (float)(factor * totals[i % shape.channels]);
}

// `means`, one a column of a row, by way of partial sums in the same place.
static void find_means(const struct deform_image *image, float *restrict means)
{
    const int values = row_values(image->shape);
    const float *restrict input = image->input;
    double totals[4] = {0};
    memset(means, 0, (size_t)values * sizeof *means);
    for (int row = 0; row < image->shape.height; row++, input += values)
        for (int i = 0; i < values; i++) means[i] += input[i];
    sum_channels(image->shape, means, totals);
    spread_channels(image->shape, totals, 1.0 / (image->shape.height * image->shape.width), means);
}

// No comparison hangs on another: vectors take both.
static inline float limited(enum contrast_range range, float value)
{
    const float above = value < 0 ? 0 : value;
    if (range == CONTRAST_RANGE_CLAMP) return above > 1 ? 1 : above;
    if (range == CONTRAST_RANGE_FOLD) return fabsf(value - 2 * rintf(value / 2));
    return value;
}

// floor(value) is even where twice the floor of the half is the same.
static inline float slope(enum contrast_range range, float value)
{
    const float below = value < 0 ? 0 : 1, above = value > 1 ? 0 : 1;
    if (range == CONTRAST_RANGE_CLAMP) return below * above;
    if (range == CONTRAST_RANGE_FOLD) return floorf(value) == 2 * floorf(value / 2) ? 1 : -1;
    return 1;
}

static inline __attribute__((always_inline)) void forward(const struct deform_image *image, enum contrast_range range,
                                                          float *restrict output)
{
    const int values = row_values(image->shape);
    const float scale = image->parameters[0], shift = image->parameters[1], gate = image->gate;
    const float *restrict input = image->input, *restrict means = image->space;
    for (int row = 0; row < image->shape.height; row++, input += values, output += values)
#pragma omp simd
        for (int i = 0; i < values; i++) {
            const float deformed = limited(range, (input[i] - means[i]) * scale + means[i] + shift);
            output[i] = gate * deformed + (1 - gate) * input[i];
        }
}

void ISA_NAME(contrast_forward)(const struct deform_image *image, float *output)
{
    find_means(image, image->space);
    switch (image->range) {
    case CONTRAST_RANGE_CLAMP: forward(image, CONTRAST_RANGE_CLAMP, output); break;
    case CONTRAST_RANGE_LINEAR: forward(image, CONTRAST_RANGE_LINEAR, output); break;
    case CONTRAST_RANGE_FOLD: forward(image, CONTRAST_RANGE_FOLD, output); break;
    }
}

// Partial sums, one a column: of h, of h * (x - mean), and of g * (d - x), where g is the gradient and h = g * slope.
struct sums {
    float *slopes, *deviations, *gates;
};

static inline __attribute__((always_inline)) void backward(const struct deform_image *image,
                                                           const struct deform_slopes *slopes,
                                                           enum contrast_range range, struct sums sums)
{
    const int values = row_values(image->shape);
    const float scale = image->parameters[0], shift = image->parameters[1];
    const float *restrict input = image->input, *restrict gradient = slopes->grad_output;
    const float *restrict means = image->space;
    float *restrict slope_sums = sums.slopes, *restrict deviation_sums = sums.deviations,
                    *restrict gate_sums = sums.gates;
    for (int row = 0; row < image->shape.height; row++, input += values, gradient += values)
#pragma omp simd // inlined, the pointers are no longer known to be apart
        for (int i = 0; i < values; i++) {
            const float deviation = input[i] - means[i], value = deviation * scale + means[i] + shift;
            const float h = gradient[i] * slope(range, value);
            slope_sums[i] += h;
            deviation_sums[i] += h * deviation;
            gate_sums[i] += gradient[i] * (limited(range, value) - input[i]);
        }
}

// grad_input = gate * (scale * h + rest) + (1 - gate) * g
static inline __attribute__((always_inline)) void backward_input(const struct deform_image *image,
                                                                 const struct deform_slopes *slopes,
                                                                 enum contrast_range range, const float *restrict rest)
{
    const int values = row_values(image->shape);
    const float scale = image->parameters[0], shift = image->parameters[1], gate = image->gate;
    const float *restrict input = image->input, *restrict gradient = slopes->grad_output;
    const float *restrict means = image->space;
    float *restrict grad_input = slopes->grad_input;
    for (int row = 0; row < image->shape.height; row++, input += values, gradient += values, grad_input += values)
#pragma omp simd
        for (int i = 0; i < values; i++) {
            const float value = (input[i] - means[i]) * scale + means[i] + shift;
            const float h = gradient[i] * slope(range, value);
            grad_input[i] = gate * (scale * h + rest[i]) + (1 - gate) * gradient[i];
        }
}

static void backward_sums(const struct deform_image *image, const struct deform_slopes *slopes, struct sums sums)
{
    switch (image->range) {
    case CONTRAST_RANGE_CLAMP: backward(image, slopes, CONTRAST_RANGE_CLAMP, sums); break;
    case CONTRAST_RANGE_LINEAR: backward(image, slopes, CONTRAST_RANGE_LINEAR, sums); break;
    case CONTRAST_RANGE_FOLD: backward(image, slopes, CONTRAST_RANGE_FOLD, sums); break;
    }
}

static void backward_inputs(const struct deform_image *image, const struct deform_slopes *slopes, const float *rest)
{
    switch (image->range) {
    case CONTRAST_RANGE_CLAMP: backward_input(image, slopes, CONTRAST_RANGE_CLAMP, rest); break;
    case CONTRAST_RANGE_LINEAR: backward_input(image, slopes, CONTRAST_RANGE_LINEAR, rest); break;
    case CONTRAST_RANGE_FOLD: backward_input(image, slopes, CONTRAST_RANGE_FOLD, rest); break;
    }
}

void ISA_NAME(contrast_backward)(const struct deform_image *image, const struct deform_slopes *slopes)
{
    const int values = row_values(image->shape);
    const double gate = (double)image->gate, pixels = (double)image->shape.height * image->shape.width;
    float *space = image->space + values;
    const struct sums sums = {space, space + values, space + 2 * (size_t)values};
    double totals[4] = {0};
    find_means(image, image->space);
    memset(space, 0, 3 * (size_t)values * sizeof *space);
    backward_sums(image, slopes, sums);
    slopes->grad_parameters[0] = (float)(gate * add_up(sums.deviations, values));
    slopes->grad_parameters[1] = (float)(gate * add_up(sums.slopes, values));
    if (slopes->grad_gate != NULL) *slopes->grad_gate = (float)add_up(sums.gates, values);
    if (slopes->grad_input == NULL) return;
    sum_channels(image->shape, sums.slopes, totals);
    spread_channels(image->shape, totals, (1 - (double)image->parameters[0]) / pixels, sums.gates);
    backward_inputs(image, slopes, sums.gates);
}

// unit_images.c: bytes become images in [0, 1], these become activations, and gradients come back.
// Bound     memory: 5 bytes a value; 4 and an activation; 8 and one or two activations.
// Parallel  over images.
#include "kernels/cpu/augmentation/augmentation.h"
#include "kernels/device.h"

void ISA_NAME(image_to_unit)(struct device *device, const void *settings)
{
    const struct image_to_unit *unit = settings;
    const int64_t images = (int64_t)unit->runs * unit->images;
    const int64_t values = (int64_t)unit->height * unit->width * unit->channels;
#pragma omp parallel for num_threads(device->threads) schedule(static)
    for (int64_t image = 0; image < images; image++) {
        const uint8_t *restrict input = unit->input + image * values;
        float *restrict output = unit->output + image * values;
        for (int64_t i = 0; i < values; i++) output[i] = (float)input[i] / 255;
    }
}

// NaN stays NaN, so that a diverged model shows. v - 0.5 rounds once, doubling is exact.
static inline vector activated(vector value)
{
    const vector zero = {0}, one = zero + 1;
    value = (vector)((vector_bits)value & ~(value < zero));
    value = (vector)(((vector_bits)value & ~(value > one)) | ((vector_bits)one & (value > one)));
    return (value - 0.5F) * 2;
}

static void activate_image(const float *input, int64_t values, activation *output)
{
    int64_t i = 0;
    for (; i + LANES <= values; i += LANES) activation_store(output + i, activated(vector_load(input + i)));
    for (; i < values; i++) output[i] = activation_of(activated(vector_broadcast(input[i]))[0]);
}

void ISA_NAME(unit_to_activation)(struct device *device, const void *settings)
{
    const struct unit_to_activation *unit = settings;
    const int64_t images = (int64_t)unit->runs * unit->images;
    const int64_t values = (int64_t)unit->height * unit->width * unit->channels;
    activation *output = unit->output;
#pragma omp parallel for num_threads(device->threads) schedule(static)
    for (int64_t image = 0; image < images; image++)
        activate_image(unit->input + image * values, values, output + image * values);
}

// 0 where the input lies outside [0, 1].
static inline vector masked(vector input, vector gradient)
{
    const vector zero = {0}, one = zero + 1;
    return (vector)((vector_bits)(2 * gradient) & ~((input < zero) | (input > one)));
}

static void differentiate_image(const float *input, const activation *gradient, const activation *second, float weight,
                                int64_t values, float *grad_input)
{
    int64_t i = 0;
    for (; i + LANES <= values; i += LANES) {
        vector sum = activation_load(gradient + i);
        if (second != NULL) sum += weight * activation_load(second + i);
        vector_store(grad_input + i, masked(vector_load(input + i), sum));
    }
    for (; i < values; i++) {
        float sum = activation_value(gradient[i]);
        if (second != NULL) sum += weight * activation_value(second[i]);
        grad_input[i] = masked(vector_broadcast(input[i]), vector_broadcast(sum))[0];
    }
}

void ISA_NAME(unit_to_activation_backward)(struct device *device, const void *settings)
{
    const struct unit_to_activation_backward *unit = settings;
    const int64_t images = (int64_t)unit->runs * unit->images;
    const int64_t values = (int64_t)unit->height * unit->width * unit->channels;
    const activation *gradient = unit->gradient, *second = unit->second;
#pragma omp parallel for num_threads(device->threads) schedule(static)
    for (int64_t image = 0; image < images; image++)
        differentiate_image(unit->input + image * values, gradient + image * values,
                            second == NULL ? NULL : second + image * values, unit->second_weight, values,
                            unit->grad_input + image * values);
}

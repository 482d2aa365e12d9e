// unit_images.c: bytes become images in [0, 1], these become activations, and gradients come back.
#include "kernels/reference/reference.h"

static size_t value_count(int runs, int images, int height, int width, int channels)
{
    return (size_t)runs * (size_t)images * (size_t)height * (size_t)width * (size_t)channels;
}

void image_to_unit_reference(struct device *device, const void *settings)
{
    (void)device;
    const struct image_to_unit *unit = settings;
    const size_t count = value_count(unit->runs, unit->images, unit->height, unit->width, unit->channels);
    for (size_t i = 0; i < count; i++) unit->output[i] = (float)(unit->input[i] / 255.0);
}

// NaN stays NaN, so that a diverged model shows.
void unit_to_activation_reference(struct device *device, const void *settings)
{
    (void)device;
    const struct unit_to_activation *unit = settings;
    const size_t count = value_count(unit->runs, unit->images, unit->height, unit->width, unit->channels);
    float *output = unit->output;
    for (size_t i = 0; i < count; i++) {
        const double value = (double)unit->input[i];
        output[i] = (float)(((value < 0 ? 0 : value > 1 ? 1 : value) - 0.5) / 0.5);
    }
}

void unit_to_activation_backward_reference(struct device *device, const void *settings)
{
    (void)device;
    const struct unit_to_activation_backward *unit = settings;
    const size_t count = value_count(unit->runs, unit->images, unit->height, unit->width, unit->channels);
    const float *gradient = unit->gradient, *second = unit->second;
    for (size_t i = 0; i < count; i++) {
        double sum = (double)gradient[i];
        if (second != NULL) sum += (double)unit->second_weight * (double)second[i];
        unit->grad_input[i] = unit->input[i] < 0 || unit->input[i] > 1 ? 0 : (float)(2 * sum);
    }
}

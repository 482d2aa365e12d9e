// image_normalise.c: bytes become activations.
#include "kernels/reference/reference.h"

void image_normalise_reference(struct device *device, const void *settings)
{
    (void)device;
    const struct image_normalise *normalise = settings;
    const size_t images = (size_t)normalise->runs * (size_t)normalise->images;
    const size_t count = images * (size_t)normalise->height * (size_t)normalise->width * (size_t)normalise->channels;
    float *output = normalise->output;
    for (size_t i = 0; i < count; i++) output[i] = (float)((normalise->input[i] / 255.0 - 0.5) / 0.5);
}

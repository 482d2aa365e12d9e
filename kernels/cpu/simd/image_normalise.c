// image_normalise.c: bytes become activations, through a table.
// Bound     memory: 1 byte in, one activation out per value.
#include "kernels/cpu/simd/operations.h"
#include "kernels/device.h"

void ISA_NAME(image_normalise)(struct device *device, const void *settings)
{
    const struct image_normalise *normalise = settings;
    const int64_t images = (int64_t)normalise->runs * normalise->images;
    const int64_t count = images * normalise->height * normalise->width * normalise->channels;
    activation *output = normalise->output, values[256];
    for (int byte = 0; byte < 256; byte++) values[byte] = activation_of((float)((byte / 255.0 - 0.5) / 0.5));
#pragma omp parallel for num_threads(device->threads) schedule(static)
    for (int64_t i = 0; i < count; i++) output[i] = values[normalise->input[i]];
}

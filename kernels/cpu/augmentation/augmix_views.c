// augmix_views.c: AugMix's mixtures of this instruction set, a share of the images for every thread.
// Bound     the chains' operations (augmix.c), twelve an image on average; mixing is 4 bytes in and one activation out a
//           value, in float32: an error of a few roundings against the reference's double.
#include "kernels/cpu/augmentation/augmentation.h"
#include "kernels/device.h"
#include "kernels/host_augmix.h"

static void store_values(const float *values, activation *output)
{
    for (int i = 0; i < PICTURE_BYTES; i += LANES) activation_store(output + i, vector_load(values + i));
}

// The very numbers of image_normalise.
static void normalise(const uint8_t image[PICTURE_BYTES], void *activations)
{
    activation *output = activations, values[256];
    for (int byte = 0; byte < 256; byte++) values[byte] = activation_of((float)((byte / 255.0 - 0.5) / 0.5));
    for (int i = 0; i < PICTURE_BYTES; i++) output[i] = values[image[i]];
}

// N is affine and the chains' weights add up to 1 but for a rounding, so bytes are mixed and the mixture is normalised,
// with the weights' own sum.
static void mix(const struct augmix_mixture *mixture, const uint8_t image[PICTURE_BYTES], augmix_chains chains,
                void *activations)
{
    const float rest = 1 - mixture->mix;
    const float first = mixture->mix * mixture->weights[0], second = mixture->mix * mixture->weights[1];
    const float third = mixture->mix * mixture->weights[2], offset = rest + (first + second + third);
    const uint8_t *restrict a = chains[0], *restrict b = chains[1], *restrict c = chains[2];
    float values[PICTURE_BYTES];
    for (int i = 0; i < PICTURE_BYTES; i++)
        values[i] = (rest * image[i] + (first * a[i] + second * b[i] + third * c[i])) * (2 / 255.0F) - offset;
    store_values(values, activations);
}

const struct augmix_functions ISA_NAME(augmix_functions) = {
    .name = "cpu-" ISA_TEXT,
    .activation_bytes = sizeof(activation),
    .apply = ISA_NAME(augmix_apply),
    .normalise = normalise,
    .mix = mix,
};

void ISA_NAME(augmix_views)(struct device *device, const void *settings)
{
    host_augmix_views(device, settings, &ISA_NAME(augmix_functions), device->threads);
}

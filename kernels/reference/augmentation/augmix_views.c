// augmix_views.c: the reference's mixtures, in double, rounded once.
#include "kernels/host_augmix.h"
#include "kernels/reference/augmentation/augmix.h"
#include "kernels/reference/reference.h"

static double normalised(uint8_t byte)
{
    return (byte / 255.0 - 0.5) / 0.5;
}

static void normalise(const uint8_t image[PICTURE_BYTES], void *activations)
{
    float *output = activations;
    for (int i = 0; i < PICTURE_BYTES; i++) output[i] = (float)normalised(image[i]);
}

static void mix(const struct augmix_mixture *mixture, const uint8_t image[PICTURE_BYTES], augmix_chains chains,
                void *activations)
{
    float *output = activations;
    const double share = (double)mixture->mix;
    for (int i = 0; i < PICTURE_BYTES; i++) {
        double sum = 0;
        for (int chain = 0; chain < AUGMIX_WIDTH; chain++)
            sum += (double)mixture->weights[chain] * normalised(chains[chain][i]);
        output[i] = (float)((1 - share) * normalised(image[i]) + share * sum);
    }
}

const struct augmix_functions augmix_functions_reference = {
    .name = "reference",
    .activation_bytes = sizeof(float),
    .apply = augmix_apply_reference,
    .normalise = normalise,
    .mix = mix,
};

void augmix_views_reference(struct device *device, const void *settings)
{
    host_augmix_views(device, settings, &augmix_functions_reference, 1);
}

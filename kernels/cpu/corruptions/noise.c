// noise.c: Gaussian, shot and impulse noise: loops that the compiler turns into vectors.
#include "kernels/cpu/corruptions/corruptions.h"

void ISA_NAME(gaussian_noise)(int severity, const struct gaussian_noise_draw *draw, const uint8_t *image,
                              uint8_t *restrict output)
{
    const double deviation = gaussian_noise_deviations[severity - 1];
    for (int i = 0; i < PICTURE_BYTES; i++)
        output[i] = picture_byte(image[i] / 255.0 + deviation * (double)draw->normal[i]);
}

void ISA_NAME(shot_noise)(int severity, const struct shot_noise_draw *draw, uint8_t *restrict output)
{
    const double scale = shot_noise_scales[severity - 1];
    for (int i = 0; i < PICTURE_BYTES; i++) output[i] = picture_byte(draw->counts[i] / scale);
}

// Salt sets all bits, pepper clears them.
void ISA_NAME(impulse_noise)(const struct impulse_noise_draw *draw, const uint8_t *image, uint8_t *restrict output)
{
    for (int i = 0; i < PICTURE_BYTES; i++) {
        const uint8_t kept = draw->codes[i] == IMPULSE_KEEP ? image[i] : 0;
        output[i] = draw->codes[i] == IMPULSE_SALT ? 255 : kept;
    }
}

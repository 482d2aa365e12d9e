// noise.c: Gaussian, shot and impulse noise, byte by byte.
#include "kernels/reference/corruptions/corruptions.h"

void gaussian_noise_reference(int severity, const struct gaussian_noise_draw *draw, const uint8_t *image,
                              uint8_t *output)
{
    const double deviation = gaussian_noise_deviations[severity - 1];
    for (int i = 0; i < PICTURE_BYTES; i++)
        output[i] = picture_byte(image[i] / 255.0 + deviation * (double)draw->normal[i]);
}

// The picture's share is in the counts.
void shot_noise_reference(int severity, const struct shot_noise_draw *draw, uint8_t *output)
{
    const double scale = shot_noise_scales[severity - 1];
    for (int i = 0; i < PICTURE_BYTES; i++) output[i] = picture_byte(draw->counts[i] / scale);
}

void impulse_noise_reference(const struct impulse_noise_draw *draw, const uint8_t *image, uint8_t *output)
{
    for (int i = 0; i < PICTURE_BYTES; i++)
        output[i] = draw->codes[i] == IMPULSE_SALT ? 255 : draw->codes[i] == IMPULSE_PEPPER ? 0 : image[i];
}

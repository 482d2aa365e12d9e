// functions.c: the reference's corruptions by kind.
#include "kernels/corruption_functions.h"
#include "kernels/reference/corruptions/corruptions.h"

static struct status apply(enum corruption_kind kind, int severity, const union corruption_draw *draw,
                           const uint8_t *image, uint8_t *output)
{
    switch (kind) {
    case CORRUPTION_GAUSSIAN_NOISE: gaussian_noise_reference(severity, &draw->gaussian_noise, image, output); break;
    case CORRUPTION_SHOT_NOISE: shot_noise_reference(severity, &draw->shot_noise, output); break;
    case CORRUPTION_IMPULSE_NOISE: impulse_noise_reference(&draw->impulse_noise, image, output); break;
    case CORRUPTION_BRIGHTNESS: brightness_reference(severity, image, output); break;
    case CORRUPTION_CONTRAST: contrast_reference(severity, image, output); break;
    case CORRUPTION_ELASTIC_TRANSFORM:
        elastic_transform_reference(severity, &draw->elastic_transform, image, output);
        break;
    case CORRUPTION_DEFOCUS_BLUR: defocus_blur_reference(severity, image, output); break;
    case CORRUPTION_GLASS_BLUR: glass_blur_reference(severity, &draw->glass_blur, image, output); break;
    case CORRUPTION_MOTION_BLUR: motion_blur_reference(severity, &draw->motion_blur, image, output); break;
    case CORRUPTION_ZOOM_BLUR: zoom_blur_reference(severity, image, output); break;
    case CORRUPTION_SNOW: snow_reference(severity, &draw->snow, image, output); break;
    case CORRUPTION_FROST: frost_reference(severity, &draw->frost, image, output); break;
    case CORRUPTION_FOG: fog_reference(severity, &draw->fog, image, output); break;
    case CORRUPTION_PIXELATE: pixelate_reference(severity, image, output); break;
    case CORRUPTION_JPEG_COMPRESSION: return jpeg_compression_reference(severity, image, output);
    case CORRUPTION_COUNT: break;
    }
    return status_ok();
}

const struct corruption_functions corruption_functions_reference = {
    .name = "reference",
    .draw = corruption_draw,
    .apply = apply,
    .elastic_warp = elastic_warp_reference,
    .elastic_displacement = elastic_displacement_reference,
    .glass_blur_stages = glass_blur_stages_reference,
    .snow_layers = snow_layers_reference,
    .fog_plasma = fog_plasma_reference,
};

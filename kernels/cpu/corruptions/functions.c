// functions.c: the corruptions of one instruction set by kind.
#include <string.h>

#include "kernels/corruption_functions.h"
#include "kernels/cpu/corruptions/corruptions.h"

// The functions read the picture while they write: it is copied first, 3 KB.
static struct status apply(enum corruption_kind kind, int severity, const union corruption_draw *draw,
                           const uint8_t *image, uint8_t *output)
{
    uint8_t copy[PICTURE_BYTES];
    memcpy(copy, image, sizeof copy);
    switch (kind) {
    case CORRUPTION_GAUSSIAN_NOISE: ISA_NAME(gaussian_noise)(severity, &draw->gaussian_noise, copy, output); break;
    case CORRUPTION_SHOT_NOISE: ISA_NAME(shot_noise)(severity, &draw->shot_noise, output); break;
    case CORRUPTION_IMPULSE_NOISE: ISA_NAME(impulse_noise)(&draw->impulse_noise, copy, output); break;
    case CORRUPTION_BRIGHTNESS: ISA_NAME(brightness)(severity, copy, output); break;
    case CORRUPTION_CONTRAST: ISA_NAME(contrast)(severity, copy, output); break;
    case CORRUPTION_ELASTIC_TRANSFORM:
        ISA_NAME(elastic_transform)(severity, &draw->elastic_transform, copy, output);
        break;
    case CORRUPTION_DEFOCUS_BLUR: ISA_NAME(defocus_blur)(severity, copy, output); break;
    case CORRUPTION_GLASS_BLUR: ISA_NAME(glass_blur)(severity, &draw->glass_blur, copy, output); break;
    case CORRUPTION_MOTION_BLUR: ISA_NAME(motion_blur)(severity, &draw->motion_blur, copy, output); break;
    case CORRUPTION_ZOOM_BLUR: ISA_NAME(zoom_blur)(severity, copy, output); break;
    case CORRUPTION_SNOW: ISA_NAME(snow)(severity, &draw->snow, copy, output); break;
    case CORRUPTION_FROST: ISA_NAME(frost)(severity, &draw->frost, copy, output); break;
    case CORRUPTION_FOG: ISA_NAME(fog)(severity, &draw->fog, copy, output); break;
    case CORRUPTION_PIXELATE: ISA_NAME(pixelate)(severity, copy, output); break;
    case CORRUPTION_JPEG_COMPRESSION: ISA_NAME(jpeg_compression)(severity, copy, output); break;
    case CORRUPTION_COUNT: break;
    }
    return status_ok();
}

const struct corruption_functions ISA_NAME(corruption_functions) = {
    .name = "cpu-" ISA_TEXT,
    .draw = ISA_NAME(corruption_draw),
    .apply = apply,
    .elastic_warp = ISA_NAME(elastic_warp),
    .elastic_displacement = ISA_NAME(elastic_displacement),
    .glass_blur_stages = ISA_NAME(glass_blur_stages),
    .snow_layers = ISA_NAME(snow_layers),
    .fog_plasma = ISA_NAME(fog_plasma),
};

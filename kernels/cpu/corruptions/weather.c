// weather.c: snow, frost and fog.
#include <math.h>
#include <string.h>

#include "kernels/cpu/corruptions/corruptions.h"
#include "kernels/reference/corruptions/corruptions.h"

void ISA_NAME(snow_layers)(int severity, const struct snow_draw *draw, uint8_t *flakes, uint8_t *falling)
{
    const struct snow_settings *settings = &snow_settings[severity - 1];
    const struct zoom_geometry *zoom = &ISA_NAME(corruption_tables)()->snow_zooms[severity - 1];
    const struct motion_kernel kernel =
        motion_kernel_turn(ISA_NAME(corruption_tables)()->snow_motion[severity - 1], draw->angle_degrees);
    double zoomed[PICTURE_PIXELS];
    zoom_reference(zoom, 1, draw->normal, zoomed);
    for (int i = 0; i < PICTURE_PIXELS; i++) flakes[i] = picture_byte(zoomed[i] < settings->threshold ? 0 : zoomed[i]);
    ISA_NAME(motion_filter)(&kernel, 1, flakes, falling);
}

// [float32] See the reference: the grey value's multiply-adds are fused on every instruction set, nothing else is.
static void snow_whiten(double mix, const uint8_t *restrict image, float *restrict whitened)
{
    const float keep = (float)mix, add = (float)(1 - mix);
    float planes[3][PICTURE_PIXELS];
    for (int i = 0; i < PICTURE_PIXELS; i++)
        for (int c = 0; c < 3; c++) planes[c][i] = (float)image[3 * i + c] / 255;
    for (int i = 0; i < PICTURE_PIXELS; i++) {
        const float grey =
            __builtin_fmaf(0.114F, planes[2][i], __builtin_fmaf(0.587F, planes[1][i], 0.299F * planes[0][i]));
        const float bright = grey * 1.5F + 0.5F;
        for (int c = 0; c < 3; c++)
            planes[c][i] = keep * planes[c][i] + add * (planes[c][i] > bright ? planes[c][i] : bright);
    }
    for (int i = 0; i < PICTURE_PIXELS; i++)
        for (int c = 0; c < 3; c++) whitened[3 * i + c] = planes[c][i];
}

void ISA_NAME(snow)(int severity, const struct snow_draw *draw, const uint8_t *image, uint8_t *restrict output)
{
    uint8_t flakes[PICTURE_PIXELS], falling[PICTURE_PIXELS];
    float whitened[PICTURE_BYTES];
    double layer[PICTURE_BYTES], turned[PICTURE_BYTES];
    ISA_NAME(snow_layers)(severity, draw, flakes, falling);
    snow_whiten(snow_settings[severity - 1].mix, image, whitened);
    for (int i = 0; i < PICTURE_PIXELS; i++)
        for (int c = 0; c < 3; c++) {
            layer[3 * i + c] = falling[i] / 255.0;
            turned[3 * (PICTURE_PIXELS - 1 - i) + c] = falling[i] / 255.0;
        }
    for (int i = 0; i < PICTURE_BYTES; i++) output[i] = picture_byte((double)whitened[i] + layer[i] + turned[i]);
}

void ISA_NAME(frost)(int severity, const struct frost_draw *draw, const uint8_t *image, uint8_t *restrict output)
{
    const double picture_share = frost_settings[severity - 1].picture_share;
    const double frost_share = frost_settings[severity - 1].frost_share;
    for (int i = 0; i < PICTURE_BYTES; i++) {
        const double sum = picture_share * image[i] + frost_share * draw->crop[i];
        output[i] = (uint8_t)(sum > 255 ? 255 : sum);
    }
}

void ISA_NAME(fog_plasma)(int severity, const struct fog_draw *draw, double *plasma)
{
    fog_plasma_reference(severity, draw, plasma);
}

void ISA_NAME(fog)(int severity, const struct fog_draw *draw, const uint8_t *image, uint8_t *restrict output)
{
    const double amount = fog_settings[severity - 1].amount;
    double plasma[PICTURE_PIXELS], spread[PICTURE_BYTES];
    uint8_t brightest = 0;
    fog_plasma_reference(severity, draw, plasma);
    for (int i = 0; i < PICTURE_BYTES; i++) brightest = image[i] > brightest ? image[i] : brightest;
    const double largest = brightest / 255.0, divisor = largest + amount;
    for (int i = 0; i < PICTURE_PIXELS; i++)
        for (int c = 0; c < 3; c++) spread[3 * i + c] = amount * plasma[i];
    for (int i = 0; i < PICTURE_BYTES; i++)
        output[i] = picture_byte((image[i] / 255.0 + spread[i]) * largest / divisor);
}

// weather.c: snow, frost and fog.
#include <math.h>

#include "kernels/reference/corruptions/corruptions.h"

void snow_layers_reference(int severity, const struct snow_draw *draw, uint8_t *flakes, uint8_t *falling)
{
    const struct snow_settings *settings = &snow_settings[severity - 1];
    const struct zoom_geometry zoom = zoom_geometry_create(settings->zoom);
    const struct motion_kernel kernel = motion_kernel_create(&settings->motion, draw->angle_degrees);
    double zoomed[PICTURE_PIXELS];
    zoom_reference(&zoom, 1, draw->normal, zoomed);
    for (int i = 0; i < PICTURE_PIXELS; i++) flakes[i] = picture_byte(zoomed[i] < settings->threshold ? 0 : zoomed[i]);
    motion_filter_reference(&kernel, 1, flakes, falling);
}

// [float32] The whitened picture. The original's library forms the grey value with fused multiply-adds, and nothing else.
static void snow_whiten(double mix, const uint8_t *pixel, float whitened[3])
{
    const float keep = (float)mix, add = (float)(1 - mix);
    const float r = (float)pixel[0] / 255, g = (float)pixel[1] / 255, b = (float)pixel[2] / 255, rgb[3] = {r, g, b};
    const float grey = fmaf(0.114F, b, fmaf(0.587F, g, 0.299F * r)), bright = grey * 1.5F + 0.5F;
    for (int c = 0; c < 3; c++) whitened[c] = keep * rgb[c] + add * fmaxf(rgb[c], bright);
}

void snow_reference(int severity, const struct snow_draw *draw, const uint8_t *image, uint8_t *output)
{
    uint8_t flakes[PICTURE_PIXELS], falling[PICTURE_PIXELS];
    snow_layers_reference(severity, draw, flakes, falling);
    for (int i = 0; i < PICTURE_PIXELS; i++) {
        const double layer = falling[i] / 255.0, turned = falling[PICTURE_PIXELS - 1 - i] / 255.0;
        float whitened[3];
        snow_whiten(snow_settings[severity - 1].mix, image + 3 * i, whitened);
        for (int c = 0; c < 3; c++) output[3 * i + c] = picture_byte((double)whitened[c] + layer + turned);
    }
}

void frost_reference(int severity, const struct frost_draw *draw, const uint8_t *image, uint8_t *output)
{
    const struct frost_settings *settings = &frost_settings[severity - 1];
    for (int i = 0; i < PICTURE_BYTES; i++)
        output[i] = (uint8_t)fmin(255, settings->picture_share * image[i] + settings->frost_share * draw->crop[i]);
}

// Plasma fractal by diamonds and squares on a torus.
static double *plasma_at(double *plasma, int y, int x)
{
    return &plasma[(y & (PICTURE_SIDE - 1)) * PICTURE_SIDE + (x & (PICTURE_SIDE - 1))];
}

static const double *fog_step(double *p, int step, double width, const double *u)
{
    const int half = step / 2, n = PICTURE_SIDE;
    for (int y = 0; y < n; y += step)
        for (int x = 0; x < n; x += step)
            *plasma_at(p, y + half, x + half) = ((*plasma_at(p, y, x) + *plasma_at(p, y + step, x)) +
                                                 (*plasma_at(p, y, x + step) + *plasma_at(p, y + step, x + step))) /
                                                    4 +
                                                width * (width * *u++);
    for (int y = 0; y < n; y += step)
        for (int x = 0; x < n; x += step)
            *plasma_at(p, y, x + half) = ((*plasma_at(p, y + half, x + half) + *plasma_at(p, y - half, x + half)) +
                                          (*plasma_at(p, y, x) + *plasma_at(p, y, x + step))) /
                                             4 +
                                         width * (width * *u++);
    for (int y = 0; y < n; y += step)
        for (int x = 0; x < n; x += step)
            *plasma_at(p, y + half, x) = ((*plasma_at(p, y + half, x + half) + *plasma_at(p, y + half, x - half)) +
                                          (*plasma_at(p, y, x) + *plasma_at(p, y + step, x))) /
                                             4 +
                                         width * (width * *u++);
    return u;
}

void fog_plasma_reference(int severity, const struct fog_draw *draw, double *plasma)
{
    const double *u = draw->uniform;
    double width = 100, smallest = INFINITY, largest = -INFINITY;
    plasma[0] = 0;
    for (int step = PICTURE_SIDE; step >= 2; step /= 2) {
        u = fog_step(plasma, step, width, u);
        width /= fog_settings[severity - 1].decay;
    }
    for (int i = 0; i < PICTURE_PIXELS; i++) smallest = fmin(smallest, plasma[i]);
    for (int i = 0; i < PICTURE_PIXELS; i++) largest = fmax(largest, plasma[i] -= smallest);
    for (int i = 0; i < PICTURE_PIXELS; i++) plasma[i] /= largest;
}

void fog_reference(int severity, const struct fog_draw *draw, const uint8_t *image, uint8_t *output)
{
    const double amount = fog_settings[severity - 1].amount;
    double plasma[PICTURE_PIXELS], largest = 0;
    fog_plasma_reference(severity, draw, plasma);
    for (int i = 0; i < PICTURE_BYTES; i++) largest = fmax(largest, image[i] / 255.0);
    for (int i = 0; i < PICTURE_BYTES; i++)
        output[i] = picture_byte((image[i] / 255.0 + amount * plasma[i / 3]) * largest / (largest + amount));
}

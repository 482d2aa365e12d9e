// blur.c: defocus, glass, motion and zoom blur.
#include <string.h>

#include "kernels/reference/corruptions/corruptions.h"

void defocus_blur_reference(int severity, const uint8_t *image, uint8_t *output)
{
    const struct defocus_kernel kernel = defocus_kernel_create(&defocus_settings[severity - 1]);
    uint8_t copy[PICTURE_BYTES];
    memcpy(copy, image, sizeof copy);
    for (int place = 0; place < PICTURE_BYTES; place++) {
        const int row = place / 3 / PICTURE_SIDE, column = place / 3 % PICTURE_SIDE, channel = place % 3;
        double sum = 0;
        for (int i = -DEFOCUS_RADIUS; i <= DEFOCUS_RADIUS; i++)
            for (int j = -DEFOCUS_RADIUS; j <= DEFOCUS_RADIUS; j++) {
                int from = border_reflect101(row + i) * PICTURE_SIDE + border_reflect101(column + j);
                sum +=
                    (double)kernel.weights[DEFOCUS_RADIUS + i][DEFOCUS_RADIUS + j] * (copy[3 * from + channel] / 255.0);
            }
        output[place] = picture_byte(sum);
    }
}

static void glass_filter(const struct gaussian_taps *taps, const uint8_t *input, uint8_t *output)
{
    double unit[PICTURE_BYTES], blurred[PICTURE_BYTES];
    for (int i = 0; i < PICTURE_BYTES; i++) unit[i] = input[i] / 255.0;
    gaussian_filter_reference(taps, border_clamp, 3, unit, blurred);
    for (int i = 0; i < PICTURE_BYTES; i++) output[i] = picture_byte(blurred[i]);
}

// A copy in place, not an exchange; sources lie up or left, where this pass has not been yet.
static void glass_move(int8_t const shifts[GLASS_STEPS][2], uint8_t *picture)
{
    int step = 0;
    for (int h = PICTURE_SIDE - 1; h >= 2; h--)
        for (int w = PICTURE_SIDE - 1; w >= 2; w--, step++) {
            int from = (h + shifts[step][1]) * PICTURE_SIDE + w + shifts[step][0];
            memmove(picture + 3 * (h * PICTURE_SIDE + w), picture + 3 * from, 3);
        }
}

void glass_blur_stages_reference(int severity, const struct glass_blur_draw *draw, const uint8_t *image,
                                 uint8_t *blurred, uint8_t *moved)
{
    const struct glass_settings *settings = &glass_settings[severity - 1];
    const struct gaussian_taps taps = gaussian_taps_create(settings->sigma, 4);
    glass_filter(&taps, image, blurred);
    memcpy(moved, blurred, PICTURE_BYTES);
    for (int pass = 0; pass < settings->passes; pass++) glass_move(draw->shifts[pass], moved);
}

void glass_blur_reference(int severity, const struct glass_blur_draw *draw, const uint8_t *image, uint8_t *output)
{
    const struct gaussian_taps taps = gaussian_taps_create(glass_settings[severity - 1].sigma, 4);
    uint8_t blurred[PICTURE_BYTES], moved[PICTURE_BYTES];
    glass_blur_stages_reference(severity, draw, image, blurred, moved);
    glass_filter(&taps, moved, output);
}

void motion_blur_reference(int severity, const struct motion_blur_draw *draw, const uint8_t *image, uint8_t *output)
{
    const struct motion_kernel kernel = motion_kernel_create(&motion_settings[severity - 1], draw->angle_degrees);
    uint8_t copy[PICTURE_BYTES];
    memcpy(copy, image, sizeof copy);
    motion_filter_reference(&kernel, 3, copy, output);
}

// [float32] sums of zoomed pictures that were rounded to float32; the picture itself counts twice.
void zoom_blur_reference(int severity, const uint8_t *image, uint8_t *output)
{
    const int count = zoom_blur_counts[severity - 1];
    double unit[PICTURE_BYTES], zoomed[PICTURE_BYTES];
    float sum[PICTURE_BYTES] = {0};
    for (int i = 0; i < PICTURE_BYTES; i++) unit[i] = (double)((float)image[i] / 255);
    for (int place = 0; place < count; place++) {
        const struct zoom_geometry zoom = zoom_geometry_create(zoom_blur_factor(place));
        zoom_reference(&zoom, 3, unit, zoomed);
        for (int i = 0; i < PICTURE_BYTES; i++) sum[i] += (float)zoomed[i];
    }
    for (int i = 0; i < PICTURE_BYTES; i++)
        output[i] = picture_byte_float(((float)unit[i] + sum[i]) / (float)(count + 1));
}

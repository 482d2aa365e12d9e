// elastic.c: elastic transform: a random affine map, then a smooth random displacement.
#include <math.h>

#include "kernels/reference/corruptions/corruptions.h"

// Coordinates in 1/32 pixel, rounded in two steps as the original's library does.
static int fixed_place(double across, double down_and_shift, int x)
{
    return ((int)nearbyint(down_and_shift * 1024) + 16 + (int)nearbyint(across * x * 1024)) >> 5;
}

// [float32] The four weights are exact; their sum of products has a fixed order.
static float bilinear_float(const uint8_t *image, int x32, int y32, int channel)
{
    const float fx = (float)(x32 & 31) / 32, fy = (float)(y32 & 31) / 32;
    const int left = border_reflect101(x32 >> 5), right = border_reflect101((x32 >> 5) + 1);
    const int top = border_reflect101(y32 >> 5), bottom = border_reflect101((y32 >> 5) + 1);
    const uint8_t *from = image + channel;
    float p00 = (float)from[(top * PICTURE_SIDE + left) * 3] / 255;
    float p01 = (float)from[(top * PICTURE_SIDE + right) * 3] / 255;
    float p10 = (float)from[(bottom * PICTURE_SIDE + left) * 3] / 255;
    float p11 = (float)from[(bottom * PICTURE_SIDE + right) * 3] / 255;
    return ((p00 * ((1 - fy) * (1 - fx)) + p01 * ((1 - fy) * fx)) + p10 * (fy * (1 - fx))) + p11 * (fy * fx);
}

void elastic_warp_reference(const struct elastic_transform_draw *draw, const uint8_t *image, float *warped)
{
    const struct affine inverse = affine_invert(elastic_affine_create(draw->jitter));
    const double *n = inverse.m;
    for (int y = 0; y < PICTURE_SIDE; y++)
        for (int x = 0; x < PICTURE_SIDE; x++) {
            int x32 = fixed_place(n[0], n[1] * y + n[2], x), y32 = fixed_place(n[3], n[4] * y + n[5], x);
            for (int c = 0; c < 3; c++) warped[(y * PICTURE_SIDE + x) * 3 + c] = bilinear_float(image, x32, y32, c);
        }
}

void elastic_displacement_reference(int severity, const struct elastic_transform_draw *draw,
                                    float displacement[2][PICTURE_PIXELS])
{
    const struct elastic_settings *settings = &elastic_settings[severity - 1];
    const struct gaussian_taps taps = gaussian_taps_create(settings->sigma, 3);
    double smooth[PICTURE_PIXELS];
    for (int axis = 0; axis < 2; axis++) {
        gaussian_filter_reference(&taps, border_reflect, 1, draw->uniform[axis], smooth);
        for (int i = 0; i < PICTURE_PIXELS; i++) displacement[axis][i] = (float)(smooth[i] * settings->amplitude);
    }
}

static float bilinear_at(const float *picture, double y, double x, int channel)
{
    const double y_floor = floor(y), x_floor = floor(x), fy = y - y_floor, fx = x - x_floor;
    const int top = border_reflect((int)y_floor), bottom = border_reflect((int)y_floor + 1);
    const int left = border_reflect((int)x_floor), right = border_reflect((int)x_floor + 1);
    const float *from = picture + channel;
    double p00 = (double)from[(top * PICTURE_SIDE + left) * 3], p01 = (double)from[(top * PICTURE_SIDE + right) * 3];
    double p10 = (double)from[(bottom * PICTURE_SIDE + left) * 3];
    double p11 = (double)from[(bottom * PICTURE_SIDE + right) * 3];
    return (float)(p00 * (1 - fy) * (1 - fx) + p01 * (1 - fy) * fx + p10 * fy * (1 - fx) + p11 * fy * fx);
}

void elastic_transform_reference(int severity, const struct elastic_transform_draw *draw, const uint8_t *image,
                                 uint8_t *output)
{
    float warped[PICTURE_BYTES], displacement[2][PICTURE_PIXELS];
    elastic_warp_reference(draw, image, warped);
    elastic_displacement_reference(severity, draw, displacement);
    for (int i = 0; i < PICTURE_PIXELS; i++) {
        const int row = i / PICTURE_SIDE, column = i % PICTURE_SIDE;
        double x = column + (double)displacement[0][i], y = row + (double)displacement[1][i];
        for (int c = 0; c < 3; c++) output[3 * i + c] = picture_byte_float(bilinear_at(warped, y, x, c));
    }
}

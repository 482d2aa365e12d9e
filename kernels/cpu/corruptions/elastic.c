// elastic.c: elastic transform. Pixels are widened to four channels, so that one vector holds a pixel and the four
// neighbours of a place are four loads.
#include <math.h>
#include <stdbool.h>

#include "kernels/cpu/corruptions/corruptions.h"

typedef float pixel_float __attribute__((vector_size(16)));
typedef double pixel_double __attribute__((vector_size(32)));

static void widen_pixels(const uint8_t *image, pixel_float *pixels)
{
    float unit[PICTURE_BYTES];
    for (int i = 0; i < PICTURE_BYTES; i++) unit[i] = (float)image[i] / 255;
    for (int i = 0; i < PICTURE_PIXELS; i++)
        pixels[i] = (pixel_float){unit[3 * i], unit[3 * i + 1], unit[3 * i + 2], 0};
}

// Borders of places that are not too far out, looked up.
enum { OUTSIDE = 64 };

struct places {
    int16_t padded[PICTURE_SIDE + 2 * OUTSIDE];
};

static void places_fill(enum border border, struct places *places)
{
    for (int i = 0; i < PICTURE_SIDE + 2 * OUTSIDE; i++) places->padded[i] = (int16_t)border_place(border, i - OUTSIDE);
}

static inline int place_of(const struct places *places, enum border border, int index)
{
    const bool near = index >= -OUTSIDE && index < PICTURE_SIDE + OUTSIDE;
    return near ? places->padded[index + OUTSIDE] : border_place(border, index);
}

static void warp_pixels(const float jitter[6], const pixel_float *pixels, pixel_float *warped)
{
    const struct affine inverse = affine_invert(elastic_affine_create(jitter));
    const double *n = inverse.m;
    struct places places;
    int across_x[PICTURE_SIDE], across_y[PICTURE_SIDE];
    places_fill(BORDER_REFLECT101, &places);
    for (int x = 0; x < PICTURE_SIDE; x++) {
        across_x[x] = (int)nearbyint(n[0] * x * 1024);
        across_y[x] = (int)nearbyint(n[3] * x * 1024);
    }
    for (int y = 0; y < PICTURE_SIDE; y++) {
        const int down_x = (int)nearbyint((n[1] * y + n[2]) * 1024) + 16;
        const int down_y = (int)nearbyint((n[4] * y + n[5]) * 1024) + 16;
        for (int x = 0; x < PICTURE_SIDE; x++) {
            const int x32 = (down_x + across_x[x]) >> 5, y32 = (down_y + across_y[x]) >> 5;
            const float fx = (float)(x32 & 31) / 32, fy = (float)(y32 & 31) / 32;
            const int left = place_of(&places, BORDER_REFLECT101, x32 >> 5);
            const int right = place_of(&places, BORDER_REFLECT101, (x32 >> 5) + 1);
            const pixel_float *top = pixels + PICTURE_SIDE * place_of(&places, BORDER_REFLECT101, y32 >> 5);
            const pixel_float *bottom = pixels + PICTURE_SIDE * place_of(&places, BORDER_REFLECT101, (y32 >> 5) + 1);
            warped[y * PICTURE_SIDE + x] =
                ((top[left] * ((1 - fy) * (1 - fx)) + top[right] * ((1 - fy) * fx)) + bottom[left] * (fy * (1 - fx))) +
                bottom[right] * (fy * fx);
        }
    }
}

void ISA_NAME(elastic_warp)(const struct elastic_transform_draw *draw, const uint8_t *image, float *warped)
{
    pixel_float pixels[PICTURE_PIXELS], pixels_warped[PICTURE_PIXELS];
    widen_pixels(image, pixels);
    warp_pixels(draw->jitter, pixels, pixels_warped);
    for (int i = 0; i < PICTURE_BYTES; i++) warped[i] = pixels_warped[i / 3][i % 3];
}

void ISA_NAME(elastic_displacement)(int severity, const struct elastic_transform_draw *draw,
                                    float displacement[2][PICTURE_PIXELS])
{
    const double amplitude = elastic_settings[severity - 1].amplitude;
    const struct gaussian_taps *taps = &ISA_NAME(corruption_tables)()->elastic[severity - 1];
    double smooth[PICTURE_PIXELS];
    for (int axis = 0; axis < 2; axis++) {
        ISA_NAME(gaussian_filter)(taps, BORDER_REFLECT, 1, draw->uniform[axis], smooth);
        for (int i = 0; i < PICTURE_PIXELS; i++) displacement[axis][i] = (float)(smooth[i] * amplitude);
    }
}

static inline pixel_float bilinear(const struct places *places, const pixel_double *picture, double y, double x)
{
    const double y_floor = floor(y), x_floor = floor(x), fy = y - y_floor, fx = x - x_floor;
    const int left = place_of(places, BORDER_REFLECT, (int)x_floor);
    const int right = place_of(places, BORDER_REFLECT, (int)x_floor + 1);
    const pixel_double *top = picture + PICTURE_SIDE * place_of(places, BORDER_REFLECT, (int)y_floor);
    const pixel_double *bottom = picture + PICTURE_SIDE * place_of(places, BORDER_REFLECT, (int)y_floor + 1);
    return __builtin_convertvector(top[left] * (1 - fy) * (1 - fx) + top[right] * (1 - fy) * fx +
                                       bottom[left] * fy * (1 - fx) + bottom[right] * fy * fx,
                                   pixel_float);
}

// The second, smooth displacement.
static void displace(const struct places *places, float const displacement[2][PICTURE_PIXELS], pixel_float *pixels)
{
    pixel_double wide[PICTURE_PIXELS];
    for (int i = 0; i < PICTURE_PIXELS; i++) wide[i] = __builtin_convertvector(pixels[i], pixel_double);
    for (int y = 0; y < PICTURE_SIDE; y++)
        for (int x = 0; x < PICTURE_SIDE; x++) {
            const int i = y * PICTURE_SIDE + x;
            pixels[i] = bilinear(places, wide, y + (double)displacement[1][i], x + (double)displacement[0][i]);
        }
}

// Severity 1 displaces by nothing, which changes nothing.
void ISA_NAME(elastic_transform)(int severity, const struct elastic_transform_draw *draw, const uint8_t *image,
                                 uint8_t *output)
{
    pixel_float pixels[PICTURE_PIXELS], warped[PICTURE_PIXELS];
    float displacement[2][PICTURE_PIXELS];
    struct places places;
    widen_pixels(image, pixels);
    warp_pixels(draw->jitter, pixels, warped);
    if (elastic_settings[severity - 1].amplitude > 0) {
        places_fill(BORDER_REFLECT, &places);
        ISA_NAME(elastic_displacement)(severity, draw, displacement);
        displace(&places, (float const(*)[PICTURE_PIXELS])displacement, warped);
    }
    for (int i = 0; i < PICTURE_PIXELS; i++)
        for (int c = 0; c < 3; c++) output[3 * i + c] = picture_byte_float(warped[i][c]);
}

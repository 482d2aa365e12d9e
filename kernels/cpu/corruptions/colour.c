// colour.c: brightness and contrast. Brightness works on planes, so that what one pixel decides becomes masks of vectors.
#include "kernels/cpu/corruptions/corruptions.h"

struct planes {
    double rgb[PICTURE_CHANNELS][PICTURE_PIXELS];
};

static void planes_fill(const uint8_t *restrict image, struct planes *restrict planes)
{
    for (int c = 0; c < PICTURE_CHANNELS; c++) {
        uint8_t plane[PICTURE_PIXELS];
        for (int i = 0; i < PICTURE_PIXELS; i++) plane[i] = image[PICTURE_CHANNELS * i + c];
        for (int i = 0; i < PICTURE_PIXELS; i++) planes->rgb[c][i] = plane[i] / 255.0;
    }
}

static void planes_store(const struct planes *restrict planes, uint8_t *restrict output)
{
    for (int c = 0; c < PICTURE_CHANNELS; c++) {
        uint8_t plane[PICTURE_PIXELS];
        for (int i = 0; i < PICTURE_PIXELS; i++) plane[i] = picture_byte(planes->rgb[c][i]);
        for (int i = 0; i < PICTURE_PIXELS; i++) output[PICTURE_CHANNELS * i + c] = plane[i];
    }
}

// Six times the hue, in 0 .. 6; 0 for grey.
static doubles hue_sixths(const doubles rgb[3], doubles largest, doubles range)
{
    const doubles zero = {0}, one = zero + 1;
    const doubles_mask blue = rgb[2] == largest, green = rgb[1] == largest;
    const doubles difference =
        doubles_select(blue, rgb[0] - rgb[1], doubles_select(green, rgb[2] - rgb[0], rgb[1] - rgb[2]));
    const doubles begin = doubles_select(blue, zero + 4, doubles_select(green, zero + 2, zero));
    const doubles hue = (begin + difference / doubles_select(range > zero, range, one)) / 6;
    const doubles turned = doubles_select(hue < zero, hue + 1, hue); // from [-1/6, 5/6] to [0, 1]
    return doubles_select(range > zero, turned * 6, zero);
}

// Chooses by sector 0 .. 5; 6 is 0 again.
static doubles choose(const doubles_mask sectors[6], doubles a, doubles b, doubles c, doubles d, doubles e, doubles f)
{
    const doubles first = doubles_select(sectors[1], b, a), second = doubles_select(sectors[3], d, c);
    const doubles third = doubles_select(sectors[5], f, e);
    return doubles_select(sectors[4] | sectors[5], third, doubles_select(sectors[2] | sectors[3], second, first));
}

static void brighten(double shift, doubles rgb[3])
{
    const doubles zero = {0}, one = zero + 1;
    const doubles more = doubles_select(rgb[0] > rgb[1], rgb[0], rgb[1]);
    const doubles less = doubles_select(rgb[0] > rgb[1], rgb[1], rgb[0]);
    const doubles largest = doubles_select(more > rgb[2], more, rgb[2]);
    const doubles range = largest - doubles_select(less < rgb[2], less, rgb[2]);
    const doubles saturation = range / doubles_select(largest > zero, largest, one);
    const doubles sixths = hue_sixths(rgb, largest, range);
    const doubles shifted = largest + shift, value = doubles_select(shifted > one, one, shifted);
    doubles_mask sectors[6];
    doubles whole = zero;
    for (int k = 1; k <= 6; k++) whole += doubles_select(sixths >= zero + k, one, zero);
    for (int k = 0; k < 6; k++) sectors[k] = whole == zero + k;
    const doubles f = sixths - whole, p = value * (1 - saturation), q = value * (1 - f * saturation);
    const doubles u = value * (1 - (1 - f) * saturation);
    rgb[0] = choose(sectors, value, q, p, p, u, value);
    rgb[1] = choose(sectors, u, value, value, q, p, p);
    rgb[2] = choose(sectors, p, p, u, value, value, q);
}

void ISA_NAME(brightness)(int severity, const uint8_t *image, uint8_t *output)
{
    struct planes planes;
    planes_fill(image, &planes);
    for (int i = 0; i < PICTURE_PIXELS; i += DOUBLES) {
        doubles rgb[3];
        for (int c = 0; c < 3; c++) rgb[c] = doubles_load(planes.rgb[c] + i);
        brighten(brightness_shifts[severity - 1], rgb);
        for (int c = 0; c < 3; c++) doubles_store(planes.rgb[c] + i, rgb[c]);
    }
    planes_store(&planes, output);
}

// The means are sums in the order of the pixels; the three channels' sums run side by side.
void ISA_NAME(contrast)(int severity, const uint8_t *restrict image, uint8_t *restrict output)
{
    const double factor = contrast_factors[severity - 1];
    double unit[PICTURE_BYTES], means[3] = {0, 0, 0}, row_means[PICTURE_SIDE * PICTURE_CHANNELS];
    const int row_values = PICTURE_SIDE * PICTURE_CHANNELS;
    for (int i = 0; i < PICTURE_BYTES; i++) unit[i] = image[i] / 255.0;
    for (int i = 0; i < PICTURE_BYTES; i += 3)
        for (int c = 0; c < 3; c++) means[c] += unit[i + c];
    for (int x = 0; x < row_values; x++) row_means[x] = means[x % 3] / PICTURE_PIXELS;
    for (int row = 0; row < PICTURE_SIDE; row++)
        for (int x = 0; x < row_values; x++) {
            const double value = (unit[row * row_values + x] - row_means[x]) * factor + row_means[x];
            output[row * row_values + x] = picture_byte(value);
        }
}

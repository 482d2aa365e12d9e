// colour.c: brightness (in hue, saturation, value) and contrast.
#include <math.h>

#include "kernels/reference/corruptions/corruptions.h"

struct hue_saturation {
    double hue, saturation; // hue in [0, 1)
};

// `largest` and `range` of the three unit values; the last of equal channels decides.
static struct hue_saturation find_hue(const double rgb[3], double largest, double range)
{
    if (range == 0) return (struct hue_saturation){0, 0};
    double sixths = rgb[2] == largest   ? 4 + (rgb[0] - rgb[1]) / range
                    : rgb[1] == largest ? 2 + (rgb[2] - rgb[0]) / range
                                        : (rgb[1] - rgb[2]) / range;
    double hue = sixths / 6;
    return (struct hue_saturation){hue - floor(hue), range / largest};
}

static void compose(struct hue_saturation colour, double value, double rgb[3])
{
    const double sixths = colour.hue * 6, whole = floor(sixths), f = sixths - whole, s = colour.saturation;
    const double p = value * (1 - s), q = value * (1 - f * s), u = value * (1 - (1 - f) * s);
    const double choices[6][3] = {{value, u, p}, {q, value, p}, {p, value, u},
                                  {p, q, value}, {u, p, value}, {value, p, q}};
    for (int c = 0; c < 3; c++) rgb[c] = choices[(int)whole % 6][c];
}

static void brighten(double shift, double rgb[3])
{
    const double largest = fmax(rgb[0], fmax(rgb[1], rgb[2])), smallest = fmin(rgb[0], fmin(rgb[1], rgb[2]));
    const struct hue_saturation colour = find_hue(rgb, largest, largest - smallest);
    compose(colour, fmin(largest + shift, 1), rgb);
}

void brightness_reference(int severity, const uint8_t *image, uint8_t *output)
{
    for (int i = 0; i < PICTURE_BYTES; i += 3) {
        double rgb[3] = {image[i] / 255.0, image[i + 1] / 255.0, image[i + 2] / 255.0};
        brighten(brightness_shifts[severity - 1], rgb);
        for (int c = 0; c < 3; c++) output[i + c] = picture_byte(rgb[c]);
    }
}

void contrast_reference(int severity, const uint8_t *image, uint8_t *output)
{
    const double factor = contrast_factors[severity - 1];
    for (int c = 0; c < PICTURE_CHANNELS; c++) {
        double sum = 0;
        for (int i = c; i < PICTURE_BYTES; i += PICTURE_CHANNELS) sum += image[i] / 255.0;
        const double mean = sum / PICTURE_PIXELS;
        for (int i = c; i < PICTURE_BYTES; i += PICTURE_CHANNELS)
            output[i] = picture_byte((image[i] / 255.0 - mean) * factor + mean);
    }
}

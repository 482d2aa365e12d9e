// augmix_operations.c: the thirteen image operations, a pixel at a time, in the arithmetic of the Python Imaging Library:
// double and without contraction where positions are concerned, float32 where images are blended, integers elsewhere.
// Results are truncated, not rounded, so the last bit of every expression matters.
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "kernels/reference/augmentation/augmix.h"
#include "kernels/reference/corruptions/picture.h"

static const uint8_t *pixel_at(const uint8_t *image, int row, int column)
{
    return image + ((ptrdiff_t)row * PICTURE_SIDE + column) * PICTURE_CHANNELS;
}

// ---- tables of bytes -------------------------------------------------------------------------------------------

static void keep_bytes(uint8_t table[256])
{
    for (int byte = 0; byte < 256; byte++) table[byte] = (uint8_t)byte;
}

void augmix_autocontrast_table(const int counts[256], uint8_t table[256])
{
    int low = 0, high = 255;
    while (low < 255 && counts[low] == 0) low++;
    while (high > 0 && counts[high] == 0) high--;
    keep_bytes(table);
    if (high <= low) return;
    const double scale = 255.0 / (high - low);
    for (int byte = 0; byte < 256; byte++) {
        const int value = (int)(byte * scale - low * scale);
        table[byte] = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
    }
}

// A single value leaves no count below it, so its step is 0.
void augmix_equalize_table(const int counts[256], uint8_t table[256])
{
    int high = 255;
    while (high > 0 && counts[high] == 0) high--;
    const int step = (PICTURE_PIXELS - counts[high]) / 255;
    keep_bytes(table);
    if (step == 0) return;
    int sum = step / 2;
    for (int byte = 0; byte < 256; byte++) {
        const int value = sum / step;
        table[byte] = (uint8_t)(value > 255 ? 255 : value);
        sum += counts[byte];
    }
}

static void apply_channel_tables(void (*make_table)(const int counts[256], uint8_t table[256]), const uint8_t *image,
                                 uint8_t *output)
{
    for (int channel = 0; channel < PICTURE_CHANNELS; channel++) {
        int counts[256] = {0};
        uint8_t table[256];
        for (int i = channel; i < PICTURE_BYTES; i += PICTURE_CHANNELS) counts[image[i]]++;
        make_table(counts, table);
        for (int i = channel; i < PICTURE_BYTES; i += PICTURE_CHANNELS) output[i] = table[image[i]];
    }
}

static void posterize(int bits, const uint8_t *image, uint8_t *output)
{
    const int mask = (0xFF00 >> bits) & 0xFF;
    for (int i = 0; i < PICTURE_BYTES; i++) output[i] = (uint8_t)(image[i] & mask);
}

static void solarize(int threshold, const uint8_t *image, uint8_t *output)
{
    for (int i = 0; i < PICTURE_BYTES; i++) output[i] = (uint8_t)(image[i] < threshold ? image[i] : 255 - image[i]);
}

// ---- affine reads ----------------------------------------------------------------------------------------------

static void read_pixel(const uint8_t *image, double xs, double ys, uint8_t *output)
{
    const bool inside = xs >= 0 && xs < PICTURE_SIDE && ys >= 0 && ys < PICTURE_SIDE;
    const double x = xs - 0.5, y = ys - 0.5;
    const int column = (int)floor(x), row = (int)floor(y);
    const double dx = x - column, dy = y - row;
    const int left = border_clamp(column), right = border_clamp(column + 1);
    const int up = border_clamp(row), down = border_clamp(row + 1);
    for (int channel = 0; channel < PICTURE_CHANNELS; channel++) {
        const double a = pixel_at(image, up, left)[channel], b = pixel_at(image, up, right)[channel];
        const double c = pixel_at(image, down, left)[channel], d = pixel_at(image, down, right)[channel];
        const double upper = a + (b - a) * dx, lower = c + (d - c) * dx;
        output[channel] = (uint8_t)(inside ? upper + (lower - upper) * dy : 0);
    }
}

static void read_affine(struct augmix_affine map, const uint8_t *image, uint8_t *output)
{
    for (int row = 0; row < PICTURE_SIDE; row++)
        for (int column = 0; column < PICTURE_SIDE; column++, output += PICTURE_CHANNELS) {
            const double x = column + 0.5, y = row + 0.5;
            read_pixel(image, map.a * x + map.b * y + map.c, map.d * x + map.e * y + map.f, output);
        }
}

// ---- blends ----------------------------------------------------------------------------------------------------

static uint8_t blend(int degenerate, int value, float factor)
{
    const float blended = (float)degenerate + factor * (float)(value - degenerate);
    return (uint8_t)(blended <= 0 ? 0 : blended >= 255 ? 255 : blended);
}

static void blend_color(float factor, const uint8_t *image, uint8_t *output)
{
    for (int i = 0; i < PICTURE_BYTES; i++)
        output[i] = blend(augmix_grey(image + i - i % PICTURE_CHANNELS), image[i], factor);
}

static void blend_contrast(float factor, const uint8_t *image, uint8_t *output)
{
    int sum = 0;
    for (int i = 0; i < PICTURE_BYTES; i += PICTURE_CHANNELS) sum += augmix_grey(image + i);
    const int mean = (int)((double)sum / PICTURE_PIXELS + 0.5);
    for (int i = 0; i < PICTURE_BYTES; i++) output[i] = blend(mean, image[i], factor);
}

static void blend_brightness(float factor, const uint8_t *image, uint8_t *output)
{
    for (int i = 0; i < PICTURE_BYTES; i++) output[i] = blend(0, image[i], factor);
}

// Of an inner pixel: weight 5 in the middle, 1 around it, a sum of 13.
static int smoothed(const uint8_t *image, int row, int column, int channel)
{
    int sum = 4 * pixel_at(image, row, column)[channel];
    for (int i = -1; i <= 1; i++)
        for (int j = -1; j <= 1; j++) sum += pixel_at(image, row + i, column + j)[channel];
    return (2 * sum + 13) / 26;
}

static void blend_sharpness(float factor, const uint8_t *image, uint8_t *output)
{
    for (int i = 0; i < PICTURE_BYTES; i++) {
        const int column = i / PICTURE_CHANNELS % PICTURE_SIDE, row = i / PICTURE_CHANNELS / PICTURE_SIDE;
        const bool edge = row == 0 || column == 0 || row == PICTURE_SIDE - 1 || column == PICTURE_SIDE - 1;
        output[i] = blend(edge ? image[i] : smoothed(image, row, column, i % PICTURE_CHANNELS), image[i], factor);
    }
}

static void apply_blend(enum augmix_operation operation, float factor, const uint8_t *image, uint8_t *output)
{
    switch (operation) {
    case AUGMIX_COLOR: blend_color(factor, image, output); break;
    case AUGMIX_CONTRAST: blend_contrast(factor, image, output); break;
    case AUGMIX_BRIGHTNESS: blend_brightness(factor, image, output); break;
    default: blend_sharpness(factor, image, output); break;
    }
}

void augmix_apply_reference(enum augmix_operation operation, double parameter, const uint8_t image[PICTURE_BYTES],
                            uint8_t output[PICTURE_BYTES])
{
    switch (operation) {
    case AUGMIX_AUTOCONTRAST: apply_channel_tables(augmix_autocontrast_table, image, output); break;
    case AUGMIX_EQUALIZE: apply_channel_tables(augmix_equalize_table, image, output); break;
    case AUGMIX_POSTERIZE: posterize((int)parameter, image, output); break;
    case AUGMIX_SOLARIZE: solarize((int)parameter, image, output); break;
    case AUGMIX_ROTATE:
    case AUGMIX_SHEAR_X:
    case AUGMIX_SHEAR_Y:
    case AUGMIX_TRANSLATE_X:
    case AUGMIX_TRANSLATE_Y: read_affine(augmix_affine_of(operation, parameter), image, output); break;
    case AUGMIX_COLOR:
    case AUGMIX_CONTRAST:
    case AUGMIX_BRIGHTNESS:
    case AUGMIX_SHARPNESS: apply_blend(operation, (float)parameter, image, output); break;
    case AUGMIX_NONE:
    case AUGMIX_OPERATIONS: memcpy(output, image, PICTURE_BYTES); break;
    }
}

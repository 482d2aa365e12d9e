// digital.c: pixelate: box averages of one or two whole pixels, by 22-bit fixed-point weights.
#include <string.h>

#include "kernels/cpu/corruptions/corruptions.h"

static inline uint8_t box_mean(uint8_t a, uint8_t b)
{
    return (uint8_t)((a + b + 1) >> 1);
}

// Shrinks a square along rows, then along columns. Enlarging again repeats single pixels, so it is a choice of places.
void ISA_NAME(pixelate)(int severity, const uint8_t *restrict image, uint8_t *restrict output)
{
    const int side = pixelate_sides[severity - 1], row_values = side * PICTURE_CHANNELS;
    uint8_t narrow[PICTURE_SIDE][PICTURE_SIDE * PICTURE_CHANNELS], line[PICTURE_SIDE * PICTURE_CHANNELS];
    const struct box_pair *shrink = ISA_NAME(corruption_tables)()->shrink[severity - 1];
    const int *enlarge = ISA_NAME(corruption_tables)()->enlarge[severity - 1];
    for (int row = 0; row < PICTURE_SIDE; row++) {
        const uint8_t *from = image + row * PICTURE_SIDE * PICTURE_CHANNELS;
        for (int i = 0; i < side; i++)
            for (int c = 0; c < PICTURE_CHANNELS; c++)
                narrow[row][i * PICTURE_CHANNELS + c] = box_mean(from[shrink[i].first * PICTURE_CHANNELS + c],
                                                                 from[shrink[i].second * PICTURE_CHANNELS + c]);
    }
    for (int row = 0; row < PICTURE_SIDE; row++) {
        const struct box_pair pair = shrink[enlarge[row]];
        for (int x = 0; x < row_values; x++) line[x] = box_mean(narrow[pair.first][x], narrow[pair.second][x]);
        for (int i = 0; i < PICTURE_SIDE; i++, output += PICTURE_CHANNELS)
            memcpy(output, line + enlarge[i] * PICTURE_CHANNELS, PICTURE_CHANNELS);
    }
}

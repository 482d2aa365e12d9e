// digital.c: pixelate: box averages of one or two whole pixels, by 22-bit fixed-point weights.
#include <string.h>

#include "kernels/cpu/corruptions/corruptions.h"

// An output pixel is the rounded mean of pixels `first` and `second`; of one pixel when they are the same, since
// 2 k * 2^21 + 2^21 >> 22 is k.
struct box_pair {
    int first, second;
};

// The pixels whose centres lie in the window of output `place`; see the reference.
static struct box_pair box_pair_at(int place, int from, int to)
{
    const double ratio = (double)from / to, width = ratio > 1 ? ratio : 1, centre = (place + 0.5) * ratio;
    const int begin = (int)(centre - width / 2 + 0.5), end = (int)(centre + width / 2 + 0.5);
    struct box_pair pair = {-1, -1};
    for (int j = begin < 0 ? 0 : begin; j < (end < from ? end : from); j++) {
        double distance = (j - centre + 0.5) / width;
        if (!(distance > -0.5 && distance <= 0.5)) continue;
        pair.second = j;
        if (pair.first < 0) pair.first = j;
    }
    return pair;
}

static inline uint8_t box_mean(uint8_t a, uint8_t b)
{
    return (uint8_t)((a + b + 1) >> 1);
}

// Shrinks a square along rows, then along columns. Enlarging again repeats single pixels, so it is a choice of places.
void ISA_NAME(pixelate)(int severity, const uint8_t *restrict image, uint8_t *restrict output)
{
    const int side = pixelate_sides[severity - 1], row_values = side * PICTURE_CHANNELS;
    uint8_t narrow[PICTURE_SIDE][PICTURE_SIDE * PICTURE_CHANNELS], line[PICTURE_SIDE * PICTURE_CHANNELS];
    struct box_pair shrink[PICTURE_SIDE];
    int enlarge[PICTURE_SIDE];
    for (int i = 0; i < side; i++) shrink[i] = box_pair_at(i, PICTURE_SIDE, side);
    for (int i = 0; i < PICTURE_SIDE; i++) enlarge[i] = box_pair_at(i, side, PICTURE_SIDE).first;
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

// filter.c: filters that several corruptions use: separable Gaussian, motion along a line, zoom into the middle.
#include <math.h>

#include "kernels/reference/corruptions/corruptions.h"

// The pairs are added from the outside in: flat areas then come out as the original's library has them.
static double filter_at(const struct gaussian_taps *taps, border_rule *border, const double *line, int stride,
                        int place)
{
    double sum = taps->weights[0] * line[place * stride];
    for (int j = taps->radius; j >= 1; j--)
        sum += (line[border(place - j) * stride] + line[border(place + j) * stride]) * taps->weights[j];
    return sum;
}

void gaussian_filter_reference(const struct gaussian_taps *taps, border_rule *border, int channels, const double *input,
                               double *output)
{
    double between[PICTURE_BYTES];
    const int row_values = PICTURE_SIDE * channels;
    for (int row = 0; row < PICTURE_SIDE; row++)
        for (int x = 0; x < row_values; x++)
            between[row * row_values + x] = filter_at(taps, border, input + x, row_values, row);
    for (int row = 0; row < PICTURE_SIDE; row++)
        for (int x = 0; x < row_values; x++)
            output[row * row_values + x] =
                filter_at(taps, border, between + row * row_values + x % channels, channels, x / channels);
}

void motion_filter_reference(const struct motion_kernel *kernel, int channels, const uint8_t *input, uint8_t *output)
{
    for (int row = 0; row < PICTURE_SIDE; row++)
        for (int column = 0; column < PICTURE_SIDE; column++)
            for (int c = 0; c < channels; c++) {
                double sum = 0;
                for (int i = 0; i < kernel->count; i++) {
                    int y = border_clamp(row + kernel->rows[i]), x = border_clamp(column + kernel->columns[i]);
                    sum += kernel->taps[i] * (257 * input[(y * PICTURE_SIDE + x) * channels + c]);
                }
                unsigned wide = (unsigned)floor(sum + 0.5); // 16 bits
                output[(row * PICTURE_SIDE + column) * channels + c] = (uint8_t)(wide / 257);
            }
}

// Source index and fraction of output sample `place`.
static double zoom_place(const struct zoom_geometry *zoom, int place, int *index)
{
    double at = (zoom->trim + place) * zoom->step;
    *index = (int)at;
    return at - *index;
}

// The neighbour beyond the square is met with weight 0 only; it must still be inside the picture.
static int zoom_neighbour(const struct zoom_geometry *zoom, int index)
{
    return zoom->start + (index + 1 < zoom->crop ? index + 1 : index);
}

void zoom_reference(const struct zoom_geometry *zoom, int channels, const double *input, double *output)
{
    for (int row = 0; row < PICTURE_SIDE; row++)
        for (int column = 0; column < PICTURE_SIDE; column++) {
            int y, x;
            const double fy = zoom_place(zoom, row, &y), fx = zoom_place(zoom, column, &x);
            const int y0 = zoom->start + y, y1 = zoom_neighbour(zoom, y);
            const int x0 = zoom->start + x, x1 = zoom_neighbour(zoom, x);
            for (int c = 0; c < channels; c++) {
                const double *from = input + c;
                const int s = PICTURE_SIDE;
                double p00 = from[(y0 * s + x0) * channels], p01 = from[(y0 * s + x1) * channels];
                double p10 = from[(y1 * s + x0) * channels], p11 = from[(y1 * s + x1) * channels];
                output[(row * s + column) * channels + c] =
                    p00 * ((1 - fy) * (1 - fx)) + p01 * ((1 - fy) * fx) + p10 * (fy * (1 - fx)) + p11 * (fy * fx);
            }
        }
}

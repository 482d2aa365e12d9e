// filter.c: the separable Gaussian and the filter along a line. Borders are written out first, so that every tap is one
// load at an offset; sums stay in registers and take their terms in the reference's order.
#include <string.h>

#include "kernels/cpu/corruptions/corruptions.h"

enum { ROW_VALUES_LIMIT = PICTURE_SIDE * PICTURE_CHANNELS };

// One block of the vertical sum; rows[border place] begin at `input`.
static inline doubles sum_rows(const struct gaussian_taps *taps, const int *places, const double *input, int row_values,
                               int row)
{
    doubles sum = taps->weights[0] * doubles_load(input + row * row_values);
    for (int j = taps->radius; j >= 1; j--)
        sum +=
            (doubles_load(input + places[row - j] * row_values) + doubles_load(input + places[row + j] * row_values)) *
            taps->weights[j];
    return sum;
}

static inline doubles sum_columns(const struct gaussian_taps *taps, const double *line, int channels)
{
    doubles sum = taps->weights[0] * doubles_load(line);
    for (int j = taps->radius; j >= 1; j--)
        sum += (doubles_load(line - j * channels) + doubles_load(line + j * channels)) * taps->weights[j];
    return sum;
}

static void pad_line(const int *places, int radius, int channels, double *line)
{
    for (int i = -radius; i < 0; i++)
        for (int c = 0; c < channels; c++) line[i * channels + c] = line[places[i] * channels + c];
    for (int i = PICTURE_SIDE; i < PICTURE_SIDE + radius; i++)
        for (int c = 0; c < channels; c++) line[i * channels + c] = line[places[i] * channels + c];
}

static inline void gaussian_filter_of(const struct gaussian_taps *taps, enum border border, int channels,
                                      const double *input, double *output)
{
    double between[PICTURE_BYTES], padded[(PICTURE_SIDE + 2 * GAUSSIAN_RADIUS_LIMIT) * PICTURE_CHANNELS];
    int places_padded[PICTURE_SIDE + 2 * GAUSSIAN_RADIUS_LIMIT], *places = places_padded + GAUSSIAN_RADIUS_LIMIT;
    double *line = padded + GAUSSIAN_RADIUS_LIMIT * PICTURE_CHANNELS;
    const int row_values = PICTURE_SIDE * channels;
    for (int i = -taps->radius; i < PICTURE_SIDE + taps->radius; i++) places[i] = border_place(border, i);
    for (int row = 0; row < PICTURE_SIDE; row++)
        for (int x = 0; x < row_values; x += DOUBLES)
            doubles_store(between + row * row_values + x, sum_rows(taps, places, input + x, row_values, row));
    for (int row = 0; row < PICTURE_SIDE; row++) {
        memcpy(line, between + row * row_values, (size_t)row_values * sizeof *line);
        pad_line(places, taps->radius, channels, line);
        for (int x = 0; x < row_values; x += DOUBLES)
            doubles_store(output + row * row_values + x, sum_columns(taps, line + x, channels));
    }
}

void ISA_NAME(gaussian_filter)(const struct gaussian_taps *taps, enum border border, int channels, const double *input,
                               double *output)
{
    if (channels == 1)
        gaussian_filter_of(taps, border, 1, input, output);
    else
        gaussian_filter_of(taps, border, 3, input, output);
}

// The picture in 16 bits, widened by the kernel's reach on every side.
struct reach {
    int up, down, left, right;
};

static struct reach motion_reach(const struct motion_kernel *kernel)
{
    struct reach reach = {0, 0, 0, 0};
    for (int i = 0; i < kernel->count; i++) {
        if (-kernel->rows[i] > reach.up) reach.up = -kernel->rows[i];
        if (kernel->rows[i] > reach.down) reach.down = kernel->rows[i];
        if (-kernel->columns[i] > reach.left) reach.left = -kernel->columns[i];
        if (kernel->columns[i] > reach.right) reach.right = kernel->columns[i];
    }
    return reach;
}

// Columns are padded in the picture's own rows first; the rows above and below are copies of the first and the last.
static void motion_pad(struct reach reach, int channels, const uint8_t *restrict input, double *restrict padded)
{
    const int width = (reach.left + PICTURE_SIDE + reach.right) * channels, row_values = PICTURE_SIDE * channels;
    for (int row = 0; row < PICTURE_SIDE; row++) {
        double *line = padded + (reach.up + row) * width + reach.left * channels;
        for (int x = 0; x < row_values; x++) line[x] = 257 * input[row * row_values + x];
        for (int x = -reach.left * channels; x < 0; x++) line[x] = line[(x + reach.left * channels) % channels];
        for (int x = row_values; x < row_values + reach.right * channels; x++) line[x] = line[x - channels];
    }
    const double *first = padded + reach.up * width, *last = first + (PICTURE_SIDE - 1) * width;
    for (int row = 0; row < reach.up; row++) memcpy(padded + row * width, first, (size_t)width * sizeof *padded);
    for (int row = 0; row < reach.down; row++)
        memcpy(padded + (reach.up + PICTURE_SIDE + row) * width, last, (size_t)width * sizeof *padded);
}

enum { MOTION_SIDE_LIMIT = PICTURE_SIDE + MOTION_TAPS_LIMIT };

static inline void motion_filter_of(const struct motion_kernel *kernel, int channels, const uint8_t *input,
                                    uint8_t *output)
{
    double padded[MOTION_SIDE_LIMIT * MOTION_SIDE_LIMIT * PICTURE_CHANNELS], sums[ROW_VALUES_LIMIT];
    const struct reach reach = motion_reach(kernel);
    const int width = (reach.left + PICTURE_SIDE + reach.right) * channels, row_values = PICTURE_SIDE * channels;
    const double *taps[MOTION_TAPS_LIMIT]; // where each tap reads for the picture's first value
    motion_pad(reach, channels, input, padded);
    for (int i = 0; i < kernel->count; i++)
        taps[i] = padded + (reach.up + kernel->rows[i]) * width + (reach.left + kernel->columns[i]) * channels;
    for (int row = 0; row < PICTURE_SIDE; row++) {
        for (int x = 0; x < row_values; x += 2 * DOUBLES) { // two sums at a time hide the additions' latency
            doubles first = {0}, second = {0};
            for (int i = 0; i < kernel->count; i++) {
                first += kernel->taps[i] * doubles_load(taps[i] + row * width + x);
                second += kernel->taps[i] * doubles_load(taps[i] + row * width + x + DOUBLES);
            }
            doubles_store(sums + x, first);
            doubles_store(sums + x + DOUBLES, second);
        }
        for (int x = 0; x < row_values; x++) output[row * row_values + x] = (uint8_t)((int)(sums[x] + 0.5) / 257);
    }
}

void ISA_NAME(motion_filter)(const struct motion_kernel *kernel, int channels, const uint8_t *input, uint8_t *output)
{
    if (channels == 1)
        motion_filter_of(kernel, 1, input, output);
    else
        motion_filter_of(kernel, 3, input, output);
}

// blur.c: a Gaussian of nine taps along rows, then along columns, blended by the gate.
// Bound     arithmetic and the first-level cache: 18 multiply-adds a value forwards, 63 backwards (two filters along rows,
//           three along columns, and both transposed).
// Method    a row with its reflected border makes every tap a shifted read of whole vectors; along columns every tap is
//           another row.
#include "kernels/cpu/augmentation/augmentation.h"

struct taps {
    float taps[BLUR_TAPS], slopes[BLUR_TAPS];
};

static struct taps taps_of(const struct deform_image *image)
{
    const struct blur_taps exact = blur_taps_of((double)image->parameters[0]);
    struct taps taps;
    for (int tap = 0; tap < BLUR_TAPS; tap++) {
        taps.taps[tap] = (float)exact.taps[tap];
        taps.slopes[tap] = (float)exact.slopes[tap];
    }
    return taps;
}

static int reflect(int index, int size)
{
    return index < 0 ? -index : index >= size ? 2 * (size - 1) - index : index;
}

// Values of a row with BLUR_RADIUS pixels more on either side, and twice as many.
static size_t wide_values(struct unit_shape shape, int radii)
{
    return ((size_t)shape.width + 2 * (size_t)radii * BLUR_RADIUS) * (size_t)shape.channels;
}

// Three images (two results of row filters, one sum of columns), a row with a wide and one with a wider border.
size_t ISA_NAME(blur_space_floats)(struct unit_shape shape)
{
    return 2 * unit_values(shape) + (size_t)row_values(shape) + wide_values(shape, 1) + wide_values(shape, 2);
}

// ---- along rows ------------------------------------------------------------------------------------------------

static void border_row(struct unit_shape shape, const float *row, float *wide)
{
    const ptrdiff_t channels = shape.channels;
    memcpy(wide + BLUR_RADIUS * channels, row, (size_t)row_values(shape) * sizeof *row);
    for (int pixel = 1; pixel <= BLUR_RADIUS; pixel++)
        for (ptrdiff_t channel = 0; channel < channels; channel++) {
            wide[(BLUR_RADIUS - pixel) * channels + channel] = row[pixel * channels + channel];
            wide[(BLUR_RADIUS + shape.width - 1 + pixel) * channels + channel] =
                row[reflect(shape.width - 1 + pixel, shape.width) * channels + channel];
        }
}

// output[i] = sum over taps of taps[t] * wide[i + t * step]
static inline void filter_values(const float taps[BLUR_TAPS], const float *restrict wide, ptrdiff_t step, int count,
                                 float *restrict output)
{
    const float t0 = taps[0], t1 = taps[1], t2 = taps[2], t3 = taps[3], t4 = taps[4], t5 = taps[5], t6 = taps[6],
                t7 = taps[7], t8 = taps[8];
    for (int i = 0; i < count; i++)
        output[i] = t0 * wide[i] + t1 * wide[i + step] + t2 * wide[i + 2 * step] + t3 * wide[i + 3 * step] +
                    t4 * wide[i + 4 * step] + t5 * wide[i + 5 * step] + t6 * wide[i + 6 * step] +
                    t7 * wide[i + 7 * step] + t8 * wide[i + 8 * step];
}

static void filter_rows(struct unit_shape shape, const float taps[BLUR_TAPS], const float *input, float *wide,
                        float *output)
{
    const int values = row_values(shape);
    for (int row = 0; row < shape.height; row++, input += values, output += values) {
        border_row(shape, input, wide);
        filter_values(taps, wide, shape.channels, values, output);
    }
}

// The transpose: every value is spread over its taps' places, with zeros around the row; what lands outside is added where
// it was reflected from.
static void spread_row(struct unit_shape shape, const float taps[BLUR_TAPS], const float *row, float *wider,
                       float *wide)
{
    const ptrdiff_t channels = shape.channels, edge = BLUR_RADIUS * channels;
    const int values = row_values(shape);
    memcpy(wider + 2 * edge, row, (size_t)values * sizeof *row);
    filter_values(taps, wider, channels, values + 2 * (int)edge, wide);
    for (int pixel = 1; pixel <= BLUR_RADIUS; pixel++)
        for (ptrdiff_t channel = 0; channel < channels; channel++) {
            wide[edge + pixel * channels + channel] += wide[edge - pixel * channels + channel];
            wide[edge + (shape.width - 1 - pixel) * channels + channel] +=
                wide[edge + (shape.width - 1 + pixel) * channels + channel];
        }
}

// ---- along columns ---------------------------------------------------------------------------------------------

// output = sum over taps of taps[t] * the row t - BLUR_RADIUS rows from `row`, reflected; added to it where `add`.
static inline void filter_columns(struct unit_shape shape, const float taps[BLUR_TAPS], const float *rows, int row,
                                  bool add, float *restrict output)
{
    const int values = row_values(shape);
    const float *from[BLUR_TAPS];
    for (int tap = 0; tap < BLUR_TAPS; tap++)
        from[tap] = rows + (ptrdiff_t)reflect(row + tap - BLUR_RADIUS, shape.height) * values;
    const float *restrict r0 = from[0], *restrict r1 = from[1], *restrict r2 = from[2], *restrict r3 = from[3],
                          *restrict r4 = from[4], *restrict r5 = from[5], *restrict r6 = from[6],
                          *restrict r7 = from[7], *restrict r8 = from[8];
    for (int i = 0; i < values; i++) {
        const float sum = taps[0] * r0[i] + taps[1] * r1[i] + taps[2] * r2[i] + taps[3] * r3[i] + taps[4] * r4[i] +
                          taps[5] * r5[i] + taps[6] * r6[i] + taps[7] * r7[i] + taps[8] * r8[i];
        output[i] = add ? output[i] + sum : sum;
    }
}

// The transpose, of the whole image.
static void spread_columns(struct unit_shape shape, const float taps[BLUR_TAPS], const float *gradient, float *output)
{
    const int values = row_values(shape);
    memset(output, 0, unit_values(shape) * sizeof *output);
    for (int row = 0; row < shape.height; row++, gradient += values)
        for (int tap = 0; tap < BLUR_TAPS; tap++) {
            float *restrict to = output + (ptrdiff_t)reflect(row + tap - BLUR_RADIUS, shape.height) * values;
            const float *restrict from = gradient, weight = taps[tap];
            for (int i = 0; i < values; i++) to[i] += weight * from[i];
        }
}

// ---- forward and backward --------------------------------------------------------------------------------------

void ISA_NAME(blur_forward)(const struct deform_image *image, float *output)
{
    const struct unit_shape shape = image->shape;
    const struct taps taps = taps_of(image);
    const int values = row_values(shape);
    float *rows = image->space, *wide = rows + unit_values(shape);
    const float *restrict input = image->input, gate = image->gate;
    filter_rows(shape, taps.taps, input, wide, rows);
    for (int row = 0; row < shape.height; row++, input += values, output += values) {
        filter_columns(shape, taps.taps, rows, row, false, output);
        float *restrict blended = output;
        for (int i = 0; i < values; i++) blended[i] = gate * blended[i] + (1 - gate) * input[i];
    }
}

// sum of a * b over one row's `count` values, added column by column to `partial`.
static void add_products(const float *restrict a, const float *restrict b, int count, float *restrict partial)
{
    for (int i = 0; i < count; i++) partial[i] += a[i] * b[i];
}

// Sigma acts through the row filter and through the column filter: `sloped` rows under taps, plain rows under slopes.
static double sigma_slope(const struct deform_image *image, const struct taps *taps, const float *gradient,
                          const float *plain, const float *sloped, float *partial, float *output)
{
    const int values = row_values(image->shape);
    memset(partial, 0, (size_t)values * sizeof *partial);
    for (int row = 0; row < image->shape.height; row++, gradient += values) {
        filter_columns(image->shape, taps->taps, sloped, row, false, output);
        filter_columns(image->shape, taps->slopes, plain, row, true, output);
        add_products(gradient, output, values, partial);
    }
    return add_up(partial, values);
}

static double gate_slope(const struct deform_image *image, const struct taps *taps, const float *gradient,
                         const float *plain, float *partial, float *output)
{
    const int values = row_values(image->shape);
    const float *restrict input = image->input;
    memset(partial, 0, (size_t)values * sizeof *partial);
    for (int row = 0; row < image->shape.height; row++, gradient += values, input += values) {
        filter_columns(image->shape, taps->taps, plain, row, false, output);
        for (int i = 0; i < values; i++) output[i] -= input[i];
        add_products(gradient, output, values, partial);
    }
    return add_up(partial, values);
}

static void differentiate_input(const struct deform_image *image, const struct taps *taps,
                                const struct deform_slopes *slopes, float *rows, float *wide, float *wider)
{
    const struct unit_shape shape = image->shape;
    const int values = row_values(shape);
    const float *restrict gradient = slopes->grad_output, gate = image->gate;
    float *restrict grad_input = slopes->grad_input;
    spread_columns(shape, taps->taps, gradient, rows);
    memset(wider, 0, wide_values(shape, 2) * sizeof *wider);
    for (int row = 0; row < shape.height; row++, gradient += values, grad_input += values, rows += values) {
        spread_row(shape, taps->taps, rows, wider, wide);
        const float *restrict spread = wide + (ptrdiff_t)BLUR_RADIUS * shape.channels;
        for (int i = 0; i < values; i++) grad_input[i] = gate * spread[i] + (1 - gate) * gradient[i];
    }
}

void ISA_NAME(blur_backward)(const struct deform_image *image, const struct deform_slopes *slopes)
{
    const struct unit_shape shape = image->shape;
    const struct taps taps = taps_of(image);
    float *plain = image->space, *sloped = plain + unit_values(shape), *output = sloped + unit_values(shape);
    float *wide = output + row_values(shape), *wider = wide + wide_values(shape, 1);
    filter_rows(shape, taps.taps, image->input, wide, plain);
    filter_rows(shape, taps.slopes, image->input, wide, sloped);
    slopes->grad_parameters[0] =
        (float)((double)image->gate * sigma_slope(image, &taps, slopes->grad_output, plain, sloped, wide, output));
    if (slopes->grad_gate != NULL)
        *slopes->grad_gate = (float)gate_slope(image, &taps, slopes->grad_output, plain, wide, output);
    if (slopes->grad_input != NULL) differentiate_input(image, &taps, slopes, plain, wide, wider);
}

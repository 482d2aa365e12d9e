// blur.c: defocus, glass, motion and zoom blur.
#include <string.h>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

#include "kernels/cpu/corruptions/corruptions.h"

enum { ROW_VALUES = PICTURE_SIDE * PICTURE_CHANNELS };

enum { DEFOCUS_SIDE = PICTURE_SIDE + 2 * DEFOCUS_RADIUS, DEFOCUS_ROW = DEFOCUS_SIDE * PICTURE_CHANNELS };

static void defocus_pad(const uint8_t *restrict image, double padded[restrict DEFOCUS_SIDE][DEFOCUS_ROW])
{
    for (int row = 0; row < DEFOCUS_SIDE; row++) {
        const uint8_t *from = image + border_reflect101(row - DEFOCUS_RADIUS) * ROW_VALUES;
        double *middle = padded[row] + DEFOCUS_RADIUS * PICTURE_CHANNELS;
        for (int x = 0; x < ROW_VALUES; x++) middle[x] = from[x] / 255.0;
        for (int i = 1; i <= DEFOCUS_RADIUS; i++)
            for (int c = 0; c < PICTURE_CHANNELS; c++) {
                middle[-i * PICTURE_CHANNELS + c] = middle[i * PICTURE_CHANNELS + c];
                middle[(PICTURE_SIDE - 1 + i) * PICTURE_CHANNELS + c] =
                    middle[(PICTURE_SIDE - 1 - i) * PICTURE_CHANNELS + c];
            }
    }
}

// Taps of weight 0 add nothing to a sum of non-negative terms and are left out.
void ISA_NAME(defocus_blur)(int severity, const uint8_t *image, uint8_t *output)
{
    const struct defocus_kernel *kernel = &ISA_NAME(corruption_tables)()->defocus[severity - 1];
    double padded[DEFOCUS_SIDE][DEFOCUS_ROW], weights[25];
    int offsets[25], count = 0;
    for (int i = 0; i < 5; i++)
        for (int j = 0; j < 5; j++) {
            if (!(kernel->weights[i][j] > 0)) continue;
            weights[count] = (double)kernel->weights[i][j];
            offsets[count++] = i * DEFOCUS_ROW + j * PICTURE_CHANNELS;
        }
    defocus_pad(image, padded);
    for (int row = 0; row < PICTURE_SIDE; row++)
        for (int x = 0; x < ROW_VALUES; x += 2 * DOUBLES) {
            doubles first = {0}, second = {0};
            for (int i = 0; i < count; i++) {
                first += weights[i] * doubles_load(&padded[row][x] + offsets[i]);
                second += weights[i] * doubles_load(&padded[row][x] + offsets[i] + DOUBLES);
            }
            doubles_store_bytes(output + row * ROW_VALUES + x, first);
            doubles_store_bytes(output + row * ROW_VALUES + x + DOUBLES, second);
        }
}

static void glass_filter(const struct gaussian_taps *taps, const uint8_t *input, uint8_t *output)
{
    double unit[PICTURE_BYTES];
    if (taps->radius == 0) { // k / 255 * 255 is k
        memcpy(output, input, PICTURE_BYTES);
        return;
    }
    for (int i = 0; i < PICTURE_BYTES; i++) unit[i] = input[i] / 255.0;
    ISA_NAME(gaussian_filter)(taps, BORDER_CLAMP, 3, unit, unit);
    for (int i = 0; i < PICTURE_BYTES; i++) output[i] = picture_byte(unit[i]);
}

// Whole pixels move, so they are packed into words first.
static void glass_move(const struct glass_settings *settings, const struct glass_blur_draw *draw, uint8_t *picture)
{
    uint32_t pixels[PICTURE_PIXELS];
    for (int i = 0; i < PICTURE_PIXELS; i++)
        pixels[i] = (uint32_t)(picture[3 * i] | picture[3 * i + 1] << 8 | picture[3 * i + 2] << 16);
    for (int pass = 0; pass < settings->passes; pass++) {
        int8_t const(*shift)[2] = draw->shifts[pass];
        for (int h = PICTURE_SIDE - 1; h >= 2; h--)
            for (int w = PICTURE_SIDE - 1; w >= 2; w--, shift++)
                pixels[h * PICTURE_SIDE + w] = pixels[(h + (*shift)[1]) * PICTURE_SIDE + w + (*shift)[0]];
    }
    for (int i = 0; i < PICTURE_PIXELS; i++)
        for (int c = 0; c < 3; c++) picture[3 * i + c] = (uint8_t)(pixels[i] >> 8 * c);
}

void ISA_NAME(glass_blur_stages)(int severity, const struct glass_blur_draw *draw, const uint8_t *image,
                                 uint8_t *blurred, uint8_t *moved)
{
    glass_filter(&ISA_NAME(corruption_tables)()->glass[severity - 1], image, blurred);
    memcpy(moved, blurred, PICTURE_BYTES);
    glass_move(&glass_settings[severity - 1], draw, moved);
}

void ISA_NAME(glass_blur)(int severity, const struct glass_blur_draw *draw, const uint8_t *image, uint8_t *output)
{
    const struct gaussian_taps *taps = &ISA_NAME(corruption_tables)()->glass[severity - 1];
    uint8_t picture[PICTURE_BYTES];
    glass_filter(taps, image, picture);
    glass_move(&glass_settings[severity - 1], draw, picture);
    glass_filter(taps, picture, output);
}

void ISA_NAME(motion_blur)(int severity, const struct motion_blur_draw *draw, const uint8_t *image, uint8_t *output)
{
    const struct motion_kernel kernel =
        motion_kernel_turn(ISA_NAME(corruption_tables)()->motion[severity - 1], draw->angle_degrees);
    ISA_NAME(motion_filter)(&kernel, 3, image, output);
}

// A row of the source with its columns where the output has them: one copy for each of the two neighbours. Four floats
// are moved at a time; the fourth is overwritten by the next pixel.
static void spread_row(const int *columns, const float *row, float *spread)
{
    for (int i = 0; i < PICTURE_SIDE; i++)
        memcpy(spread + PICTURE_CHANNELS * i, row + PICTURE_CHANNELS * columns[i], 4 * sizeof(float));
}

enum { SPREAD_ROW = ROW_VALUES + 1 };

typedef float floats __attribute__((vector_size(4 * DOUBLES)));
typedef float floats_unaligned __attribute__((vector_size(4 * DOUBLES), aligned(4), may_alias));

// gcc 12 makes several instructions of the portable conversions.
static inline doubles widen(const float *from)
{
#if defined(__AVX512F__)
    return _mm512_cvtps_pd(*(const floats_unaligned *)from);
#elif defined(__AVX2__)
    return _mm256_cvtps_pd(*(const floats_unaligned *)from);
#else
    return __builtin_convertvector(*(const floats_unaligned *)from, doubles);
#endif
}

static inline void add_narrowed(float *to, doubles value)
{
#if defined(__AVX512F__)
    *(floats_unaligned *)to += (floats)_mm512_cvtpd_ps(value);
#elif defined(__AVX2__)
    *(floats_unaligned *)to += (floats)_mm256_cvtpd_ps(value);
#else
    *(floats_unaligned *)to += __builtin_convertvector(value, floats);
#endif
}

// sum += the zoomed picture, rounded to float32.
static void zoom_add(const struct zoom_axis *axis, const float *unit, float *sum)
{
    float spread[2][PICTURE_SIDE][SPREAD_ROW];
    for (int row = axis->first[0]; row <= axis->second[PICTURE_SIDE - 1]; row++) {
        spread_row(axis->first, unit + row * ROW_VALUES, spread[0][row]);
        spread_row(axis->second, unit + row * ROW_VALUES, spread[1][row]);
    }
    for (int x = 0; x < ROW_VALUES; x += DOUBLES) {
        const doubles right = doubles_load(axis->row_weights + x), left = 1 - right;
        for (int row = 0; row < PICTURE_SIDE; row++) {
            const int top = axis->first[row], bottom = axis->second[row];
            const double fy = axis->weights[row];
            const doubles value =
                widen(&spread[0][top][x]) * ((1 - fy) * left) + widen(&spread[1][top][x]) * ((1 - fy) * right) +
                widen(&spread[0][bottom][x]) * (fy * left) + widen(&spread[1][bottom][x]) * (fy * right);
            add_narrowed(sum + row * ROW_VALUES + x, value);
        }
    }
}

// The first zoom is the picture itself.
void ISA_NAME(zoom_blur)(int severity, const uint8_t *image, uint8_t *output)
{
    const struct corruption_tables *tables = ISA_NAME(corruption_tables)();
    const int count = zoom_blur_counts[severity - 1];
    float unit[PICTURE_BYTES + 1], sum[PICTURE_BYTES];
    for (int i = 0; i < PICTURE_BYTES; i++) unit[i] = (float)image[i] / 255;
    unit[PICTURE_BYTES] = 0; // spread_row reads one float too many
    memcpy(sum, unit, sizeof sum);
    for (int place = 1; place < count; place++) zoom_add(&tables->zooms[place], unit, sum);
    for (int i = 0; i < PICTURE_BYTES; i++) output[i] = picture_byte_float((unit[i] + sum[i]) / (float)(count + 1));
}

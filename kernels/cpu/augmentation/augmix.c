// augmix.c: AugMix's image operations and mixtures: the reference's bytes.
// Bound     arithmetic: rotate and the shears interpolate in double, a pixel's channels side by side; what goes through a
//           table takes a look-up a byte; the rest are loops over bytes that the compiler turns into vectors.
// Method    a shear moves along one axis only, so it interpolates once a pixel; a translation copies.
#include "kernels/reference/augmentation/augmix.h"
#include "kernels/cpu/augmentation/augmentation.h"
#include "kernels/device.h"
#include "kernels/host_augmix.h"
#include "kernels/reference/corruptions/picture.h"

enum { ROW_BYTES = PICTURE_SIDE * PICTURE_CHANNELS };

// ---- tables of bytes -------------------------------------------------------------------------------------------

// Two histograms a channel, for even and odd pixels: neighbours are often equal, and then wait for one another.
static void count_bytes(const uint8_t *image, struct augmix_histogram *histogram)
{
    struct augmix_histogram odd = {.counts = {{0}}};
    memset(histogram, 0, sizeof *histogram);
    for (int i = 0; i < PICTURE_BYTES; i += 2 * PICTURE_CHANNELS)
        for (int channel = 0; channel < PICTURE_CHANNELS; channel++) {
            histogram->counts[channel][image[i + channel]]++;
            odd.counts[channel][image[i + PICTURE_CHANNELS + channel]]++;
        }
    for (int channel = 0; channel < PICTURE_CHANNELS; channel++)
        for (int byte = 0; byte < 256; byte++) histogram->counts[channel][byte] += odd.counts[channel][byte];
}

static void look_up(uint8_t tables[PICTURE_CHANNELS][256], const uint8_t *restrict image, uint8_t *restrict output)
{
    for (int i = 0; i < PICTURE_BYTES; i += PICTURE_CHANNELS)
        for (int channel = 0; channel < PICTURE_CHANNELS; channel++)
            output[i + channel] = tables[channel][image[i + channel]];
}

static void equalize(const uint8_t *image, uint8_t *output)
{
    struct augmix_histogram histogram;
    uint8_t tables[PICTURE_CHANNELS][256];
    count_bytes(image, &histogram);
    for (int channel = 0; channel < PICTURE_CHANNELS; channel++)
        augmix_equalize_table(histogram.counts[channel], tables[channel]);
    look_up(tables, image, output);
}

// Only the extremes count: columns of rows first, which vectors do, then channels.
static void find_extremes(const uint8_t *restrict image, int low[PICTURE_CHANNELS], int high[PICTURE_CHANNELS])
{
    uint8_t lowest[ROW_BYTES], highest[ROW_BYTES];
    memcpy(lowest, image, ROW_BYTES);
    memcpy(highest, image, ROW_BYTES);
    for (int row = 1; row < PICTURE_SIDE; row++)
        for (int i = 0; i < ROW_BYTES; i++) {
            const uint8_t byte = image[row * ROW_BYTES + i];
            lowest[i] = byte < lowest[i] ? byte : lowest[i];
            highest[i] = byte > highest[i] ? byte : highest[i];
        }
    for (int channel = 0; channel < PICTURE_CHANNELS; channel++) {
        low[channel] = 255;
        high[channel] = 0;
        for (int i = channel; i < ROW_BYTES; i += PICTURE_CHANNELS) {
            low[channel] = lowest[i] < low[channel] ? lowest[i] : low[channel];
            high[channel] = highest[i] > high[channel] ? highest[i] : high[channel];
        }
    }
}

// Scale and offset of every column of a row; trunc(byte * scale - offset), limited. A channel of one value is kept.
static void autocontrast(const uint8_t *restrict image, uint8_t *restrict output)
{
    int low[PICTURE_CHANNELS], high[PICTURE_CHANNELS];
    double scales[ROW_BYTES], offsets[ROW_BYTES];
    find_extremes(image, low, high);
    for (int i = 0; i < ROW_BYTES; i++) {
        const int channel = i % PICTURE_CHANNELS;
        scales[i] = high[channel] > low[channel] ? 255.0 / (high[channel] - low[channel]) : 1;
        offsets[i] = high[channel] > low[channel] ? low[channel] * scales[i] : 0;
    }
    for (int row = 0; row < PICTURE_SIDE; row++)
        for (int i = 0; i < ROW_BYTES; i++) {
            const int value = (int)(image[row * ROW_BYTES + i] * scales[i] - offsets[i]);
            output[row * ROW_BYTES + i] = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
        }
}

static void posterize(int bits, const uint8_t *restrict image, uint8_t *restrict output)
{
    const uint8_t mask = (uint8_t)(0xFF00 >> bits);
    for (int i = 0; i < PICTURE_BYTES; i++) output[i] = image[i] & mask;
}

static void solarize(int threshold, const uint8_t *restrict image, uint8_t *restrict output)
{
    if (threshold > 255) {
        memcpy(output, image, PICTURE_BYTES);
        return;
    }
    const uint8_t limit = (uint8_t)threshold;
    for (int i = 0; i < PICTURE_BYTES; i++) output[i] = image[i] < limit ? image[i] : (uint8_t)(255 - image[i]);
}

// ---- affine reads ----------------------------------------------------------------------------------------------

// A pixel's channels in double; the fourth lane is what follows them in memory and is never looked at. Vectors of this width
// are never passed by value, since how that is done hangs on the instruction set.
typedef double channels __attribute__((vector_size(32)));
typedef uint8_t channel_bytes __attribute__((vector_size(4)));
typedef int32_t channel_integers __attribute__((vector_size(16)));

enum { PADDED_BYTES = PICTURE_BYTES + 1 }; // so that the last pixel's four bytes exist

static inline void channels_load(const uint8_t *pixel, channels *value)
{
    channel_bytes bytes;
    memcpy(&bytes, pixel, sizeof bytes);
    *value = __builtin_convertvector(__builtin_convertvector(bytes, channel_integers), channels);
}

// Truncated; writes four bytes, the last of which the next pixel overwrites.
static inline void channels_store(uint8_t *pixel, const channels *value)
{
    const channel_bytes bytes =
        __builtin_convertvector(__builtin_convertvector(*value, channel_integers), channel_bytes);
    memcpy(pixel, &bytes, sizeof bytes);
}

// Between two pixels.
static inline void interpolate(const uint8_t *first, const uint8_t *second, double share, channels *value)
{
    channels a, b;
    channels_load(first, &a);
    channels_load(second, &b);
    *value = a + (b - a) * share;
}

// Where a coordinate reads: two neighbours, limited to the picture, and the share of the second. `inside` tells whether it
// reads at all.
struct axis {
    int32_t first[PICTURE_SIDE], second[PICTURE_SIDE], inside[PICTURE_SIDE];
    double share[PICTURE_SIDE];
};

// Pixel numbers, times `step`, for source positions start + slope terms already summed.
static inline void place_on_axis(double source, int step, struct axis *axis, int i)
{
    const bool inside = source >= 0 && source < PICTURE_SIDE;
    const double position = (inside ? source : 0.5) - 0.5;
    int whole = (int)position;
    whole -= (double)whole > position;
    axis->inside[i] = inside;
    axis->first[i] = step * (whole < 0 ? 0 : whole);
    axis->second[i] = step * (whole + 1 < PICTURE_SIDE ? whole + 1 : PICTURE_SIDE - 1);
    axis->share[i] = position - whole;
}

static void rotate(struct augmix_affine map, const uint8_t *image, uint8_t *output)
{
    struct axis columns, rows;
    for (int row = 0; row < PICTURE_SIDE; row++) {
        for (int i = 0; i < PICTURE_SIDE; i++)
            place_on_axis(map.a * (i + 0.5) + map.b * (row + 0.5) + map.c, PICTURE_CHANNELS, &columns, i);
        for (int i = 0; i < PICTURE_SIDE; i++)
            place_on_axis(map.d * (i + 0.5) + map.e * (row + 0.5) + map.f, ROW_BYTES, &rows, i);
        for (int i = 0; i < PICTURE_SIDE; i++, output += PICTURE_CHANNELS) {
            const uint8_t *up = image + rows.first[i], *down = image + rows.second[i];
            channels upper, lower;
            interpolate(up + columns.first[i], up + columns.second[i], columns.share[i], &upper);
            interpolate(down + columns.first[i], down + columns.second[i], columns.share[i], &lower);
            upper += (lower - upper) * rows.share[i];
            if (!(columns.inside[i] && rows.inside[i])) upper = (channels){0};
            channels_store(output, &upper);
        }
    }
}

// Rows stay rows, so the second interpolation is between equal values and changes nothing.
static void shear_x(struct augmix_affine map, const uint8_t *image, uint8_t *output)
{
    struct axis columns;
    for (int row = 0; row < PICTURE_SIDE; row++, image += ROW_BYTES) {
        for (int i = 0; i < PICTURE_SIDE; i++)
            place_on_axis(map.a * (i + 0.5) + map.b * (row + 0.5) + map.c, PICTURE_CHANNELS, &columns, i);
        for (int i = 0; i < PICTURE_SIDE; i++, output += PICTURE_CHANNELS) {
            channels value;
            interpolate(image + columns.first[i], image + columns.second[i], columns.share[i], &value);
            if (!columns.inside[i]) value = (channels){0};
            channels_store(output, &value);
        }
    }
}

static void shear_y(struct augmix_affine map, const uint8_t *image, uint8_t *output)
{
    struct axis rows;
    for (int row = 0; row < PICTURE_SIDE; row++) {
        for (int i = 0; i < PICTURE_SIDE; i++)
            place_on_axis(map.d * (i + 0.5) + map.e * (row + 0.5) + map.f, ROW_BYTES, &rows, i);
        for (int i = 0; i < PICTURE_SIDE; i++, output += PICTURE_CHANNELS) {
            const uint8_t *column = image + (ptrdiff_t)i * PICTURE_CHANNELS;
            channels value;
            interpolate(column + rows.first[i], column + rows.second[i], rows.share[i], &value);
            if (!rows.inside[i]) value = (channels){0};
            channels_store(output, &value);
        }
    }
}

// Positions fall on pixels: rows are copied, black where nothing is read.
static void translate(int right, int down, const uint8_t *image, uint8_t *output)
{
    const int first = right < 0 ? -right : 0, last = right > 0 ? PICTURE_SIDE - right : PICTURE_SIDE;
    memset(output, 0, PICTURE_BYTES);
    for (int row = 0; row < PICTURE_SIDE; row++) {
        const int from = row + down;
        if (from < 0 || from >= PICTURE_SIDE || last <= first) continue;
        memcpy(output + (ptrdiff_t)row * ROW_BYTES + (ptrdiff_t)first * PICTURE_CHANNELS,
               image + (ptrdiff_t)from * ROW_BYTES + (ptrdiff_t)(first + right) * PICTURE_CHANNELS,
               (size_t)(last - first) * PICTURE_CHANNELS);
    }
}

// Reads and writes go a byte beyond a picture: both get room for it here.
static void read_affine(enum augmix_operation operation, double parameter, const uint8_t *image, uint8_t *output)
{
    uint8_t from[PADDED_BYTES], to[PADDED_BYTES];
    const struct augmix_affine map = augmix_affine_of(operation, parameter);
    memcpy(from, image, PICTURE_BYTES);
    from[PICTURE_BYTES] = 0;
    if (operation == AUGMIX_ROTATE) rotate(map, from, to);
    if (operation == AUGMIX_SHEAR_X) shear_x(map, from, to);
    if (operation == AUGMIX_SHEAR_Y) shear_y(map, from, to);
    memcpy(output, to, PICTURE_BYTES);
}

// ---- blends ----------------------------------------------------------------------------------------------------

static inline uint8_t blended(int degenerate, int value, float factor)
{
    const float sum = (float)degenerate + factor * (float)(value - degenerate);
    return (uint8_t)(int)(sum <= 0 ? 0 : sum >= 255 ? 255 : sum);
}

static void blend(float factor, const uint8_t *restrict degenerate, const uint8_t *restrict image,
                  uint8_t *restrict output)
{
    for (int i = 0; i < PICTURE_BYTES; i++) output[i] = blended(degenerate[i], image[i], factor);
}

static void fill_grey(const uint8_t *restrict image, uint8_t *restrict grey)
{
    for (int i = 0; i < PICTURE_BYTES; i += PICTURE_CHANNELS)
        for (int channel = 0; channel < PICTURE_CHANNELS; channel++)
            grey[i + channel] = (uint8_t)augmix_grey(image + i);
}

static void fill_mean(const uint8_t *image, uint8_t *grey)
{
    int sum = 0;
    for (int i = 0; i < PICTURE_BYTES; i += PICTURE_CHANNELS) sum += augmix_grey(image + i);
    memset(grey, (int)((double)sum / PICTURE_PIXELS + 0.5), PICTURE_BYTES);
}

// Inner pixels; (2 s + 13) / 26 rounds s / 13, by a multiplication that is exact up to 13 * 255.
static void fill_smoothed(const uint8_t *restrict image, uint8_t *restrict smooth)
{
    memcpy(smooth, image, PICTURE_BYTES);
    for (int row = 1; row < PICTURE_SIDE - 1; row++) {
        const uint8_t *restrict above = image + (ptrdiff_t)(row - 1) * ROW_BYTES, *restrict here = above + ROW_BYTES;
        const uint8_t *restrict below = here + ROW_BYTES;
        for (int i = PICTURE_CHANNELS; i < ROW_BYTES - PICTURE_CHANNELS; i++) {
            const int left = i - PICTURE_CHANNELS, right = i + PICTURE_CHANNELS;
            const int sum = above[left] + above[i] + above[right] + here[left] + 5 * here[i] + here[right] +
                            below[left] + below[i] + below[right];
            smooth[row * ROW_BYTES + i] = (uint8_t)((2 * sum + 13) / 26);
        }
    }
}

static void apply_blend(enum augmix_operation operation, float factor, const uint8_t *image, uint8_t *output)
{
    uint8_t degenerate[PICTURE_BYTES];
    switch (operation) {
    case AUGMIX_COLOR: fill_grey(image, degenerate); break;
    case AUGMIX_CONTRAST: fill_mean(image, degenerate); break;
    case AUGMIX_BRIGHTNESS: memset(degenerate, 0, sizeof degenerate); break;
    default: fill_smoothed(image, degenerate); break;
    }
    blend(factor, degenerate, image, output);
}

void ISA_NAME(augmix_apply)(enum augmix_operation operation, double parameter, const uint8_t *image, uint8_t *output)
{
    switch (operation) {
    case AUGMIX_AUTOCONTRAST: autocontrast(image, output); break;
    case AUGMIX_EQUALIZE: equalize(image, output); break;
    case AUGMIX_POSTERIZE: posterize((int)parameter, image, output); break;
    case AUGMIX_SOLARIZE: solarize((int)parameter, image, output); break;
    case AUGMIX_ROTATE:
    case AUGMIX_SHEAR_X:
    case AUGMIX_SHEAR_Y: read_affine(operation, parameter, image, output); break;
    case AUGMIX_TRANSLATE_X: translate((int)parameter, 0, image, output); break;
    case AUGMIX_TRANSLATE_Y: translate(0, (int)parameter, image, output); break;
    case AUGMIX_COLOR:
    case AUGMIX_CONTRAST:
    case AUGMIX_BRIGHTNESS:
    case AUGMIX_SHARPNESS: apply_blend(operation, (float)parameter, image, output); break;
    case AUGMIX_NONE:
    case AUGMIX_OPERATIONS: memcpy(output, image, PICTURE_BYTES); break;
    }
}

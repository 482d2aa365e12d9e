// image_pass.c: see image_pass.h. Channels are taken LANES at a time, the rest one by one with the same arithmetic.
#include "kernels/cpu/simd/image_pass.h"

#include "kernels/cpu/scratch.h"
#include "kernels/cpu/simd/lane_sums.h"

static void widen_values(size_t count, const activation *values, float *out)
{
    size_t i = 0;
    for (; i + LANES <= count; i += LANES) vector_store(out + i, activation_load(values + i));
    for (; i < count; i++) out[i] = activation_value(values[i]);
}

// Channels outside, pixels inside: the maps of LANES channels stay in registers.
static void activate_pixels(int pixels, int channels, const activation *input, const float *affine, float *out)
{
    const float *scale = affine, *shift = affine + channels;
    size_t end = (size_t)pixels * (size_t)channels;
    int c = 0;
    for (; c + LANES <= channels; c += LANES) {
        const vector of_input = vector_load(scale + c), offset = vector_load(shift + c);
        for (size_t at = (size_t)c; at < end; at += (size_t)channels)
            vector_store(out + at, vector_relu(vector_affine(of_input, activation_load(input + at), offset)));
    }
    for (; c < channels; c++)
        for (size_t at = (size_t)c; at < end; at += (size_t)channels)
            out[at] = scalar_relu(scalar_affine(scale[c], activation_value(input[at]), shift[c]));
}

static void combine_pixels(int pixels, int channels, const activation *gradient, const activation *raw,
                           const float *coefficients, float *out)
{
    const float *of_gradient = coefficients, *of_raw = of_gradient + channels, *offset = of_raw + channels;
    size_t end = (size_t)pixels * (size_t)channels;
    int c = 0;
    for (; c + LANES <= channels; c += LANES) {
        const vector gradient_factor = vector_load(of_gradient + c), raw_factor = vector_load(of_raw + c);
        const vector added = vector_load(offset + c);
        for (size_t at = (size_t)c; at < end; at += (size_t)channels) {
            vector tail = vector_fma(raw_factor, activation_load(raw + at), added);
            vector_store(out + at, vector_fma(gradient_factor, activation_load(gradient + at), tail));
        }
    }
    for (; c < channels; c++)
        for (size_t at = (size_t)c; at < end; at += (size_t)channels)
            out[at] = scalar_fma(of_gradient[c], activation_value(gradient[at]),
                                 scalar_fma(of_raw[c], activation_value(raw[at]), offset[c]));
}

static void fill_pixels(int pixels, int channels, struct tile_source source, float *out)
{
    if (source.map == NULL)
        widen_values((size_t)pixels * (size_t)channels, source.values, out);
    else if (source.raw == NULL)
        activate_pixels(pixels, channels, source.values, source.map, out);
    else
        combine_pixels(pixels, channels, source.values, source.raw, source.map, out);
}

static struct tile_source source_at(struct tile_source source, size_t offset)
{
    source.values += offset;
    if (source.raw != NULL) source.raw += offset;
    return source;
}

static int clamp(int value, int low, int high)
{
    return value < low ? low : value > high ? high : value;
}

void ISA_NAME(tile_fill)(struct image_shape shape, struct image_window window, struct tile_source source, float *space)
{
    size_t channels = (size_t)shape.channels, row_floats = (size_t)window.width * channels;
    int first = clamp(-window.column, 0, window.width), last = clamp(shape.width - window.column, first, window.width);
    for (int y = window.row; y < window.row + window.height; y++, space += row_floats) {
        if (y < 0 || y >= shape.height || first == last) {
            memset(space, 0, row_floats * sizeof *space);
            continue;
        }
        size_t from = ((size_t)y * (size_t)shape.width + (size_t)(window.column + first)) * channels;
        memset(space, 0, (size_t)first * channels * sizeof *space);
        fill_pixels(last - first, shape.channels, source_at(source, from), space + (size_t)first * channels);
        memset(space + (size_t)last * channels, 0, (size_t)(window.width - last) * channels * sizeof *space);
    }
}

const float *ISA_NAME(tile_of)(struct image_shape shape, struct tile_source source, float *space)
{
    const float *ready = source.map == NULL && shape.padding == 0 ? activation_floats(source.values) : NULL;
    if (ready != NULL) return ready;
    struct image_window window = {-shape.padding, -shape.padding, shape.height + 2 * shape.padding,
                                  shape.width + 2 * shape.padding};
    ISA_NAME(tile_fill)(shape, window, source, space);
    return space;
}

// Of one row in float32, behind the tile.
static size_t row_floats(struct image_shape shape)
{
    return (size_t)(shape.width + 2 * shape.padding) * (size_t)shape.channels;
}

size_t ISA_NAME(activation_tile_bytes)(struct image_shape shape)
{
    if (sizeof(activation) == sizeof(float)) return tile_floats(shape) * sizeof(float);
    return scratch_round(tile_floats(shape) * sizeof(activation)) + row_floats(shape) * sizeof(float);
}

static void narrow_values(size_t count, const float *values, activation *out)
{
    size_t i = 0;
    for (; i + LANES <= count; i += LANES) activation_store(out + i, vector_load(values + i));
    for (; i < count; i++) out[i] = activation_of(values[i]);
}

const activation *ISA_NAME(activation_tile_of)(struct image_shape shape, struct tile_source source, void *space)
{
    if (source.map == NULL && shape.padding == 0) return source.values;
    if (sizeof(activation) == sizeof(float)) return (const void *)ISA_NAME(tile_of)(shape, source, space);
    activation *tile = space;
    float *row = (float *)((char *)space + scratch_round(tile_floats(shape) * sizeof *tile));
    struct image_window window = {-shape.padding, -shape.padding, 1, shape.width + 2 * shape.padding};
    for (; window.row < shape.height + shape.padding; window.row++, tile += row_floats(shape)) {
        ISA_NAME(tile_fill)(shape, window, source, row);
        narrow_values(row_floats(shape), row, tile);
    }
    return space;
}

void ISA_NAME(image_square_sums)(struct image_shape shape, const activation *x, struct channel_sums *sums)
{
    int pixels = shape.height * shape.width, channels = shape.channels, c = 0;
    for (; c + LANES <= channels; c += LANES) {
        struct lane_sums lanes = {0};
        for (int p = 0; p < pixels; p++) {
            vector value = activation_load(x + (size_t)p * (size_t)channels + c);
            lane_sums_add(&lanes, value, value);
        }
        lane_sums_store(&lanes, sums + c);
    }
    for (; c < channels; c++) {
        sums[c] = (struct channel_sums){0, 0};
        for (int p = 0; p < pixels; p++) {
            double value = (double)activation_value(x[(size_t)p * (size_t)channels + c]);
            sums[c].first += value;
            sums[c].second += value * value;
        }
    }
}

static void mask_lanes(int pixels, int channels, const activation *mask_input, vector scale, vector shift,
                       activation *output, struct channel_sums *sums)
{
    struct lane_sums lanes = {0};
    for (int p = 0; p < pixels; p++, mask_input += channels, output += channels) {
        vector x = activation_load(mask_input);
        vector g = vector_where_positive(vector_affine(scale, x, shift), activation_load(output));
        activation_store(output, g);
        lane_sums_add(&lanes, g, x);
    }
    if (sums != NULL) lane_sums_store(&lanes, sums);
}

static void mask_channel(int pixels, int channels, const activation *mask_input, float scale, float shift,
                         activation *output, struct channel_sums *sums)
{
    struct channel_sums sum = {0, 0};
    for (int p = 0; p < pixels; p++, mask_input += channels, output += channels) {
        float x = activation_value(*mask_input);
        float g = scalar_affine(scale, x, shift) > 0 ? activation_value(*output) : 0;
        *output = activation_of(g);
        sum.first += (double)g;
        sum.second += (double)g * (double)x;
    }
    if (sums != NULL) *sums = sum;
}

void ISA_NAME(image_mask)(struct image_shape shape, const activation *mask_input, const float *affine,
                          activation *output, struct channel_sums *sums)
{
    int pixels = shape.height * shape.width, channels = shape.channels, c = 0;
    const float *scale = affine, *shift = affine + channels;
    for (; c + LANES <= channels; c += LANES)
        mask_lanes(pixels, channels, mask_input + c, vector_load(scale + c), vector_load(shift + c), output + c,
                   sums == NULL ? NULL : sums + c);
    for (; c < channels; c++)
        mask_channel(pixels, channels, mask_input + c, scale[c], shift[c], output + c, sums == NULL ? NULL : sums + c);
}

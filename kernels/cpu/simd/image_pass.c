// image_pass.c: see image_pass.h. Channels are taken LANES at a time, the rest one by one with the same arithmetic.
#include "kernels/cpu/simd/image_pass.h"

static void activate_pixels(int pixels, int channels, const float *input, const float *affine, float *out)
{
    const float *scale = affine, *shift = affine + channels;
    for (int p = 0; p < pixels; p++, input += channels, out += channels) {
        int c = 0;
        for (; c + LANES <= channels; c += LANES)
            vector_store(out + c, vector_relu(vector_affine(vector_load(scale + c), vector_load(input + c),
                                                            vector_load(shift + c))));
        for (; c < channels; c++) out[c] = scalar_relu(scalar_affine(scale[c], input[c], shift[c]));
    }
}

static void combine_pixels(int pixels, int channels, const float *gradient, const float *raw, const float *coefficients,
                           float *out)
{
    const float *of_gradient = coefficients, *of_raw = of_gradient + channels, *offset = of_raw + channels;
    for (int p = 0; p < pixels; p++, gradient += channels, raw += channels, out += channels) {
        int c = 0;
        for (; c + LANES <= channels; c += LANES) {
            vector tail = vector_fma(vector_load(of_raw + c), vector_load(raw + c), vector_load(offset + c));
            vector_store(out + c, vector_fma(vector_load(of_gradient + c), vector_load(gradient + c), tail));
        }
        for (; c < channels; c++)
            out[c] = scalar_fma(of_gradient[c], gradient[c], scalar_fma(of_raw[c], raw[c], offset[c]));
    }
}

static void zero_border(struct image_shape shape, float *tile)
{
    size_t row = (size_t)(shape.width + 2 * shape.padding) * (size_t)shape.channels;
    size_t side = (size_t)shape.padding * (size_t)shape.channels;
    size_t bottom = (size_t)(shape.height + shape.padding) * row;
    memset(tile, 0, (size_t)shape.padding * row * sizeof *tile);
    memset(tile + bottom, 0, (size_t)shape.padding * row * sizeof *tile);
    for (int y = shape.padding; y < shape.height + shape.padding; y++) {
        memset(tile + (size_t)y * row, 0, side * sizeof *tile);
        memset(tile + (size_t)(y + 1) * row - side, 0, side * sizeof *tile);
    }
}

static float *tile_row(struct image_shape shape, float *tile, int y)
{
    size_t row = (size_t)(shape.width + 2 * shape.padding) * (size_t)shape.channels;
    return tile + (size_t)(y + shape.padding) * row + (size_t)shape.padding * (size_t)shape.channels;
}

const float *ISA_NAME(tile_of_activation)(struct image_shape shape, const float *input, const float *affine,
                                          float *space)
{
    if (affine == NULL && shape.padding == 0) return input;
    size_t row = (size_t)shape.width * (size_t)shape.channels;
    zero_border(shape, space);
    for (int y = 0; y < shape.height; y++, input += row) {
        float *out = tile_row(shape, space, y);
        if (affine == NULL)
            memcpy(out, input, row * sizeof *out);
        else
            activate_pixels(shape.width, shape.channels, input, affine, out);
    }
    return space;
}

const float *ISA_NAME(tile_of_gradient)(struct image_shape shape, const float *gradient, const float *raw,
                                        const float *coefficients, float *space)
{
    if (coefficients == NULL) return ISA_NAME(tile_of_activation)(shape, gradient, NULL, space);
    size_t row = (size_t)shape.width * (size_t)shape.channels;
    zero_border(shape, space);
    for (int y = 0; y < shape.height; y++, gradient += row, raw += row)
        combine_pixels(shape.width, shape.channels, gradient, raw, coefficients, tile_row(shape, space, y));
    return space;
}

// Two sums per channel for LANES channels, in double: half a vector of channels each.
struct lane_sums {
    vector_double first[2], second[2];
};

static inline void lane_sums_add(struct lane_sums *sums, vector value, vector factor)
{
    for (int half = 0; half < 2; half++) {
        vector_double wide = vector_widen(value, half);
        sums->first[half] += wide;
        sums->second[half] += wide * vector_widen(factor, half);
    }
}

static inline void lane_sums_store(const struct lane_sums *lanes, struct channel_sums *sums)
{
    for (int half = 0; half < 2; half++)
        for (int l = 0; l < LANES / 2; l++)
            sums[half * (LANES / 2) + l] = (struct channel_sums){lanes->first[half][l], lanes->second[half][l]};
}

void ISA_NAME(image_square_sums)(struct image_shape shape, const float *x, struct channel_sums *sums)
{
    int pixels = shape.height * shape.width, channels = shape.channels, c = 0;
    for (; c + LANES <= channels; c += LANES) {
        struct lane_sums lanes = {0};
        for (int p = 0; p < pixels; p++) {
            vector value = vector_load(x + (size_t)p * (size_t)channels + c);
            lane_sums_add(&lanes, value, value);
        }
        lane_sums_store(&lanes, sums + c);
    }
    for (; c < channels; c++) {
        sums[c] = (struct channel_sums){0, 0};
        for (int p = 0; p < pixels; p++) {
            double value = x[(size_t)p * (size_t)channels + c];
            sums[c].first += value;
            sums[c].second += value * value;
        }
    }
}

static void mask_lanes(int pixels, int channels, const float *mask_input, vector scale, vector shift, float *output,
                       struct channel_sums *sums)
{
    struct lane_sums lanes = {0};
    for (int p = 0; p < pixels; p++, mask_input += channels, output += channels) {
        vector x = vector_load(mask_input);
        vector g = vector_where_positive(vector_affine(scale, x, shift), vector_load(output));
        vector_store(output, g);
        lane_sums_add(&lanes, g, x);
    }
    if (sums != NULL) lane_sums_store(&lanes, sums);
}

static void mask_channel(int pixels, int channels, const float *mask_input, float scale, float shift, float *output,
                         struct channel_sums *sums)
{
    struct channel_sums sum = {0, 0};
    for (int p = 0; p < pixels; p++, mask_input += channels, output += channels) {
        *output = scalar_affine(scale, *mask_input, shift) > 0 ? *output : 0;
        sum.first += (double)*output;
        sum.second += (double)*output * (double)*mask_input;
    }
    if (sums != NULL) *sums = sum;
}

void ISA_NAME(image_mask)(struct image_shape shape, const float *mask_input, const float *affine, float *output,
                          struct channel_sums *sums)
{
    int pixels = shape.height * shape.width, channels = shape.channels, c = 0;
    const float *scale = affine, *shift = affine + channels;
    for (; c + LANES <= channels; c += LANES)
        mask_lanes(pixels, channels, mask_input + c, vector_load(scale + c), vector_load(shift + c), output + c,
                   sums == NULL ? NULL : sums + c);
    for (; c < channels; c++)
        mask_channel(pixels, channels, mask_input + c, scale[c], shift[c], output + c, sums == NULL ? NULL : sums + c);
}

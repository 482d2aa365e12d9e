// winograd_tiles.c: see winograd_tiles.h. The strip of a tile row goes through the prologue into L1 first (6 x 34 x 32
// floats are 26 KB), so that the overlapping loads of the transform cost no arithmetic and meet no border.
#include "kernels/cpu/simd/winograd_tiles.h"

#include "kernels/cpu/simd/winograd_transforms.h"

static inline __attribute__((always_inline)) void transform_input(int outputs, const float *patch, ptrdiff_t row_floats,
                                                                  ptrdiff_t pixel_floats, float *factors, size_t stride)
{
    const int size = outputs + 2;
    vector columns[WINOGRAD_INPUTS_MAX][WINOGRAD_INPUTS_MAX]; // after the first pass: [product row][column]
    for (int x = 0; x < size; x++) {
        vector d[WINOGRAD_INPUTS_MAX], v[WINOGRAD_INPUTS_MAX];
#pragma GCC unroll 6
        for (int y = 0; y < size; y++) d[y] = vector_load(patch + y * row_floats + x * pixel_floats);
        winograd_input_1d(outputs, d, 1, v);
#pragma GCC unroll 6
        for (int y = 0; y < size; y++) columns[y][x] = v[y];
    }
    for (int y = 0; y < size; y++) {
        vector v[WINOGRAD_INPUTS_MAX];
        winograd_input_1d(outputs, columns[y], 1, v);
#pragma GCC unroll 6
        for (int x = 0; x < size; x++) vector_store(factors + (size_t)(y * size + x) * stride, v[x]);
    }
}

static inline __attribute__((always_inline)) void transform_gradient(int outputs, const float *patch,
                                                                     ptrdiff_t row_floats, ptrdiff_t pixel_floats,
                                                                     float *factors, size_t stride)
{
    const int size = outputs + 2;
    vector columns[WINOGRAD_INPUTS_MAX][WINOGRAD_OUTPUTS_MAX];
    for (int x = 0; x < outputs; x++) {
        vector d[WINOGRAD_OUTPUTS_MAX], v[WINOGRAD_INPUTS_MAX];
#pragma GCC unroll 4
        for (int y = 0; y < outputs; y++) d[y] = vector_load(patch + y * row_floats + x * pixel_floats);
        winograd_gradient_1d(outputs, d, 1, v);
#pragma GCC unroll 6
        for (int y = 0; y < size; y++) columns[y][x] = v[y];
    }
    for (int y = 0; y < size; y++) {
        vector v[WINOGRAD_INPUTS_MAX];
        winograd_gradient_1d(outputs, columns[y], 1, v);
#pragma GCC unroll 6
        for (int x = 0; x < size; x++) vector_store(factors + (size_t)(y * size + x) * stride, v[x]);
    }
}

void ISA_NAME(winograd_input_row)(struct winograd_tiles tiles, struct image_shape shape, struct tile_source source,
                                  int tile_row, float *strip, float *factors, size_t stride)
{
    struct image_window window = {tile_row * tiles.outputs - 1, -1, tiles.outputs + 2,
                                  tiles.columns * tiles.outputs + 2};
    ISA_NAME(tile_fill)(shape, window, source, strip);
    const ptrdiff_t pixel_floats = shape.channels, row_floats = window.width * pixel_floats;
    for (int t = 0; t < tiles.columns; t++, factors += pixel_floats)
        for (int c = 0; c < shape.channels; c += LANES) {
            const float *patch = strip + (ptrdiff_t)t * tiles.outputs * pixel_floats + c;
            if (tiles.outputs == 4)
                transform_input(4, patch, row_floats, pixel_floats, factors + c, stride);
            else
                transform_input(2, patch, row_floats, pixel_floats, factors + c, stride);
        }
}

void ISA_NAME(winograd_gradient_row)(struct winograd_tiles tiles, struct image_shape shape, struct tile_source source,
                                     int tile_row, float *strip, float *factors, size_t stride)
{
    struct image_window window = {tile_row * tiles.outputs, 0, tiles.outputs, tiles.columns * tiles.outputs};
    ISA_NAME(tile_fill)(shape, window, source, strip);
    const ptrdiff_t pixel_floats = shape.channels, row_floats = window.width * pixel_floats;
    for (int t = 0; t < tiles.columns; t++, factors += pixel_floats)
        for (int c = 0; c < shape.channels; c += LANES) {
            const float *patch = strip + (ptrdiff_t)t * tiles.outputs * pixel_floats + c;
            if (tiles.outputs == 4)
                transform_gradient(4, patch, row_floats, pixel_floats, factors + c, stride);
            else
                transform_gradient(2, patch, row_floats, pixel_floats, factors + c, stride);
        }
}

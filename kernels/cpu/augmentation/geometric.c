// geometric.c: an affine read with bilinear interpolation and zeros outside, blended by the gate.
// Bound     loads: four pixels an output pixel, and backwards four more read and written.
// Method    a pixel is a vector of four floats, whatever the number of channels, in a copy of the image with a border of
//           zeros, so that no read needs a mask. Where a pixel is read is computed in double as in the reference, so
//           that both choose the same four neighbours.
#include "kernels/cpu/augmentation/augmentation.h"
#include "kernels/device.h"

typedef float pixel __attribute__((vector_size(16)));
typedef float pixel_unaligned __attribute__((vector_size(16), aligned(4), may_alias));

enum { PIXEL_FLOATS = 4, BORDER_BEFORE = 2, BORDER = 5 }; // pixels of zeros before, and before and behind together

static inline pixel pixel_load(const float *from)
{
    return *(const pixel_unaligned *)from;
}

static inline void pixel_store(float *to, pixel value)
{
    *(pixel_unaligned *)to = value;
}

static size_t padded_floats(struct unit_shape shape)
{
    return (size_t)(shape.height + BORDER) * (size_t)(shape.width + BORDER) * PIXEL_FLOATS;
}

static size_t wide_row_floats(struct unit_shape shape)
{
    return (size_t)row_values(shape) + PIXEL_FLOATS;
}

// Two padded images; a row of values and PIXEL_FLOATS more; a row of places.
size_t ISA_NAME(geometric_space_floats)(struct unit_shape shape)
{
    return 2 * padded_floats(shape) + wide_row_floats(shape) + 4 * (size_t)shape.width;
}

// First float of the image's first pixel within a padded image.
static ptrdiff_t padded_begin(struct unit_shape shape)
{
    return ((ptrdiff_t)BORDER_BEFORE * (shape.width + BORDER) + BORDER_BEFORE) * PIXEL_FLOATS;
}

static inline __attribute__((always_inline)) void spread_pixels(struct unit_shape shape, int channels,
                                                                const float *restrict input, float *restrict to)
{
    for (int row = 0; row < shape.height; row++, to += (ptrdiff_t)(shape.width + BORDER) * PIXEL_FLOATS)
        for (int column = 0; column < shape.width; column++, input += channels)
            for (int channel = 0; channel < channels; channel++) to[column * PIXEL_FLOATS + channel] = input[channel];
}

static void pad_image(struct unit_shape shape, const float *input, float *padded)
{
    memset(padded, 0, padded_floats(shape) * sizeof *padded);
    if (shape.channels == 3)
        spread_pixels(shape, 3, input, padded + padded_begin(shape));
    else
        spread_pixels(shape, shape.channels, input, padded + padded_begin(shape));
}

// Where the pixels of one output row are read.
struct row_places {
    int32_t *restrict first;               // float of the upper left neighbour within the padded image
    float *restrict right, *restrict down; // shares of the others
    float *restrict x;                     // normalised coordinate of the output pixel
};

// As place_of in reference/augmentation/deform_geometric.c, with whole numbers counted from the border. Truncation is
// corrected downwards; comparisons that NaN fails send it outside.
static void find_places(struct unit_shape shape, const float *theta, int row, struct row_places places)
{
    const double t0 = (double)theta[0], t1 = (double)theta[1], t2 = (double)theta[2];
    const double t3 = (double)theta[3], t4 = (double)theta[4], t5 = (double)theta[5];
    const double width = shape.width, height = shape.height, y = (2.0 * row + 1) / height - 1;
    const int stride = shape.width + BORDER;
    for (int column = 0; column < shape.width; column++) {
        const double x = (2.0 * column + 1) / width - 1;
        double u = (((t0 * x + t1 * y + t2) + 1) * width - 1) / 2;
        double v = (((t3 * x + t4 * y + t5) + 1) * height - 1) / 2;
        u = u >= -2 ? u : -2;
        u = u <= width + 1 ? u : width + 1;
        v = v >= -2 ? v : -2;
        v = v <= height + 1 ? v : height + 1;
        int left = (int)u, up = (int)v;
        left -= (double)left > u;
        up -= (double)up > v;
        places.first[column] = ((up + BORDER_BEFORE) * stride + left + BORDER_BEFORE) * PIXEL_FLOATS;
        places.right[column] = (float)(u - left);
        places.down[column] = (float)(v - up);
        places.x[column] = (float)x;
    }
}

static struct row_places row_places_in(struct unit_shape shape, float *space)
{
    const ptrdiff_t width = shape.width;
    return (struct row_places){(int32_t *)space, space + width, space + 2 * width, space + 3 * width};
}

void ISA_NAME(geometric_forward)(const struct deform_image *image, float *output)
{
    const struct unit_shape shape = image->shape;
    const int values = row_values(shape), stride = (shape.width + BORDER) * PIXEL_FLOATS;
    float *padded = image->space, *restrict wide = padded + 2 * padded_floats(shape);
    const struct row_places places = row_places_in(shape, wide + wide_row_floats(shape));
    const float *restrict input = image->input, gate = image->gate;
    pad_image(shape, input, padded);
    for (int row = 0; row < shape.height; row++, input += values, output += values) {
        find_places(shape, image->parameters, row, places);
        for (int column = 0; column < shape.width; column++) {
            const float *from = padded + places.first[column];
            const pixel a = pixel_load(from), b = pixel_load(from + PIXEL_FLOATS);
            const pixel c = pixel_load(from + stride), d = pixel_load(from + stride + PIXEL_FLOATS);
            const pixel upper = a + (b - a) * places.right[column], lower = c + (d - c) * places.right[column];
            pixel_store(wide + (ptrdiff_t)column * shape.channels, upper + (lower - upper) * places.down[column]);
        }
        float *restrict blended = output;
        for (int i = 0; i < values; i++) blended[i] = gate * wide[i] + (1 - gate) * input[i];
    }
}

// ---- backward --------------------------------------------------------------------------------------------------

// Sums over one row's pixels: slopes in u and v, alone and times x, and gradient times what the deformation changes.
struct row_sums {
    pixel u, ux, v, vx, gate;
};

// One row: g is grad_output with PIXEL_FLOATS more behind, x the padded image, own the row itself in there, grad (may be
// NULL) the image's gradient.
static inline __attribute__((always_inline)) struct row_sums differentiate_row(struct unit_shape shape,
                                                                               struct row_places places, const float *g,
                                                                               const float *x, const float *own,
                                                                               float *grad)
{
    const int stride = (shape.width + BORDER) * PIXEL_FLOATS;
    struct row_sums sums = {{0}, {0}, {0}, {0}, {0}};
    for (int column = 0; column < shape.width; column++, g += shape.channels, own += PIXEL_FLOATS) {
        const float *from = x + places.first[column];
        const float right = places.right[column], down = places.down[column];
        const float at = places.x[column];
        const pixel gradient = pixel_load(g);
        const pixel a = pixel_load(from), b = pixel_load(from + PIXEL_FLOATS);
        const pixel c = pixel_load(from + stride), d = pixel_load(from + stride + PIXEL_FLOATS);
        const pixel upper = b - a, lower = d - c, left = c - a;
        const pixel u = gradient * (upper + (lower - upper) * down);
        const pixel v = gradient * (left + (lower - upper) * right);
        sums.u += u;
        sums.ux += u * at;
        sums.v += v;
        sums.vx += v * at;
        sums.gate += gradient * ((a - pixel_load(own)) + upper * right + (left + (lower - upper) * right) * down);
        if (grad == NULL) continue;
        float *to = grad + places.first[column];
        const pixel below = gradient * down, above = gradient - below;
        const pixel above_right = above * right, below_right = below * right;
        pixel_store(to, pixel_load(to) + (above - above_right));
        pixel_store(to + PIXEL_FLOATS, pixel_load(to + PIXEL_FLOATS) + above_right);
        pixel_store(to + stride, pixel_load(to + stride) + (below - below_right));
        pixel_store(to + stride + PIXEL_FLOATS, pixel_load(to + stride + PIXEL_FLOATS) + below_right);
    }
    return sums;
}

static double add_channels(struct unit_shape shape, pixel sums)
{
    double sum = 0;
    for (int channel = 0; channel < shape.channels; channel++) sum += (double)sums[channel];
    return sum;
}

static void write_input_gradient(const struct deform_image *image, const struct deform_slopes *slopes,
                                 const float *padded)
{
    const struct unit_shape shape = image->shape;
    const float *gradient = slopes->grad_output, gate = image->gate;
    float *grad_input = slopes->grad_input;
    padded += padded_begin(shape);
    for (int row = 0; row < shape.height; row++, padded += (ptrdiff_t)(shape.width + BORDER) * PIXEL_FLOATS)
        for (int column = 0; column < shape.width; column++)
            for (int channel = 0; channel < shape.channels; channel++, gradient++, grad_input++)
                *grad_input = gate * padded[column * PIXEL_FLOATS + channel] + (1 - gate) * *gradient;
}

void ISA_NAME(geometric_backward)(const struct deform_image *image, const struct deform_slopes *slopes)
{
    const struct unit_shape shape = image->shape;
    const int values = row_values(shape);
    float *padded = image->space, *grad = padded + padded_floats(shape), *wide = grad + padded_floats(shape);
    const struct row_places places = row_places_in(shape, wide + wide_row_floats(shape));
    const float *gradient = slopes->grad_output, *own = padded + padded_begin(shape);
    double u[3] = {0}, v[3] = {0}, gate = 0;
    pad_image(shape, image->input, padded);
    if (slopes->grad_input != NULL) memset(grad, 0, padded_floats(shape) * sizeof *grad);
    for (int row = 0; row < shape.height; row++, gradient += values) {
        const double y = (2.0 * row + 1) / shape.height - 1;
        find_places(shape, image->parameters, row, places);
        memcpy(wide, gradient, (size_t)values * sizeof *wide);
        memset(wide + values, 0, PIXEL_FLOATS * sizeof *wide);
        const struct row_sums sums = slopes->grad_input != NULL
                                         ? differentiate_row(shape, places, wide, padded, own, grad)
                                         : differentiate_row(shape, places, wide, padded, own, NULL);
        own += (ptrdiff_t)(shape.width + BORDER) * PIXEL_FLOATS;
        const double row_u = add_channels(shape, sums.u), row_v = add_channels(shape, sums.v);
        u[0] += add_channels(shape, sums.ux);
        u[1] += row_u * y;
        u[2] += row_u;
        v[0] += add_channels(shape, sums.vx);
        v[1] += row_v * y;
        v[2] += row_v;
        gate += add_channels(shape, sums.gate);
    }
    for (int i = 0; i < 3; i++) {
        slopes->grad_parameters[i] = (float)((double)image->gate * u[i] * shape.width / 2);
        slopes->grad_parameters[3 + i] = (float)((double)image->gate * v[i] * shape.height / 2);
    }
    if (slopes->grad_gate != NULL) *slopes->grad_gate = (float)gate;
    if (slopes->grad_input != NULL) write_input_gradient(image, slopes, grad);
}

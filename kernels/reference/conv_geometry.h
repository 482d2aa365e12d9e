// conv_geometry.h: where things lie in the arrays of a convolution: sizes out, and offsets in floats within one run.
#ifndef KERNELS_REFERENCE_CONV_GEOMETRY_H
#define KERNELS_REFERENCE_CONV_GEOMETRY_H

#include <stddef.h>

#include "kernels/kernels.h"

static inline int conv_height_out(const struct conv_shape *shape)
{
    return (shape->height + shape->stride - 1) / shape->stride;
}

static inline int conv_width_out(const struct conv_shape *shape)
{
    return (shape->width + shape->stride - 1) / shape->stride;
}

// images x height x width of one run, before and behind the convolution.
static inline size_t conv_positions_in(const struct conv_shape *shape)
{
    return (size_t)shape->images * (size_t)shape->height * (size_t)shape->width;
}

static inline size_t conv_positions_out(const struct conv_shape *shape)
{
    return (size_t)shape->images * (size_t)conv_height_out(shape) * (size_t)conv_width_out(shape);
}

static inline size_t conv_input_offset(const struct conv_shape *shape, int image, int row, int column)
{
    size_t line = (size_t)image * (size_t)shape->height + (size_t)row;
    return (line * (size_t)shape->width + (size_t)column) * (size_t)shape->channels_in;
}

static inline size_t conv_output_offset(const struct conv_shape *shape, int image, int row, int column)
{
    size_t line = (size_t)image * (size_t)conv_height_out(shape) + (size_t)row;
    return (line * (size_t)conv_width_out(shape) + (size_t)column) * (size_t)shape->channels_out;
}

// The channels_in x channels_out matrix of one tap.
static inline size_t conv_tap_offset(const struct conv_shape *shape, int kernel_row, int kernel_column)
{
    size_t tap = (size_t)kernel_row * (size_t)shape->kernel + (size_t)kernel_column;
    return tap * (size_t)shape->channels_in * (size_t)shape->channels_out;
}

static inline size_t conv_filter_size(const struct conv_shape *shape)
{
    return (size_t)shape->kernel * (size_t)shape->kernel * (size_t)shape->channels_in * (size_t)shape->channels_out;
}

#endif

// mlp_layout.c: see mlp_layout.h, and mlp_parameter_count in kernels.h.
#include "kernels/mlp_layout.h"

struct mlp_layer mlp_layer_of(const struct mlp_shape *shape, int layer)
{
    const size_t hidden = (size_t)shape->hidden, rows = (size_t)shape->rows;
    const int inputs = layer == 0 ? shape->inputs : shape->hidden;
    const size_t first = layer == 0 ? 0 : hidden * (size_t)shape->inputs + 2 * hidden;
    const size_t saved = layer == 0 ? 0 : hidden * (2 * rows + 1);
    return (struct mlp_layer){.weight = first,
                              .gamma = first + hidden * (size_t)inputs,
                              .beta = first + hidden * (size_t)inputs + hidden,
                              .normalised = saved,
                              .output = saved + hidden * rows,
                              .inverse_deviation = saved + 2 * hidden * rows,
                              .inputs = inputs};
}

size_t mlp_output_weight(const struct mlp_shape *shape)
{
    return mlp_layer_of(shape, 1).beta + (size_t)shape->hidden;
}

size_t mlp_parameter_count(const struct mlp_shape *shape)
{
    return mlp_output_weight(shape) + (size_t)shape->outputs * (size_t)shape->hidden;
}

size_t mlp_saved_floats(const struct mlp_shape *shape)
{
    return 2 * (size_t)shape->hidden * (2 * (size_t)shape->rows + 1);
}

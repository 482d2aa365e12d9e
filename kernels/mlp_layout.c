// mlp_layout.c: how many floats an MLP's parameters and its saved values take; see kernels.h.
#include "kernels/kernels.h"

size_t mlp_parameter_count(const struct mlp_shape *shape)
{
    const size_t inputs = (size_t)shape->inputs, hidden = (size_t)shape->hidden, outputs = (size_t)shape->outputs;
    return hidden * (inputs + hidden + outputs) + 4 * hidden;
}

size_t mlp_saved_floats(const struct mlp_shape *shape)
{
    return 2 * (size_t)shape->hidden * ((size_t)shape->rows + 1);
}

// mlp_layout.h: where an MLP's parameters and saved values lie, for backends.
#ifndef KERNELS_MLP_LAYOUT_H
#define KERNELS_MLP_LAYOUT_H

#include "kernels/kernels.h"

// Layer `layer` (0, 1) in floats from the beginning of a run's parameters, or of its saved values.
struct mlp_layer {
    size_t weight, gamma, beta;                   // of the parameters
    size_t normalised, output, inverse_deviation; // of the saved values
    int inputs;
};

struct mlp_layer mlp_layer_of(const struct mlp_shape *shape, int layer);
size_t mlp_output_weight(const struct mlp_shape *shape); // where w3 begins

#endif

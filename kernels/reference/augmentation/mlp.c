// mlp.c: two hidden layers with batch norm and leaky ReLU, in double; what backward needs is rounded and kept.
#include <math.h>

#include "kernels/mlp_layout.h"
#include "kernels/reference/pointwise.h"
#include "kernels/reference/reference.h"

static const double epsilon = 1e-5;
static const double negative_slope = 0.2;

// One run.
struct mlp {
    const struct mlp_shape *shape;
    const float *input, *parameters, *saved;
};

// What layer `number` (0, 1; 2: the output) reads.
static double layer_input(const struct mlp *mlp, int number, int row, int column)
{
    if (number == 0) return (double)mlp->input[(size_t)row * (size_t)mlp->shape->inputs + (size_t)column];
    const struct mlp_layer below = mlp_layer_of(mlp->shape, number - 1);
    return (double)mlp->saved[below.output + (size_t)row * (size_t)mlp->shape->hidden + (size_t)column];
}

static double weighted_sum(const struct mlp *mlp, int number, const float *weights, int inputs, int row)
{
    double sum = 0;
    for (int column = 0; column < inputs; column++)
        sum += (double)weights[column] * layer_input(mlp, number, row, column);
    return sum;
}

// ---- forward ---------------------------------------------------------------------------------------------------

static void normalise_unit(const struct mlp *mlp, const struct mlp_layer *layer, int unit, double *values, float *saved)
{
    const int rows = mlp->shape->rows;
    double mean = 0, variance = 0;
    for (int row = 0; row < rows; row++) mean += values[row] / rows;
    for (int row = 0; row < rows; row++) variance += (values[row] - mean) * (values[row] - mean) / rows;
    const double inverse_deviation = 1 / sqrt(variance + epsilon);
    for (int row = 0; row < rows; row++) {
        const size_t at = (size_t)row * (size_t)mlp->shape->hidden + (size_t)unit;
        const double normalised = (values[row] - mean) * inverse_deviation;
        const double scaled = (double)mlp->parameters[layer->gamma + (size_t)unit] * normalised +
                              (double)mlp->parameters[layer->beta + (size_t)unit];
        saved[layer->normalised + at] = (float)normalised;
        saved[layer->output + at] = (float)(scaled < 0 ? negative_slope * scaled : scaled);
    }
    saved[layer->inverse_deviation + (size_t)unit] = (float)inverse_deviation;
}

static void forward_run(const struct mlp *mlp, double *values, float *saved, float *output)
{
    const struct mlp_shape *shape = mlp->shape;
    for (int number = 0; number < 2; number++) {
        const struct mlp_layer layer = mlp_layer_of(shape, number);
        for (int unit = 0; unit < shape->hidden; unit++) {
            const float *weights = mlp->parameters + layer.weight + (size_t)unit * (size_t)layer.inputs;
            for (int row = 0; row < shape->rows; row++)
                values[row] = weighted_sum(mlp, number, weights, layer.inputs, row);
            normalise_unit(mlp, &layer, unit, values, saved);
        }
    }
    const float *weights = mlp->parameters + mlp_output_weight(shape);
    for (int row = 0; row < shape->rows; row++)
        for (int column = 0; column < shape->outputs; column++)
            *output++ =
                (float)weighted_sum(mlp, 2, weights + (size_t)column * (size_t)shape->hidden, shape->hidden, row);
}

void mlp_forward_reference(struct device *device, const void *settings)
{
    const struct mlp_forward *forward = settings;
    const struct mlp_shape *shape = &forward->shape;
    const size_t rows = (size_t)shape->rows;
    double *values = device_scratch(device, rows * sizeof *values);
    if (values == NULL) return;
    for (int run = 0; run < shape->runs; run++) {
        float *saved = forward->saved + (size_t)run * mlp_saved_floats(shape);
        const struct mlp mlp = {shape, forward->input + (size_t)run * rows * (size_t)shape->inputs,
                                forward->parameters.data + (size_t)run * forward->parameters.stride, saved};
        forward_run(&mlp, values, saved, forward->output + (size_t)run * rows * (size_t)shape->outputs);
    }
}

// ---- backward --------------------------------------------------------------------------------------------------

// below = above W, rows x inputs, where W is outputs x inputs.
static void spread_gradient(const double *above, const float *weights, int rows, int outputs, int inputs, double *below)
{
    for (int row = 0; row < rows; row++)
        for (int column = 0; column < inputs; column++) {
            double sum = 0;
            for (int output = 0; output < outputs; output++)
                sum += above[(size_t)row * (size_t)outputs + (size_t)output] *
                       (double)weights[(size_t)output * (size_t)inputs + (size_t)column];
            below[(size_t)row * (size_t)inputs + (size_t)column] = sum;
        }
}

// grad_weight = above^T times what layer `number` reads.
static void sum_weight_gradient(const struct mlp *mlp, int number, const double *above, int outputs, int inputs,
                                float *grad_weight)
{
    for (int output = 0; output < outputs; output++)
        for (int column = 0; column < inputs; column++) {
            double sum = 0;
            for (int row = 0; row < mlp->shape->rows; row++)
                sum += above[(size_t)row * (size_t)outputs + (size_t)output] * layer_input(mlp, number, row, column);
            grad_weight[(size_t)output * (size_t)inputs + (size_t)column] = (float)sum;
        }
}

// In place: from the gradient behind the ReLU to that before batch norm.
static void differentiate_unit(const struct mlp *mlp, const struct mlp_layer *layer, int unit, double *gradient,
                               float *grad_parameters)
{
    const size_t hidden = (size_t)mlp->shape->hidden, at = (size_t)unit;
    const float *normalised = mlp->saved + layer->normalised + at;
    double beta = 0, gamma = 0, count = mlp->shape->rows;
    for (int row = 0; row < mlp->shape->rows; row++) {
        double *g = &gradient[(size_t)row * hidden + at];
        if (!(mlp->saved[layer->output + (size_t)row * hidden + at] > 0)) *g *= negative_slope;
        beta += *g;
        gamma += *g * (double)normalised[(size_t)row * hidden];
    }
    const double factor =
        (double)mlp->parameters[layer->gamma + at] * (double)mlp->saved[layer->inverse_deviation + at];
    for (int row = 0; row < mlp->shape->rows; row++) {
        double *g = &gradient[(size_t)row * hidden + at];
        *g = factor * (*g - beta / count - (double)normalised[(size_t)row * hidden] * gamma / count);
    }
    grad_parameters[layer->gamma + at] = (float)gamma;
    grad_parameters[layer->beta + at] = (float)beta;
}

// `spaces` are two matrices of rows x (the widest of inputs, hidden and outputs).
static void backward_run(const struct mlp *mlp, const float *grad_output, double *spaces[2], float *grad_parameters,
                         float *grad_input)
{
    const struct mlp_shape *shape = mlp->shape;
    const size_t rows = (size_t)shape->rows, at = mlp_output_weight(shape);
    double *above = spaces[0], *below = spaces[1];
    for (size_t i = 0; i < rows * (size_t)shape->outputs; i++) above[i] = (double)grad_output[i];
    sum_weight_gradient(mlp, 2, above, shape->outputs, shape->hidden, grad_parameters + at);
    spread_gradient(above, mlp->parameters + at, shape->rows, shape->outputs, shape->hidden, below);
    for (int number = 1; number >= 0; number--) {
        const struct mlp_layer layer = mlp_layer_of(shape, number);
        double *swap = above;
        above = below;
        below = swap;
        for (int unit = 0; unit < shape->hidden; unit++) differentiate_unit(mlp, &layer, unit, above, grad_parameters);
        sum_weight_gradient(mlp, number, above, shape->hidden, layer.inputs, grad_parameters + layer.weight);
        spread_gradient(above, mlp->parameters + layer.weight, shape->rows, shape->hidden, layer.inputs, below);
    }
    for (size_t i = 0; grad_input != NULL && i < rows * (size_t)shape->inputs; i++) grad_input[i] = (float)below[i];
}

void mlp_backward_reference(struct device *device, const void *settings)
{
    const struct mlp_backward *backward = settings;
    const struct mlp_shape *shape = &backward->shape;
    const size_t rows = (size_t)shape->rows;
    const int wide = shape->inputs > shape->hidden ? shape->inputs : shape->hidden;
    const size_t space = rows * (size_t)(wide > shape->outputs ? wide : shape->outputs);
    double *values = device_scratch(device, 2 * space * sizeof *values);
    if (values == NULL) return;
    for (int run = 0; run < shape->runs; run++) {
        const size_t first = (size_t)run * rows;
        const struct mlp mlp = {shape, backward->input + first * (size_t)shape->inputs,
                                backward->parameters.data + (size_t)run * backward->parameters.stride,
                                backward->saved + (size_t)run * mlp_saved_floats(shape)};
        backward_run(&mlp, backward->grad_output + first * (size_t)shape->outputs,
                     (double *[2]){values, values + space},
                     backward->grad_parameters.data + (size_t)run * backward->grad_parameters.stride,
                     backward->grad_input == NULL ? NULL : backward->grad_input + first * (size_t)shape->inputs);
    }
}

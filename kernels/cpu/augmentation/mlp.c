// mlp.c: the augmentation model's MLPs: linear.c's products with batch norm and leaky ReLU between them.
// Bound     arithmetic: rows * (inputs + hidden + outputs) * hidden multiply-adds, twice as many backwards; batch norm takes
//           three passes over rows x hidden values each way.
// Sums      of batch norm in double, row by row.
#include "kernels/cpu/augmentation/augmentation.h"
#include "kernels/cpu/scratch.h"
#include "kernels/cpu/simd/operations.h"
#include "kernels/device.h"
#include "kernels/mlp_layout.h"

#include <math.h>

static const float negative_slope = 0.2F;
static const double epsilon = 1e-5;

// ---- products --------------------------------------------------------------------------------------------------

// output = input weight^T, for one run.
static void multiply(struct device *device, int rows, int inputs, int outputs, const float *input, const float *weight,
                     float *output)
{
    const struct linear_forward linear = {.runs = 1,
                                          .images = rows,
                                          .features = inputs,
                                          .classes = outputs,
                                          .input = input,
                                          .weight = {(float *)weight, 0},
                                          .logits = output};
    ISA_NAME(linear_forward)(device, &linear);
}

// grad_input (may be NULL) = above weight; grad_weight = above^T input.
static void differentiate(struct device *device, int rows, int inputs, int outputs, const float *above,
                          const float *input, const float *weight, float *grad_input, float *grad_weight)
{
    const struct linear_backward linear = {.runs = 1,
                                           .images = rows,
                                           .features = inputs,
                                           .classes = outputs,
                                           .grad_logits = above,
                                           .input = input,
                                           .weight = {(float *)weight, 0},
                                           .grad_input = grad_input,
                                           .grad_weight = {grad_weight, 0}};
    ISA_NAME(linear_backward)(device, &linear);
}

// ---- batch norm and leaky ReLU ---------------------------------------------------------------------------------

// One layer of one run, rows x hidden.
struct layer {
    int rows, hidden;
    const float *gamma, *beta;
    float *normalised, *output, *inverse_deviation;
};

static struct layer layer_of(const struct mlp_shape *shape, int number, const float *parameters, float *saved)
{
    const struct mlp_layer place = mlp_layer_of(shape, number);
    return (struct layer){shape->rows,
                          shape->hidden,
                          parameters + place.gamma,
                          parameters + place.beta,
                          saved + place.normalised,
                          saved + place.output,
                          saved + place.inverse_deviation};
}

// sums[unit] += sum over rows of values - means (may be NULL), or of its square.
static void sum_rows(const struct layer *layer, const float *values, const double *restrict means,
                     double *restrict sums)
{
    for (int unit = 0; unit < layer->hidden; unit++) sums[unit] = 0;
    for (int row = 0; row < layer->rows; row++, values += layer->hidden)
        for (int unit = 0; unit < layer->hidden; unit++) {
            const double value = (double)values[unit] - (means == NULL ? 0 : means[unit]);
            sums[unit] += means == NULL ? value : value * value;
        }
}

// Turns the products in layer->normalised into normalised values, and these into outputs.
static void normalise_layer(const struct layer *layer, double *restrict means, double *restrict inverses)
{
    const float *restrict gamma = layer->gamma, *restrict beta = layer->beta;
    sum_rows(layer, layer->normalised, NULL, means);
    for (int unit = 0; unit < layer->hidden; unit++) means[unit] /= layer->rows;
    sum_rows(layer, layer->normalised, means, inverses);
    for (int unit = 0; unit < layer->hidden; unit++) {
        inverses[unit] = 1 / sqrt(inverses[unit] / layer->rows + epsilon);
        layer->inverse_deviation[unit] = (float)inverses[unit];
    }
    for (int row = 0; row < layer->rows; row++) {
        float *restrict normalised = layer->normalised + (size_t)row * (size_t)layer->hidden;
        float *restrict output = layer->output + (size_t)row * (size_t)layer->hidden;
        for (int unit = 0; unit < layer->hidden; unit++) {
            normalised[unit] = (float)(((double)normalised[unit] - means[unit]) * inverses[unit]);
            const float value = gamma[unit] * normalised[unit] + beta[unit];
            output[unit] = value < 0 ? negative_slope * value : value;
        }
    }
}

// In place, from the gradient behind the ReLU to that before batch norm.
static void differentiate_layer(const struct layer *layer, float *gradient, double *restrict betas,
                                double *restrict gammas, float *grad_gamma, float *grad_beta)
{
    const int hidden = layer->hidden;
    for (int unit = 0; unit < hidden; unit++) betas[unit] = gammas[unit] = 0;
    for (int row = 0; row < layer->rows; row++) {
        const float *restrict normalised = layer->normalised + (size_t)row * (size_t)hidden;
        const float *restrict output = layer->output + (size_t)row * (size_t)hidden;
        float *restrict g = gradient + (size_t)row * (size_t)hidden;
        for (int unit = 0; unit < hidden; unit++) {
            g[unit] *= output[unit] > 0 ? 1 : negative_slope;
            betas[unit] += (double)g[unit];
            gammas[unit] += (double)g[unit] * (double)normalised[unit];
        }
    }
    for (int unit = 0; unit < hidden; unit++) {
        grad_beta[unit] = (float)betas[unit];
        grad_gamma[unit] = (float)gammas[unit];
        betas[unit] /= layer->rows;
        gammas[unit] /= layer->rows;
    }
    for (int row = 0; row < layer->rows; row++) {
        const float *restrict normalised = layer->normalised + (size_t)row * (size_t)hidden;
        float *restrict g = gradient + (size_t)row * (size_t)hidden;
        for (int unit = 0; unit < hidden; unit++) {
            const double factor = (double)layer->gamma[unit] * (double)layer->inverse_deviation[unit];
            g[unit] = (float)(factor * ((double)g[unit] - betas[unit] - (double)normalised[unit] * gammas[unit]));
        }
    }
}

// ---- the operations --------------------------------------------------------------------------------------------

static void forward_run(struct device *device, const struct mlp_forward *forward, int run)
{
    const struct mlp_shape *shape = &forward->shape;
    const size_t rows = (size_t)shape->rows, hidden = (size_t)shape->hidden;
    const float *parameters = forward->parameters.data + (size_t)run * forward->parameters.stride;
    const float *input = forward->input + (size_t)run * rows * (size_t)shape->inputs;
    float *saved = forward->saved + (size_t)run * mlp_saved_floats(shape);
    for (int number = 0; number < 2; number++) {
        const struct mlp_layer place = mlp_layer_of(shape, number);
        const struct layer layer = layer_of(shape, number, parameters, saved);
        multiply(device, shape->rows, place.inputs, shape->hidden, input, parameters + place.weight, layer.normalised);
        double *sums = device_scratch(device, 2 * hidden * sizeof *sums);
        if (sums == NULL) return;
        normalise_layer(&layer, sums, sums + hidden);
        input = layer.output;
    }
    multiply(device, shape->rows, shape->hidden, shape->outputs, input, parameters + mlp_output_weight(shape),
             forward->output + (size_t)run * rows * (size_t)shape->outputs);
}

void ISA_NAME(mlp_forward)(struct device *device, const void *settings)
{
    const struct mlp_forward *forward = settings;
    for (int run = 0; run < forward->shape.runs; run++) forward_run(device, forward, run);
}

static void backward_run(struct device *device, const struct mlp_backward *backward, int run, char *cursor)
{
    const struct mlp_shape *shape = &backward->shape;
    const size_t rows = (size_t)shape->rows, hidden = (size_t)shape->hidden;
    const float *parameters = backward->parameters.data + (size_t)run * backward->parameters.stride;
    const float *input = backward->input + (size_t)run * rows * (size_t)shape->inputs;
    float *grad_parameters = backward->grad_parameters.data + (size_t)run * backward->grad_parameters.stride;
    float *saved = (float *)backward->saved + (size_t)run * mlp_saved_floats(shape); // layers only read it
    double *sums = scratch_take(&cursor, 2 * hidden * sizeof *sums);
    float *gradients[2];
    for (int number = 0; number < 2; number++) gradients[number] = scratch_take(&cursor, rows * hidden * sizeof(float));
    differentiate(device, shape->rows, shape->hidden, shape->outputs,
                  backward->grad_output + (size_t)run * rows * (size_t)shape->outputs,
                  layer_of(shape, 1, parameters, saved).output, parameters + mlp_output_weight(shape), gradients[1],
                  grad_parameters + mlp_output_weight(shape));
    for (int number = 1; number >= 0; number--) {
        const struct mlp_layer place = mlp_layer_of(shape, number);
        const struct layer layer = layer_of(shape, number, parameters, saved);
        float *grad_input = gradients[0];
        if (number == 0)
            grad_input =
                backward->grad_input == NULL ? NULL : backward->grad_input + (size_t)run * rows * (size_t)shape->inputs;
        differentiate_layer(&layer, gradients[number], sums, sums + hidden, grad_parameters + place.gamma,
                            grad_parameters + place.beta);
        differentiate(device, shape->rows, place.inputs, shape->hidden, gradients[number],
                      number == 0 ? input : layer_of(shape, 0, parameters, saved).output, parameters + place.weight,
                      grad_input, grad_parameters + place.weight);
    }
}

void ISA_NAME(mlp_backward)(struct device *device, const void *settings)
{
    const struct mlp_backward *backward = settings;
    const size_t hidden = (size_t)backward->shape.hidden;
    const size_t bytes = scratch_round(2 * hidden * sizeof(double)) +
                         2 * scratch_round((size_t)backward->shape.rows * hidden * sizeof(float));
    char *cursor = device_scratch(device, bytes);
    if (cursor == NULL) return;
    for (int run = 0; run < backward->shape.runs; run++) backward_run(device, backward, run, cursor);
}

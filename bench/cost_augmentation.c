// cost_augmentation.c: one function per operation counts from its settings what kernels.h promises. Draws and AugMix's
// operations are mostly integers and look-ups, which hang on what is drawn: of them only normals' arithmetic and the bytes
// are counted. Tests: tests/cost_test.c.
#include "bench/cost_augmentation.h"

enum { FLOAT_BYTES = sizeof(float), VIEWS = 3 };

static double image_values(int runs, int images, int height, int width, int channels)
{
    return (double)runs * images * height * width * channels;
}

// ---- AugMix and unit images ------------------------------------------------------------------------------------

// Every view is written once; mixing takes a product and a sum for each of four images, twice, and normalising two.
static struct operation_cost cost_augmix_views(const struct kernels *kernels, const void *settings)
{
    const struct augmix_views *views = settings;
    const double values = image_values(views->runs, views->images, views->height, views->width, views->channels);
    return (struct operation_cost){values * (2 + 2 * 8), values * (1 + VIEWS * (double)kernels->activation_bytes)};
}

static struct operation_cost cost_image_to_unit(const struct kernels *kernels, const void *settings)
{
    (void)kernels;
    const struct image_to_unit *unit = settings;
    const double values = image_values(unit->runs, unit->images, unit->height, unit->width, unit->channels);
    return (struct operation_cost){values, values * (1 + FLOAT_BYTES)};
}

static struct operation_cost cost_unit_to_activation(const struct kernels *kernels, const void *settings)
{
    const struct unit_to_activation *unit = settings;
    const double values = image_values(unit->runs, unit->images, unit->height, unit->width, unit->channels);
    return (struct operation_cost){4 * values, values * (FLOAT_BYTES + (double)kernels->activation_bytes)};
}

static struct operation_cost cost_unit_to_activation_backward(const struct kernels *kernels, const void *settings)
{
    const struct unit_to_activation_backward *unit = settings;
    const double values = image_values(unit->runs, unit->images, unit->height, unit->width, unit->channels);
    const double gradients = unit->second != NULL ? 2 : 1;
    return (struct operation_cost){values * (1 + 2 * gradients),
                                   values * (2 * FLOAT_BYTES + gradients * (double)kernels->activation_bytes)};
}

// ---- the augmentation model ------------------------------------------------------------------------------------

// A normal is a logarithm, a root, a cosine and their product.
static struct operation_cost cost_augmentation_draw(const struct kernels *kernels, const void *settings)
{
    (void)kernels;
    const struct augmentation_draw *draw = settings;
    const double images = (double)draw->runs * draw->images;
    const double normals =
        images * ((double)draw->primitives * draw->noise_width + (draw->epsilon != NULL ? draw->pixels : 0));
    const double read = images * (double)sizeof(int32_t) + (double)draw->runs * (double)sizeof(struct training_state);
    return (struct operation_cost){4 * normals, (normals + images * draw->primitives) * FLOAT_BYTES + read};
}

// Multiply-adds of the three products for one row, and what batch norm, ReLU and their backward take.
static double mlp_products(const struct mlp_shape *shape)
{
    return (double)shape->hidden * ((double)shape->inputs + shape->hidden + shape->outputs);
}

static struct operation_cost cost_mlp_forward(const struct kernels *kernels, const void *settings)
{
    (void)kernels;
    const struct mlp_forward *mlp = settings;
    const double runs = mlp->shape.runs, rows = runs * mlp->shape.rows;
    const double values = runs * (double)(mlp_parameter_count(&mlp->shape) + mlp_saved_floats(&mlp->shape));
    return (struct operation_cost){rows * (2 * mlp_products(&mlp->shape) + 2 * 9.0 * mlp->shape.hidden),
                                   (values + rows * (mlp->shape.inputs + mlp->shape.outputs)) * FLOAT_BYTES};
}

static struct operation_cost cost_mlp_backward(const struct kernels *kernels, const void *settings)
{
    (void)kernels;
    const struct mlp_backward *mlp = settings;
    const double runs = mlp->shape.runs, rows = runs * mlp->shape.rows;
    double values = runs * (double)(2 * mlp_parameter_count(&mlp->shape) + mlp_saved_floats(&mlp->shape)) +
                    rows * (mlp->shape.inputs + mlp->shape.outputs);
    double products = 2 * mlp_products(&mlp->shape) - (double)mlp->shape.hidden * mlp->shape.inputs;
    if (mlp->grad_input != NULL) {
        values += rows * mlp->shape.inputs;
        products += (double)mlp->shape.hidden * mlp->shape.inputs;
    }
    return (struct operation_cost){rows * (2 * products + 2 * 9.0 * mlp->shape.hidden), values * FLOAT_BYTES};
}

static struct operation_cost cost_squash_forward(const struct kernels *kernels, const void *settings)
{
    (void)kernels;
    const struct squash_forward *squash = settings;
    const double values = (double)squash->runs * squash->rows * squash->columns;
    return (struct operation_cost){6 * values, 2 * values * FLOAT_BYTES};
}

static struct operation_cost cost_squash_backward(const struct kernels *kernels, const void *settings)
{
    (void)kernels;
    const struct squash_backward *squash = settings;
    const double values = (double)squash->runs * squash->rows * squash->columns;
    return (struct operation_cost){5 * values, 3 * values * FLOAT_BYTES};
}

static struct operation_cost cost_gate_forward(const struct kernels *kernels, const void *settings)
{
    (void)kernels;
    const struct gate_forward *gate = settings;
    const double values = (double)gate->runs * gate->images;
    return (struct operation_cost){8 * values, (2 * values + gate->runs) * FLOAT_BYTES};
}

static struct operation_cost cost_gate_backward(const struct kernels *kernels, const void *settings)
{
    (void)kernels;
    const struct gate_backward *gate = settings;
    const double values = (double)gate->runs * gate->images;
    return (struct operation_cost){12 * values, (2 * values + 2.0 * gate->runs) * FLOAT_BYTES};
}

// Per value: d itself, and what its gradients take with respect to the input, and to parameters and gate together.
static const struct deform_flops {
    double forward, input, parameters;
} deform_flops[PRIMITIVE_COUNT] = {
    [PRIMITIVE_CONTRAST] = {6, 3, 5},    // mean; deviation, scale, shift, limits
    [PRIMITIVE_GEOMETRIC] = {9, 10, 16}, // three interpolations; four spreads; two slopes
    [PRIMITIVE_BLUR] = {36, 36,
                        18 * 3 + 4}, // nine multiply-adds along rows and along columns; a second pair of filters
    [PRIMITIVE_NOISE] = {2, 0, 2},
};

enum { BLEND_FLOPS = 3 };

static struct operation_cost cost_deform_forward(const struct kernels *kernels, const void *settings)
{
    (void)kernels;
    const struct deform_forward *deform = settings;
    const double images = (double)deform->runs * deform->images;
    const double values = image_values(deform->runs, deform->images, deform->height, deform->width, deform->channels);
    const double arrays = deform->primitive == PRIMITIVE_NOISE ? 3 : 2;
    const double numbers = primitive_parameters(deform->primitive) + (deform->gate != NULL ? 1 : 0);
    return (struct operation_cost){values * (deform_flops[deform->primitive].forward + BLEND_FLOPS),
                                   (values * arrays + images * numbers) * FLOAT_BYTES};
}

static struct operation_cost cost_deform_backward(const struct kernels *kernels, const void *settings)
{
    (void)kernels;
    const struct deform_backward *deform = settings;
    const struct deform_flops *flops = &deform_flops[deform->primitive];
    const double images = (double)deform->runs * deform->images;
    const double values = image_values(deform->runs, deform->images, deform->height, deform->width, deform->channels);
    double arrays = deform->primitive == PRIMITIVE_NOISE ? 3 : 2, each = flops->parameters;
    double numbers = 2.0 * primitive_parameters(deform->primitive) + (deform->gate != NULL ? 1 : 0);
    if (deform->grad_input != NULL) {
        arrays += 1;
        each += flops->input + BLEND_FLOPS;
    }
    if (deform->grad_gate != NULL) {
        numbers += 1;
        each += flops->forward + BLEND_FLOPS;
    }
    return (struct operation_cost){values * each, (values * arrays + images * numbers) * FLOAT_BYTES};
}

struct operation_cost augmentation_cost(const struct kernels *kernels, enum operation operation, const void *settings)
{
    static struct operation_cost (*const costs[OPERATION_COUNT])(const struct kernels *, const void *) = {
        [OPERATION_AUGMIX_VIEWS] = cost_augmix_views,
        [OPERATION_IMAGE_TO_UNIT] = cost_image_to_unit,
        [OPERATION_UNIT_TO_ACTIVATION] = cost_unit_to_activation,
        [OPERATION_UNIT_TO_ACTIVATION_BACKWARD] = cost_unit_to_activation_backward,
        [OPERATION_AUGMENTATION_DRAW] = cost_augmentation_draw,
        [OPERATION_MLP_FORWARD] = cost_mlp_forward,
        [OPERATION_MLP_BACKWARD] = cost_mlp_backward,
        [OPERATION_SQUASH_FORWARD] = cost_squash_forward,
        [OPERATION_SQUASH_BACKWARD] = cost_squash_backward,
        [OPERATION_GATE_FORWARD] = cost_gate_forward,
        [OPERATION_GATE_BACKWARD] = cost_gate_backward,
        [OPERATION_DEFORM_FORWARD] = cost_deform_forward,
        [OPERATION_DEFORM_BACKWARD] = cost_deform_backward,
    };
    return costs[operation] != NULL ? costs[operation](kernels, settings) : (struct operation_cost){0, 0};
}

// gradient_augmentation_test.c: gradients of the augmentation model by central differences. The reference's deformations
// give doubles, so that differences of them are good to the square of the step; MLP, squash, gate and blending are taken
// from the device, where results are rounded to float32 and differences are as good as that allows.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/reference/augmentation/deform.h"
#include "tests/support/device_array.h"
#include "tests/support/gradient_check.h"
#include "tests/support/memory.h"
#include "tests/support/random_data.h"

enum { SEED = 85 };

// ---- deformations, in double -----------------------------------------------------------------------------------

struct scene {
    struct unit_shape shape;
    enum primitive primitive;
    enum contrast_range range;
    float parameters[PRIMITIVE_PARAMETERS_LIMIT];
};

// Sum of weights * d(input).
static double weighted_output(const struct scene *scene, const float *input, const float *weights)
{
    const size_t values = unit_values(scene->shape);
    double *output = test_allocate((1 + BLUR_SPACES) * values * sizeof *output), sum = 0;
    switch (scene->primitive) {
    case PRIMITIVE_CONTRAST:
        contrast_forward_reference(scene->shape, scene->range, scene->parameters, input, output);
        break;
    case PRIMITIVE_GEOMETRIC: geometric_forward_reference(scene->shape, scene->parameters, input, output); break;
    default: blur_forward_reference(scene->shape, scene->parameters, input, output + values, output); break;
    }
    for (size_t i = 0; i < values; i++) sum += (double)weights[i] * output[i];
    free(output);
    return sum;
}

static void differentiate(const struct scene *scene, const float *input, const float *weights, double *grad_input,
                          double grad_parameters[PRIMITIVE_PARAMETERS_LIMIT])
{
    const size_t values = unit_values(scene->shape);
    double *gradient = test_allocate((1 + BLUR_SPACES) * values * sizeof *gradient);
    for (size_t i = 0; i < values; i++) gradient[i] = (double)weights[i];
    switch (scene->primitive) {
    case PRIMITIVE_CONTRAST:
        contrast_backward_reference(scene->shape, scene->range, scene->parameters, input, gradient, grad_input,
                                    grad_parameters);
        break;
    case PRIMITIVE_GEOMETRIC:
        geometric_backward_reference(scene->shape, scene->parameters, input, gradient, grad_input, grad_parameters);
        break;
    default:
        blur_backward_reference(scene->shape, scene->parameters, input, gradient, gradient + values, grad_input,
                                grad_parameters);
        break;
    }
    free(gradient);
}

// A power of two below the spacing of the places where a slope jumps, exact in the parameters' last bits.
static const float step = 0x1p-14F;

// From `value` - step to `value` + step, against the gradient times the way as float32 has it.
static void expect_slope(const struct scene *scene, const float *input, const float *weights, float *value,
                         double gradient, double scale, const char *what)
{
    const float middle = *value, ahead = middle + step, behind = middle - step;
    *value = ahead;
    double gain = weighted_output(scene, input, weights);
    *value = behind;
    gain -= weighted_output(scene, input, weights);
    *value = middle;
    const double way = (double)ahead - (double)behind, error = fabs(gain - gradient * way);
    cr_expect(error <= 1e-6 * scale * way, "%s %dx%dx%d, seed %d, %s: gained %.9g, by the gradient %.9g",
              primitive_name(scene->primitive), scene->shape.height, scene->shape.width, scene->shape.channels, SEED,
              what, gain, gradient * way);
}

// Every parameter and every input value by itself.
static void check_scene(struct scene scene)
{
    const size_t values = unit_values(scene.shape);
    float *input = random_floats(SEED, 1, values, 0, 1), *weights = random_floats(SEED, 2, values, -1, 1);
    double *grad_input = test_allocate(values * sizeof *grad_input), grad_parameters[PRIMITIVE_PARAMETERS_LIMIT];
    double scale = 0; // sum of |weight|: what a slope of 1 everywhere would give
    for (size_t i = 0; i < values; i++) scale += fabs((double)weights[i]);
    differentiate(&scene, input, weights, grad_input, grad_parameters);
    for (int i = 0; i < primitive_parameters(scene.primitive); i++) {
        cr_expect(grad_parameters[i] != 0, "%s: parameter %d has no slope", primitive_name(scene.primitive), i);
        expect_slope(&scene, input, weights, &scene.parameters[i], grad_parameters[i], scale, "parameter");
    }
    for (size_t i = 0; i < values; i++) expect_slope(&scene, input, weights, &input[i], grad_input[i], 1, "input");
    free(grad_input);
    free(weights);
    free(input);
}

// The largest distance between neighbouring values bounds how far a kink within a step could throw a difference; seeds
// and parameters are chosen so that no value lies within a step of one.
Test(gradient_augmentation, deformations_in_double)
{
    static const struct unit_shape shapes[] = {{5, 5, 1}, {5, 7, 3}, {8, 6, 2}, {11, 9, 3}};
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        for (int range = 0; range < 3; range++)
            check_scene((struct scene){shapes[i], PRIMITIVE_CONTRAST, (enum contrast_range)range, {1.4F, 0.07F}});
        check_scene((struct scene){
            shapes[i], PRIMITIVE_GEOMETRIC, CONTRAST_RANGE_CLAMP, {0.917F, 0.173F, 0.061F, -0.211F, 1.093F, -0.087F}});
        check_scene((struct scene){shapes[i], PRIMITIVE_BLUR, CONTRAST_RANGE_CLAMP, {0.7F}});
        check_scene((struct scene){shapes[i], PRIMITIVE_BLUR, CONTRAST_RANGE_CLAMP, {1.9F}});
    }
}

// ---- the whole chain, on the device ----------------------------------------------------------------------------

// Two primitives, each noise -> MLP -> squash -> deformation, gate; the second deforms what the first leaves. The value is a
// sum of weights * output.
enum {
    ROWS = 4,
    INPUTS = 5,
    HIDDEN = 6,
    HEIGHT = 7,
    WIDTH = 6,
    CHANNELS = 3,
    IMAGE = HEIGHT * WIDTH * CHANNELS,
    STAGES = 2
};

static const float temperature = 0.8F; // no gate saturates

struct stage {
    enum primitive primitive;
    struct mlp_shape shape;
    size_t first, count; // of its parameters among all: the MLP's, then the logit
    struct squash_range ranges[SQUASH_COLUMNS_LIMIT];
};

static struct stage stages[STAGES] = {
    {.primitive = PRIMITIVE_BLUR, .ranges = {{0.1F, 2, 0.6F}}},
    {.primitive = PRIMITIVE_CONTRAST, .ranges = {{0.5F, 1.5F, 0.9F}, {-0.2F, 0.2F, 0.03F}}},
};

static size_t lay_out(void)
{
    size_t count = 0;
    for (int i = 0; i < STAGES; i++) {
        stages[i].shape = (struct mlp_shape){1, ROWS, INPUTS, HIDDEN, primitive_parameters(stages[i].primitive)};
        stages[i].first = count;
        stages[i].count = mlp_parameter_count(&stages[i].shape);
        count += stages[i].count + 1;
    }
    return count;
}

struct stage_arrays {
    struct mlp_forward mlp;
    struct squash_forward squash;
    struct gate_forward gate;
    struct deform_forward deform;
};

static float *put_random(struct device *device, uint32_t index, size_t count, float low, float high)
{
    float *values = random_floats(SEED, index, count, low, high), *memory = device_put_floats(device, values, count);
    free(values);
    return memory;
}

static void forward_stage(struct device *device, const struct stage *stage, uint32_t number, const float *input,
                          const float *parameters, struct stage_arrays *arrays)
{
    const size_t numbers = (size_t)ROWS * (size_t)stage->shape.outputs;
    arrays->mlp = (struct mlp_forward){stage->shape,
                                       put_random(device, 10 + number, (size_t)ROWS * INPUTS, -1, 1),
                                       {(float *)parameters + stage->first, stage->count},
                                       device_make_floats(device, mlp_saved_floats(&stage->shape)),
                                       device_make_floats(device, numbers)};
    arrays->squash = (struct squash_forward){.runs = 1,
                                             .rows = ROWS,
                                             .columns = stage->shape.outputs,
                                             .raw = arrays->mlp.output,
                                             .value = device_make_floats(device, numbers)};
    memcpy(arrays->squash.ranges, stage->ranges, sizeof stage->ranges);
    arrays->gate = (struct gate_forward){1,
                                         ROWS,
                                         temperature,
                                         {(float *)parameters + stage->first + stage->count, 1},
                                         put_random(device, 20 + number, ROWS, 0.2F, 0.8F),
                                         device_make_floats(device, ROWS)};
    arrays->deform = (struct deform_forward){.runs = 1,
                                             .images = ROWS,
                                             .height = HEIGHT,
                                             .width = WIDTH,
                                             .channels = CHANNELS,
                                             .primitive = stage->primitive,
                                             .contrast_range = CONTRAST_RANGE_LINEAR, // no kinks
                                             .parameters = arrays->squash.value,
                                             .gate = arrays->gate.gate,
                                             .input = input,
                                             .output = device_make_floats(device, (size_t)ROWS * IMAGE)};
    mlp_forward(device, &arrays->mlp);
    squash_forward(device, &arrays->squash);
    gate_forward(device, &arrays->gate);
    deform_forward(device, &arrays->deform);
}

// Returns the gradient with respect to the stage's input images.
static float *backward_stage(struct device *device, const struct stage *stage, const struct stage_arrays *arrays,
                             const float *grad_output, float *gradients)
{
    const size_t numbers = (size_t)ROWS * (size_t)stage->shape.outputs;
    const struct deform_backward deform = {.runs = 1,
                                           .images = ROWS,
                                           .height = HEIGHT,
                                           .width = WIDTH,
                                           .channels = CHANNELS,
                                           .primitive = stage->primitive,
                                           .contrast_range = CONTRAST_RANGE_LINEAR,
                                           .parameters = arrays->deform.parameters,
                                           .gate = arrays->deform.gate,
                                           .input = arrays->deform.input,
                                           .grad_output = grad_output,
                                           .grad_input = device_make_floats(device, (size_t)ROWS * IMAGE),
                                           .grad_parameters = device_make_floats(device, numbers),
                                           .grad_gate = device_make_floats(device, ROWS)};
    struct squash_backward squash = {.runs = 1,
                                     .rows = ROWS,
                                     .columns = stage->shape.outputs,
                                     .value = arrays->squash.value,
                                     .grad_value = deform.grad_parameters,
                                     .grad_raw = device_make_floats(device, numbers)};
    const struct gate_backward gate = {1,
                                       ROWS,
                                       temperature,
                                       arrays->gate.logit,
                                       arrays->gate.uniforms,
                                       deform.grad_gate,
                                       {gradients + stage->first + stage->count, 1}};
    const struct mlp_backward mlp = {stage->shape,
                                     arrays->mlp.input,
                                     arrays->mlp.parameters,
                                     arrays->mlp.saved,
                                     squash.grad_raw,
                                     NULL,
                                     {gradients + stage->first, stage->count}};
    memcpy(squash.ranges, stage->ranges, sizeof stage->ranges);
    deform_backward(device, &deform);
    squash_backward(device, &squash);
    gate_backward(device, &gate);
    mlp_backward(device, &mlp);
    return deform.grad_input;
}

static double chain(struct device *device, const float *x, float *gradient)
{
    const size_t count = lay_out(), size = (size_t)ROWS * IMAGE;
    const float *parameters = device_put_floats(device, x, count);
    float *gradients = device_make_floats(device, count), *weights = random_floats(SEED, 5, size, -1, 1);
    const float *input = put_random(device, 4, size, 0, 1);
    struct stage_arrays arrays[STAGES];
    for (uint32_t i = 0; i < STAGES; i++)
        forward_stage(device, &stages[i], i, i == 0 ? input : arrays[i - 1].deform.output, parameters, &arrays[i]);
    float *output = device_get_floats(device, arrays[STAGES - 1].deform.output, size);
    const float *grad_output = device_put_floats(device, weights, size);
    double sum = 0;
    for (size_t i = 0; i < size; i++) sum += (double)weights[i] * (double)output[i];
    for (int i = STAGES - 1; i >= 0; i--)
        grad_output = backward_stage(device, &stages[i], &arrays[i], grad_output, gradients);
    gradient_take(device, gradients, gradient, count);
    free(output);
    free(weights);
    return sum;
}

// Step 2^-7: the square, 6e-5, times third derivatives of a few units; roundings of 500 outputs are 1e-6 of the gain. Hidden
// units change sides of their ReLU within a step now and then, which costs up to a step's share of one unit's slope.
Test(gradient_augmentation, mlp_squash_gate_and_deformations_together)
{
    const struct convolver reference = gradient_reference();
    const size_t count = lay_out();
    float *x = random_floats(SEED, 6, count, -0.7F, 0.7F);
    gradient_check(&reference, chain, x, count, 0x1p-9, 1e-4, "two stages");
    for (int i = 0; i < STAGES; i++) { // each logit alone, which a random direction hides among hundreds
        float *direction = test_allocate(count * sizeof *direction);
        memset(direction, 0, count * sizeof *direction);
        direction[stages[i].first + stages[i].count] = 1;
        gradient_check_direction(&reference, chain, x, count, direction, 0x1p-7, 1e-4, "a logit");
        free(direction);
    }
    free(x);
}

// ---- adjointness: what is linear in the image --------------------------------------------------------------------

// <A x, g> = <x, A^T g> for geometric and blur, gates included, on every backend.
static void check_adjoint(const struct kernels *kernels, enum primitive primitive, const float *parameters)
{
    enum { IMAGES = 2, SIZE = IMAGES * 9 * 8 * 3 };
    struct device *device = device_for_test(kernels, 1);
    float *x = random_floats(SEED, 7, SIZE, -1, 1), *g = random_floats(SEED, 8, SIZE, -1, 1), output[SIZE], back[SIZE];
    const size_t numbers = (size_t)IMAGES * (size_t)primitive_parameters(primitive);
    const float gates[IMAGES] = {0.3F, 0.9F};
    const struct deform_forward forward = {.runs = 1,
                                           .images = IMAGES,
                                           .height = 9,
                                           .width = 8,
                                           .channels = 3,
                                           .primitive = primitive,
                                           .parameters = device_put_floats(device, parameters, numbers),
                                           .gate = device_put_floats(device, gates, IMAGES),
                                           .input = device_put_floats(device, x, SIZE),
                                           .output = device_make_floats(device, SIZE)};
    const struct deform_backward backward = {.runs = 1,
                                             .images = IMAGES,
                                             .height = 9,
                                             .width = 8,
                                             .channels = 3,
                                             .primitive = primitive,
                                             .parameters = forward.parameters,
                                             .gate = forward.gate,
                                             .input = forward.input,
                                             .grad_output = device_put_floats(device, g, SIZE),
                                             .grad_input = device_make_floats(device, SIZE),
                                             .grad_parameters = device_make_floats(device, numbers)};
    deform_forward(device, &forward);
    deform_backward(device, &backward);
    device_get(device, forward.output, output, sizeof output);
    device_get(device, backward.grad_input, back, sizeof back);
    double ahead = 0, behind = 0;
    for (int i = 0; i < SIZE; i++) {
        ahead += (double)output[i] * (double)g[i];
        behind += (double)x[i] * (double)back[i];
    }
    cr_expect(fabs(ahead - behind) <= 1e-5, "%s, %s, seed %d: %g and %g", kernels->name, primitive_name(primitive),
              SEED, ahead, behind);
    free(x);
    free(g);
    device_end_test(device);
}

Test(gradient_augmentation, deformations_are_adjoint_to_their_gradients)
{
    static const float thetas[2][6] = {{0.8F, 0.3F, 0.1F, -0.4F, 1.2F, 0}, {1, 0, 0.5F, 0, -1, 0}},
                       sigmas[2] = {0.5F, 2};
    for (const struct kernels *const *kernels = backends_under_test(); *kernels != NULL; kernels++) {
        check_adjoint(*kernels, PRIMITIVE_GEOMETRIC, thetas[0]);
        check_adjoint(*kernels, PRIMITIVE_BLUR, sigmas);
    }
}

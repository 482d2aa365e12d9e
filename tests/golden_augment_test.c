// golden_augment_test.c: the augmentation model against golden vectors, for every backend: deformations and their
// gradients, gates, MLP. Images and gradients of all of them are float32 everywhere, so the tolerances are float32's.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/device_array.h"
#include "tests/support/golden.h"
#include "tests/support/memory.h"

// ---- deformations ----------------------------------------------------------------------------------------------

// x and gy lie beside the folders of the four deformations.
static struct golden_case shared_arrays(const struct golden_case *golden, char folder[256])
{
    snprintf(folder, 256, "%s", golden->folder);
    *strrchr(folder, '/') = '\0';
    return (struct golden_case){folder, golden->device, golden->backend, golden->tally, NULL};
}

// Parameters of all images, from one array or from two that are taken in turn.
static float *put_parameters(struct golden_case *golden, const char *first, const char *second)
{
    const struct golden_array *a = golden_read(golden, "%s", first);
    const struct golden_array *b = second == NULL ? NULL : golden_read(golden, "%s", second);
    if (b == NULL) return golden_put(golden, a);
    float *values = test_allocate(2 * a->count * sizeof *values);
    for (size_t i = 0; i < a->count; i++) {
        values[2 * i] = a->values[i];
        values[2 * i + 1] = b->values[i];
    }
    float *memory = device_put_floats(golden->device, values, 2 * a->count);
    free(values);
    return memory;
}

struct deformation {
    enum primitive primitive;
    enum contrast_range range;
    const char *parameters, *second_parameters;
    const char *prefix;                     // of results: "clamp_"
    const char *gradient, *second_gradient; // names of the parameters' gradients
    double tolerance, input_tolerance, parameter_tolerance;
};

// One of the parameters' gradients, which may be every other number of what was computed.
static void expect_parameter_gradient(struct golden_case *golden, const struct deformation *deformation,
                                      const char *name, const float *computed, size_t step)
{
    const struct golden_array *truth = golden_read(golden, "%s%s", deformation->prefix, name);
    float *own = test_allocate(truth->count * sizeof *own);
    for (size_t i = 0; i < truth->count; i++) own[i] = computed[i * step];
    golden_expect_values(golden, own, truth->truth, truth->count, truth->name, ERROR_MAX,
                         deformation->parameter_tolerance);
    free(own);
}

static void expect_gradients(struct golden_case *golden, const struct deformation *deformation,
                             const struct deform_backward *backward)
{
    const size_t step = deformation->second_gradient == NULL ? 1 : 2;
    const size_t count = (size_t)backward->images * (size_t)primitive_parameters(backward->primitive);
    float *computed = device_get_floats(golden->device, backward->grad_parameters, count);
    expect_parameter_gradient(golden, deformation, deformation->gradient, computed, step);
    if (step == 2) expect_parameter_gradient(golden, deformation, deformation->second_gradient, computed + 1, step);
    free(computed);
}

static void free_arrays(struct golden_case *golden)
{
    for (struct golden_array *array = golden->arrays, *next; array != NULL; array = next) {
        next = array->next;
        free(array->name);
        free(array->values);
        free(array->truth);
        free(array->integers);
        free(array);
    }
}

static void check_deformation(struct golden_case *golden, const struct deformation *deformation)
{
    char folder[256];
    struct golden_case shared = shared_arrays(golden, folder);
    const struct golden_array *x = golden_read_images(&shared, "x");
    const float *input = golden_put(golden, x), *grad_output = golden_put(golden, golden_read_images(&shared, "gy"));
    const float *parameters = put_parameters(golden, deformation->parameters, deformation->second_parameters);
    const float *epsilon =
        deformation->primitive == PRIMITIVE_NOISE ? golden_put(golden, golden_read_images(golden, "eps")) : NULL;
    const size_t numbers = (size_t)x->shape[0] * (size_t)primitive_parameters(deformation->primitive);
    const struct deform_forward forward = {1,
                                           x->shape[0],
                                           x->shape[1],
                                           x->shape[2],
                                           x->shape[3],
                                           deformation->primitive,
                                           deformation->range,
                                           parameters,
                                           NULL,
                                           epsilon,
                                           input,
                                           device_make_floats(golden->device, x->count)};
    const struct deform_backward backward = {1,
                                             x->shape[0],
                                             x->shape[1],
                                             x->shape[2],
                                             x->shape[3],
                                             deformation->primitive,
                                             deformation->range,
                                             parameters,
                                             NULL,
                                             epsilon,
                                             input,
                                             grad_output,
                                             device_make_floats(golden->device, x->count),
                                             device_make_floats(golden->device, numbers),
                                             NULL};
    deform_forward(golden->device, &forward);
    deform_backward(golden->device, &backward);
    golden_expect(golden, forward.output, golden_read_images(golden, "%sy", deformation->prefix), ERROR_MAX,
                  deformation->tolerance);
    // Noise has no file for the input's gradient: it is the output's.
    const struct golden_array *grad_input = deformation->primitive == PRIMITIVE_NOISE
                                                ? golden_read_images(&shared, "gy")
                                                : golden_read_images(golden, "%sgx", deformation->prefix);
    golden_expect(golden, backward.grad_input, grad_input, ERROR_MAX, deformation->input_tolerance);
    expect_gradients(golden, deformation, &backward);
    free_arrays(&shared);
}

static void check_contrast(struct golden_case *golden)
{
    static const char *const prefixes[] = {
        [CONTRAST_RANGE_CLAMP] = "clamp_", [CONTRAST_RANGE_LINEAR] = "linear_", [CONTRAST_RANGE_FOLD] = "fold_"};
    for (int range = 0; range < 3; range++)
        check_deformation(golden, &(struct deformation){PRIMITIVE_CONTRAST, (enum contrast_range)range, "s", "b",
                                                        prefixes[range], "gs", "gb", 1e-6, 1e-6, 5e-6});
}

static void check_affine(struct golden_case *golden)
{
    check_deformation(golden, &(struct deformation){PRIMITIVE_GEOMETRIC, CONTRAST_RANGE_CLAMP, "theta", NULL, "",
                                                    "gtheta", NULL, 1e-5, 2e-5, 1e-5});
}

static void check_blur(struct golden_case *golden)
{
    check_deformation(golden, &(struct deformation){PRIMITIVE_BLUR, CONTRAST_RANGE_CLAMP, "sigma", NULL, "", "gsigma",
                                                    NULL, 2e-6, 2e-6, 1e-5});
}

static void check_noise(struct golden_case *golden)
{
    check_deformation(golden, &(struct deformation){PRIMITIVE_NOISE, CONTRAST_RANGE_CLAMP, "sigma", NULL, "", "gsigma",
                                                    NULL, 1e-6, 1e-6, 2e-6});
}

Test(golden_augment, contrast)
{
    golden_for_folder("training/augment/contrast", check_contrast);
}

Test(golden_augment, geometric)
{
    golden_for_folder("training/augment/affine", check_affine);
}

Test(golden_augment, blur)
{
    golden_for_folder("training/augment/blur", check_blur);
}

Test(golden_augment, noise)
{
    golden_for_folder("training/augment/noise", check_noise);
}

// ---- gates: the golden data has a logit for every number, so every number is a run -------------------------------

static void check_gate(struct golden_case *golden)
{
    const struct golden_array *logits = golden_read(golden, "logits");
    const struct per_run logit = {golden_put(golden, logits), 1};
    const float temperature = golden_read(golden, "temperature")->values[0];
    const float *uniforms = golden_put(golden, golden_read(golden, "u"));
    const struct gate_forward forward = {
        (int)logits->count, 1, temperature, logit, uniforms, device_make_floats(golden->device, logits->count)};
    const struct gate_backward backward = {(int)logits->count,
                                           1,
                                           temperature,
                                           logit,
                                           uniforms,
                                           golden_put(golden, golden_read(golden, "gy")),
                                           {device_make_floats(golden->device, logits->count), 1}};
    gate_forward(golden->device, &forward);
    gate_backward(golden->device, &backward);
    golden_expect(golden, forward.gate, golden_read(golden, "prob"), ERROR_MAX, 3e-6);
    golden_expect(golden, backward.grad_logit.data, golden_read(golden, "glogits"), ERROR_MAX, 3e-6);
}

Test(golden_augment, gate)
{
    golden_for_folder("training/augment/relaxed_bernoulli", check_gate);
}

// ---- MLP -------------------------------------------------------------------------------------------------------

enum { PARTS = 7 };
static const char *const parts[PARTS] = {"w1", "gamma1", "beta1", "w2", "gamma2", "beta2", "w3"};

static struct mlp_shape read_shape(struct golden_case *golden)
{
    const struct golden_array *noise = golden_read(golden, "noise"), *output = golden_read(golden, "y");
    return (struct mlp_shape){1, noise->shape[0], noise->shape[1], golden_read(golden, "w1")->shape[0],
                              output->shape[1]};
}

static struct per_run put_mlp(struct golden_case *golden, size_t count)
{
    float *values = test_allocate(count * sizeof *values);
    size_t at = 0;
    for (int i = 0; i < PARTS; i++) {
        const struct golden_array *part = golden_read(golden, "%s", parts[i]);
        cr_assert(at + part->count <= count);
        memcpy(values + at, part->values, part->count * sizeof *values);
        at += part->count;
    }
    cr_assert(eq(sz, at, count), "%s: parameters", golden->folder);
    const struct per_run parameters = device_put_per_run(golden->device, values, 1, count);
    free(values);
    return parameters;
}

static void expect_parts(struct golden_case *golden, struct per_run gradient, size_t count)
{
    float *values = device_get_floats(golden->device, gradient.data, count);
    size_t at = 0;
    for (int i = 0; i < PARTS; i++) {
        const struct golden_array *truth = golden_read(golden, "g%s", parts[i]);
        golden_expect_values(golden, values + at, truth->truth, truth->count, truth->name, ERROR_MAX,
                             i == PARTS - 1 ? 5e-6 : 1e-5);
        at += truth->count;
    }
    free(values);
}

// h1 and h2 lie among what is saved, each behind its layer's normalised values.
static void expect_hidden(struct golden_case *golden, const struct mlp_shape *shape, const float *saved)
{
    const size_t matrix = (size_t)shape->rows * (size_t)shape->hidden;
    float *values = device_get_floats(golden->device, saved, mlp_saved_floats(shape));
    for (int layer = 0; layer < 2; layer++) {
        const struct golden_array *truth = golden_read(golden, "h%d", layer + 1);
        const size_t at = matrix + (size_t)layer * (2 * matrix + (size_t)shape->hidden);
        golden_expect_values(golden, values + at, truth->truth, truth->count, truth->name, ERROR_MAX, 5e-6);
    }
    free(values);
}

static void check_mlp(struct golden_case *golden)
{
    const struct mlp_shape shape = read_shape(golden);
    const size_t count = mlp_parameter_count(&shape);
    const struct golden_array *noise = golden_read(golden, "noise"), *output = golden_read(golden, "y");
    const struct mlp_forward forward = {shape, golden_put(golden, noise), put_mlp(golden, count),
                                        device_make_floats(golden->device, mlp_saved_floats(&shape)),
                                        device_make_floats(golden->device, output->count)};
    const struct mlp_backward backward = {shape,
                                          forward.input,
                                          forward.parameters,
                                          forward.saved,
                                          golden_put(golden, golden_read(golden, "gy")),
                                          device_make_floats(golden->device, noise->count),
                                          device_make_per_run(golden->device, 1, count)};
    mlp_forward(golden->device, &forward);
    mlp_backward(golden->device, &backward);
    golden_expect(golden, forward.output, output, ERROR_MAX, 5e-6);
    expect_hidden(golden, &shape, forward.saved);
    golden_expect(golden, backward.grad_input, golden_read(golden, "gnoise"), ERROR_MAX, 1e-5);
    expect_parts(golden, backward.grad_parameters, count);
}

Test(golden_augment, mlp)
{
    golden_for_folder("training/augment/mlp", check_mlp);
}

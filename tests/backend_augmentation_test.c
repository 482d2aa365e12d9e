// backend_augmentation_test.c: the augmentation model's operations of every backend against the reference, over odd sizes
// and all options; bits independent of threads and of company.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/purpose.h"
#include "tests/support/device_array.h"
#include "tests/support/experiment.h"
#include "tests/support/memory.h"
#include "tests/support/random_data.h"

enum { SEED = 80 };

// A few roundings of numbers of order one.
static const double tolerance = 2e-6;
// Sums over an image, or over the rows of a batch, in float32.
static const double sum_tolerance = 1e-5;

struct image_spec {
    int images, height, width, channels;
};

// Around vectors and their rests; blur wants more than four rows and columns.
static const struct image_spec image_specs[] = {
    {1, 5, 5, 1}, {3, 7, 6, 3}, {2, 9, 13, 2}, {2, 16, 5, 4}, {2, 32, 32, 3}};
enum { IMAGE_SPECS = sizeof image_specs / sizeof image_specs[0] };

static size_t image_size(const struct image_spec *spec)
{
    return (size_t)spec->height * (size_t)spec->width * (size_t)spec->channels;
}

static void check_images(experiment_function *function)
{
    for (int i = 0; i < IMAGE_SPECS; i++) {
        const struct image_spec *spec = &image_specs[i];
        char label[64];
        snprintf(label, sizeof label, "%d images of %dx%dx%d", spec->images, spec->height, spec->width, spec->channels);
        experiment_check(function, spec, SEED, label);
    }
}

// ---- unit images -----------------------------------------------------------------------------------------------

static void image_to_unit_experiment(struct experiment *experiment)
{
    const struct image_spec *spec = experiment->spec;
    const size_t size = (size_t)spec->images * image_size(spec), runs = (size_t)experiment->runs;
    uint8_t *bytes = test_allocate(runs * size);
    for (size_t run = 0; run < runs; run++) {
        uint8_t *part = random_bytes(SEED, (uint32_t)(experiment->first_run + (int)run), size);
        memcpy(bytes + run * size, part, size);
        free(part);
    }
    const struct image_to_unit unit = {experiment->runs,
                                       spec->images,
                                       spec->height,
                                       spec->width,
                                       spec->channels,
                                       device_put(experiment->device, bytes, runs * size),
                                       experiment_results(experiment, size)};
    image_to_unit(experiment->device, &unit);
    experiment_record(experiment, "output", unit.output, size, 0); // one division, rounded once
    free(bytes);
}

// A third of the values lies outside [0, 1].
static void unit_to_activation_experiment(struct experiment *experiment)
{
    const struct image_spec *spec = experiment->spec;
    const size_t size = (size_t)spec->images * image_size(spec);
    const struct unit_to_activation unit = {experiment->runs,
                                            spec->images,
                                            spec->height,
                                            spec->width,
                                            spec->channels,
                                            experiment_floats(experiment, size, -0.25F, 1.25F),
                                            experiment_results(experiment, size)};
    unit_to_activation(experiment->device, &unit);
    experiment_record(experiment, "output", unit.output, size,
                      by_precision(experiment->device, 0, 0x1p-8)); // rounded once to float32, then to bfloat16
}

static void unit_backward_experiment(struct experiment *experiment, bool with_second)
{
    const struct image_spec *spec = experiment->spec;
    const size_t size = (size_t)spec->images * image_size(spec);
    const struct unit_to_activation_backward unit = {
        experiment->runs,
        spec->images,
        spec->height,
        spec->width,
        spec->channels,
        experiment_floats(experiment, size, -0.25F, 1.25F),
        experiment_floats(experiment, size, -1, 1),
        with_second ? experiment_floats(experiment, size, -1, 1) : NULL,
        0.7F,
        experiment_results(experiment, size),
    };
    unit_to_activation_backward(experiment->device, &unit);
    experiment_record(experiment, "grad_input", unit.grad_input, size, tolerance);
}

static void unit_backward_alone_experiment(struct experiment *experiment)
{
    unit_backward_experiment(experiment, false);
}

static void unit_backward_both_experiment(struct experiment *experiment)
{
    unit_backward_experiment(experiment, true);
}

Test(backend_augmentation, image_to_unit)
{
    check_images(image_to_unit_experiment);
}

Test(backend_augmentation, unit_to_activation)
{
    check_images(unit_to_activation_experiment);
}

Test(backend_augmentation, unit_to_activation_backward)
{
    check_images(unit_backward_alone_experiment);
    check_images(unit_backward_both_experiment);
}

// Ends of the range pass; what is not a number stays so.
Test(backend_augmentation, unit_images_at_their_limits)
{
    const float input[] = {0, 1, -0x1p-149F, 0x1.000002p0F, __builtin_nanf(""), __builtin_inff()};
    const float ones[] = {1, 1, 1, 1, 1, 1}, expected[] = {-1, 1, -1, 1, 0, 1}, slopes[] = {2, 2, 0, 0, 2, 0};
    enum { COUNT = sizeof input / sizeof input[0] };
    for (const struct kernels *const *kernels = backends_under_test(); *kernels != NULL; kernels++) {
        struct device *device = device_for_test(*kernels, 1);
        float *values = device_put_floats(device, input, COUNT), output[COUNT], gradient[COUNT];
        const struct unit_to_activation unit = {1, 1, 1, COUNT, 1, values, device_make_floats(device, COUNT)};
        const struct unit_to_activation_backward backward = {1,
                                                             1,
                                                             1,
                                                             COUNT,
                                                             1,
                                                             values,
                                                             device_put_floats(device, ones, COUNT),
                                                             NULL,
                                                             0,
                                                             device_make_floats(device, COUNT)};
        unit_to_activation(device, &unit);
        unit_to_activation_backward(device, &backward);
        device_get(device, unit.output, output, sizeof output);
        device_get(device, backward.grad_input, gradient, sizeof gradient);
        for (int i = 0; i < COUNT; i++) {
            cr_expect(i == 4 ? output[i] != output[i] : output[i] == expected[i], "%s: value %d is %g",
                      (*kernels)->name, i, (double)output[i]);
            cr_expect(gradient[i] == slopes[i], "%s: slope %d is %g", (*kernels)->name, i, (double)gradient[i]);
        }
        device_end_test(device);
    }
}

// ---- draws -----------------------------------------------------------------------------------------------------

struct draw_spec {
    int images, primitives, noise_width, pixels; // pixels 0: no epsilon
};

enum { ORDER_LENGTH = 20 };

static struct training_state *put_states(struct experiment *experiment)
{
    struct training_state states[3];
    cr_assert(experiment->runs <= 3);
    for (int i = 0; i < experiment->runs; i++) {
        const int run = experiment->first_run + i;
        states[i] = (struct training_state){.seed = 7 + (uint32_t)run, .epoch = 3 * (uint32_t)run, .position = 2 * run};
    }
    return device_put(experiment->device, states, (size_t)experiment->runs * sizeof states[0]);
}

static void draw_experiment(struct experiment *experiment)
{
    const struct draw_spec *spec = experiment->spec;
    const size_t rows = (size_t)spec->primitives * (size_t)spec->images, pixels = (size_t)spec->pixels;
    const struct augmentation_draw draw = {
        .runs = experiment->runs,
        .images = spec->images,
        .primitives = spec->primitives,
        .noise_width = spec->noise_width,
        .pixels = spec->pixels,
        .purpose = PURPOSE_TEST,
        .order = experiment_integers(experiment, ORDER_LENGTH, 1000),
        .order_stride = ORDER_LENGTH,
        .states = put_states(experiment),
        .noise = experiment_results(experiment, rows * (size_t)spec->noise_width),
        .uniforms = experiment_results(experiment, rows),
        .epsilon = pixels == 0 ? NULL : experiment_results(experiment, (size_t)spec->images * pixels),
    };
    augmentation_draw(experiment->device, &draw);
    experiment_record_bytes(experiment, "noise", draw.noise, rows * (size_t)spec->noise_width * sizeof(float));
    experiment_record_bytes(experiment, "uniforms", draw.uniforms, rows * sizeof(float));
    if (pixels > 0)
        experiment_record_bytes(experiment, "epsilon", draw.epsilon, (size_t)spec->images * pixels * sizeof(float));
}

// The same bits on every backend, for counts that are no multiple of what is drawn at once.
Test(backend_augmentation, draws)
{
    static const struct draw_spec specs[] = {{1, 1, 1, 0}, {3, 4, 128, 3072}, {5, 2, 33, 513}, {2, 3, 515, 1}};
    for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
        char label[64];
        snprintf(label, sizeof label, "%d images, %d primitives, width %d, %d pixels", specs[i].images,
                 specs[i].primitives, specs[i].noise_width, specs[i].pixels);
        experiment_check(draw_experiment, &specs[i], SEED, label);
    }
}

// ---- MLP -------------------------------------------------------------------------------------------------------

static void mlp_experiment(struct experiment *experiment)
{
    struct mlp_shape shape = *(const struct mlp_shape *)experiment->spec;
    shape.runs = experiment->runs;
    const size_t rows = (size_t)shape.rows, inputs = rows * (size_t)shape.inputs,
                 outputs = rows * (size_t)shape.outputs;
    const size_t count = mlp_parameter_count(&shape), saved = mlp_saved_floats(&shape);
    const struct mlp_forward forward = {
        .shape = shape,
        .input = experiment_floats(experiment, inputs, -1, 1),
        .parameters = experiment_per_run(experiment, count, -1, 1),
        .saved = experiment_results(experiment, saved),
        .output = experiment_results(experiment, outputs),
    };
    const struct mlp_backward backward = {
        .shape = shape,
        .input = forward.input,
        .parameters = forward.parameters,
        .saved = forward.saved,
        .grad_output = experiment_floats(experiment, outputs, -1, 1),
        .grad_input = experiment_results(experiment, inputs),
        .grad_parameters = experiment_per_run_results(experiment, count),
    };
    struct mlp_backward parameters_only = backward;
    parameters_only.grad_input = NULL;
    parameters_only.grad_parameters = experiment_per_run_results(experiment, count);
    mlp_forward(experiment->device, &forward);
    mlp_backward(experiment->device, &backward);
    mlp_backward(experiment->device, &parameters_only);
    experiment_record(experiment, "saved", forward.saved, saved, sum_tolerance);
    experiment_record(experiment, "output", forward.output, outputs, sum_tolerance);
    experiment_record(experiment, "grad_input", backward.grad_input, inputs, 3 * sum_tolerance);
    experiment_record_per_run(experiment, "grad_parameters", backward.grad_parameters, count, 3 * sum_tolerance);
    experiment_record_per_run(experiment, "grad_parameters alone", parameters_only.grad_parameters, count,
                              3 * sum_tolerance);
}

Test(backend_augmentation, mlp)
{
    static const struct mlp_shape shapes[] = {
        {0, 2, 3, 2, 1}, {0, 7, 20, 17, 6}, {0, 33, 64, 48, 2}, {0, 128, 128, 128, 6}, {0, 10, 5, 40, 50}};
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        char label[64];
        snprintf(label, sizeof label, "%d rows, %d>%d>%d", shapes[i].rows, shapes[i].inputs, shapes[i].hidden,
                 shapes[i].outputs);
        experiment_check(mlp_experiment, &shapes[i], SEED, label);
    }
}

// Of a single row batch norm leaves its offset alone, and nothing flows back through it.
Test(backend_augmentation, mlp_of_one_row)
{
    const struct mlp_shape shape = {1, 1, 5, 3, 2};
    const size_t count = mlp_parameter_count(&shape);
    for (const struct kernels *const *kernels = backends_under_test(); *kernels != NULL; kernels++) {
        struct device *device = device_for_test(*kernels, 1);
        float *values = random_floats(SEED, 1, count, -1, 1), *input = random_floats(SEED, 2, 5, -1, 1);
        const struct per_run parameters = {device_put_floats(device, values, count), count};
        const struct mlp_forward forward = {shape, device_put_floats(device, input, 5), parameters,
                                            device_make_floats(device, mlp_saved_floats(&shape)),
                                            device_make_floats(device, 2)};
        const struct mlp_backward backward = {shape,
                                              forward.input,
                                              parameters,
                                              forward.saved,
                                              device_put_floats(device, input, 2),
                                              device_make_floats(device, 5),
                                              {device_make_floats(device, count), count}};
        float output[2], grad_input[5];
        const float *beta = values + count - 6 - 3, *weight = values + count - 6;
        mlp_forward(device, &forward);
        mlp_backward(device, &backward);
        device_get(device, forward.output, output, sizeof output);
        device_get(device, backward.grad_input, grad_input, sizeof grad_input);
        for (int o = 0; o < 2; o++) {
            double expected = 0;
            for (int unit = 0; unit < 3; unit++)
                expected += (double)weight[3 * o + unit] * (double)beta[unit] * (beta[unit] < 0 ? 0.2 : 1);
            cr_expect(epsilon_eq(dbl, (double)output[o], expected, 1e-6), "%s", (*kernels)->name);
        }
        for (int i = 0; i < 5; i++) cr_expect(grad_input[i] == 0, "%s: %g", (*kernels)->name, (double)grad_input[i]);
        free(values);
        free(input);
        device_end_test(device);
    }
}

// ---- squash and gate -------------------------------------------------------------------------------------------

static const struct squash_range ranges[] = {{0.1F, 2, 0.4F}, {0, 0.2F, 0.01F}, {-0.5F, 0.5F, 0.02F}, {0.5F, 1.5F, 1}};
enum { COLUMNS = sizeof ranges / sizeof ranges[0] };

static void squash_experiment(struct experiment *experiment)
{
    const size_t size = 7 * (size_t)COLUMNS;
    struct squash_forward forward = {.runs = experiment->runs,
                                     .rows = 7,
                                     .columns = COLUMNS,
                                     .raw = experiment_floats(experiment, size, -4, 4),
                                     .value = experiment_results(experiment, size)};
    struct squash_backward backward = {.runs = experiment->runs,
                                       .rows = 7,
                                       .columns = COLUMNS,
                                       .value = forward.value,
                                       .grad_value = experiment_floats(experiment, size, -1, 1),
                                       .grad_raw = experiment_results(experiment, size)};
    memcpy(forward.ranges, ranges, sizeof ranges);
    memcpy(backward.ranges, ranges, sizeof ranges);
    squash_forward(experiment->device, &forward);
    squash_backward(experiment->device, &backward);
    experiment_record(experiment, "value", forward.value, size, tolerance);
    experiment_record(experiment, "grad_raw", backward.grad_raw, size, tolerance);
}

Test(backend_augmentation, squash)
{
    experiment_check(squash_experiment, NULL, SEED, "squash");
}

Test(backend_augmentation, squash_starts_where_it_is_told_and_stays_within_its_range)
{
    const float raw[] = {0, 0, 0, 0, 50, 50, 50, 50, -50, -50, -50, -50};
    for (const struct kernels *const *kernels = backends_under_test(); *kernels != NULL; kernels++) {
        struct device *device = device_for_test(*kernels, 1);
        struct squash_forward forward = {.runs = 1,
                                         .rows = 3,
                                         .columns = COLUMNS,
                                         .raw = device_put_floats(device, raw, 3 * COLUMNS),
                                         .value = device_make_floats(device, 3 * COLUMNS)};
        float value[3 * COLUMNS];
        memcpy(forward.ranges, ranges, sizeof ranges);
        squash_forward(device, &forward);
        device_get(device, forward.value, value, sizeof value);
        for (int i = 0; i < COLUMNS; i++) {
            cr_expect(epsilon_eq(flt, value[i], ranges[i].start, 1e-7F), "%s, range %d: %g", (*kernels)->name, i,
                      (double)value[i]);
            cr_expect(epsilon_eq(flt, value[COLUMNS + i], ranges[i].high, 1e-7F), "%s, range %d", (*kernels)->name, i);
            cr_expect(epsilon_eq(flt, value[2 * COLUMNS + i], ranges[i].low, 1e-7F), "%s, range %d", (*kernels)->name,
                      i);
            cr_expect(value[COLUMNS + i] <= ranges[i].high && value[2 * COLUMNS + i] >= ranges[i].low);
        }
        device_end_test(device);
    }
}

static void gate_experiment(struct experiment *experiment)
{
    enum { GATES = 37 };
    const struct gate_forward forward = {experiment->runs,
                                         GATES,
                                         0.05F,
                                         experiment_per_run(experiment, 1, -2, 2),
                                         experiment_floats(experiment, GATES, 0.01F, 0.99F),
                                         experiment_results(experiment, GATES)};
    const struct gate_backward backward = {experiment->runs,
                                           GATES,
                                           0.05F,
                                           forward.logit,
                                           forward.uniforms,
                                           experiment_floats(experiment, GATES, -1, 1),
                                           experiment_per_run_results(experiment, 1)};
    gate_forward(experiment->device, &forward);
    gate_backward(experiment->device, &backward);
    experiment_record(experiment, "gate", forward.gate, GATES, tolerance);
    experiment_record_per_run(experiment, "grad_logit", backward.grad_logit, 1, tolerance);
}

Test(backend_augmentation, gate)
{
    experiment_check(gate_experiment, NULL, SEED, "gate");
}

// At temperature 0.05 and logit 3 the gate is 1 in float32; its slope is e^-60 / 0.05, not 0.
Test(backend_augmentation, a_gate_that_rounds_to_one_still_has_a_slope)
{
    for (const struct kernels *const *kernels = backends_under_test(); *kernels != NULL; kernels++) {
        struct device *device = device_for_test(*kernels, 1);
        const float logit = 3, uniform = 0.5F, one = 1;
        float gate, slope;
        const struct per_run logits = {device_put_floats(device, &logit, 1), 1};
        const struct gate_forward forward = {
            1, 1, 0.05F, logits, device_put_floats(device, &uniform, 1), device_make_floats(device, 1)};
        const struct gate_backward backward = {1,
                                               1,
                                               0.05F,
                                               logits,
                                               forward.uniforms,
                                               device_put_floats(device, &one, 1),
                                               {device_make_floats(device, 1), 1}};
        gate_forward(device, &forward);
        gate_backward(device, &backward);
        device_get(device, forward.gate, &gate, sizeof gate);
        device_get(device, backward.grad_logit.data, &slope, sizeof slope);
        cr_expect(gate == 1, "%s", (*kernels)->name);
        cr_expect(slope > 1.7e-25F && slope < 1.8e-25F, "%s: %g", (*kernels)->name, (double)slope); // 20 e^-60
        device_end_test(device);
    }
}

// ---- deformations ----------------------------------------------------------------------------------------------

struct deform_spec {
    struct image_spec image;
    enum primitive primitive;
    enum contrast_range range;
    bool gate, grad_input, grad_gate;
};

static const struct {
    float low, high;
} parameter_ranges[PRIMITIVE_COUNT] = {
    [PRIMITIVE_CONTRAST] = {-0.5F, 1.5F},
    [PRIMITIVE_GEOMETRIC] = {-1.2F, 1.2F}, // far beyond the picture, too
    [PRIMITIVE_BLUR] = {0.1F, 2},
    [PRIMITIVE_NOISE] = {0, 0.5F},
};

static void deform_experiment(struct experiment *experiment)
{
    const struct deform_spec *spec = experiment->spec;
    const size_t images = (size_t)spec->image.images, size = images * image_size(&spec->image);
    const size_t numbers = images * (size_t)primitive_parameters(spec->primitive);
    const struct deform_forward forward = {
        .runs = experiment->runs,
        .images = spec->image.images,
        .height = spec->image.height,
        .width = spec->image.width,
        .channels = spec->image.channels,
        .primitive = spec->primitive,
        .contrast_range = spec->range,
        .parameters = experiment_floats(experiment, numbers, parameter_ranges[spec->primitive].low,
                                        parameter_ranges[spec->primitive].high),
        .gate = spec->gate ? experiment_floats(experiment, images, 0, 1) : NULL,
        .epsilon = spec->primitive == PRIMITIVE_NOISE ? experiment_floats(experiment, size, -2, 2) : NULL,
        .input = experiment_floats(experiment, size, 0, 1),
        .output = experiment_results(experiment, size),
    };
    const struct deform_backward backward = {
        .runs = experiment->runs,
        .images = spec->image.images,
        .height = spec->image.height,
        .width = spec->image.width,
        .channels = spec->image.channels,
        .primitive = spec->primitive,
        .contrast_range = spec->range,
        .parameters = forward.parameters,
        .gate = forward.gate,
        .epsilon = forward.epsilon,
        .input = forward.input,
        .grad_output = experiment_floats(experiment, size, -1, 1),
        .grad_input = spec->grad_input ? experiment_results(experiment, size) : NULL,
        .grad_parameters = experiment_results(experiment, numbers),
        .grad_gate = spec->grad_gate ? experiment_results(experiment, images) : NULL,
    };
    deform_forward(experiment->device, &forward);
    deform_backward(experiment->device, &backward);
    experiment_record(experiment, "output", forward.output, size, tolerance);
    experiment_record(experiment, "grad_parameters", backward.grad_parameters, numbers, sum_tolerance);
    if (spec->grad_input) experiment_record(experiment, "grad_input", backward.grad_input, size, sum_tolerance);
    if (spec->grad_gate) experiment_record(experiment, "grad_gate", backward.grad_gate, images, sum_tolerance);
}

// Every size with every option.
static void check_deformation(enum primitive primitive, enum contrast_range range)
{
    for (int i = 0; i < IMAGE_SPECS; i++)
        for (int options = 0; options < 8; options++) {
            const struct deform_spec spec = {image_specs[i],     primitive,          range,
                                             (options & 1) != 0, (options & 2) != 0, (options & 4) != 0};
            char label[96];
            snprintf(label, sizeof label, "%s %d, %d images of %dx%dx%d, options %d", primitive_name(primitive),
                     (int)range, spec.image.images, spec.image.height, spec.image.width, spec.image.channels, options);
            experiment_check(deform_experiment, &spec, SEED, label);
        }
}

Test(backend_augmentation, contrast)
{
    check_deformation(PRIMITIVE_CONTRAST, CONTRAST_RANGE_CLAMP);
    check_deformation(PRIMITIVE_CONTRAST, CONTRAST_RANGE_LINEAR);
    check_deformation(PRIMITIVE_CONTRAST, CONTRAST_RANGE_FOLD);
}

Test(backend_augmentation, geometric)
{
    check_deformation(PRIMITIVE_GEOMETRIC, CONTRAST_RANGE_CLAMP);
}

Test(backend_augmentation, blur)
{
    check_deformation(PRIMITIVE_BLUR, CONTRAST_RANGE_CLAMP);
}

Test(backend_augmentation, noise)
{
    check_deformation(PRIMITIVE_NOISE, CONTRAST_RANGE_CLAMP);
}

// Places beyond all bounds, and such that are no numbers, read zeros and write nowhere.
Test(backend_augmentation, geometric_places_out_of_all_bounds)
{
    enum { IMAGES = 4, SIZE = 6 * 5 * 3 };
    const float parameters[IMAGES][6] = {{0, 0, 1e30F, 0, 0, 0},
                                         {0, 0, 0, 1e30F, -1e30F, 0},
                                         {__builtin_nanf(""), 0, 0, 0, 1, 0},
                                         {__builtin_inff(), 0, 0, 0, 1, 0}};
    for (const struct kernels *const *kernels = backends_under_test(); *kernels != NULL; kernels++) {
        struct device *device = device_for_test(*kernels, 1);
        float *values = random_floats(SEED, 3, IMAGES * SIZE, 0.25F, 1), output[IMAGES][SIZE], grad_input[IMAGES][SIZE];
        const float *input = device_put_floats(device, values, IMAGES * SIZE);
        const float *numbers = device_put_floats(device, parameters[0], IMAGES * 6);
        const struct deform_forward forward = {1,
                                               IMAGES,
                                               6,
                                               5,
                                               3,
                                               PRIMITIVE_GEOMETRIC,
                                               CONTRAST_RANGE_CLAMP,
                                               numbers,
                                               NULL,
                                               NULL,
                                               input,
                                               device_make_floats(device, IMAGES * SIZE)};
        const struct deform_backward backward = {1,
                                                 IMAGES,
                                                 6,
                                                 5,
                                                 3,
                                                 PRIMITIVE_GEOMETRIC,
                                                 CONTRAST_RANGE_CLAMP,
                                                 numbers,
                                                 NULL,
                                                 NULL,
                                                 input,
                                                 input,
                                                 device_make_floats(device, IMAGES * SIZE),
                                                 device_make_floats(device, IMAGES * 6),
                                                 device_make_floats(device, IMAGES)};
        deform_forward(device, &forward);
        deform_backward(device, &backward);
        device_get(device, forward.output, output, sizeof output);
        device_get(device, backward.grad_input, grad_input, sizeof grad_input);
        for (int i = 0; i < SIZE; i++) {
            cr_expect(output[0][i] == 0 && grad_input[0][i] == 0, "%s, value %d", (*kernels)->name, i);
            cr_expect(output[2][i] == 0 && grad_input[2][i] == 0, "%s, value %d", (*kernels)->name, i);
        }
        free(values);
        device_end_test(device);
    }
}

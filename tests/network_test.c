// network_test.c: a WideResNet's shape, weights and passes, beyond the golden network (golden_wrn_test.c).
#include "harness/network.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/device_array.h"
#include "tests/support/random_data.h"
#include "tests/support/state_dicts.h"

enum { SEED = 21, SIDE = 8, CLASSES = 5 };

static void expect_ok(struct status status)
{
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
}

static struct network *network_for_test(struct device *device, int runs, int images)
{
    struct network_shape shape = {
        .depth = 10, .widen = 1, .classes = CLASSES, .side = SIDE, .channels = 3, .runs = runs, .images = images};
    struct network *network = NULL;
    expect_ok(network_create(device, &shape, true, &network));
    for (int run = 0; run < runs; run++) expect_ok(network_initialise(network, run, SEED + (uint32_t)run));
    return network;
}

static size_t input_floats(int images)
{
    return (size_t)images * SIDE * SIDE * 3;
}

Test(network, wideresnet_40_2_has_the_published_size)
{
    struct device *device = device_for_test(kernels_find("cpu"), 1);
    struct network_shape shape = {
        .depth = 40, .widen = 2, .classes = 10, .side = 32, .channels = 3, .runs = 1, .images = 1};
    struct network *network = NULL;
    expect_ok(network_create(device, &shape, false, &network));
    // 2.2 million parameters (Zagoruyko and Komodakis, table 5); counted by hand from the layer list: 2,243,546.
    cr_expect(eq(i64, network_parameter_count(network), 2243546));
    cr_expect(eq(int, network_feature_count(network), 128));
    cr_expect(fabs(network_forward_multiply_adds(network) - 0.3275e9) < 0.001e9, "%g",
              network_forward_multiply_adds(network));
    network_destroy(network);
    device_end_test(device);
}

Test(network, impossible_shapes_are_refused)
{
    static const struct network_shape shapes[] = {
        {.depth = 11, .widen = 1, .classes = 10, .side = 32, .channels = 3, .runs = 1, .images = 1},
        {.depth = 4, .widen = 1, .classes = 10, .side = 32, .channels = 3, .runs = 1, .images = 1},
        {.depth = 10, .widen = 0, .classes = 10, .side = 32, .channels = 3, .runs = 1, .images = 1},
        {.depth = 10, .widen = 1, .classes = 1, .side = 32, .channels = 3, .runs = 1, .images = 1},
    };
    struct device *device = device_for_test(kernels_find("reference"), 1);
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        struct network *network = NULL;
        cr_expect(eq(int, network_create(device, &shapes[i], true, &network).code, STATUS_USAGE), "shape %zu", i);
        cr_expect(network == NULL);
    }
    device_end_test(device);
}

Test(network, weights_leave_and_return_unchanged)
{
    struct device *device = device_for_test(kernels_find("reference"), 1);
    struct network *one = network_for_test(device, 2, 1), *other = network_for_test(device, 1, 1);
    struct state_dict first = {0}, second = {0};
    expect_ok(network_export(one, 1, &first));
    expect_ok(network_import(other, 0, &first, true));
    expect_ok(network_export(other, 0, &second));
    cr_expect(state_dicts_equal(&first, &second, NULL));
    state_dict_destroy(&second);
    expect_ok(network_export(one, 0, &second));
    cr_expect(not(state_dicts_equal(&first, &second, NULL)), "two seeds gave the same weights");
    state_dict_destroy(&first);
    state_dict_destroy(&second);
    network_destroy(one);
    network_destroy(other);
    device_end_test(device);
}

Test(network, a_fresh_classifier_leaves_the_rest_alone)
{
    struct device *device = device_for_test(kernels_find("reference"), 1);
    struct network *network = network_for_test(device, 1, 1);
    struct state_dict before = {0}, after = {0};
    expect_ok(network_export(network, 0, &before));
    expect_ok(network_initialise_classifier(network, 0, SEED));
    expect_ok(network_export(network, 0, &after));
    cr_expect(state_dicts_equal(&before, &after, "fc."));
    state_dict_destroy(&before);
    state_dict_destroy(&after);
    network_destroy(network);
    device_end_test(device);
}

Test(network, weights_that_do_not_fit_are_refused_and_change_nothing)
{
    struct device *device = device_for_test(kernels_find("reference"), 1);
    struct network *network = network_for_test(device, 1, 1);
    struct state_dict before = {0}, dict = {0}, after = {0};
    expect_ok(network_export(network, 0, &before));
    expect_ok(network_initialise(network, 0, SEED + 5));
    expect_ok(network_export(network, 0, &dict));
    expect_ok(network_import(network, 0, &before, true));

    char *name = dict.tensors[3].name;
    int64_t rows = dict.tensors[0].dimensions[0];
    char kept = name[0];
    name[0] = 'x';
    struct status status = network_import(network, 0, &dict, true);
    cr_expect(eq(int, status.code, STATUS_BAD_INPUT));
    cr_expect(strstr(status.message, name) != NULL, "%s", status.message);
    name[0] = kept;
    dict.tensors[0].dimensions[0] = rows + 1;
    cr_expect(eq(int, network_import(network, 0, &dict, true).code, STATUS_BAD_INPUT));
    dict.tensors[0].dimensions[0] = rows;
    dict.count--;
    cr_expect(eq(int, network_import(network, 0, &dict, true).code, STATUS_BAD_INPUT), "a missing tensor was accepted");
    dict.count++;

    expect_ok(network_export(network, 0, &after));
    cr_expect(state_dicts_equal(&before, &after, NULL), "a refused import changed the network");
    state_dict_destroy(&before);
    state_dict_destroy(&dict);
    state_dict_destroy(&after);
    network_destroy(network);
    device_end_test(device);
}

// The loss of the network's present weights on (input, labels).
static double loss_of(struct device *device, struct network *network, const float *input, const int32_t *labels,
                      int images)
{
    struct metrics zero = {0}, *metrics = device_put(device, &zero, sizeof zero), result;
    device_upload(device, network_input(network), input, input_floats(images) * sizeof *input);
    network_forward(network, images, BATCHNORM_BATCH_ONLY);
    softmax_cross_entropy(device, &(struct softmax_cross_entropy){.runs = 1,
                                                                  .images = images,
                                                                  .classes = CLASSES,
                                                                  .logits = network_logits(network),
                                                                  .labels = labels,
                                                                  .grad_logits = network_grad_logits(network),
                                                                  .metrics = metrics});
    device_get(device, metrics, &result, sizeof result);
    device_release(device, metrics);
    return result.loss_sum / images;
}

// sum of gradient * direction against (loss(+h) - loss(-h)) / 2h. Float32 activations leave an error of some 1e-7 / h
// in the quotient, third derivatives and switched ReLUs about h: 1e-2 covers both at h = 1e-3 with room.
static void expect_directional_derivative(double forward, double backward, double step, double predicted,
                                          const char *what)
{
    double measured = (forward - backward) / (2 * step), error = fabs(measured - predicted);
    cr_expect(error <= 1e-2 * fabs(predicted) + 1e-4, "%s: predicted %g, measured %g", what, predicted, measured);
    cr_expect(fabs(predicted) > 1e-3, "%s: derivative %g shows nothing", what, predicted);
}

Test(network, gradients_agree_with_finite_differences)
{
    enum { IMAGES = 3 };
    const double step = 1e-3;
    struct device *device = device_for_test(kernels_find("reference"), 1);
    struct network *network = network_for_test(device, 1, IMAGES);
    size_t count = (size_t)network_parameter_count(network), pixels = input_floats(IMAGES);
    float *input = random_floats(SEED, 1, pixels, -1, 1), *moved_input = malloc(pixels * sizeof *input);
    int32_t *host_labels = random_integers(SEED, 2, IMAGES, CLASSES);
    int32_t *labels = device_put(device, host_labels, IMAGES * sizeof *labels);
    float *grad_input = device_make_floats(device, pixels);
    loss_of(device, network, input, labels, IMAGES);
    network_backward(network, IMAGES, BATCHNORM_BATCH_ONLY, NETWORK_PARAMETER_GRADIENTS | NETWORK_INPUT_GRADIENT,
                     grad_input);
    float *gradient = device_get_floats(device, network_gradients(network).data, count);
    float *input_gradient = device_get_floats(device, grad_input, pixels);
    float *values = device_get_floats(device, network_parameters(network).data, count),
          *moved = malloc(count * sizeof *moved);

    // Along the gradient itself: the direction with the largest derivative, so the quotient is well above rounding.
    double norm = 0, input_norm = 0, losses[2], input_losses[2];
    for (size_t i = 0; i < count; i++) norm += (double)gradient[i] * (double)gradient[i];
    for (size_t i = 0; i < pixels; i++) input_norm += (double)input_gradient[i] * (double)input_gradient[i];
    norm = sqrt(norm);
    input_norm = sqrt(input_norm);
    for (int side = 0; side < 2; side++) {
        double h = side == 0 ? step : -step;
        for (size_t i = 0; i < count; i++) moved[i] = (float)((double)values[i] + h * (double)gradient[i] / norm);
        device_upload(device, network_parameters(network).data, moved, count * sizeof *moved);
        losses[side] = loss_of(device, network, input, labels, IMAGES);
    }
    device_upload(device, network_parameters(network).data, values, count * sizeof *values);
    for (int side = 0; side < 2; side++) {
        double h = 10 * (side == 0 ? step : -step);
        for (size_t i = 0; i < pixels; i++)
            moved_input[i] = (float)((double)input[i] + h * (double)input_gradient[i] / input_norm);
        input_losses[side] = loss_of(device, network, moved_input, labels, IMAGES);
    }
    expect_directional_derivative(losses[0], losses[1], step, norm, "parameters");
    expect_directional_derivative(input_losses[0], input_losses[1], 10 * step, input_norm, "input");
    free(input);
    free(moved_input);
    free(host_labels);
    free(gradient);
    free(input_gradient);
    free(values);
    free(moved);
    network_destroy(network);
    device_end_test(device);
}

Test(network, without_parameter_gradients_none_is_written_and_the_input_gradient_is_the_same)
{
    enum { IMAGES = 2 };
    for (const struct kernels *const *k = backends_under_test(); *k != NULL; k++) {
        struct device *device = device_for_test(*k, 2);
        struct network *network = network_for_test(device, 1, IMAGES);
        size_t count = (size_t)network_parameter_count(network), pixels = input_floats(IMAGES);
        float *input = random_floats(SEED, 3, pixels, -1, 1);
        int32_t host_labels[IMAGES] = {1, 4}, *labels = device_put(device, host_labels, sizeof host_labels);
        float *grad[2] = {device_make_floats(device, pixels), device_make_floats(device, pixels)};
        for (int pass = 0; pass < 2; pass++) {
            unsigned wanted = NETWORK_INPUT_GRADIENT | (pass == 1 ? NETWORK_PARAMETER_GRADIENTS : 0u);
            loss_of(device, network, input, labels, IMAGES);
            network_backward(network, IMAGES, BATCHNORM_BATCH_ONLY, wanted, grad[pass]);
            float *gradient = device_get_floats(device, network_gradients(network).data, count);
            size_t zeros = 0;
            for (size_t i = 0; i < count; i++) zeros += gradient[i] == 0;
            if (pass == 0)
                cr_expect(eq(sz, zeros, count), "%s: unwanted gradients were written", (*k)->name);
            else
                cr_expect(zeros < count / 2, "%s: %zu of %zu gradients are zero", (*k)->name, zeros, count);
            free(gradient);
        }
        float *first = device_get_floats(device, grad[0], pixels), *second = device_get_floats(device, grad[1], pixels);
        cr_expect(memcmp(first, second, pixels * sizeof *first) == 0, "%s: the input gradients differ", (*k)->name);
        free(first);
        free(second);
        free(input);
        network_destroy(network);
        device_end_test(device);
    }
}

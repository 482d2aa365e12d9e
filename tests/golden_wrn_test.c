// golden_wrn_test.c: a whole network against golden training/wrn: forward, backward, evaluation, three optimiser steps.
// Tolerances are the golden README's for float32; each has its line there. Those for bfloat16 are about twice what was
// measured (tests/golden/README.md): a pre-activation that lies within its rounding of zero takes the other branch of the
// ReLU, which is why gradients are further off than the loss.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#include "harness/network.h"
#include "tests/support/device_array.h"
#include "tests/support/golden.h"
#include "tests/support/memory.h"

enum { STEPS = 3 };

// One tolerance for float32, one for bfloat16.
struct tolerance {
    double fp32, bf16;
};

// The golden network on one device, with its batch in place.
struct wrn {
    struct golden_case *golden;
    struct network *network;
    struct network_shape shape;
    int32_t *labels;
    struct metrics *metrics;
    char **parameters, **statistics; // lines of params.txt and stats.txt, cut behind the name
};

static void expect_ok(struct status status)
{
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
}

// ---- the network -----------------------------------------------------------------------------------------------

static char **read_names(const struct golden_case *golden, const char *file)
{
    char **lines = golden_read_lines(golden, file);
    for (char **line = lines; *line != NULL; line++) (*line)[strcspn(*line, " ")] = '\0';
    cr_assert(lines[0] != NULL, "%s/%s lists nothing", golden->folder, file);
    return lines;
}

static void add_tensor(struct state_dict *dict, const struct golden_array *array, const char *name)
{
    int64_t dimensions[STATE_TENSOR_DIMENSIONS] = {0};
    float *values = NULL;
    cr_assert(le(int, array->dimensions, STATE_TENSOR_DIMENSIONS), "%s", name);
    for (int i = 0; i < array->dimensions; i++) dimensions[i] = array->shape[i];
    expect_ok(state_dict_add(dict, name, array->dimensions, dimensions, &values));
    memcpy(values, array->values, array->count * sizeof *values);
}

// Golden parameters, running means 0 and variances 1.
static void import_start(const struct wrn *wrn)
{
    struct state_dict dict = {0};
    for (char **name = wrn->parameters; *name != NULL; name++)
        add_tensor(&dict, golden_read(wrn->golden, "params/%s", *name), *name);
    for (char **name = wrn->statistics; *name != NULL; name++) {
        const struct golden_array *after = golden_read(wrn->golden, "stats_after1/%s", *name);
        const bool is_variance = strstr(*name, "running_var") != NULL;
        add_tensor(&dict, after, *name);
        float *values = dict.tensors[dict.count - 1].values;
        for (size_t i = 0; i < after->count; i++) values[i] = is_variance ? 1 : 0;
    }
    expect_ok(network_import(wrn->network, 0, &dict, true));
    state_dict_destroy(&dict);
}

static struct wrn wrn_create(struct golden_case *golden)
{
    const struct golden_array *config = golden_read(golden, "config"), *labels = golden_read(golden, "labels");
    const struct golden_array *input = golden_read_images(golden, "input"), *hyper = golden_read(golden, "sgd_hyper");
    struct wrn wrn = {.golden = golden,
                      .shape = {.depth = config->integers[0],
                                .widen = config->integers[1],
                                .classes = config->integers[2],
                                .side = input->shape[1],
                                .channels = input->shape[3],
                                .runs = 1,
                                .images = config->integers[3]}};
    cr_assert(input->shape[0] == wrn.shape.images && labels->count == (size_t)wrn.shape.images);
    cr_assert(epsilon_eq(dbl, hyper->truth[3], 0.1, 1e-9), "batch-norm momentum");
    cr_assert(epsilon_eq(dbl, hyper->truth[4], 1e-5, 1e-9), "batch-norm epsilon");
    wrn.parameters = read_names(golden, "params.txt");
    wrn.statistics = read_names(golden, "stats.txt");
    expect_ok(network_create(golden->device, &wrn.shape, true, &wrn.network));
    import_start(&wrn);
    device_upload(golden->device, network_input(wrn.network), input->values, input->count * sizeof(float));
    wrn.labels = device_put(golden->device, labels->integers, labels->count * sizeof *labels->integers);
    wrn.metrics = device_make(golden->device, sizeof *wrn.metrics);
    return wrn;
}

static void wrn_destroy(struct wrn *wrn)
{
    network_destroy(wrn->network);
    golden_free_lines(wrn->parameters);
    golden_free_lines(wrn->statistics);
}

// ---- comparisons -----------------------------------------------------------------------------------------------

static double choose(const struct wrn *wrn, struct tolerance tolerance)
{
    return by_precision(wrn->golden->device, tolerance.fp32, tolerance.bf16);
}

static void expect_logits(const struct wrn *wrn, const char *name, struct tolerance tolerance)
{
    golden_expect(wrn->golden, network_logits(wrn->network), golden_read(wrn->golden, "%s", name), ERROR_MAX,
                  choose(wrn, tolerance));
}

// The tensors that `names` lists, out of `dict`, against folder/<name>.
static void expect_tensors(const struct wrn *wrn, const struct state_dict *dict, char **names, const char *folder,
                           enum error_measure measure, struct tolerance tolerance)
{
    for (char **name = names; *name != NULL; name++) {
        const struct golden_array *truth = golden_read(wrn->golden, "%s/%s", folder, *name);
        const struct state_tensor *tensor = state_dict_find(dict, *name);
        cr_assert(tensor != NULL && state_tensor_length(tensor) == truth->count, "%s", truth->name);
        golden_expect_values(wrn->golden, tensor->values, truth->truth, truth->count, truth->name, measure,
                             choose(wrn, tolerance));
    }
}

// All tensors as one vector, against folder/<name> minus base/<name>; `base` may be NULL.
static void expect_vector(const struct wrn *wrn, const struct state_dict *dict, const char *folder, const char *base,
                          struct tolerance tolerance)
{
    size_t count = 0, at = 0;
    for (size_t i = 0; i < dict->count; i++) count += state_tensor_length(&dict->tensors[i]);
    float *computed = test_allocate(count * sizeof *computed);
    double *expected = test_allocate(count * sizeof *expected);
    for (char **name = wrn->parameters; *name != NULL; name++) {
        const struct golden_array *truth = golden_read(wrn->golden, "%s/%s", folder, *name);
        const struct golden_array *start = base == NULL ? NULL : golden_read(wrn->golden, "%s/%s", base, *name);
        const struct state_tensor *tensor = state_dict_find(dict, *name);
        cr_assert(tensor != NULL && at + truth->count <= count, "%s", truth->name);
        for (size_t i = 0; i < truth->count; i++, at++) {
            computed[at] = (float)(tensor->values[i] - (start == NULL ? 0 : start->truth[i]));
            expected[at] = truth->truth[i] - (start == NULL ? 0 : start->truth[i]);
        }
    }
    cr_assert(eq(sz, at, count), "%s: the network has tensors that params.txt does not list", folder);
    golden_expect_values(wrn->golden, computed, expected, count, folder, ERROR_L2, choose(wrn, tolerance));
    free(expected);
    free(computed);
}

static struct state_dict export_parameters(const struct wrn *wrn, struct per_run array)
{
    struct state_dict dict = {0};
    expect_ok(network_export_like_parameters(wrn->network, 0, array, &dict));
    return dict;
}

static void expect_parameters(const struct wrn *wrn, const char *folder, enum error_measure measure,
                              struct tolerance tolerance)
{
    struct state_dict dict = export_parameters(wrn, network_parameters(wrn->network));
    expect_tensors(wrn, &dict, wrn->parameters, folder, measure, tolerance);
    state_dict_destroy(&dict);
}

static void expect_statistics(const struct wrn *wrn, const char *folder, struct tolerance tolerance)
{
    struct state_dict dict = {0};
    expect_ok(network_export(wrn->network, 0, &dict));
    expect_tensors(wrn, &dict, wrn->statistics, folder, ERROR_MAX, tolerance);
    state_dict_destroy(&dict);
}

// ---- passes ----------------------------------------------------------------------------------------------------

// Forward and loss; the mean loss comes back through the metrics in device memory.
static double run_forward(const struct wrn *wrn, enum batchnorm_mode mode)
{
    struct metrics metrics = {0};
    device_zero(wrn->golden->device, wrn->metrics, sizeof metrics);
    network_forward(wrn->network, wrn->shape.images, mode);
    const struct softmax_cross_entropy loss = {.runs = 1,
                                               .images = wrn->shape.images,
                                               .classes = wrn->shape.classes,
                                               .logits = network_logits(wrn->network),
                                               .labels = wrn->labels,
                                               .grad_logits = network_grad_logits(wrn->network),
                                               .metrics = wrn->metrics};
    softmax_cross_entropy(wrn->golden->device, &loss);
    device_get(wrn->golden->device, wrn->metrics, &metrics, sizeof metrics);
    cr_expect(eq(i64, metrics.images, wrn->shape.images));
    return metrics.loss_sum / (double)metrics.images;
}

static void expect_loss(const struct wrn *wrn, double loss, const char *name, size_t index, struct tolerance tolerance)
{
    const struct golden_array *truth = golden_read(wrn->golden, "%s", name);
    const float computed = (float)loss;
    cr_assert(lt(sz, index, truth->count), "%s", name);
    golden_expect_values(wrn->golden, &computed, truth->truth + index, 1, name, ERROR_ABSOLUTE, choose(wrn, tolerance));
}

static void check_forward(struct golden_case *golden)
{
    struct wrn wrn = wrn_create(golden);
    const double loss = run_forward(&wrn, BATCHNORM_BATCH_UPDATE);
    for (int group = 1; group <= 3; group++) {
        const struct golden_array *truth = golden_read_images(golden, "acts/block%d", group);
        int side = 0, channels = 0;
        const void *output = network_group_output(wrn.network, group, &side, &channels);
        cr_assert(side == truth->shape[1] && channels == truth->shape[3], "%s: %d x %d x %d", truth->name, side, side,
                  channels);
        golden_expect(golden, output, truth, ERROR_MAX, choose(&wrn, (struct tolerance){5e-6, 0.02}));
    }
    golden_expect(golden, network_features(wrn.network), golden_read(golden, "acts/pooled"), ERROR_MAX,
                  choose(&wrn, (struct tolerance){5e-6, 6e-3}));
    expect_logits(&wrn, "logits_train", (struct tolerance){5e-6, 0.02});
    expect_loss(&wrn, loss, "loss", 0, (struct tolerance){3e-6, 0.01});
    expect_statistics(&wrn, "stats_after1", (struct tolerance){2e-6, 3e-3});
    run_forward(&wrn, BATCHNORM_FROZEN);
    expect_logits(&wrn, "logits_eval", (struct tolerance){5e-6, 0.02});
    expect_statistics(&wrn, "stats_after1", (struct tolerance){2e-6, 3e-3}); // inference leaves them alone
    wrn_destroy(&wrn);
}

// Batch statistics without an update: the logits of training, the running statistics of before.
static void check_batch_only(struct golden_case *golden)
{
    struct wrn wrn = wrn_create(golden);
    struct state_dict dict = {0};
    run_forward(&wrn, BATCHNORM_BATCH_ONLY);
    expect_logits(&wrn, "logits_train", (struct tolerance){5e-6, 0.02});
    expect_ok(network_export(wrn.network, 0, &dict));
    for (char **name = wrn.statistics; *name != NULL; name++) {
        const struct state_tensor *tensor = state_dict_find(&dict, *name);
        cr_assert(ne(ptr, (void *)tensor, NULL), "%s", *name);
        const float start = strstr(*name, "running_var") != NULL ? 1 : 0;
        for (size_t i = 0; i < state_tensor_length(tensor); i++)
            cr_assert(eq(flt, tensor->values[i], start), "%s[%zu], backend %s", *name, i, golden->backend);
    }
    state_dict_destroy(&dict);
    wrn_destroy(&wrn);
}

static const struct tolerance grad_input_tolerance = {1e-5, 0.3};

static void check_backward(struct golden_case *golden)
{
    struct wrn wrn = wrn_create(golden);
    const struct golden_array *grad_input = golden_read_images(golden, "grad_input");
    float *computed = device_make_floats(golden->device, grad_input->count);
    run_forward(&wrn, BATCHNORM_BATCH_UPDATE);
    network_backward(wrn.network, wrn.shape.images, BATCHNORM_BATCH_UPDATE,
                     NETWORK_PARAMETER_GRADIENTS | NETWORK_INPUT_GRADIENT, computed);
    golden_expect(golden, computed, grad_input, ERROR_L2, choose(&wrn, grad_input_tolerance));
    struct state_dict dict = export_parameters(&wrn, network_gradients(wrn.network));
    expect_tensors(&wrn, &dict, wrn.parameters, "grads", ERROR_L2, (struct tolerance){2e-5, 0.3});
    expect_tensors(&wrn, &dict, wrn.parameters, "grads", ERROR_MAX, (struct tolerance){5e-5, 0.4});
    expect_vector(&wrn, &dict, "grads", NULL, (struct tolerance){1e-5, 0.3});
    state_dict_destroy(&dict);
    wrn_destroy(&wrn);
}

// The input gradient alone is the same, and leaves the parameters' gradients as they were.
static void check_input_gradient_alone(struct golden_case *golden)
{
    struct wrn wrn = wrn_create(golden);
    const struct golden_array *grad_input = golden_read_images(golden, "grad_input");
    const struct per_run gradients = network_gradients(wrn.network);
    const size_t count = (size_t)network_parameter_count(wrn.network);
    float *computed = device_make_floats(golden->device, grad_input->count);
    float *mark = test_allocate(count * sizeof *mark);
    for (size_t i = 0; i < count; i++) mark[i] = 7;
    device_upload(golden->device, gradients.data, mark, count * sizeof *mark);
    run_forward(&wrn, BATCHNORM_BATCH_ONLY);
    network_backward(wrn.network, wrn.shape.images, BATCHNORM_BATCH_ONLY, NETWORK_INPUT_GRADIENT, computed);
    golden_expect(golden, computed, grad_input, ERROR_L2, choose(&wrn, grad_input_tolerance));
    float *after = device_get_floats(golden->device, gradients.data, count);
    cr_expect(eq(int, memcmp(after, mark, count * sizeof *mark), 0), "backend %s wrote parameter gradients",
              golden->backend);
    free(after);
    free(mark);
    wrn_destroy(&wrn);
}

// A Nesterov step from the gradients of the last backward pass.
struct optimiser {
    struct training_state *state;
    struct per_run rates, velocity;
    float momentum, weight_decay;
};

static struct optimiser optimiser_create(const struct wrn *wrn)
{
    const struct golden_array *hyper = golden_read(wrn->golden, "sgd_hyper");
    const struct training_state state = {0};
    const size_t count = (size_t)network_parameter_count(wrn->network);
    float rates[STEPS];
    for (int i = 0; i < STEPS; i++) rates[i] = hyper->values[0];
    struct optimiser optimiser = {.state = device_put(wrn->golden->device, &state, sizeof state),
                                  .rates = device_put_per_run(wrn->golden->device, rates, 1, STEPS),
                                  .velocity = device_make_per_run(wrn->golden->device, 1, count),
                                  .momentum = hyper->values[1],
                                  .weight_decay = hyper->values[2]};
    device_zero(wrn->golden->device, optimiser.velocity.data, count * sizeof(float));
    return optimiser;
}

static void optimiser_step(const struct wrn *wrn, const struct optimiser *optimiser)
{
    const struct sgd_update update = {.runs = 1,
                                      .count = network_parameter_count(wrn->network),
                                      .momentum = optimiser->momentum,
                                      .weight_decay = optimiser->weight_decay,
                                      .rates = optimiser->rates,
                                      .states = optimiser->state,
                                      .gradient = network_gradients(wrn->network),
                                      .velocity = optimiser->velocity,
                                      .parameter = network_parameters(wrn->network)};
    const struct step_advance advance = {
        .runs = 1, .images = wrn->shape.images, .count_step = true, .states = optimiser->state};
    network_backward(wrn->network, wrn->shape.images, BATCHNORM_BATCH_UPDATE, NETWORK_PARAMETER_GRADIENTS, NULL);
    sgd_update(wrn->golden->device, &update);
    step_advance(wrn->golden->device, &advance);
}

static void check_three_steps(struct golden_case *golden)
{
    struct wrn wrn = wrn_create(golden);
    struct optimiser optimiser = optimiser_create(&wrn);
    for (size_t step = 0; step < STEPS; step++) {
        expect_loss(&wrn, run_forward(&wrn, BATCHNORM_BATCH_UPDATE), "sgd_loss", step, (struct tolerance){5e-5, 0.15});
        optimiser_step(&wrn, &optimiser);
        if (step == 0) expect_parameters(&wrn, "params_after1", ERROR_MAX, (struct tolerance){1e-5, 0.03});
    }
    struct state_dict parameters = export_parameters(&wrn, network_parameters(wrn.network));
    struct state_dict momentum = export_parameters(&wrn, optimiser.velocity);
    expect_tensors(&wrn, &parameters, wrn.parameters, "params_after3", ERROR_MAX, (struct tolerance){3e-5, 0.3});
    expect_vector(&wrn, &parameters, "params_after3", "params", (struct tolerance){5e-4, 0.4});
    expect_vector(&wrn, &momentum, "momentum_after3", NULL,
                  (struct tolerance){5e-4, 0.4}); // as the change, which is made of it
    expect_statistics(&wrn, "stats_after3", (struct tolerance){1e-5, 0.15});
    run_forward(&wrn, BATCHNORM_FROZEN);
    expect_logits(&wrn, "logits_eval_after3", (struct tolerance){5e-5, 0.15});
    expect_loss(&wrn, run_forward(&wrn, BATCHNORM_BATCH_ONLY), "sgd_loss", STEPS, (struct tolerance){5e-5, 0.15});
    state_dict_destroy(&momentum);
    state_dict_destroy(&parameters);
    wrn_destroy(&wrn);
}

Test(golden_wrn, forward)
{
    golden_for_folder_convolution("training/wrn", check_forward);
}

Test(golden_wrn, batch_statistics_without_update)
{
    golden_for_folder_convolution("training/wrn", check_batch_only);
}

Test(golden_wrn, backward)
{
    golden_for_folder_convolution("training/wrn", check_backward);
}

Test(golden_wrn, input_gradient_alone)
{
    golden_for_folder_convolution("training/wrn", check_input_gradient_alone);
}

Test(golden_wrn, three_steps)
{
    golden_for_folder_convolution("training/wrn", check_three_steps);
}

// guarded_device_test.c: a whole training step touches tensors inside kernel calls alone, computes the same bits on
// guarded memory as on plain memory, and the same again when it is captured once and replayed.
#include "tests/support/guarded_device.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "harness/network.h"
#include "tests/support/device_array.h"
#include "tests/support/memory.h"
#include "tests/support/random_data.h"

enum { RUNS = 2, IMAGES = 3, STEPS = 3, DATA_IMAGES = 11, SIDE = 32, CHANNELS = 3, CLASSES = 10, SEED = 11 };

static void expect_ok(struct status status)
{
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
}

// ---- a training loop, as the harness has one -------------------------------------------------------------------

struct trainer {
    struct device *device;
    struct network *network;
    uint8_t *pixels;
    int32_t *labels, *order, *batch_labels;
    struct training_state *states;
    struct metrics *metrics;
    struct per_run rates, velocity;
};

// Two runs that differ in seed and image order; every step has another rate.
static void fill_arrays(struct trainer *trainer)
{
    const size_t data_bytes = (size_t)DATA_IMAGES * SIDE * SIDE * CHANNELS;
    const struct training_state states[RUNS] = {{.seed = SEED}, {.seed = SEED + 1}};
    const size_t parameters = (size_t)network_parameter_count(trainer->network);
    uint8_t *pixels = random_bytes(SEED, 0, data_bytes);
    int32_t *labels = random_integers(SEED, 1, DATA_IMAGES, CLASSES), order[RUNS][DATA_IMAGES];
    float rates[RUNS][STEPS];
    for (int run = 0; run < RUNS; run++) {
        for (int i = 0; i < DATA_IMAGES; i++) order[run][i] = (i * (3 + 2 * run) + run) % DATA_IMAGES;
        for (int i = 0; i < STEPS; i++) rates[run][i] = 0.1f / (float)(1 + i + run);
    }
    trainer->pixels = device_put(trainer->device, pixels, data_bytes);
    trainer->labels = device_put(trainer->device, labels, DATA_IMAGES * sizeof *labels);
    trainer->order = device_put(trainer->device, order, sizeof order);
    trainer->states = device_put(trainer->device, states, sizeof states);
    trainer->rates = device_put_per_run(trainer->device, rates[0], RUNS, STEPS);
    trainer->batch_labels = device_make(trainer->device, sizeof(int32_t[RUNS * IMAGES]));
    trainer->metrics = device_make(trainer->device, RUNS * sizeof(struct metrics));
    device_zero(trainer->device, trainer->metrics, RUNS * sizeof(struct metrics));
    trainer->velocity = device_make_per_run(trainer->device, RUNS, parameters);
    device_zero(trainer->device, trainer->velocity.data, RUNS * parameters * sizeof(float));
    free(labels);
    free(pixels);
}

static struct trainer trainer_create(struct device *device)
{
    const struct network_shape shape = {.depth = 10,
                                        .widen = 1,
                                        .classes = CLASSES,
                                        .side = SIDE,
                                        .channels = CHANNELS,
                                        .runs = RUNS,
                                        .images = IMAGES};
    struct trainer trainer = {.device = device};
    expect_ok(network_create(device, &shape, true, &trainer.network));
    for (int run = 0; run < RUNS; run++) expect_ok(network_initialise(trainer.network, run, SEED + (uint32_t)run));
    fill_arrays(&trainer);
    return trainer;
}

static void trainer_destroy(struct trainer *trainer)
{
    network_destroy(trainer->network);
    device_end_test(trainer->device);
}

static void enqueue_forward(const struct trainer *trainer)
{
    const struct batch_load load = {.runs = RUNS,
                                    .images = IMAGES,
                                    .height = SIDE,
                                    .width = SIDE,
                                    .channels = CHANNELS,
                                    .augmentation = BASE_AUGMENTATION_FLIP_CROP,
                                    .pixels = trainer->pixels,
                                    .labels = trainer->labels,
                                    .order = trainer->order,
                                    .order_stride = DATA_IMAGES,
                                    .states = trainer->states,
                                    .output = network_input(trainer->network),
                                    .output_labels = trainer->batch_labels};
    const struct softmax_cross_entropy loss = {.runs = RUNS,
                                               .images = IMAGES,
                                               .classes = CLASSES,
                                               .label_smoothing = 0.1f,
                                               .logits = network_logits(trainer->network),
                                               .labels = trainer->batch_labels,
                                               .grad_logits = network_grad_logits(trainer->network),
                                               .metrics = trainer->metrics};
    batch_load(trainer->device, &load);
    network_forward(trainer->network, IMAGES, BATCHNORM_BATCH_UPDATE);
    softmax_cross_entropy(trainer->device, &loss);
}

static void enqueue_step(const struct trainer *trainer)
{
    const struct sgd_update update = {.runs = RUNS,
                                      .count = network_parameter_count(trainer->network),
                                      .momentum = 0.9f,
                                      .weight_decay = 5e-4f,
                                      .rates = trainer->rates,
                                      .states = trainer->states,
                                      .gradient = network_gradients(trainer->network),
                                      .velocity = trainer->velocity,
                                      .parameter = network_parameters(trainer->network)};
    const struct step_advance advance = {.runs = RUNS, .images = IMAGES, .count_step = true, .states = trainer->states};
    enqueue_forward(trainer);
    network_backward(trainer->network, IMAGES, BATCHNORM_BATCH_UPDATE, NETWORK_PARAMETER_GRADIENTS, NULL);
    sgd_update(trainer->device, &update);
    step_advance(trainer->device, &advance);
}

static void train_eagerly(const struct trainer *trainer)
{
    for (int step = 0; step < STEPS; step++) enqueue_step(trainer);
}

static void train_by_replay(const struct trainer *trainer)
{
    struct graph *graph = NULL;
    device_capture_begin(trainer->device);
    enqueue_step(trainer);
    expect_ok(device_capture_end(trainer->device, &graph));
    cr_expect(gt(sz, graph_length(graph), 0));
    for (int step = 0; step < STEPS; step++) device_graph_launch(trainer->device, graph);
    expect_ok(device_synchronise(trainer->device));
    graph_destroy(graph);
}

// ---- comparisons -----------------------------------------------------------------------------------------------

static void expect_same_bytes(const struct trainer *first, const struct trainer *second, const void *in_first,
                              const void *in_second, size_t bytes, const char *what)
{
    char *a = test_allocate(bytes), *b = test_allocate(bytes);
    device_get(first->device, in_first, a, bytes);
    device_get(second->device, in_second, b, bytes);
    cr_expect(eq(int, memcmp(a, b, bytes), 0), "backend %s, seed %d: other bits in %s",
              device_kernels(first->device)->name, SEED, what);
    free(a);
    free(b);
}

static void expect_same_running_statistics(const struct trainer *first, const struct trainer *second)
{
    for (int run = 0; run < RUNS; run++) {
        struct state_dict a = {0}, b = {0};
        expect_ok(network_export(first->network, run, &a));
        expect_ok(network_export(second->network, run, &b));
        cr_assert(eq(sz, a.count, b.count));
        for (size_t i = 0; i < a.count; i++)
            cr_expect(memcmp(a.tensors[i].values, b.tensors[i].values,
                             state_tensor_length(&a.tensors[i]) * sizeof(float)) == 0,
                      "backend %s, run %d, seed %d: other bits in %s", device_kernels(first->device)->name, run, SEED,
                      a.tensors[i].name);
        state_dict_destroy(&a);
        state_dict_destroy(&b);
    }
}

static void expect_same_state(const struct trainer *first, const struct trainer *second)
{
    const size_t bytes = RUNS * (size_t)network_parameter_count(first->network) * sizeof(float);
    expect_same_bytes(first, second, first->velocity.data, second->velocity.data, bytes, "velocity");
    expect_same_bytes(first, second, first->metrics, second->metrics, RUNS * sizeof(struct metrics), "metrics");
    expect_same_bytes(first, second, first->states, second->states, RUNS * sizeof(struct training_state), "states");
    expect_same_running_statistics(first, second);
}

// What makes "the same" worth something: the steps were taken, and the numbers are finite.
static void expect_progress(const struct trainer *trainer)
{
    struct training_state states[RUNS];
    struct metrics metrics[RUNS];
    device_get(trainer->device, trainer->states, states, sizeof states);
    device_get(trainer->device, trainer->metrics, metrics, sizeof metrics);
    for (int run = 0; run < RUNS; run++) {
        cr_expect(eq(i64, states[run].step, STEPS), "run %d", run);
        cr_expect(eq(i64, metrics[run].images, (int64_t)STEPS * IMAGES), "run %d", run);
        cr_expect(metrics[run].loss_sum > 0 && metrics[run].loss_sum < 1000, "run %d: loss sum %g", run,
                  metrics[run].loss_sum);
    }
    cr_expect(ne(dbl, metrics[0].loss_sum, metrics[1].loss_sum), "two seeds, one loss");
}

// ---- tests -----------------------------------------------------------------------------------------------------

Test(guarded_device, a_training_step_computes_the_same_bits_as_on_plain_memory)
{
    for (const struct kernels *const *kernels = host_backends_under_test(); *kernels != NULL; kernels++) {
        struct trainer plain = trainer_create(device_for_test(*kernels, 2));
        struct trainer guarded = trainer_create(guarded_device_open(*kernels, 2));
        const size_t lifts = guarded_device_lifts();
        train_eagerly(&plain);
        train_eagerly(&guarded);
        cr_expect(gt(sz, guarded_device_lifts(), lifts + 100), "backend %s: the guard was hardly in use",
                  (*kernels)->name);
        expect_progress(&guarded);
        expect_same_state(&plain, &guarded);
        trainer_destroy(&guarded);
        trainer_destroy(&plain);
    }
}

Test(guarded_device, a_captured_step_replays_to_the_same_bits)
{
    for (const struct kernels *const *kernels = host_backends_under_test(); *kernels != NULL; kernels++) {
        struct trainer eager = trainer_create(device_for_test(*kernels, 2));
        struct trainer replayed = trainer_create(guarded_device_open(*kernels, 2));
        train_eagerly(&eager);
        train_by_replay(&replayed);
        expect_progress(&replayed);
        expect_same_state(&eager, &replayed);
        trainer_destroy(&replayed);
        trainer_destroy(&eager);
    }
}

// Recording runs nothing: no state moves before the launch.
Test(guarded_device, capturing_a_step_leaves_everything_as_it_was)
{
    for (const struct kernels *const *kernels = host_backends_under_test(); *kernels != NULL; kernels++) {
        struct trainer fresh = trainer_create(device_for_test(*kernels, 2));
        struct trainer captured = trainer_create(guarded_device_open(*kernels, 2));
        struct graph *graph = NULL;
        device_capture_begin(captured.device);
        enqueue_step(&captured);
        expect_ok(device_capture_end(captured.device, &graph));
        expect_same_state(&fresh, &captured);
        graph_destroy(graph);
        trainer_destroy(&captured);
        trainer_destroy(&fresh);
    }
}

Test(guarded_device, memory_is_unreadable_after_everything)
{
    struct trainer trainer = trainer_create(guarded_device_open(host_backends_under_test()[0], 2));
    const char byte = 1;
    char copy = 0;
    void *memory = NULL;
    cr_expect(memory_is_readable(&byte), "the probe itself");
    expect_ok(device_allocate(trainer.device, 1, &memory));
    cr_expect(not(memory_is_readable(memory)), "after allocate");
    device_upload(trainer.device, memory, &byte, 1);
    cr_expect(not(memory_is_readable(memory)), "after upload");
    device_download(trainer.device, &copy, memory, 1);
    cr_expect(eq(chr, copy, byte));
    cr_expect(not(memory_is_readable(memory)), "after download");
    device_zero(trainer.device, memory, 1);
    cr_expect(not(memory_is_readable(memory)), "after zero");
    enqueue_step(&trainer);
    expect_ok(device_synchronise(trainer.device));
    const void *arrays[] = {memory,
                            trainer.pixels,
                            trainer.velocity.data,
                            trainer.metrics,
                            network_input(trainer.network),
                            network_logits(trainer.network),
                            network_parameters(trainer.network).data};
    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++)
        cr_expect(not(memory_is_readable(arrays[i])), "array %zu after a step", i);
    device_release(trainer.device, memory);
    trainer_destroy(&trainer);
}

// Sanitizers catch the signal themselves unless told otherwise.
static volatile float *guarded_value(void)
{
    struct device *device = guarded_device_open(host_backends_under_test()[0], 1);
    float value = 1;
    signal(SIGSEGV, SIG_DFL);
    return device_put_floats(device, &value, 1);
}

Test(guarded_device, reading_outside_kernel_calls_faults, .signal = SIGSEGV)
{
    const float value = *guarded_value();
    cr_log_error("read %g", value);
}

Test(guarded_device, writing_outside_kernel_calls_faults, .signal = SIGSEGV)
{
    *guarded_value() = 2;
}

// The page behind a block stays shut even while the guard is lifted: an upload of too much dies.
Test(guarded_device, running_past_the_end_faults_inside_calls_too, .signal = SIGSEGV)
{
    struct device *device = guarded_device_open(host_backends_under_test()[0], 1);
    char values[65] = {0};
    void *memory = NULL;
    expect_ok(device_allocate(device, 64, &memory));
    device_upload(device, memory, values, 64);
    signal(SIGSEGV, SIG_DFL);
    device_upload(device, memory, values, 65);
}

// training_steps.c: see training_steps.h.
#include "tests/support/training_steps.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "datasets/synthetic.h"
#include "harness/network.h"
#include "tests/support/device_array.h"
#include "tests/support/errors.h"
#include "tests/support/memory.h"

enum { DATA_IMAGES = 40 };

static void expect_ok(struct status status)
{
    cr_assert(status.code == STATUS_OK, "%s", status.message);
}

struct trainer {
    struct device *device;
    struct network *network;
    int runs, images;
    struct batch_load load;
    struct softmax_cross_entropy loss;
    struct sgd_update update;
    struct step_advance advance;
};

// Runs differ in weights and order; run r is the same whoever keeps it company.
static void put_data(struct trainer *trainer, int first_run)
{
    struct device *device = trainer->device;
    struct image_set set;
    struct training_state states[STEPS_RUNS_LIMIT];
    struct metrics none[STEPS_RUNS_LIMIT] = {{.loss_sum = 0}};
    int32_t order[STEPS_RUNS_LIMIT * DATA_IMAGES];
    expect_ok(synthetic_generate(1, 10, 0, DATA_IMAGES, &set));
    for (int run = 0; run < trainer->runs; run++) {
        states[run] = (struct training_state){.seed = STEPS_SEED + (uint32_t)(first_run + run), .epoch = 1};
        for (int i = 0; i < DATA_IMAGES; i++) order[run * DATA_IMAGES + i] = (i * 7 + first_run + run) % DATA_IMAGES;
    }
    trainer->load.pixels = device_put(device, set.pixels, (size_t)DATA_IMAGES * IMAGE_BYTES);
    trainer->load.labels = device_put(device, set.labels, DATA_IMAGES * sizeof *set.labels);
    trainer->load.order = device_put(device, order, (size_t)trainer->runs * DATA_IMAGES * sizeof order[0]);
    trainer->load.states = device_put(device, states, (size_t)trainer->runs * sizeof states[0]);
    trainer->load.output_labels = device_make(device, (size_t)(trainer->runs * trainer->images) * sizeof(int32_t));
    trainer->loss.metrics = device_put(device, none, (size_t)trainer->runs * sizeof none[0]);
    image_set_destroy(&set);
}

static void describe_step(struct trainer *trainer)
{
    static const float rates[] = {0.1F, 0.08F, 0.05F};
    struct network *network = trainer->network;
    int64_t count = network_parameter_count(network);
    float *zeros = test_allocate((size_t)(trainer->runs * count) * sizeof *zeros);
    memset(zeros, 0, (size_t)(trainer->runs * count) * sizeof *zeros);
    trainer->load.runs = trainer->loss.runs = trainer->update.runs = trainer->advance.runs = trainer->runs;
    trainer->load.images = trainer->loss.images = trainer->advance.images = trainer->images;
    trainer->load.height = trainer->load.width = IMAGE_SIDE;
    trainer->load.channels = IMAGE_CHANNELS;
    trainer->load.augmentation = BASE_AUGMENTATION_FLIP_CROP;
    trainer->load.order_stride = DATA_IMAGES;
    trainer->load.output = network_input(network);
    trainer->loss.classes = 10;
    trainer->loss.logits = network_logits(network);
    trainer->loss.labels = trainer->load.output_labels;
    trainer->loss.grad_logits = network_grad_logits(network);
    trainer->update.count = count;
    trainer->update.momentum = 0.9F;
    trainer->update.weight_decay = 5e-4F;
    trainer->update.rates =
        (struct per_run){device_put_floats(trainer->device, rates, sizeof rates / sizeof rates[0]), 0};
    trainer->update.states = trainer->load.states;
    trainer->update.gradient = network_gradients(network);
    trainer->update.velocity = device_put_per_run(trainer->device, zeros, trainer->runs, (size_t)count);
    trainer->update.parameter = network_parameters(network);
    trainer->advance.count_step = true;
    trainer->advance.states = (struct training_state *)trainer->load.states;
    free(zeros);
}

static void take_step(const struct trainer *trainer)
{
    batch_load(trainer->device, &trainer->load);
    network_forward(trainer->network, trainer->images, BATCHNORM_BATCH_UPDATE);
    softmax_cross_entropy(trainer->device, &trainer->loss);
    network_backward(trainer->network, trainer->images, BATCHNORM_BATCH_UPDATE, NETWORK_PARAMETER_GRADIENTS, NULL);
    sgd_update(trainer->device, &trainer->update);
    step_advance(trainer->device, &trainer->advance);
}

static void see_nothing(void *context, enum operation operation, const void *settings)
{
    (void)context, (void)operation, (void)settings;
}

// An observed graph runs operation by operation.
static void take_steps(const struct trainer *trainer, const struct steps *wanted)
{
    struct graph *graph = NULL;
    device_capture_begin(trainer->device);
    take_step(trainer);
    expect_ok(device_capture_end(trainer->device, &graph));
    if (wanted->one_by_one) device_set_observer(trainer->device, (struct device_observer){.before = see_nothing});
    for (int step = 0; step < wanted->steps; step++) device_graph_launch(trainer->device, graph);
    expect_ok(device_synchronise(trainer->device));
    device_set_observer(trainer->device, (struct device_observer){.before = NULL});
    graph_destroy(graph);
}

struct trained steps_take(const struct kernels *kernels, int threads, struct steps wanted)
{
    const struct network_shape shape = {.depth = wanted.depth,
                                        .widen = wanted.widen,
                                        .classes = 10,
                                        .side = 32,
                                        .channels = 3,
                                        .runs = wanted.runs,
                                        .images = wanted.images};
    struct trainer trainer = {.runs = wanted.runs, .images = wanted.images};
    expect_ok(device_open(kernels, (struct device_settings){.threads = threads}, &trainer.device));
    expect_ok(network_create(trainer.device, &shape, true, &trainer.network));
    for (int run = 0; run < wanted.runs; run++)
        expect_ok(network_initialise(trainer.network, run, STEPS_SEED + (uint32_t)(wanted.first_run + run)));
    put_data(&trainer, wanted.first_run);
    describe_step(&trainer);
    size_t count = (size_t)trainer.update.count, all = (size_t)wanted.runs * count;
    struct trained trained = {.count = count,
                              .start = device_get_floats(trainer.device, trainer.update.parameter.data, all)};
    take_steps(&trainer, &wanted);
    trained.parameters = device_get_floats(trainer.device, trainer.update.parameter.data, all);
    trained.velocity = device_get_floats(trainer.device, trainer.update.velocity.data, all);
    device_get(trainer.device, trainer.loss.metrics, trained.metrics, (size_t)wanted.runs * sizeof trained.metrics[0]);
    network_destroy(trainer.network);
    device_end_test(trainer.device);
    return trained;
}

void steps_forget(struct trained *trained)
{
    free(trained->start);
    free(trained->parameters);
    free(trained->velocity);
}

void steps_expect_same_bits(const struct trained *part, int runs, const struct trained *whole, int first_run,
                            const char *what)
{
    size_t offset = (size_t)first_run * whole->count, bytes = (size_t)runs * whole->count * sizeof(float);
    cr_expect(memcmp(part->parameters, whole->parameters + offset, bytes) == 0, "%s: other parameters", what);
    cr_expect(memcmp(part->velocity, whole->velocity + offset, bytes) == 0, "%s: other velocities", what);
    cr_expect(memcmp(part->metrics, whole->metrics + first_run, (size_t)runs * sizeof part->metrics[0]) == 0,
              "%s: other losses", what);
}

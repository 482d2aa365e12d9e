// cuda_training_test.c: whole training steps of a WideResNet-10-1 with the CUDA kernels, on the host-side runner: they
// agree with the CPU's, three networks in lock step have the bits each has by itself, and no order of threads changes any.
// Where a device is at hand (make test-gpu), on that as well.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "datasets/synthetic.h"
#include "harness/network.h"
#include "kernels/cuda/cuda.h"
#include "tests/simt/kernels_simt.h"
#include "tests/support/device_array.h"
#include "tests/support/errors.h"
#include "tests/support/memory.h"

enum { SEED = 70, IMAGES = 4, STEPS = 3, DATA_IMAGES = 40, RUNS = 3 };

// What `runs` networks hold after STEPS steps.
struct trained {
    size_t count; // of a run's parameters
    float *start, *parameters, *velocity;
    struct metrics metrics[RUNS];
};

static void expect_ok(struct status status)
{
    cr_assert(status.code == STATUS_OK, "%s", status.message);
}

// ---- training ----------------------------------------------------------------------------------------------------

struct trainer {
    struct device *device;
    struct network *network;
    int runs;
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
    struct training_state states[RUNS];
    struct metrics none[RUNS] = {{.loss_sum = 0}};
    int32_t order[RUNS * DATA_IMAGES];
    expect_ok(synthetic_generate(1, 10, 0, DATA_IMAGES, &set));
    for (int run = 0; run < trainer->runs; run++) {
        states[run] = (struct training_state){.seed = SEED + (uint32_t)(first_run + run), .epoch = 1};
        for (int i = 0; i < DATA_IMAGES; i++) order[run * DATA_IMAGES + i] = (i * 7 + first_run + run) % DATA_IMAGES;
    }
    trainer->load.pixels = device_put(device, set.pixels, (size_t)DATA_IMAGES * IMAGE_BYTES);
    trainer->load.labels = device_put(device, set.labels, DATA_IMAGES * sizeof *set.labels);
    trainer->load.order = device_put(device, order, (size_t)trainer->runs * DATA_IMAGES * sizeof order[0]);
    trainer->load.states = device_put(device, states, (size_t)trainer->runs * sizeof states[0]);
    trainer->load.output_labels = device_make(device, (size_t)trainer->runs * IMAGES * sizeof(int32_t));
    trainer->loss.metrics = device_put(device, none, (size_t)trainer->runs * sizeof none[0]);
    image_set_destroy(&set);
}

static void describe_step(struct trainer *trainer)
{
    static const float rates[STEPS] = {0.1F, 0.08F, 0.05F};
    struct network *network = trainer->network;
    int64_t count = network_parameter_count(network);
    float *zeros = test_allocate((size_t)(trainer->runs * count) * sizeof *zeros);
    memset(zeros, 0, (size_t)(trainer->runs * count) * sizeof *zeros);
    trainer->load.runs = trainer->loss.runs = trainer->update.runs = trainer->advance.runs = trainer->runs;
    trainer->load.images = trainer->loss.images = trainer->advance.images = IMAGES;
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
    trainer->update.rates = (struct per_run){device_put_floats(trainer->device, rates, STEPS), 0};
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
    network_forward(trainer->network, IMAGES, BATCHNORM_BATCH_UPDATE);
    softmax_cross_entropy(trainer->device, &trainer->loss);
    network_backward(trainer->network, IMAGES, BATCHNORM_BATCH_UPDATE, NETWORK_PARAMETER_GRADIENTS, NULL);
    sgd_update(trainer->device, &trainer->update);
    step_advance(trainer->device, &trainer->advance);
}

static void take_steps_as_graph(const struct trainer *trainer)
{
    struct graph *graph = NULL;
    device_capture_begin(trainer->device);
    take_step(trainer);
    expect_ok(device_capture_end(trainer->device, &graph));
    for (int step = 0; step < STEPS; step++) device_graph_launch(trainer->device, graph);
    expect_ok(device_synchronise(trainer->device));
    graph_destroy(graph);
}

static struct trained train(const struct kernels *kernels, int threads, int first_run, int runs)
{
    const struct network_shape shape = {
        .depth = 10, .widen = 1, .classes = 10, .side = 32, .channels = 3, .runs = runs, .images = IMAGES};
    struct trainer trainer = {.runs = runs};
    expect_ok(device_open(kernels, (struct device_settings){.threads = threads}, &trainer.device));
    expect_ok(network_create(trainer.device, &shape, true, &trainer.network));
    for (int run = 0; run < runs; run++)
        expect_ok(network_initialise(trainer.network, run, SEED + (uint32_t)(first_run + run)));
    put_data(&trainer, first_run);
    describe_step(&trainer);
    size_t count = (size_t)trainer.update.count, all = (size_t)runs * count;
    struct trained trained = {.count = count,
                              .start = device_get_floats(trainer.device, trainer.update.parameter.data, all)};
    take_steps_as_graph(&trainer);
    trained.parameters = device_get_floats(trainer.device, trainer.update.parameter.data, all);
    trained.velocity = device_get_floats(trainer.device, trainer.update.velocity.data, all);
    device_get(trainer.device, trainer.loss.metrics, trained.metrics, (size_t)runs * sizeof trained.metrics[0]);
    network_destroy(trainer.network);
    device_end_test(trainer.device);
    return trained;
}

static void forget(struct trained *trained)
{
    free(trained->start);
    free(trained->parameters);
    free(trained->velocity);
}

// ---- comparisons -------------------------------------------------------------------------------------------------

static void expect_same_bits(const struct trained *part, int runs, const struct trained *whole, int first_run,
                             const char *what)
{
    size_t offset = (size_t)first_run * whole->count, bytes = (size_t)runs * whole->count * sizeof(float);
    cr_expect(memcmp(part->parameters, whole->parameters + offset, bytes) == 0, "%s: other parameters", what);
    cr_expect(memcmp(part->velocity, whole->velocity + offset, bytes) == 0, "%s: other velocities", what);
    cr_expect(memcmp(part->metrics, whole->metrics + first_run, (size_t)runs * sizeof part->metrics[0]) == 0,
              "%s: other losses", what);
}

// How far the steps led astray: the difference of two runs' parameters over the way from the start.
static double deviation(const struct trained *trained, const struct trained *truth)
{
    double difference = 0, way = 0;
    for (size_t i = 0; i < truth->count; i++) {
        double d = (double)trained->parameters[i] - (double)truth->parameters[i];
        double w = (double)truth->parameters[i] - (double)truth->start[i];
        difference += d * d;
        way += w * w;
    }
    return sqrt(difference / way);
}

// Measured: the way deviates by 0.17 and the loss by 0.0003 (AVX512_BF16 on the CPU, which rounds less: 0.12, 0.0002), since
// activations near zero take the other branch of a ReLU. Nothing in common would be 1.4.
static const double way_tolerance = 0.3, loss_tolerance = 0.002;

static void expect_agreement(const struct kernels *kernels, int threads)
{
    struct trained truth = train(kernels_find("cpu"), 2, 0, 1), trained = train(kernels, threads, 0, 1);
    double way = deviation(&trained, &truth), loss = truth.metrics[0].loss_sum, found = trained.metrics[0].loss_sum;
    cr_expect(memcmp(truth.start, trained.start, truth.count * sizeof *truth.start) == 0, "they begin alike");
    cr_expect(way <= way_tolerance, "%s, seed %d: deviates by %.3g of the way", kernels->name, SEED, way);
    cr_expect(fabs(found - loss) <= loss_tolerance * loss, "%s, seed %d: loss %.9g, cpu %.9g", kernels->name, SEED,
              found, loss);
    cr_expect(eq(i64, trained.metrics[0].images, STEPS * IMAGES));
    forget(&truth);
    forget(&trained);
}

Test(cuda_training, three_steps_agree_with_the_cpu)
{
    expect_agreement(&kernels_cuda_simt, 1);
}

Test(cuda_training, three_networks_in_lock_step_have_the_bits_each_has_alone)
{
    struct trained whole = train(&kernels_cuda_simt, 1, 0, RUNS);
    for (int run = 0; run < RUNS; run++) {
        struct trained alone = train(&kernels_cuda_simt, 1, run, 1);
        expect_same_bits(&alone, 1, &whole, run, "being alone");
        forget(&alone);
    }
    cr_expect(memcmp(whole.parameters, whole.parameters + whole.count, whole.count * sizeof(float)) != 0,
              "two seeds, one network");
    forget(&whole);
}

Test(cuda_training, no_order_of_threads_changes_a_bit)
{
    struct trained forward = train(&kernels_cuda_simt, 1, 0, 1);
    for (int threads = 2; threads <= 3; threads++) {
        struct trained other = train(&kernels_cuda_simt, threads, 0, 1);
        expect_same_bits(&other, 1, &forward, 0, threads == 2 ? "reverse order" : "random order");
        forget(&other);
    }
    forget(&forward);
}

// The same on the device itself, where the steps are a CUDA graph.
Test(cuda_training, a_device_does_the_same)
{
    const struct kernels *cuda = kernels_find("cuda");
    if (cuda == NULL) cr_skip_test("%s", cuda_check().message);
    expect_agreement(cuda, 1);
    struct trained whole = train(cuda, 1, 0, RUNS), again = train(cuda, 1, 0, RUNS);
    expect_same_bits(&again, RUNS, &whole, 0, "doing it again");
    for (int run = 0; run < RUNS; run++) {
        struct trained alone = train(cuda, 1, run, 1);
        expect_same_bits(&alone, 1, &whole, run, "being alone, on the device");
        forget(&alone);
    }
    forget(&again);
    forget(&whole);
}

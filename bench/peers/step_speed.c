// step_speed.c: the training step, or inference, of a WideResNet on random images, for bench/peers/step_speed.py, which runs it by
// turns with its peer. Protocol: prints "ready BACKEND THREADS", then answers every line "run SECONDS" on standard
// input with "images_per_second X", and "digest STEPS" with "parameters SHA-256" of all weights after so many steps more, until
// the input ends. Knows the network and the kernels, no data and no schedule.
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/machine.h"
#include "base/number.h"
#include "base/random.h"
#include "harness/network.h"

struct options {
    int depth, widen, batch, classes, threads, runs;
    const char *backend;
    enum precision precision;
    bool inference;
};

// Everything a step touches. Arrays belong to the device.
struct bench {
    struct device *device;
    struct network *network;
    struct graph *step;
    struct network_shape shape;
    int32_t *labels;
    struct metrics *metrics;
    struct training_state *state;
    struct per_run rates, velocity;
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct options *options = state->input;
    const struct {
        int key, minimum;
        int *target;
    } numbers[] = {{'d', 10, &options->depth},  {'w', 1, &options->widen},   {'b', 1, &options->batch},
                   {'c', 2, &options->classes}, {'t', 0, &options->threads}, {'r', 1, &options->runs}};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        int64_t value = 0;
        if (numbers[i].key != key) continue;
        if (!number_parse_int64(text, numbers[i].minimum, 100000, &value))
            argp_error(state, "-%c %s: expected a whole number of at least %d", key, text, numbers[i].minimum);
        *numbers[i].target = (int)value;
        return 0;
    }
    switch (key) {
    case 'k': options->backend = text; return 0;
    case 'i': options->inference = true; return 0;
    case 'p':
        if (strcmp(text, "fp32") != 0 && strcmp(text, "bf16") != 0)
            argp_error(state, "-p %s: expected fp32 or bf16", text);
        options->precision = strcmp(text, "bf16") == 0 ? PRECISION_BF16 : PRECISION_FP32;
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option option_list[] = {
    {"depth", 'd', "N", 0, "6 n + 4 (default 40)", 0},
    {"widen", 'w', "N", 0, "default 2", 0},
    {"batch", 'b', "N", 0, "images per step (default 32)", 0},
    {"classes", 'c', "N", 0, "default 100", 0},
    {"threads", 't', "N", 0, "default 0: what this machine offers", 0},
    {"runs", 'r', "N", 0, "networks in lock step, each with a batch of its own (default 1)", 0},
    {"backend", 'k', "NAME", 0, "default cpu, the best for this processor and precision", 0},
    {"precision", 'p', "NAME", 0, "of activations: fp32 (default) or bf16", 0},
    {"inference", 'i', 0, 0, "the forward pass with running statistics alone", 0},
    {0},
};

// What batch_load draws the batch from: random images and labels, the same in every process.
struct batch_source {
    uint8_t *pixels;
    int32_t *labels, *order;
    struct training_state *states; // one a run
};

static struct status upload(struct device *device, const void *values, size_t bytes, void **memory)
{
    struct status status = device_allocate(device, bytes, memory);
    if (status.code == STATUS_OK) device_upload(device, *memory, values, bytes);
    return status;
}

// The batch goes through batch_load, which knows what the backend stores activations in.
static struct status load_batch(struct bench *bench, const struct batch_source *source, size_t pixel_bytes)
{
    const size_t images = (size_t)bench->shape.images, runs = (size_t)bench->shape.runs;
    void *pixels = NULL, *labels = NULL, *order = NULL, *state = NULL;
    struct status status = upload(bench->device, source->pixels, pixel_bytes, &pixels);
    if (status.code == STATUS_OK) status = upload(bench->device, source->labels, images * sizeof(int32_t), &labels);
    if (status.code == STATUS_OK)
        status = upload(bench->device, source->order, runs * images * sizeof(int32_t), &order);
    if (status.code == STATUS_OK)
        status = upload(bench->device, source->states, runs * sizeof source->states[0], &state);
    if (status.code != STATUS_OK) return status;
    batch_load(bench->device, &(struct batch_load){.runs = bench->shape.runs,
                                                   .images = bench->shape.images,
                                                   .height = bench->shape.side,
                                                   .width = bench->shape.side,
                                                   .channels = bench->shape.channels,
                                                   .pixels = pixels,
                                                   .labels = labels,
                                                   .order = order,
                                                   .order_stride = images,
                                                   .states = state,
                                                   .output = network_input(bench->network),
                                                   .output_labels = bench->labels});
    return device_synchronise(bench->device);
}

static struct status fill_batch(struct bench *bench)
{
    const size_t images = (size_t)bench->shape.images, runs = (size_t)bench->shape.runs;
    const size_t values = images * (size_t)(bench->shape.side * bench->shape.side * bench->shape.channels);
    struct random_stream stream = random_stream_create(1, PURPOSE_TEST, 0, 0);
    struct batch_source source = {.pixels = malloc(values),
                                  .labels = malloc(images * sizeof *source.labels),
                                  .order = malloc(runs * images * sizeof *source.order),
                                  .states = calloc(runs, sizeof *source.states)};
    struct status status;
    if (source.pixels == NULL || source.labels == NULL || source.order == NULL || source.states == NULL) {
        status = status_error(STATUS_NO_MEMORY, "no memory for %zu images", images);
        goto done;
    }
    for (size_t i = 0; i < values; i++) source.pixels[i] = (uint8_t)random_next_below(&stream, 256);
    for (size_t i = 0; i < images; i++)
        source.labels[i] = (int32_t)random_next_below(&stream, (uint32_t)bench->shape.classes);
    for (size_t i = 0; i < runs * images; i++) source.order[i] = (int32_t)(i % images);
    status = load_batch(bench, &source, values);
done:
    free(source.states);
    free(source.order);
    free(source.labels);
    free(source.pixels);
    return status;
}

// One Nesterov step from the batch in place. The step counter stands still, so one rate serves all steps: small, since
// the labels are noise and numbers that explode could change the time.
static void enqueue_step(struct bench *bench)
{
    const int images = bench->shape.images;
    const struct softmax_cross_entropy loss = {.runs = bench->shape.runs,
                                               .images = images,
                                               .classes = bench->shape.classes,
                                               .logits = network_logits(bench->network),
                                               .labels = bench->labels,
                                               .grad_logits = network_grad_logits(bench->network),
                                               .metrics = bench->metrics};
    const struct sgd_update update = {.runs = bench->shape.runs,
                                      .count = network_parameter_count(bench->network),
                                      .momentum = 0.9f,
                                      .weight_decay = 5e-4f,
                                      .rates = bench->rates,
                                      .states = bench->state,
                                      .gradient = network_gradients(bench->network),
                                      .velocity = bench->velocity,
                                      .parameter = network_parameters(bench->network)};
    network_forward(bench->network, images, BATCHNORM_BATCH_UPDATE);
    softmax_cross_entropy(bench->device, &loss);
    network_backward(bench->network, images, BATCHNORM_BATCH_UPDATE, NETWORK_PARAMETER_GRADIENTS, NULL);
    sgd_update(bench->device, &update);
}

static struct status allocate_arrays(struct bench *bench)
{
    const size_t parameters = (size_t)network_parameter_count(bench->network);
    const size_t runs = (size_t)bench->shape.runs;
    const size_t bytes[] = {runs * (size_t)bench->shape.images * sizeof *bench->labels, runs * sizeof *bench->metrics,
                            runs * sizeof *bench->state, sizeof(float), runs * parameters * sizeof(float)};
    void *arrays[sizeof bytes / sizeof bytes[0]];
    struct status status = status_ok();
    for (size_t i = 0; i < sizeof bytes / sizeof bytes[0] && status.code == STATUS_OK; i++)
        status = device_allocate(bench->device, bytes[i], &arrays[i]);
    if (status.code != STATUS_OK) return status;
    bench->labels = arrays[0];
    bench->metrics = arrays[1];
    bench->state = arrays[2];
    bench->rates = (struct per_run){arrays[3], 0};
    bench->velocity = (struct per_run){arrays[4], parameters};
    device_upload(bench->device, bench->rates.data, &(float){1e-3f}, sizeof(float));
    return status_ok();
}

static struct status bench_create(const struct options *options, struct bench *bench)
{
    const struct kernels *kernels = NULL;
    struct status status = kernels_choose(kernels_available(), options->backend, options->precision, &kernels);
    if (status.code != STATUS_OK) return status;
    bench->shape = (struct network_shape){.depth = options->depth,
                                          .widen = options->widen,
                                          .classes = options->classes,
                                          .side = 32,
                                          .channels = 3,
                                          .runs = options->runs,
                                          .images = options->batch};
    status = device_open(kernels, (struct device_settings){.threads = options->threads}, &bench->device);
    if (status.code == STATUS_OK)
        status = network_create(bench->device, &bench->shape, !options->inference, &bench->network);
    for (int r = 0; r < options->runs && status.code == STATUS_OK; r++)
        status = network_initialise(bench->network, r, 1 + (uint32_t)r);
    if (status.code == STATUS_OK) status = allocate_arrays(bench);
    if (status.code == STATUS_OK) status = fill_batch(bench);
    if (status.code == STATUS_OK) {
        device_capture_begin(bench->device);
        if (options->inference)
            network_forward(bench->network, options->batch, BATCHNORM_FROZEN);
        else
            enqueue_step(bench);
        status = device_capture_end(bench->device, &bench->step);
    }
    return status;
}

static void bench_destroy(struct bench *bench)
{
    graph_destroy(bench->step);
    network_destroy(bench->network);
    device_close(bench->device);
}

enum { WARM_STEPS = 3, STEPS_BEFORE_WAITING = 16 };

// Steps to warm caches (a graph is prepared at its second launch), then whole steps until `seconds` are over. Where the
// last of those took less than a hundredth of that, several are enqueued before one waits for them.
static struct status run(struct bench *bench, double seconds)
{
    struct status status = status_ok();
    double start = clock_seconds(), elapsed_seconds = 0;
    int steps = 0, together = 1;
    for (int i = 0; i < WARM_STEPS && status.code == STATUS_OK; i++) {
        start = clock_seconds();
        device_graph_launch(bench->device, bench->step);
        status = device_synchronise(bench->device);
    }
    if (clock_seconds() - start < seconds / 100) together = STEPS_BEFORE_WAITING;
    start = clock_seconds();
    while (status.code == STATUS_OK && (steps == 0 || elapsed_seconds < seconds)) {
        for (int i = 0; i < together; i++) device_graph_launch(bench->device, bench->step);
        status = device_synchronise(bench->device);
        elapsed_seconds = clock_seconds() - start;
        steps += together;
    }
    if (status.code == STATUS_OK) {
        printf("images_per_second %.2f\n", (double)steps * bench->shape.runs * bench->shape.images / elapsed_seconds);
        fflush(stdout);
    }
    return status;
}

// Two processes that were asked the same from the start must agree.
static struct status digest(struct bench *bench, int steps)
{
    const size_t count = (size_t)bench->shape.runs * (size_t)network_parameter_count(bench->network);
    float *parameters = malloc(count * sizeof *parameters);
    char hex[65];
    if (parameters == NULL) return status_error(STATUS_NO_MEMORY, "digest of %zu weights: out of memory", count);
    for (int i = 0; i < steps; i++) device_graph_launch(bench->device, bench->step);
    device_download(bench->device, parameters, network_parameters(bench->network).data, count * sizeof *parameters);
    struct status status = device_synchronise(bench->device);
    if (status.code == STATUS_OK) {
        digest_sha256(parameters, count * sizeof *parameters, hex);
        printf("parameters %s\n", hex);
        fflush(stdout);
    }
    free(parameters);
    return status;
}

// One line of the protocol.
static struct status answer(struct bench *bench, const char *line)
{
    double seconds = 0;
    int64_t steps = 0;
    if (strncmp(line, "run ", 4) == 0 && number_parse_double(line + 4, &seconds) && seconds > 0)
        return run(bench, seconds);
    if (strncmp(line, "digest ", 7) == 0 && number_parse_int64(line + 7, 0, 1000000, &steps))
        return digest(bench, (int)steps);
    return status_error(STATUS_USAGE, "request \"%s\": expected \"run SECONDS\" or \"digest STEPS\"", line);
}

static struct status serve(struct bench *bench)
{
    char line[64];
    struct status status = status_ok();
    printf("ready %s %d\n", device_kernels(bench->device)->name, device_threads(bench->device));
    fflush(stdout);
    while (status.code == STATUS_OK && fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\r\n")] = '\0';
        status = answer(bench, line);
    }
    return status;
}

int main(int count, char **arguments)
{
    struct options options = {.depth = 40, .widen = 2, .batch = 32, .classes = 100, .runs = 1, .backend = "cpu"};
    const struct argp argp = {.options = option_list,
                              .parser = parse_option,
                              .doc = "Answers \"run SECONDS\" lines on standard input with the speed of a training "
                                     "step or of inference, \"digest "
                                     "STEPS\" with the digest of the weights after so many steps."};
    struct bench bench = {0};
    argp_parse(&argp, count, arguments, 0, NULL, &options);
    struct status status = bench_create(&options, &bench);
    if (status.code == STATUS_OK) status = serve(&bench);
    bench_destroy(&bench);
    if (status.code != STATUS_OK) fprintf(stderr, "step-speed: %s\n", status.message);
    return status_exit_code(status.code);
}

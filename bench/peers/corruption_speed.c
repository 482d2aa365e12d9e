// corruption_speed.c: images per second of every corruption, for bench/peers/corruption_speed.py, which gives it the
// images and stands its peer beside it. Prints a line "CODE SEVERITY IMAGES_PER_SECOND" for each: the fastest of several
// repeats, since other work on the machine can only slow one down. Draws are part of what is timed.
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "base/number.h"
#include "datasets/frost.h"
#include "harness/corruption.h"
#include "kernels/kernels.h"

enum { BATCH = 64 }; // a call fits between two interruptions by other work

struct options {
    int threads, milliseconds;
    const char *backend, *images;
};

struct bench {
    struct device *device;
    struct image_corrupt corrupt;
    struct corruption_law *law; // in device memory
    int milliseconds;
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct options *options = state->input;
    int64_t value = 0;
    switch (key) {
    case 'k': options->backend = text; return 0;
    case 't':
    case 'm':
        if (!number_parse_int64(text, 1, 100000, &value)) argp_error(state, "-%c %s: expected 1 .. 100000", key, text);
        *(key == 't' ? &options->threads : &options->milliseconds) = (int)value;
        return 0;
    case ARGP_KEY_ARG:
        if (options->images != NULL) argp_usage(state);
        options->images = text;
        return 0;
    case ARGP_KEY_NO_ARGS: argp_usage(state); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option option_list[] = {
    {"backend", 'k', "NAME", 0, "default cpu, the best for this processor", 0},
    {"threads", 't', "N", 0, "default 2", 0},
    {"milliseconds", 'm', "N", 0, "for each corruption and severity (default 300)", 0},
    {0},
};

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static struct status put(struct device *device, const void *values, size_t bytes, void *pointer_out)
{
    void *memory = NULL;
    struct status status = device_allocate(device, bytes, &memory);
    if (status.code == STATUS_OK && values != NULL) device_upload(device, memory, values, bytes);
    memcpy(pointer_out, &memory, sizeof memory);
    return status;
}

// The file's images again and again until the batch is full; image i of the batch is number i of its data set.
static struct status put_images(struct bench *bench, const char *path)
{
    uint8_t *bytes = NULL, *batch = malloc((size_t)BATCH * PICTURE_BYTES);
    size_t size = 0;
    struct status status = file_read(path, (size_t)1 << 30, &bytes, &size);
    if (status.code == STATUS_OK && batch == NULL) status = status_error(STATUS_NO_MEMORY, "no memory for images");
    if (status.code == STATUS_OK && (size < PICTURE_BYTES || size % PICTURE_BYTES != 0))
        status = status_error(STATUS_BAD_INPUT, "read %s: expected images of %d bytes, found %zu bytes", path,
                              PICTURE_BYTES, size);
    if (status.code != STATUS_OK) goto done;
    for (size_t i = 0; i < (size_t)BATCH * PICTURE_BYTES; i++) batch[i] = bytes[i % size];
    status = put(bench->device, batch, (size_t)BATCH * PICTURE_BYTES, &bench->corrupt.input);
done:
    free(batch);
    free(bytes);
    return status;
}

static struct status prepare(struct bench *bench, const char *path, const struct frost *frost)
{
    const struct training_state state = {.seed = 1};
    int32_t order[BATCH];
    for (int i = 0; i < BATCH; i++) order[i] = i;
    bench->corrupt = (struct image_corrupt){.runs = 1,
                                            .images = BATCH,
                                            .height = PICTURE_SIDE,
                                            .width = PICTURE_SIDE,
                                            .channels = PICTURE_CHANNELS,
                                            .textures = frost->textures};
    struct status status = put_images(bench, path);
    if (status.code == STATUS_OK) status = put(bench->device, order, sizeof order, &bench->corrupt.order);
    if (status.code == STATUS_OK) status = put(bench->device, &state, sizeof state, &bench->corrupt.states);
    if (status.code == STATUS_OK)
        status = put(bench->device, frost->pixels, frost->bytes, &bench->corrupt.textures.pixels);
    if (status.code == STATUS_OK)
        status = put(bench->device, NULL, (size_t)BATCH * PICTURE_BYTES, &bench->corrupt.output);
    if (status.code == STATUS_OK) status = put(bench->device, NULL, sizeof *bench->law, &bench->law);
    bench->corrupt.laws = bench->law;
    return status;
}

// One untimed call, then calls until the time is over; at least three.
static struct status measure(struct bench *bench, int kind, int severity)
{
    const struct corruption_law law = corruption_law_fixed((enum corruption_kind)kind, severity);
    double fastest = 1e9;
    device_upload(bench->device, bench->law, &law, sizeof law);
    image_corrupt(bench->device, &bench->corrupt);
    struct status status = device_synchronise(bench->device);
    const double end = seconds_now() + 1e-3 * bench->milliseconds;
    for (int repeat = 0; status.code == STATUS_OK && (repeat < 3 || seconds_now() < end); repeat++) {
        const double begin = seconds_now();
        image_corrupt(bench->device, &bench->corrupt);
        status = device_synchronise(bench->device);
        const double elapsed_seconds = seconds_now() - begin;
        if (elapsed_seconds < fastest) fastest = elapsed_seconds;
    }
    if (status.code == STATUS_OK) {
        printf("%s %d %.1f\n", corruption_at(kind)->code, severity, BATCH / fastest);
        fflush(stdout);
    }
    return status;
}

static struct status run(const struct options *options)
{
    struct bench bench = {.milliseconds = options->milliseconds};
    struct frost frost = {.pixels = NULL};
    const struct kernels *kernels = kernels_find(options->backend);
    struct status status =
        kernels == NULL ? status_error(STATUS_USAGE, "no backend %s here", options->backend) : frost_load(NULL, &frost);
    if (status.code == STATUS_OK)
        status = device_open(kernels, (struct device_settings){.threads = options->threads}, &bench.device);
    if (status.code == STATUS_OK) status = prepare(&bench, options->images, &frost);
    if (status.code == STATUS_OK) printf("backend %s %d\n", kernels->name, device_threads(bench.device));
    for (int kind = 0; kind < CORRUPTION_COUNT; kind++)
        for (int severity = 1; severity <= CORRUPTION_SEVERITIES && status.code == STATUS_OK; severity++)
            status = measure(&bench, kind, severity);
    device_close(bench.device);
    frost_destroy(&frost);
    return status;
}

int main(int argument_count, char **arguments)
{
    static const struct argp argp = {
        option_list, parse_option,
        "IMAGES",    "Times every corruption. IMAGES: 32 x 32 x 3 bytes each, one behind the other.",
        NULL,        NULL,
        NULL};
    struct options options = {.threads = 2, .milliseconds = 300, .backend = "cpu"};
    argp_parse(&argp, argument_count, arguments, 0, NULL, &options);
    struct status status = run(&options);
    if (status.code != STATUS_OK) fprintf(stderr, "corruption-speed: %s\n", status.message);
    return status.code == STATUS_OK ? 0 : 1;
}

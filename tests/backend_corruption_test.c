// backend_corruption_test.c: images as bytes, for every backend: gathered as batch_load gathers them, corrupted to the
// reference's bytes, the same for any number of threads, in any company and at any place of any batch, captured or not.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "datasets/frost.h"
#include "kernels/kernels.h"
#include "tests/support/corruption_backends.h"
#include "tests/support/device_array.h"
#include "tests/support/experiment.h"
#include "tests/support/memory.h"
#include "tests/support/random_data.h"

enum { SEED = 60, POOL_IMAGES = 13, ORDER_LENGTH = 20 };

static struct training_state *put_states(struct experiment *experiment)
{
    struct training_state states[3];
    cr_assert(experiment->runs <= 3);
    for (int i = 0; i < experiment->runs; i++) {
        int run = experiment->first_run + i;
        states[i] = (struct training_state){.seed = 7 + (uint32_t)run, .epoch = 3 * (uint32_t)run, .position = 2 * run};
    }
    return device_put(experiment->device, states, (size_t)experiment->runs * sizeof states[0]);
}

// ---- gathering -------------------------------------------------------------------------------------------------

struct gather_spec {
    int images, height, width, channels;
    enum base_augmentation augmentation;
};

static struct batch_gather make_gather(struct experiment *experiment)
{
    const struct gather_spec *spec = experiment->spec;
    const size_t image_size = (size_t)spec->height * (size_t)spec->width * (size_t)spec->channels;
    const size_t images = (size_t)experiment->runs * (size_t)spec->images;
    uint8_t *pixels = random_bytes(SEED, 1, POOL_IMAGES * image_size);
    int32_t *labels = random_integers(SEED, 2, POOL_IMAGES, 10);
    struct batch_gather gather = {
        .runs = experiment->runs,
        .images = spec->images,
        .height = spec->height,
        .width = spec->width,
        .channels = spec->channels,
        .augmentation = spec->augmentation,
        .pixels = device_put(experiment->device, pixels, POOL_IMAGES * image_size),
        .labels = device_put(experiment->device, labels, POOL_IMAGES * sizeof *labels),
        .order = experiment_integers(experiment, ORDER_LENGTH, POOL_IMAGES),
        .order_stride = ORDER_LENGTH,
        .states = put_states(experiment),
        .output = device_make(experiment->device, images * image_size),
        .output_labels = device_make(experiment->device, images * sizeof(int32_t)),
    };
    free(pixels);
    free(labels);
    return gather;
}

// What batch_load makes of the same.
static float *load(struct experiment *experiment, const struct batch_gather *gather, size_t values)
{
    struct batch_load load = {
        .runs = gather->runs,
        .images = gather->images,
        .height = gather->height,
        .width = gather->width,
        .channels = gather->channels,
        .augmentation = gather->augmentation,
        .pixels = gather->pixels,
        .labels = gather->labels,
        .order = gather->order,
        .order_stride = gather->order_stride,
        .states = gather->states,
        .output = device_make_floats(experiment->device, values),
        .output_labels = gather->output_labels,
    };
    batch_load(experiment->device, &load);
    return device_get_floats(experiment->device, load.output, values);
}

static void gather_experiment(struct experiment *experiment)
{
    const struct gather_spec *spec = experiment->spec;
    const struct batch_gather gather = make_gather(experiment);
    const size_t run_values =
        (size_t)spec->images * (size_t)spec->height * (size_t)spec->width * (size_t)spec->channels;
    const size_t values = (size_t)gather.runs * run_values;
    struct image_normalise normalise = {.runs = gather.runs,
                                        .images = gather.images,
                                        .height = gather.height,
                                        .width = gather.width,
                                        .channels = gather.channels,
                                        .input = gather.output,
                                        .output = device_make_floats(experiment->device, values)};
    batch_gather(experiment->device, &gather);
    image_normalise(experiment->device, &normalise);
    experiment_record_bytes(experiment, "bytes", gather.output, run_values);
    experiment_record_bytes(experiment, "labels", gather.output_labels, (size_t)spec->images * sizeof(int32_t));
    experiment_record(experiment, "activations", normalise.output, run_values,
                      by_precision(experiment->device, 0, 0x1p-9)); // half the spacing of bfloat16 below 1
    float *ours = device_get_floats(experiment->device, normalise.output, values);
    float *theirs = load(experiment, &gather, values);
    cr_expect(memcmp(ours, theirs, values * sizeof *ours) == 0, "backend %s: gathered and normalised is not loaded",
              device_kernels(experiment->device)->name);
    free(theirs);
    free(ours);
}

Test(backend_corruption, batch_gather_and_image_normalise)
{
    static const int sizes[][4] = {{1, 32, 32, 3}, {5, 32, 32, 3}, {7, 9, 6, 1}, {3, 1, 1, 2}, {4, 3, 2, 3}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (int augmentation = 0; augmentation < 2; augmentation++) {
            struct gather_spec spec = {sizes[i][0], sizes[i][1], sizes[i][2], sizes[i][3],
                                       (enum base_augmentation)augmentation};
            char label[64];
            snprintf(label, sizeof label, "%d images %dx%dx%d, augmentation %d", spec.images, spec.height, spec.width,
                     spec.channels, augmentation);
            experiment_check(gather_experiment, &spec, SEED, label);
        }
}

// ---- corrupting ------------------------------------------------------------------------------------------------

struct corrupt_spec {
    int first_kind; // of the runs: first_kind, first_kind + 1, ...
    int images;
};

// Runs differ in kind and in weights.
static const struct corruption_law *put_laws(struct experiment *experiment)
{
    const struct corrupt_spec *spec = experiment->spec;
    struct corruption_law laws[3];
    for (int i = 0; i < experiment->runs; i++) {
        int run = experiment->first_run + i;
        laws[i] = (struct corruption_law){(spec->first_kind + run) % CORRUPTION_COUNT, {1, 2, 1, (float)run, 1, 1.5F}};
    }
    return device_put(experiment->device, laws, (size_t)experiment->runs * sizeof laws[0]);
}

static uint8_t *put_images(struct experiment *experiment, int images)
{
    const size_t run_bytes = (size_t)images * PICTURE_BYTES;
    uint8_t *bytes = test_allocate((size_t)experiment->runs * run_bytes);
    for (int i = 0; i < experiment->runs; i++) {
        uint8_t *run = random_bytes(SEED, 100 + (uint32_t)(experiment->first_run + i), run_bytes);
        memcpy(bytes + (size_t)i * run_bytes, run, run_bytes);
        free(run);
    }
    uint8_t *memory = device_put(experiment->device, bytes, (size_t)experiment->runs * run_bytes);
    free(bytes);
    return memory;
}

static struct frost_textures put_textures(struct device *device)
{
    struct frost frost;
    struct status status = frost_load(NULL, &frost);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    struct frost_textures textures = frost.textures;
    textures.pixels = device_put(device, frost.pixels, frost.bytes);
    frost_destroy(&frost);
    return textures;
}

static void corrupt_experiment(struct experiment *experiment)
{
    const struct corrupt_spec *spec = experiment->spec;
    const size_t run_bytes = (size_t)spec->images * PICTURE_BYTES;
    struct image_corrupt corrupt = {
        .runs = experiment->runs,
        .images = spec->images,
        .height = PICTURE_SIDE,
        .width = PICTURE_SIDE,
        .channels = PICTURE_CHANNELS,
        .laws = put_laws(experiment),
        .textures = put_textures(experiment->device),
        .order = experiment_integers(experiment, ORDER_LENGTH, POOL_IMAGES),
        .order_stride = ORDER_LENGTH,
        .states = put_states(experiment),
        .input = put_images(experiment, spec->images),
        .output = device_make(experiment->device, (size_t)experiment->runs * run_bytes),
        .severities = device_make(experiment->device, sizeof(int32_t[3]) * (size_t)spec->images),
    };
    image_corrupt(experiment->device, &corrupt);
    experiment_record_bytes(experiment, "bytes", corrupt.output, run_bytes);
    experiment_record_bytes(experiment, "severities", corrupt.severities, (size_t)spec->images * sizeof(int32_t));
}

Test(backend_corruption, image_corrupt)
{
    for (int kind = 0; kind < CORRUPTION_COUNT; kind++) {
        struct corrupt_spec spec = {kind, 1 + (5 * kind) % 14};
        char label[64];
        snprintf(label, sizeof label, "corruptions from %d on, %d images", kind, spec.images);
        experiment_check_on(host_backends_under_test(), corrupt_experiment, &spec, SEED, label);
    }
}

enum { BATCH = 12 };

// One run of BATCH images under one law; `order` is the identity.
static struct image_corrupt make_corrupt(struct device *device, int kind)
{
    const struct corruption_law law = {kind, {1, 1, 1, 1, 1, 1}};
    const struct training_state state = {.seed = SEED, .epoch = 2};
    int32_t order[BATCH];
    for (int i = 0; i < BATCH; i++) order[i] = i;
    uint8_t *images = random_bytes(SEED, 3, (size_t)BATCH * PICTURE_BYTES);
    struct image_corrupt corrupt = {
        .runs = 1,
        .images = BATCH,
        .height = PICTURE_SIDE,
        .width = PICTURE_SIDE,
        .channels = PICTURE_CHANNELS,
        .laws = device_put(device, &law, sizeof law),
        .textures = put_textures(device),
        .order = device_put(device, order, sizeof order),
        .order_stride = BATCH,
        .states = device_put(device, &state, sizeof state),
        .input = device_put(device, images, (size_t)BATCH * PICTURE_BYTES),
        .output = device_make(device, (size_t)BATCH * PICTURE_BYTES),
        .severities = device_make(device, sizeof order),
    };
    free(images);
    return corrupt;
}

struct corrupted {
    uint8_t bytes[BATCH][PICTURE_BYTES];
    int32_t severities[BATCH];
};

static struct corrupted *take(struct device *device, const struct image_corrupt *corrupt)
{
    struct corrupted *corrupted = test_allocate(sizeof *corrupted);
    device_get(device, corrupt->output, corrupted->bytes, sizeof corrupted->bytes);
    device_get(device, corrupt->severities, corrupted->severities, sizeof corrupted->severities);
    return corrupted;
}

static void expect_same(struct corrupted *a, struct corrupted *b, const char *backend, int kind, const char *what)
{
    cr_expect(memcmp(a, b, sizeof *a) == 0, "%s: corruption %d, backend %s, seed %d", what, kind, backend, SEED);
    free(b);
}

// Three batches of four where one of twelve was, each step beginning where the last one ended.
static struct corrupted *corrupt_in_parts(struct device *device, const struct image_corrupt *whole)
{
    enum { PART = BATCH / 3 };
    for (int step = 0; step < 3; step++) {
        struct image_corrupt part = *whole;
        const size_t first = (size_t)step * PART;
        const struct training_state state = {.seed = SEED, .epoch = 2, .position = (int64_t)first};
        part.images = PART;
        part.states = device_put(device, &state, sizeof state);
        part.input += first * PICTURE_BYTES;
        part.output += first * PICTURE_BYTES;
        part.severities += first;
        image_corrupt(device, &part);
    }
    return take(device, whole);
}

static struct corrupted *corrupt_in_place(struct device *device, const struct image_corrupt *whole)
{
    struct image_corrupt place = *whole;
    uint8_t *images = test_allocate((size_t)BATCH * PICTURE_BYTES);
    device_get(device, whole->input, images, (size_t)BATCH * PICTURE_BYTES);
    place.output = device_put(device, images, (size_t)BATCH * PICTURE_BYTES);
    place.input = place.output;
    free(images);
    image_corrupt(device, &place);
    return take(device, &place);
}

static struct corrupted *corrupt_by_replay(struct device *device, const struct image_corrupt *whole)
{
    struct graph *graph = NULL;
    device_zero(device, whole->output, (size_t)BATCH * PICTURE_BYTES);
    device_capture_begin(device);
    image_corrupt(device, whole);
    struct status status = device_capture_end(device, &graph);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    device_graph_launch(device, graph);
    graph_destroy(graph);
    return take(device, whole);
}

Test(backend_corruption, does_not_hang_on_the_batch)
{
    for (const struct kernels *const *kernels = host_backends_under_test(); *kernels != NULL; kernels++)
        for (int kind = 0; kind < CORRUPTION_COUNT; kind++) {
            const char *name = (*kernels)->name;
            struct device *device = device_for_test(*kernels, 2);
            const struct image_corrupt corrupt = make_corrupt(device, kind);
            image_corrupt(device, &corrupt);
            struct corrupted *whole = take(device, &corrupt);
            expect_same(whole, corrupt_in_parts(device, &corrupt), name, kind, "in parts");
            expect_same(whole, corrupt_in_place(device, &corrupt), name, kind, "in place");
            expect_same(whole, corrupt_by_replay(device, &corrupt), name, kind, "captured");
            free(whole);
            device_end_test(device);
        }
}

// Severity 0 leaves the image as it is, any other changes it; severities may go unreported.
Test(backend_corruption, clean_images_stay_clean)
{
    for (const struct kernels *const *kernels = host_backends_under_test(); *kernels != NULL; kernels++) {
        struct device *device = device_for_test(*kernels, 1);
        struct image_corrupt corrupt = make_corrupt(device, CORRUPTION_CONTRAST);
        uint8_t *images = random_bytes(SEED, 3, (size_t)BATCH * PICTURE_BYTES);
        image_corrupt(device, &corrupt);
        struct corrupted *corrupted = take(device, &corrupt);
        int clean = 0;
        for (int i = 0; i < BATCH; i++) {
            bool same = memcmp(corrupted->bytes[i], images + (size_t)i * PICTURE_BYTES, PICTURE_BYTES) == 0;
            cr_expect(same == (corrupted->severities[i] == 0), "backend %s, image %d, severity %d", (*kernels)->name, i,
                      corrupted->severities[i]);
            clean += same;
        }
        cr_expect(clean > 0 && clean < BATCH, "seed %d: %d clean images test nothing", SEED, clean);
        corrupt.severities = NULL;
        image_corrupt(device, &corrupt);
        free(corrupted);
        free(images);
        device_end_test(device);
    }
}

// ---- pictures that arithmetic finds hard -----------------------------------------------------------------------

enum { PICTURES = 24 };

// Flat ones of many greys and colours, gradients, two-valued blocks, noise; ties and saturation are where they are.
static void paint(int number, uint8_t *picture)
{
    uint8_t *noise = random_bytes(SEED, 200 + (uint32_t)number, PICTURE_BYTES);
    for (int i = 0; i < PICTURE_BYTES; i++) {
        const int row = i / 96, column = i / 3 % 32, channel = i % 3;
        switch (number % 6) {
        case 0: picture[i] = noise[0]; break;
        case 1: picture[i] = noise[channel]; break;
        case 2: picture[i] = (uint8_t)(4 * row + 4 * column * (channel == number % 3)); break;
        case 3: picture[i] = noise[row / 8 * 4 + column / 8] < 128 ? 0 : 255; break;
        case 4: picture[i] = noise[i - channel]; break;
        default: picture[i] = noise[i];
        }
    }
    if (number == 0) memset(picture, 0, PICTURE_BYTES);
    if (number == 6) memset(picture, 255, PICTURE_BYTES);
    free(noise);
}

static void check_pictures(const struct corruption_functions *functions, const struct frost *frost, int kind)
{
    union corruption_draw *ours = test_allocate(sizeof *ours), *theirs = test_allocate(sizeof *theirs);
    uint8_t picture[PICTURE_BYTES], computed[PICTURE_BYTES], expected[PICTURE_BYTES];
    for (int number = 0; number < PICTURES; number++)
        for (int severity = 1; severity <= CORRUPTION_SEVERITIES; severity++) {
            const struct corruption_key key = {SEED, 0, (uint32_t)number};
            const enum corruption_kind which = (enum corruption_kind)kind;
            paint(number, picture);
            memset(ours, 0, sizeof *ours);
            memset(theirs, 0, sizeof *theirs);
            functions->draw(which, severity, key, picture, &frost->textures, ours);
            corruption_draw(which, severity, key, picture, &frost->textures, theirs);
            cr_expect(memcmp((const uint8_t *)ours, (const uint8_t *)theirs, sizeof *ours) == 0,
                      "%s: draws of corruption %d, severity %d, picture %d", functions->name, kind, severity, number);
            functions->apply(which, severity, ours, picture, computed);
            struct status status = corruption_functions_reference.apply(which, severity, theirs, picture, expected);
            cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
            int unequal = 0;
            for (int i = 0; i < PICTURE_BYTES; i++) unequal += computed[i] != expected[i];
            cr_expect(eq(int, unequal, 0), "%s: bytes of corruption %d, severity %d, picture %d, seed %d",
                      functions->name, kind, severity, number, SEED);
        }
    free(theirs);
    free(ours);
}

Test(backend_corruption, draws_and_bytes_are_the_references)
{
    struct frost frost;
    struct status status = frost_load(NULL, &frost);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    for (const struct kernels *const *kernels = host_backends_under_test(); *kernels != NULL; kernels++)
        for (int kind = 0; kind < CORRUPTION_COUNT; kind++)
            check_pictures(corruptions_of_backend((*kernels)->name), &frost, kind);
    frost_destroy(&frost);
}

// ---- mistakes --------------------------------------------------------------------------------------------------

static void expect_refusal(const struct kernels *kernels, int kind, int side, bool textures, const char *words)
{
    struct device *device = NULL;
    const struct corruption_law law = {kind, {0, 1, 0, 0, 0, 0}};
    struct status status = device_open(kernels, (struct device_settings){.threads = 1}, &device);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    struct image_corrupt corrupt = make_corrupt(device, CORRUPTION_FOG);
    corrupt.height = side;
    corrupt.laws = device_put(device, &law, sizeof law);
    if (!textures) corrupt.textures.pixels = NULL;
    image_corrupt(device, &corrupt);
    status = device_synchronise(device);
    cr_expect(eq(int, status.code, STATUS_USAGE), "backend %s, %s", kernels->name, words);
    cr_expect(strstr(status.message, words) != NULL, "backend %s: \"%s\" lacks \"%s\"", kernels->name, status.message,
              words);
    device_close(device);
}

Test(backend_corruption, mistakes_are_told)
{
    for (const struct kernels *const *kernels = host_backends_under_test(); *kernels != NULL; kernels++) {
        expect_refusal(*kernels, CORRUPTION_FOG, 31, true, "31x32x3");
        expect_refusal(*kernels, CORRUPTION_COUNT, 32, true, "found 15");
        expect_refusal(*kernels, -1, 32, true, "found -1");
        expect_refusal(*kernels, CORRUPTION_FROST, 32, false, "frost without textures");
    }
}

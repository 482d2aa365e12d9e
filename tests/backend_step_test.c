// backend_step_test.c: the beginning and the end of a training step, for every backend: images are loaded as defined, bit
// by bit (but for their rounding to bfloat16); optimisers, clipping and counters agree with the reference; bits independent of threads and of company.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "tests/support/device_array.h"
#include "tests/support/experiment.h"
#include "tests/support/memory.h"
#include "tests/support/random_data.h"
#include "tests/support/widened_kernels.h"

// A few float32 roundings of numbers of order one.
static const double tolerance = 1e-6;

enum { SEED = 50, RATES = 5 };

// Runs differ in seed, epoch, step and place.
static struct training_state *put_states(struct experiment *experiment)
{
    struct training_state states[3];
    cr_assert(experiment->runs <= 3);
    for (int i = 0; i < experiment->runs; i++) {
        int run = experiment->first_run + i;
        states[i] = (struct training_state){
            .seed = 7 + (uint32_t)run, .epoch = 3 * (uint32_t)run, .step = run + 1, .position = 2 * run};
    }
    return device_put(experiment->device, states, (size_t)experiment->runs * sizeof states[0]);
}

struct load_spec {
    int images, height, width, channels;
    enum base_augmentation augmentation;
};

enum { POOL_IMAGES = 11, ORDER_LENGTH = 20 };

static void batch_load_experiment(struct experiment *experiment)
{
    const struct load_spec *spec = experiment->spec;
    size_t image_size = (size_t)spec->height * (size_t)spec->width * (size_t)spec->channels;
    uint8_t *pixels = random_bytes(SEED, 1, POOL_IMAGES * image_size);
    int32_t *labels = random_integers(SEED, 2, POOL_IMAGES, 10);
    struct batch_load load = {
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
        .output = experiment_results(experiment, (size_t)spec->images * image_size),
        .output_labels =
            device_make(experiment->device, (size_t)experiment->runs * (size_t)spec->images * sizeof(int32_t)),
    };
    batch_load(experiment->device, &load);
    experiment_record(experiment, "images", load.output, (size_t)spec->images * image_size,
                      by_precision(experiment->device, 0, 0x1p-9)); // half the spacing of bfloat16 below 1
    experiment_record_bytes(experiment, "labels", load.output_labels, (size_t)spec->images * sizeof(int32_t));
    free(pixels);
    free(labels);
}

Test(backend_step, batch_load)
{
    static const int sizes[][4] = {{1, 32, 32, 3}, {5, 32, 32, 3}, {7, 9, 6, 1}, {3, 1, 1, 2}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (int augmentation = 0; augmentation < 2; augmentation++) {
            struct load_spec spec = {sizes[i][0], sizes[i][1], sizes[i][2], sizes[i][3],
                                     (enum base_augmentation)augmentation};
            char label[64];
            snprintf(label, sizeof label, "%d images %dx%dx%d, augmentation %d", spec.images, spec.height, spec.width,
                     spec.channels, augmentation);
            experiment_check(batch_load_experiment, &spec, SEED, label);
        }
}

enum { SIDE = 32, DRAWS = 200 };

// One image whose bytes say where they were: 1 + row and 1 + column, so that 0 is the black outside.
static uint8_t *make_places(void)
{
    uint8_t *pixels = test_allocate(SIDE * SIDE * 2);
    for (int i = 0; i < SIDE * SIDE; i++) {
        pixels[2 * i] = (uint8_t)(1 + i / SIDE);
        pixels[2 * i + 1] = (uint8_t)(1 + i % SIDE);
    }
    return pixels;
}

// The definition, word for word: word 0 bit 0 flips; words 1 and 2 place the crop in the flipped, padded image.
static uint8_t place_expected(const uint32_t words[4], int row, int column, int channel)
{
    int row_in = row + (int)((uint64_t)words[1] * 9 >> 32) - 4;
    int column_in = column + (int)((uint64_t)words[2] * 9 >> 32) - 4;
    if (row_in < 0 || row_in >= SIDE || column_in < 0 || column_in >= SIDE) return 0;
    if ((words[0] & 1) != 0) column_in = SIDE - 1 - column_in;
    return (uint8_t)(1 + (channel == 0 ? row_in : column_in));
}

static float pixel_expected(double byte, enum precision precision)
{
    float value = (float)((byte / 255 - 0.5) / 0.5);
    return precision == PRECISION_BF16 ? bfloat16_value(bfloat16_of(value)) : value;
}

static void expect_window(const float *image, uint32_t epoch, const struct kernels *kernels)
{
    const uint32_t key[2] = {SEED, PURPOSE_BASE_AUGMENTATION}, counter[4] = {0, 0, epoch, 0};
    uint32_t words[4];
    philox4x32_10(counter, key, words);
    size_t bad = 0;
    for (int i = 0; i < SIDE * SIDE * 2; i++) {
        double byte = place_expected(words, i / 2 / SIDE, i / 2 % SIDE, i % 2);
        bad += image[i] != pixel_expected(byte, kernels->precision);
    }
    cr_expect(bad == 0, "backend %s, seed %d, epoch %u: %zu values are not the window's", kernels->name, SEED, epoch,
              bad);
}

// Many draws for one image: one run for each epoch.
static void check_windows(const struct kernels *kernels)
{
    struct device *device = device_for_test(kernels, 0);
    struct training_state states[DRAWS];
    int32_t zeros[DRAWS] = {0};
    uint8_t *pixels = make_places();
    for (int i = 0; i < DRAWS; i++) states[i] = (struct training_state){.seed = SEED, .epoch = (uint32_t)i};
    struct batch_load load = {
        .runs = DRAWS,
        .images = 1,
        .height = SIDE,
        .width = SIDE,
        .channels = 2,
        .augmentation = BASE_AUGMENTATION_FLIP_CROP,
        .pixels = device_put(device, pixels, SIDE * SIDE * 2),
        .labels = device_put(device, zeros, sizeof zeros[0]),
        .order = device_put(device, zeros, sizeof zeros),
        .order_stride = 1,
        .states = device_put(device, states, sizeof states),
        .output = device_make_floats(device, (size_t)DRAWS * SIDE * SIDE * 2),
        .output_labels = device_make(device, sizeof zeros),
    };
    batch_load(device, &load);
    float *images = device_get_floats(device, load.output, (size_t)DRAWS * SIDE * SIDE * 2);
    for (int i = 0; i < DRAWS; i++) expect_window(images + (size_t)i * SIDE * SIDE * 2, (uint32_t)i, kernels);
    free(images);
    free(pixels);
    device_end_test(device);
}

Test(backend_step, windows_are_drawn_as_defined)
{
    for (const struct kernels *const *kernels = backends_under_test(); *kernels != NULL; kernels++)
        check_windows(*kernels);
}

static void sgd_experiment(struct experiment *experiment)
{
    size_t count = *(const size_t *)experiment->spec;
    struct sgd_update sgd = {
        .runs = experiment->runs,
        .count = (int64_t)count,
        .momentum = 0.9F,
        .weight_decay = 5e-4F,
        .rates = experiment_per_run(experiment, RATES, 0.01F, 0.1F),
        .states = put_states(experiment),
        .gradient = experiment_per_run(experiment, count, -1, 1),
        .velocity = experiment_per_run_in_place(experiment, count, -1, 1),
        .parameter = experiment_per_run_in_place(experiment, count, -1, 1),
    };
    sgd_update(experiment->device, &sgd);
    experiment_record_per_run(experiment, "velocity", sgd.velocity, count, tolerance);
    experiment_record_per_run(experiment, "parameter", sgd.parameter, count, tolerance);
}

static void adamw_experiment(struct experiment *experiment)
{
    size_t count = *(const size_t *)experiment->spec;
    struct adamw_update adamw = {
        .runs = experiment->runs,
        .count = (int64_t)count,
        .beta1 = 0.9,
        .beta2 = 0.999,
        .epsilon = 1e-8,
        .weight_decay = 1e-2,
        .rates = experiment_per_run(experiment, RATES, 0.01F, 0.1F),
        .states = put_states(experiment),
        .gradient = experiment_per_run(experiment, count, -1, 1),
        .first_moment = experiment_per_run_in_place(experiment, count, -1, 1),
        .second_moment = experiment_per_run_in_place(experiment, count, 0.1F, 1),
        .parameter = experiment_per_run_in_place(experiment, count, -1, 1),
    };
    adamw_update(experiment->device, &adamw);
    experiment_record_per_run(experiment, "first moment", adamw.first_moment, count, tolerance);
    experiment_record_per_run(experiment, "second moment", adamw.second_moment, count, tolerance);
    experiment_record_per_run(experiment, "parameter", adamw.parameter, count, tolerance);
}

struct clip_spec {
    size_t count;
    float limit;
    bool norm;
};

static void clip_experiment(struct experiment *experiment)
{
    const struct clip_spec *spec = experiment->spec;
    struct gradient_clip clip = {
        .runs = experiment->runs,
        .count = (int64_t)spec->count,
        .limit = spec->limit,
        .gradient = experiment_per_run_in_place(experiment, spec->count, -1, 1),
    };
    if (spec->norm) clip.norm = experiment_per_run_results(experiment, 1);
    gradient_clip(experiment->device, &clip);
    experiment_record_per_run(experiment, "gradient", clip.gradient, spec->count, tolerance);
    if (spec->norm) experiment_record_per_run(experiment, "norm", clip.norm, 1, tolerance);
}

static const size_t counts[] = {1, 7, 16, 1000, 40003};

static void check_counts(experiment_function *function)
{
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        char label[32];
        snprintf(label, sizeof label, "%zu parameters", counts[i]);
        experiment_check(function, &counts[i], SEED, label);
    }
}

Test(backend_step, sgd_update)
{
    check_counts(sgd_experiment);
}

Test(backend_step, adamw_update)
{
    check_counts(adamw_experiment);
}

Test(backend_step, gradient_clip)
{
    static const float limits[] = {0.125F, 1e6F}; // shortens, leaves alone
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        for (int option = 0; option < 4; option++) {
            struct clip_spec spec = {counts[i], limits[option / 2], option % 2 != 0};
            char label[64];
            snprintf(label, sizeof label, "%zu values, limit %g, option %d", spec.count, (double)spec.limit, option);
            experiment_check(clip_experiment, &spec, SEED, label);
        }
}

static void expect_advance(struct device *device, bool count_step, const char *backend)
{
    const struct training_state before[2] = {{.seed = 1, .epoch = 2, .step = 3, .position = 4},
                                             {.seed = 5, .epoch = 6, .step = 7, .position = 8}};
    struct training_state *states = device_put(device, before, sizeof before), after[2];
    struct step_advance advance = {.runs = 2, .images = 128, .count_step = count_step, .states = states};
    step_advance(device, &advance);
    device_get(device, states, after, sizeof after);
    for (int run = 0; run < 2; run++) {
        struct training_state expected = before[run];
        expected.step += count_step;
        expected.position += 128;
        cr_expect(memcmp(&after[run], &expected, sizeof expected) == 0, "backend %s, run %d", backend, run);
    }
}

Test(backend_step, step_advance)
{
    for (const struct kernels *const *kernels = backends_under_test(); *kernels != NULL; kernels++) {
        struct device *device = device_for_test(*kernels, 0);
        expect_advance(device, true, (*kernels)->name);
        expect_advance(device, false, (*kernels)->name);
        device_end_test(device);
    }
}

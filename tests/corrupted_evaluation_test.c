// corrupted_evaluation_test.c: images corrupted for evaluation are those of draw and apply, whatever the batch, and what
// the network makes of them is what it makes of the same bytes read from a file.
#include "harness/corrupted_evaluation.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#include "datasets/synthetic.h"
#include "harness/image_corruptor.h"
#include "harness/network.h"
#include "kernels/corruption_functions.h"
#include "tests/support/archive.h"
#include "tests/support/device_array.h"

enum { IMAGES = 7, SEED = 5 };

struct sample {
    struct image_set images;
    struct frost frost;
    struct state_dict model;
};

// Drawn images, frost's own textures, and WRN-10-1 with fresh weights.
static void sample_create(struct sample *sample)
{
    const struct network_shape shape = {
        .depth = 10, .widen = 1, .classes = 10, .side = 32, .channels = 3, .runs = 1, .images = 1};
    struct device *device = device_for_test(kernels_find("cpu"), 1);
    struct network *network = NULL;
    *sample = (struct sample){.model = {0}};
    cr_assert(eq(int, synthetic_generate(3, 10, 0, IMAGES, &sample->images).code, STATUS_OK));
    cr_assert(eq(int, frost_load(NULL, &sample->frost).code, STATUS_OK));
    cr_assert(eq(int, network_create(device, &shape, false, &network).code, STATUS_OK));
    cr_assert(eq(int, network_initialise(network, 0, SEED).code, STATUS_OK));
    cr_assert(eq(int, network_export(network, 0, &sample->model).code, STATUS_OK));
    network_destroy(network);
    device_end_test(device);
}

static void sample_destroy(struct sample *sample)
{
    image_set_destroy(&sample->images);
    frost_destroy(&sample->frost);
    state_dict_destroy(&sample->model);
}

// Image `index` as the reference draws and applies it.
static void expect_image(const struct sample *sample, enum corruption_kind kind, int severity, int index,
                         uint8_t image[IMAGE_BYTES])
{
    static union corruption_draw draw;
    const struct corruption_key key = {SEED, 0, (uint32_t)index};
    const uint8_t *clean = sample->images.pixels + (size_t)index * IMAGE_BYTES;
    corruption_draw(kind, severity, key, clean, &sample->frost.textures, &draw);
    cr_assert(eq(int, corruption_functions_reference.apply(kind, severity, &draw, clean, image).code, STATUS_OK));
}

Test(corrupted_evaluation, corrupts_images_by_their_number_alone)
{
    static const struct {
        int first, count;
    } ranges[] = {{0, IMAGES}, {2, 3}, {IMAGES - 1, 1}};
    struct sample sample;
    struct image_corruptor *corruptor = NULL;
    uint8_t found[IMAGES * IMAGE_BYTES], expected[IMAGE_BYTES];
    sample_create(&sample);
    struct device *device = device_for_test(kernels_find("cpu"), 2);
    cr_assert(eq(int, image_corruptor_create(device, IMAGES, SEED, &sample.frost, &corruptor).code, STATUS_OK));
    for (int kind = 0; kind < CORRUPTION_COUNT; kind++)
        for (int severity = 0; severity <= CORRUPTION_SEVERITIES; severity++)
            for (size_t r = 0; r < sizeof ranges / sizeof ranges[0]; r++) {
                const uint8_t *pixels = sample.images.pixels + (size_t)ranges[r].first * IMAGE_BYTES;
                image_corruptor_enqueue(corruptor, (enum corruption_kind)kind, severity, ranges[r].first, pixels,
                                        ranges[r].count);
                cr_assert(eq(int, image_corruptor_download(corruptor, ranges[r].count, found).code, STATUS_OK));
                for (int i = 0; i < ranges[r].count; i++) {
                    if (severity > 0)
                        expect_image(&sample, (enum corruption_kind)kind, severity, ranges[r].first + i, expected);
                    else
                        memcpy(expected, pixels + i * IMAGE_BYTES, IMAGE_BYTES);
                    cr_expect(eq(int, memcmp(found + i * IMAGE_BYTES, expected, IMAGE_BYTES), 0),
                              "corruption %d, severity %d, image %d", kind, severity, ranges[r].first + i);
                }
            }
    image_corruptor_destroy(corruptor);
    image_corruptor_destroy(NULL);
    device_end_test(device);
    sample_destroy(&sample);
}

Test(corrupted_evaluation, frost_needs_textures)
{
    struct sample sample;
    struct image_corruptor *corruptor = NULL;
    struct device *device = NULL;
    uint8_t found[IMAGE_BYTES];
    sample_create(&sample);
    cr_assert(
        eq(int, device_open(kernels_find("cpu"), (struct device_settings){.threads = 1}, &device).code, STATUS_OK));
    cr_assert(eq(int, image_corruptor_create(device, 1, SEED, NULL, &corruptor).code, STATUS_OK));
    image_corruptor_enqueue(corruptor, CORRUPTION_FROST, 1, 0, sample.images.pixels, 1);
    expect_error(image_corruptor_download(corruptor, 1, found), STATUS_USAGE, "frost without textures", "frost");
    image_corruptor_destroy(corruptor);
    device_close(device);
    sample_destroy(&sample);
}

static void see_progress(void *context, double images_done)
{
    *(double *)context = images_done;
}

static struct corrupted_evaluator *create_evaluator(struct device *device, const struct sample *sample, int batch,
                                                    double *done)
{
    const struct corrupted_evaluation_settings settings = {.depth = 10,
                                                           .widen = 1,
                                                           .batch = batch,
                                                           .seed = SEED,
                                                           .frost = &sample->frost,
                                                           .images = &sample->images,
                                                           .progress = see_progress,
                                                           .context = done};
    struct corrupted_evaluator *evaluator = NULL;
    struct status status = corrupted_evaluator_create(device, &settings, &sample->model, &evaluator);
    cr_assert(status.code == STATUS_OK, "%s", status.message);
    return evaluator;
}

static void expect_equal(const struct evaluation *found, const struct evaluation *expected, const char *place)
{
    cr_expect(found->correct == expected->correct && found->images == expected->images, "%s", place);
    cr_expect(eq(dbl, found->loss, expected->loss), "%s", place);
}

Test(corrupted_evaluation, agrees_with_an_evaluation_of_the_same_bytes)
{
    struct sample sample;
    struct evaluation found, expected;
    struct image_set corrupted;
    double done = 0;
    sample_create(&sample);
    struct device *device = device_for_test(kernels_find("cpu"), 2);
    cr_assert(eq(int, image_set_create(IMAGES, 10, &corrupted).code, STATUS_OK));
    memcpy(corrupted.labels, sample.images.labels, IMAGES * sizeof(int32_t));
    struct corrupted_evaluator *evaluator = create_evaluator(device, &sample, IMAGES, &done);
    training_evaluate(device, 10, 1, &sample.model, &sample.images, IMAGES, &expected, NULL);
    cr_assert(eq(int, corrupted_evaluator_run(evaluator, CORRUPTION_FOG, 0, &found).code, STATUS_OK));
    expect_equal(&found, &expected, "severity 0");
    cr_expect(eq(i64, found.images, IMAGES));
    for (int kind = 0; kind < CORRUPTION_COUNT; kind += 5) {
        for (int i = 0; i < IMAGES; i++)
            expect_image(&sample, (enum corruption_kind)kind, 5, i, corrupted.pixels + i * IMAGE_BYTES);
        training_evaluate(device, 10, 1, &sample.model, &corrupted, IMAGES, &expected, NULL);
        cr_assert(eq(int, corrupted_evaluator_run(evaluator, (enum corruption_kind)kind, 5, &found).code, STATUS_OK));
        expect_equal(&found, &expected, "generated");
        cr_assert(eq(int, corrupted_evaluator_run_pixels(evaluator, corrupted.pixels, &found).code, STATUS_OK));
        expect_equal(&found, &expected, "given");
    }
    cr_expect(eq(dbl, done, 7.0 * IMAGES), "one clean set and three pairs");
    corrupted_evaluator_destroy(evaluator);
    corrupted_evaluator_destroy(NULL);
    image_set_destroy(&corrupted);
    device_end_test(device);
    sample_destroy(&sample);
}

Test(corrupted_evaluation, the_batch_decides_nothing)
{
    struct sample sample;
    struct evaluation expected, found;
    double done;
    sample_create(&sample);
    for (int batch = 1; batch <= IMAGES + 1; batch++) {
        struct device *device = device_for_test(kernels_find("cpu"), 1);
        struct corrupted_evaluator *evaluator = create_evaluator(device, &sample, batch, &done);
        struct status status = corrupted_evaluator_run(evaluator, CORRUPTION_SNOW, 3, batch == 1 ? &expected : &found);
        cr_assert(status.code == STATUS_OK, "%s", status.message);
        if (batch > 1) {
            cr_expect(eq(i64, found.correct, expected.correct), "batches of %d", batch);
            // Sums in double of the same losses, in another order: a rounding each.
            cr_expect(epsilon_eq(dbl, found.loss, expected.loss, IMAGES * 0x1p-52 * expected.loss), "batches of %d",
                      batch);
        }
        corrupted_evaluator_destroy(evaluator);
        device_end_test(device);
    }
    sample_destroy(&sample);
}

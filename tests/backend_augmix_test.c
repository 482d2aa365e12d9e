// backend_augmix_test.c: AugMix for every backend: the reference's bytes for any argument of any operation; views that are
// the reference's mixtures, the same for any number of threads, in any company and at any place of any batch.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/kernels.h"
#include "tests/support/augmix_backends.h"
#include "tests/support/device_array.h"
#include "tests/support/experiment.h"
#include "tests/support/memory.h"
#include "tests/support/random_data.h"

enum { SEED = 90, ORDER_LENGTH = 20, VIEWS = 3 };

// ---- single operations -----------------------------------------------------------------------------------------

// Noise; a smooth picture; one of few values whose green is constant; black but for a corner.
static void make_picture(int kind, uint8_t picture[PICTURE_BYTES])
{
    uint8_t *noise = random_bytes(SEED, (uint32_t)kind, PICTURE_BYTES);
    for (int i = 0; i < PICTURE_BYTES; i++) {
        const int channel = i % PICTURE_CHANNELS, column = i / PICTURE_CHANNELS % PICTURE_SIDE;
        const int row = i / PICTURE_CHANNELS / PICTURE_SIDE;
        const double smooth = 128 + 100 * sin(0.2 * row + 0.15 * channel * column) + noise[i] % 5;
        const int few = channel == 1 ? 77 : 40 * (noise[i] % 4);
        const uint8_t values[] = {noise[i], (uint8_t)smooth, (uint8_t)few, row < 3 && column < 4 ? noise[i] : 0};
        picture[i] = values[kind];
    }
    free(noise);
}

static void expect_same_bytes(const struct augmix_functions *functions, enum augmix_operation operation,
                              double parameter)
{
    for (int kind = 0; kind < 4; kind++) {
        uint8_t picture[PICTURE_BYTES], expected[PICTURE_BYTES], computed[PICTURE_BYTES];
        make_picture(kind, picture);
        memset(computed, 0xA5, sizeof computed);
        augmix_functions_reference.apply(operation, parameter, picture, expected);
        functions->apply(operation, parameter, picture, computed);
        cr_expect(memcmp(computed, expected, sizeof expected) == 0, "%s: operation %d (%.17g) of picture %d, seed %d",
                  functions->name, (int)operation, parameter, kind, SEED);
    }
}

static void check_arguments(const struct augmix_functions *functions)
{
    float *factors = random_floats(SEED, 10, 40, -0.3F, 0.3F), *blends = random_floats(SEED, 11, 40, 0, 2);
    expect_same_bytes(functions, AUGMIX_AUTOCONTRAST, 0);
    expect_same_bytes(functions, AUGMIX_EQUALIZE, 0);
    for (int bits = 0; bits <= 8; bits++) expect_same_bytes(functions, AUGMIX_POSTERIZE, bits);
    for (int degrees = -40; degrees <= 40; degrees++) expect_same_bytes(functions, AUGMIX_ROTATE, degrees);
    for (int degrees = -360; degrees <= 360; degrees += 45) expect_same_bytes(functions, AUGMIX_ROTATE, degrees);
    for (int threshold = 0; threshold <= 256; threshold += 8) expect_same_bytes(functions, AUGMIX_SOLARIZE, threshold);
    for (int pixels = -33; pixels <= 33; pixels++) {
        expect_same_bytes(functions, AUGMIX_TRANSLATE_X, pixels);
        expect_same_bytes(functions, AUGMIX_TRANSLATE_Y, pixels);
    }
    for (int i = 0; i < 40; i++) {
        expect_same_bytes(functions, AUGMIX_SHEAR_X, (double)factors[i]);
        expect_same_bytes(functions, AUGMIX_SHEAR_Y, (double)factors[i]);
        for (int operation = AUGMIX_COLOR; operation < AUGMIX_OPERATIONS; operation++)
            expect_same_bytes(functions, (enum augmix_operation)operation, i == 0 ? 1 : (double)blends[i]);
    }
    free(factors);
    free(blends);
}

Test(backend_augmix, operations_have_the_bytes_of_the_reference)
{
    for (const struct kernels *const *kernels = host_backends_under_test(); *kernels != NULL; kernels++)
        check_arguments(augmix_of_backend((*kernels)->name));
}

// What does nothing does nothing, and what is known in closed form comes out so; without golden data.
Test(backend_augmix, operations_that_change_nothing)
{
    static const struct {
        enum augmix_operation operation;
        double parameter;
    } nothing[] = {{AUGMIX_POSTERIZE, 8}, {AUGMIX_ROTATE, 0},   {AUGMIX_ROTATE, 360},    {AUGMIX_SOLARIZE, 256},
                   {AUGMIX_SHEAR_X, 0},   {AUGMIX_SHEAR_Y, 0},  {AUGMIX_TRANSLATE_X, 0}, {AUGMIX_TRANSLATE_Y, 0},
                   {AUGMIX_COLOR, 1},     {AUGMIX_CONTRAST, 1}, {AUGMIX_BRIGHTNESS, 1},  {AUGMIX_SHARPNESS, 1}};
    for (const struct kernels *const *kernels = host_backends_under_test(); *kernels != NULL; kernels++)
        for (size_t i = 0; i < sizeof nothing / sizeof nothing[0]; i++)
            for (int kind = 0; kind < 4; kind++) {
                uint8_t picture[PICTURE_BYTES], output[PICTURE_BYTES];
                make_picture(kind, picture);
                augmix_of_backend((*kernels)->name)->apply(nothing[i].operation, nothing[i].parameter, picture, output);
                cr_expect(memcmp(picture, output, sizeof picture) == 0, "%s: operation %d (%g) changes picture %d",
                          (*kernels)->name, (int)nothing[i].operation, nothing[i].parameter, kind);
            }
}

// ---- views -----------------------------------------------------------------------------------------------------

struct view_spec {
    int images, severity;
    bool all_operations;
};

static struct training_state state_of_run(int run)
{
    return (struct training_state){.seed = 7 + (uint32_t)run, .epoch = 3 * (uint32_t)run, .position = 2 * run};
}

static void views_experiment(struct experiment *experiment)
{
    const struct view_spec *spec = experiment->spec;
    const size_t runs = (size_t)experiment->runs, bytes = (size_t)spec->images * PICTURE_BYTES;
    struct training_state states[3];
    uint8_t *pixels = test_allocate(runs * bytes);
    for (size_t run = 0; run < runs; run++) {
        uint8_t *part = random_bytes(SEED, 20 + (uint32_t)experiment->first_run + (uint32_t)run, bytes);
        memcpy(pixels + run * bytes, part, bytes);
        states[run] = state_of_run(experiment->first_run + (int)run);
        free(part);
    }
    const struct augmix_views views = {
        .runs = experiment->runs,
        .images = spec->images,
        .height = PICTURE_SIDE,
        .width = PICTURE_SIDE,
        .channels = PICTURE_CHANNELS,
        .severity = spec->severity,
        .all_operations = spec->all_operations,
        .order = experiment_integers(experiment, ORDER_LENGTH, 1000),
        .order_stride = ORDER_LENGTH,
        .states = device_put(experiment->device, states, runs * sizeof states[0]),
        .input = device_put(experiment->device, pixels, runs * bytes),
        .output = experiment_results(experiment, VIEWS * bytes),
    };
    augmix_views(experiment->device, &views);
    // Bytes are the same; mixing takes a few roundings, and one to bfloat16.
    experiment_record(experiment, "views", views.output, VIEWS * bytes, by_precision(experiment->device, 1e-6, 0x1p-8));
    free(pixels);
}

Test(backend_augmix, views)
{
    static const struct view_spec specs[] = {{1, 3, false}, {5, 3, false}, {4, 10, true}, {7, 1, true}};
    for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++)
        experiment_check_on(host_backends_under_test(), views_experiment, &specs[i], SEED,
                            specs[i].all_operations ? "all operations" : "standard");
}

// Three views of `images` images, by whatever stands in `order` from `position` on.
static float *make_views(struct device *device, int images, const int32_t *order, int64_t position,
                         const uint8_t *pixels)
{
    const struct training_state state = {.seed = SEED, .epoch = 2, .position = position};
    const size_t values = (size_t)VIEWS * (size_t)images * PICTURE_BYTES;
    const struct augmix_views views = {.runs = 1,
                                       .images = images,
                                       .height = PICTURE_SIDE,
                                       .width = PICTURE_SIDE,
                                       .channels = PICTURE_CHANNELS,
                                       .severity = 3,
                                       .order = device_put(device, order, ORDER_LENGTH * sizeof *order),
                                       .order_stride = ORDER_LENGTH,
                                       .states = device_put(device, &state, sizeof state),
                                       .input = device_put(device, pixels, (size_t)images * PICTURE_BYTES),
                                       .output = device_make_floats(device, values)};
    augmix_views(device, &views);
    return device_get_floats(device, views.output, values);
}

// The clean view is what image_normalise makes of the bytes; the mixtures are those that augmix_draw tells, chain by chain;
// and an image has them wherever it stands in whichever batch.
Test(backend_augmix, views_belong_to_their_image)
{
    int32_t order[ORDER_LENGTH], turned[ORDER_LENGTH];
    uint8_t *pixels = random_bytes(SEED, 30, (size_t)4 * PICTURE_BYTES);
    for (int i = 0; i < ORDER_LENGTH; i++) {
        order[i] = 11 * i + 5;
        turned[i] = order[ORDER_LENGTH - 1 - i];
    }
    for (const struct kernels *const *kernels = host_backends_under_test(); *kernels != NULL; kernels++) {
        struct device *device = device_for_test(*kernels, 2);
        float *together = make_views(device, 4, order, 3, pixels);
        float *alone = make_views(device, 1, turned, ORDER_LENGTH - 1 - 5, pixels + (size_t)2 * PICTURE_BYTES);
        const struct image_normalise normalise = {1,
                                                  4,
                                                  PICTURE_SIDE,
                                                  PICTURE_SIDE,
                                                  PICTURE_CHANNELS,
                                                  device_put(device, pixels, (size_t)4 * PICTURE_BYTES),
                                                  device_make_floats(device, (size_t)4 * PICTURE_BYTES)};
        image_normalise(device, &normalise);
        float *clean = device_get_floats(device, normalise.output, (size_t)4 * PICTURE_BYTES);
        cr_expect(same_bits(clean, together, sizeof(float[4 * PICTURE_BYTES])), "%s: clean view", (*kernels)->name);
        for (size_t view = 0; view < VIEWS; view++)
            cr_expect(same_bits(alone + view * PICTURE_BYTES, together + (4 * view + 2) * PICTURE_BYTES,
                                PICTURE_BYTES * sizeof(float)),
                      "%s, seed %d: view %zu", (*kernels)->name, SEED, view);
        cr_expect(
            not(same_bits(alone + PICTURE_BYTES, alone + (size_t)2 * PICTURE_BYTES, PICTURE_BYTES * sizeof(float))),
            "%s: the two mixtures are one", (*kernels)->name);
        free(clean);
        free(alone);
        free(together);
        device_end_test(device);
    }
    free(pixels);
}

// The reference's view is the mixture that the draw tells, applied by hand.
Test(backend_augmix, a_view_is_the_mixture_that_was_drawn)
{
    const struct augmix_functions *functions = &augmix_functions_reference;
    int32_t order[ORDER_LENGTH] = {0};
    order[0] = 123;
    uint8_t *pixels = random_bytes(SEED, 31, PICTURE_BYTES);
    struct device *device = device_for_test(kernels_find("reference"), 1);
    float *views = make_views(device, 1, order, 0, pixels), expected[PICTURE_BYTES];
    for (int number = 0; number < AUGMIX_MIXTURES; number++) {
        const struct augmix_mixture mixture = augmix_draw(SEED, 2, 123, number, 3, false);
        augmix_chains chains;
        for (int chain = 0; chain < AUGMIX_WIDTH; chain++) {
            uint8_t from[PICTURE_BYTES];
            memcpy(chains[chain], pixels, PICTURE_BYTES);
            for (int place = 0; place < AUGMIX_DEPTH && mixture.operations[chain][place] != AUGMIX_NONE; place++) {
                memcpy(from, chains[chain], sizeof from);
                functions->apply((enum augmix_operation)mixture.operations[chain][place],
                                 mixture.parameters[chain][place], from, chains[chain]);
            }
        }
        functions->mix(&mixture, pixels, chains, expected);
        cr_expect(same_bits(expected, views + (size_t)(1 + number) * PICTURE_BYTES, sizeof expected), "mixture %d",
                  number);
    }
    free(views);
    free(pixels);
    device_end_test(device);
}

// ---- mistakes of the caller ------------------------------------------------------------------------------------

static void expect_usage(const struct kernels *kernels, struct augmix_views views, const char *what)
{
    struct device *device = NULL;
    cr_assert(eq(int, device_open(kernels, (struct device_settings){.threads = 1}, &device).code, STATUS_OK));
    augmix_views(device, &views);
    cr_expect(eq(int, device_synchronise(device).code, STATUS_USAGE), "%s, %s", kernels->name, what);
    device_close(device);
}

Test(backend_augmix, other_sizes_and_severities_are_mistakes)
{
    const struct augmix_views good = {.runs = 1, .images = 1, .height = 32, .width = 32, .channels = 3, .severity = 3};
    struct augmix_views small = good, grey = good, mild = good, severe = good;
    small.height = 31;
    grey.channels = 1;
    mild.severity = 0;
    severe.severity = 11;
    for (const struct kernels *const *kernels = host_backends_under_test(); *kernels != NULL; kernels++) {
        expect_usage(*kernels, small, "31 rows");
        expect_usage(*kernels, grey, "one channel");
        expect_usage(*kernels, mild, "severity 0");
        expect_usage(*kernels, severe, "severity 11");
    }
}

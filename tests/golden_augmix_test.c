// golden_augmix_test.c: AugMix's image operations, byte by byte, and its mixtures against golden data, for every backend.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/augmix_backends.h"
#include "tests/support/device_array.h"
#include "tests/support/golden.h"
#include "tests/support/memory.h"

static const char *const names[AUGMIX_OPERATIONS] = {
    "autocontrast", "equalize",    "posterize", "rotate",   "solarize",   "shear_x",  "shear_y",
    "translate_x",  "translate_y", "color",     "contrast", "brightness", "sharpness"};

// Golden pictures are channel, row, column; ours row, column, channel.
static void take_picture(const struct golden_array *array, size_t number, uint8_t picture[PICTURE_BYTES])
{
    const int32_t *from = array->integers + number * PICTURE_BYTES;
    cr_assert(le(sz, (number + 1) * PICTURE_BYTES, array->count), "%s: picture %zu", array->name, number);
    for (int channel = 0; channel < PICTURE_CHANNELS; channel++)
        for (int pixel = 0; pixel < PICTURE_PIXELS; pixel++)
            picture[pixel * PICTURE_CHANNELS + channel] = (uint8_t)from[channel * PICTURE_PIXELS + pixel];
}

static size_t count_unequal(const uint8_t *computed, const uint8_t *expected)
{
    size_t unequal = 0;
    for (int i = 0; i < PICTURE_BYTES; i++) unequal += computed[i] != expected[i];
    return unequal;
}

// ---- single operations -----------------------------------------------------------------------------------------

static void check_operation(struct golden_case *golden, enum augmix_operation operation)
{
    const struct augmix_functions *functions = augmix_of_backend(golden->backend);
    const struct golden_array *images = golden_read(golden, "images");
    const struct golden_array *parameters = golden_read(golden, "%s_param", names[operation]);
    const struct golden_array *outputs = golden_read(golden, "%s_out", names[operation]);
    const size_t pictures = (size_t)images->shape[0];
    cr_assert(eq(sz, outputs->count, parameters->count * pictures * PICTURE_BYTES), "%s", outputs->name);
    for (size_t p = 0; p < parameters->count; p++)
        for (size_t picture = 0; picture < pictures; picture++) {
            uint8_t image[PICTURE_BYTES], expected[PICTURE_BYTES], computed[PICTURE_BYTES];
            take_picture(images, picture, image);
            take_picture(outputs, p * pictures + picture, expected);
            memset(computed, 0xA5, sizeof computed);
            functions->apply(operation, parameters->truth[p], image, computed);
            golden->tally->comparisons++;
            cr_expect(eq(sz, count_unequal(computed, expected), 0), "%s(%g) of picture %zu, backend %s: unequal bytes",
                      names[operation], parameters->truth[p], picture, golden->backend);
        }
}

static void check_operations(struct golden_case *golden)
{
    for (int operation = 0; operation < AUGMIX_OPERATIONS; operation++)
        check_operation(golden, (enum augmix_operation)operation);
}

Test(golden_augmix, every_byte_of_every_operation)
{
    golden_for_folder("training/augmix_ops", check_operations);
}

// ---- worked mixtures -------------------------------------------------------------------------------------------

static struct augmix_mixture read_mixture(struct golden_case *golden, size_t number)
{
    const struct golden_array *operations = golden_read(golden, "mix_ops"),
                              *weights = golden_read(golden, "mix_weights");
    const struct golden_array *parameters = golden_read(golden, "mix_params");
    struct augmix_mixture mixture = {.mix = golden_read(golden, "mix_m")->values[number]};
    for (size_t chain = 0; chain < AUGMIX_WIDTH; chain++) {
        mixture.weights[chain] = weights->values[number * AUGMIX_WIDTH + chain];
        for (size_t place = 0; place < AUGMIX_DEPTH; place++) {
            const size_t at = (number * AUGMIX_WIDTH + chain) * AUGMIX_DEPTH + place;
            mixture.operations[chain][place] = operations->integers[at];
            mixture.parameters[chain][place] = parameters->truth[at];
        }
    }
    return mixture;
}

static void run_chain(const struct augmix_functions *functions, const struct augmix_mixture *mixture, size_t chain,
                      const uint8_t *image, uint8_t *output)
{
    uint8_t from[PICTURE_BYTES];
    memcpy(output, image, PICTURE_BYTES);
    for (size_t place = 0; place < AUGMIX_DEPTH && mixture->operations[chain][place] != AUGMIX_NONE; place++) {
        memcpy(from, output, sizeof from);
        functions->apply((enum augmix_operation)mixture->operations[chain][place], mixture->parameters[chain][place],
                         from, output);
    }
}

// The mixture of the exact chains.
static void expect_mixture(struct golden_case *golden, const struct augmix_mixture *mixture, size_t number,
                           const uint8_t *image, augmix_chains chains)
{
    const struct golden_array *truth = golden_read_images(golden, "mix_out");
    const double tolerance = by_precision(golden->device, 1e-6, 8e-3);
    float computed[PICTURE_BYTES];
    augmix_mix_floats(augmix_of_backend(golden->backend), mixture, image, chains, computed);
    golden_expect_values(golden, computed, truth->truth + number * PICTURE_BYTES, PICTURE_BYTES, truth->name,
                         ERROR_ABSOLUTE, tolerance);
}

static void check_mixtures(struct golden_case *golden)
{
    const struct augmix_functions *functions = augmix_of_backend(golden->backend);
    const struct golden_array *images = golden_read(golden, "images"),
                              *golden_chains = golden_read(golden, "mix_chains");
    const size_t mixtures = golden_read(golden, "mix_m")->count;
    for (size_t number = 0; number < mixtures; number++) {
        const struct augmix_mixture mixture = read_mixture(golden, number);
        uint8_t image[PICTURE_BYTES], computed[PICTURE_BYTES];
        augmix_chains chains;
        take_picture(images, number, image);
        for (size_t chain = 0; chain < AUGMIX_WIDTH; chain++) {
            take_picture(golden_chains, number * AUGMIX_WIDTH + chain, chains[chain]);
            run_chain(functions, &mixture, chain, image, computed);
            golden->tally->comparisons++;
            cr_expect(eq(sz, count_unequal(computed, chains[chain]), 0), "mixture %zu, chain %zu, backend %s", number,
                      chain, golden->backend);
        }
        expect_mixture(golden, &mixture, number, image, chains);
    }
}

Test(golden_augmix, mixtures)
{
    golden_for_folder("training/augmix_ops", check_mixtures);
}

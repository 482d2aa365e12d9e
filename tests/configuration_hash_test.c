// configuration_hash_test.c: the hash changes with what decides a result, and with nothing else.
#include "harness/configuration_hash.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/preset_keys.h"

struct scene {
    struct preset preset;
    struct dataset teacher_data, target_data;
    struct configuration configuration;
};

static void scene_create(struct scene *scene)
{
    memset(scene, 0, sizeof *scene);
    cr_assert(eq(int, preset_load("quick", &scene->preset).code, STATUS_OK));
    scene->teacher_data = (struct dataset){.name = "synthetic-10", .sha256 = "aa", .train = {.count = 10}};
    scene->target_data = (struct dataset){.name = "synthetic-100", .sha256 = "bb", .train = {.count = 100}};
    scene->configuration = (struct configuration){.preset = &scene->preset,
                                                  .teacher_data = &scene->teacher_data,
                                                  .target_data = &scene->target_data,
                                                  .teacher_images = "clean",
                                                  .kernels = kernels_find("cpu")};
}

static void hash(const struct scene *scene, char hex[65])
{
    struct status status = configuration_hash(&scene->configuration, hex);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    cr_assert(eq(sz, strlen(hex), 64));
}

// Another value than the preset's, inside the key's range.
static void other_value(const struct preset_key *key, char text[PRESET_TEXT_SIZE])
{
    static const char *const texts[] = {[PRESET_CORRUPTIONS] = "Fo",
                                        [PRESET_METHODS] = "FT",
                                        [PRESET_SEEDS] = "99",
                                        [PRESET_WEIGHTS] = "1 0 0.5 0 0 2",
                                        [PRESET_PRIMITIVES] = "blur"};
    const double width = key->maximum - key->minimum;
    if (key->type == PRESET_REAL)
        snprintf(text, PRESET_TEXT_SIZE, "%.6g", key->minimum + 0.37 * (width < 1 ? width : 1));
    else if (key->type == PRESET_INTEGER)
        snprintf(text, PRESET_TEXT_SIZE, "%.0f", key->maximum - 1);
    else
        snprintf(text, PRESET_TEXT_SIZE, "%s", key->type == PRESET_CHOICE ? key->choices[1] : texts[key->type]);
}

Test(configuration_hash, changes_with_deciding_values_alone)
{
    char before[65], after[65];
    struct scene scene;
    scene_create(&scene);
    cr_assert(eq(int, preset_override(&scene.preset, "training.warmup_kind=plain", "test").code, STATUS_OK));
    hash(&scene, before);
    for (int i = 0; i < preset_key_count(); i++) {
        const struct preset_key *key = preset_key_at(i);
        struct preset_values kept = scene.preset.values;
        char value[PRESET_TEXT_SIZE];
        other_value(key, value);
        struct status status = preset_value_parse(key, value, &scene.preset.values);
        cr_assert(eq(int, status.code, STATUS_OK), "%s: %s", key->name, status.message);
        hash(&scene, after);
        cr_expect(eq(int, strcmp(before, after) != 0, key->decides), "%s", key->name);
        scene.preset.values = kept;
    }
    preset_destroy(&scene.preset);
}

Test(configuration_hash, leaves_out_seeds_lists_and_margins)
{
    static const char *const indifferent[] = {"matrix.seeds",      "matrix.corruptions", "matrix.methods",
                                              "report.delta_cell", "report.delta_mean",  "training.evaluate_every"};
    static const char *const deciding[] = {"network.depth",
                                           "network.widen",
                                           "training.batch_size",
                                           "training.weight_decay",
                                           "teacher.epochs",
                                           "target.epochs",
                                           "training.warmup_kind",
                                           "teacher.learning_rate",
                                           "target.learning_rate",
                                           "training.label_smoothing",
                                           "training.base_augmentation",
                                           "training.precision"};
    for (size_t i = 0; i < sizeof indifferent / sizeof indifferent[0]; i++)
        cr_expect(not(preset_key_at(preset_key_find(indifferent[i]))->decides), "%s", indifferent[i]);
    for (size_t i = 0; i < sizeof deciding / sizeof deciding[0]; i++)
        cr_expect(preset_key_at(preset_key_find(deciding[i]))->decides, "%s", deciding[i]);
}

Test(configuration_hash, changes_with_data_start_and_device)
{
    char hashes[8][65];
    struct scene scene;
    scene_create(&scene);
    hash(&scene, hashes[0]);
    strcpy(scene.teacher_data.sha256, "cc");
    hash(&scene, hashes[1]);
    strcpy(scene.target_data.sha256, "dd");
    hash(&scene, hashes[2]);
    scene.target_data.train.count++;
    hash(&scene, hashes[3]);
    scene.configuration.teacher_images = "clean+corrupted";
    hash(&scene, hashes[4]);
    scene.configuration.start = "ee";
    hash(&scene, hashes[5]);
    scene.configuration.teacher_data = NULL;
    hash(&scene, hashes[6]);
    scene.configuration.kernels = kernels_find("reference");
    hash(&scene, hashes[7]);
    for (int i = 0; i < 8; i++)
        for (int j = 0; j < i; j++) cr_expect(ne(str, hashes[i], hashes[j]), "%d and %d", i, j);
    preset_destroy(&scene.preset);
}

// Of one precision: another one is another arithmetic.
Test(configuration_hash, is_the_same_for_all_instruction_sets)
{
    char first[65], other[65];
    struct scene scene;
    scene_create(&scene);
    hash(&scene, first);
    for (const struct kernels *const *kernels = kernels_available(); *kernels != NULL; kernels++) {
        if (strncmp((*kernels)->name, "cpu-", 4) != 0) continue;
        scene.configuration.kernels = *kernels;
        hash(&scene, other);
        bool same = (*kernels)->precision == PRECISION_FP32;
        cr_expect(eq(int, strcmp(first, other) == 0, same), "%s", (*kernels)->name);
    }
    preset_destroy(&scene.preset);
}

Test(configuration_hash, text_is_sorted_and_exact)
{
    struct scene scene;
    scene_create(&scene);
    cr_assert(eq(int, preset_override(&scene.preset, "training.weight_decay=0.00050", "test").code, STATUS_OK));
    char *text = configuration_text(&scene.configuration), *previous = NULL, *rest = NULL;
    cr_assert(text != NULL);
    cr_expect(strstr(text, "\ntraining.weight_decay=0.0005\n") != NULL, "%s", text);
    cr_expect(strstr(text, "\nconfiguration.data.teacher=synthetic-10 aa train=10 test=0\n") != NULL, "%s", text);
    for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
        cr_expect(previous == NULL || strcmp(previous, line) < 0, "%s before %s", previous, line);
        previous = line;
    }
    free(text);
    preset_destroy(&scene.preset);
}

// matrix_test.c: runs and the matrix of runs, end to end on a few drawn images: names, skipping, divergence, failures,
// retries, locks.
#include "harness/matrix.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/log.h"
#include "harness/run_data.h"
#include "tests/support/small_cifar.h"
#include "tests/support/temporary_folder.h"

// Two corruptions, one method, one seed: 4 runs of WRN-10-1, an epoch of 10 steps each.
static const char *const tiny[] = {
    "data.synthetic_train_images_teacher=100",
    "data.synthetic_train_images_target=100",
    "data.synthetic_test_images_teacher=20",
    "data.synthetic_test_images_target=100",
    "training.batch_size=10",
    "teacher.epochs=1",
    "target.epochs=1",
    "matrix.corruptions=GN Co",
    "matrix.methods=FT",
};

struct scene {
    char root[TEMPORARY_PATH_SIZE];
    struct preset preset;
    struct device *device;
    struct matrix_request request;
    struct matrix_summary summary;
};

static void set(struct scene *scene, const char *assignment)
{
    struct status status = preset_override(&scene->preset, assignment, "test");
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
}

static void scene_create(struct scene *scene)
{
    memset(scene, 0, sizeof *scene);
    log_set_level(LOG_ERROR);
    temporary_folder_create(scene->root);
    cr_assert(eq(int, preset_load("quick", &scene->preset).code, STATUS_OK));
    for (size_t i = 0; i < sizeof tiny / sizeof tiny[0]; i++) set(scene, tiny[i]);
    cr_assert(eq(int, device_open(kernels_find("cpu"), (struct device_settings){.threads = 1}, &scene->device).code,
                 STATUS_OK));
    scene->request = (struct matrix_request){
        .preset = &scene->preset, .device = scene->device, .runs_folder = scene->root, .checkpoint_seconds = 1000};
}

static void scene_destroy(struct scene *scene)
{
    device_close(scene->device);
    preset_destroy(&scene->preset);
    temporary_folder_remove(scene->root);
}

static struct status run(struct scene *scene)
{
    return matrix_run(&scene->request, &scene->summary);
}

static void expect_counts(const struct scene *scene, int trained, int skipped, int diverged, int failed)
{
    const struct matrix_summary *found = &scene->summary;
    cr_expect(eq(int, found->trained, trained), "trained");
    cr_expect(eq(int, found->skipped, skipped), "skipped");
    cr_expect(eq(int, found->diverged, diverged), "diverged");
    cr_expect(eq(int, found->failed, failed), "failed");
    cr_expect(eq(int, found->runs, trained + skipped + diverged + failed + found->busy), "all");
}

// The folder of a run of seed 1.
static char *run_path(const struct scene *scene, const char *front)
{
    char name[RUN_NAME_SIZE];
    snprintf(name, sizeof name, "%s-seed1-%.8s", front, scene->summary.configuration_hash);
    return path_join(scene->root, name);
}

static struct run_summary read_run(const struct scene *scene, const char *front)
{
    struct run_summary summary;
    char *path = run_path(scene, front);
    struct status status = run_folder_read(path, &summary);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    free(path);
    return summary;
}

Test(run_plan, names_differ_without_case)
{
    enum { SEEDS = 3, METHODS = 4, COUNT = SEEDS * CORRUPTION_COUNT * (1 + METHODS) };
    static const struct method methods[METHODS] = {
        {.code = "FT"}, {.code = "AM"}, {.code = "FA"}, {.code = "TransInv"}};
    static char names[COUNT][RUN_NAME_SIZE];
    uint32_t keys[SEEDS * CORRUPTION_COUNT];
    int count = 0, key_count = 0;
    for (uint32_t seed = 0; seed < SEEDS; seed++)
        for (int c = 0; c < CORRUPTION_COUNT; c++)
            for (int m = -1; m < METHODS; m++) {
                struct run_plan plan = {.role = m < 0 ? RUN_TEACHER : RUN_TARGET,
                                        .corruption = corruption_at(c),
                                        .method = m < 0 ? NULL : &methods[m],
                                        .seed = seed,
                                        .configuration_hash = "0123456789abcdef"};
                run_plan_name(&plan);
                strcpy(names[count++], plan.name);
                if (m < 0) keys[key_count++] = run_random_key(&plan);
                cr_expect(eq(u32, run_random_key(&plan), keys[key_count - 1]),
                          "methods share the draws of their teacher");
            }
    cr_assert(eq(int, count, COUNT));
    cr_expect(eq(str, names[0], "teacher-gaussian_noise-seed0-01234567"));
    cr_expect(eq(str, names[4], "transinv-gaussian_noise-seed0-01234567"));
    for (int i = 0; i < count; i++)
        for (int j = 0; j < i; j++) cr_expect(ne(int, strcasecmp(names[i], names[j]), 0), "%s", names[i]);
    for (int i = 0; i < key_count; i++)
        for (int j = 0; j < i; j++) cr_expect(ne(u32, keys[i], keys[j]));
}

Test(run_data, needs_a_batch_of_images)
{
    struct scene scene;
    struct dataset data;
    scene_create(&scene);
    set(&scene, "training.batch_size=101");
    const struct run_data_request request = {.preset = &scene.preset};
    struct status status = run_data_load(&request, "synthetic-10", &data);
    cr_expect(eq(int, status.code, STATUS_USAGE));
    cr_expect(strstr(status.message, "at most the 100 training images") != NULL, "%s", status.message);
    set(&scene, "training.batch_size=100");
    status = run_data_load(&request, "synthetic-10", &data);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    cr_expect(eq(int, data.train.count, 100));
    cr_expect(eq(int, data.test.count, 20));
    dataset_destroy(&data);
    cr_expect(eq(str, (char *)run_data_name(&scene.preset, RUN_TEACHER), "synthetic-10"));
    set(&scene, "data.source=cifar");
    cr_expect(eq(str, (char *)run_data_name(&scene.preset, RUN_TARGET), "cifar-100"));
    scene_destroy(&scene);
}

static void expect_description(const struct scene *scene)
{
    char *teacher_path = run_path(scene, "teacher-contrast"), *target_path = run_path(scene, "ft-contrast");
    char *text = temporary_file_read(target_path, "run.json");
    json_t *target = json_loads(text, 0, NULL);
    cr_assert(target != NULL);
    cr_expect(eq(str, (char *)json_string_value(json_object_get(target, "role")), "target"));
    cr_expect(eq(str, (char *)json_string_value(json_object_get(target, "method")), "FT"));
    cr_expect(eq(str, (char *)json_string_value(json_object_get(target, "corruption")), "Co"));
    cr_expect(eq(str, (char *)json_string_value(json_object_get(target, "teacher_images")), "clean+corrupted"));
    cr_expect(
        eq(str, (char *)json_string_value(json_object_get(target, "teacher_run")), strrchr(teacher_path, '/') + 1));
    cr_expect(eq(str, (char *)json_string_value(json_object_get(target, "configuration_hash")),
                 (char *)scene->summary.configuration_hash));
    cr_expect(json_array_size(json_object_get(target, "remarks")) >= 1);
    const json_t *epochs = json_object_get(json_object_get(target, "configuration"), "target.epochs");
    cr_expect(eq(str, (char *)json_string_value(json_object_get(epochs, "mark")), "override"));
    json_decref(target);
    free(text);
    free(teacher_path);
    free(target_path);
}

// The severities of result.json: what C4 is computed from.
static json_t *read_curve(const struct scene *scene, const char *front)
{
    char *path = run_path(scene, front), *text = temporary_file_read(path, "result.json");
    json_t *result = json_loads(text, 0, NULL), *curve = json_incref(json_object_get(result, "corrupted"));
    json_decref(result);
    free(text);
    free(path);
    return curve;
}

Test(matrix, every_run_is_measured_on_its_teachers_corruption)
{
    static const char *const fronts[] = {"teacher-frost", "ft-frost", "fa-frost"};
    struct scene scene;
    scene_create(&scene);
    set(&scene, "matrix.corruptions=Fr");
    set(&scene, "matrix.methods=FT FA");
    struct status status = run(&scene);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    for (size_t i = 0; i < sizeof fronts / sizeof fronts[0]; i++) {
        json_t *curve = read_curve(&scene, fronts[i]);
        const json_t *accuracy = json_object_get(curve, "accuracy_percent");
        cr_expect(eq(sz, json_array_size(accuracy), 1 + CORRUPTION_SEVERITIES), "%s", fronts[i]);
        cr_expect(
            eq(dbl, json_number_value(json_array_get(accuracy, 0)), read_run(&scene, fronts[i]).test_accuracy_percent),
            "severity 0 is the test set");
        cr_expect(eq(str, (char *)json_string_value(json_object_get(curve, "corruption")), "Fr"));
        cr_expect(eq(str, (char *)json_string_value(json_object_get(curve, "frost_textures")), "procedural"));
        json_decref(curve);
    }
    scene_destroy(&scene);
}

// Files of that name with other bytes: every teacher's result says so, a warning only once.
Test(matrix, published_images_that_are_not_official_are_told)
{
    static const char *const settings[] = {"data.source=cifar",      "data.corrupted_source=published",
                                           "training.batch_size=10", "matrix.corruptions=Fo",
                                           "matrix.seeds=1 2",       "matrix.methods=FT"};
    struct scene scene;
    char place[TEMPORARY_PATH_SIZE], *errors;
    temporary_folder_enter(place);
    scene_create(&scene);
    for (size_t s = 0; s < sizeof settings / sizeof settings[0]; s++) set(&scene, settings[s]);
    small_cifar_write_published(place, "fog");
    scene.request.data_folder = ".";
    scene.request.catalog = "catalog.json";
    log_set_level(LOG_WARNING);
    cr_assert(freopen("errors.txt", "w", stderr) != NULL);
    struct status status = run(&scene);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    fflush(stderr);
    expect_counts(&scene, 4, 0, 0, 0);
    errors = temporary_file_read(place, "errors.txt");
    char *first = strstr(errors, "CIFAR-10-C (fog) do not have the published checksums");
    cr_expect(first != NULL && strstr(first + 1, "CIFAR-10-C (fog)") == NULL, "expected one warning: %s", errors);
    json_t *teacher = read_curve(&scene, "teacher-fog"), *target = read_curve(&scene, "ft-fog");
    cr_expect(eq(str, (char *)json_string_value(json_object_get(teacher, "source")), "published"));
    cr_expect(eq(int, json_typeof(json_object_get(teacher, "official")), JSON_FALSE));
    cr_expect(eq(str, (char *)json_string_value(json_object_get(target, "source")), "generated"));
    cr_expect(eq(int, json_typeof(json_object_get(target, "official")), JSON_NULL));
    json_decref(teacher);
    json_decref(target);
    free(errors);
    scene_destroy(&scene);
    temporary_folder_leave(place);
}

Test(matrix, trains_everything_once)
{
    struct scene scene;
    scene_create(&scene);
    struct status status = run(&scene);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    expect_counts(&scene, 4, 0, 0, 0);
    expect_description(&scene);
    struct run_summary first = read_run(&scene, "ft-gaussian_noise"), other = read_run(&scene, "ft-contrast");
    cr_expect(ne(str, first.model_sha256, other.model_sha256), "columns have draws of their own");
    char *path = run_path(&scene, "ft-gaussian_noise"), *before = temporary_file_read(path, "result.json");
    status = run(&scene);
    cr_expect(eq(int, status.code, STATUS_OK), "%s", status.message);
    expect_counts(&scene, 0, 4, 0, 0);
    char *after = temporary_file_read(path, "result.json");
    cr_expect(eq(str, before, after), "a finished run is left alone");
    free(before);
    free(after);
    free(path);
    set(&scene, "target.learning_rate=0.05"); // another configuration is another set of runs
    status = run(&scene);
    cr_expect(eq(int, status.code, STATUS_OK), "%s", status.message);
    expect_counts(&scene, 4, 0, 0, 0);
    scene_destroy(&scene);
}

Test(matrix, repeats_its_bits)
{
    struct scene scenes[2];
    for (int i = 0; i < 2; i++) {
        scene_create(&scenes[i]);
        set(&scenes[i], "matrix.corruptions=GN");
        struct status status = run(&scenes[i]);
        cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    }
    struct run_summary first = read_run(&scenes[0], "ft-gaussian_noise"),
                       second = read_run(&scenes[1], "ft-gaussian_noise");
    cr_expect(eq(str, first.model_sha256, second.model_sha256));
    for (int i = 0; i < 2; i++) scene_destroy(&scenes[i]);
}

// Weight decay 1 at a rate of a million multiplies every weight by -999999 in each step.
Test(matrix, goes_on_when_a_run_diverges)
{
    struct scene scene;
    scene_create(&scene);
    set(&scene, "training.weight_decay=1");
    set(&scene, "target.learning_rate=1000000");
    struct status status = run(&scene);
    cr_expect(eq(int, status.code, STATUS_FAILED), "%s", status.message);
    cr_expect(strstr(status.message, "2 of 4 runs have no result: 2 diverged") != NULL, "%s", status.message);
    expect_counts(&scene, 2, 0, 2, 0);
    struct run_summary target = read_run(&scene, "ft-contrast");
    cr_expect(eq(int, target.state, RUN_FOLDER_DIVERGED));
    cr_expect(strstr(target.message, "diverged in epoch 1") != NULL, "%s", target.message);
    status = run(&scene);
    cr_expect(eq(int, status.code, STATUS_FAILED), "an old failure is still one");
    expect_counts(&scene, 0, 2, 2, 0);
    scene_destroy(&scene);
}

Test(matrix, gives_up_targets_of_a_diverged_teacher)
{
    struct scene scene;
    scene_create(&scene);
    set(&scene, "training.weight_decay=1");
    set(&scene, "teacher.learning_rate=1000000");
    set(&scene, "matrix.corruptions=GN");
    struct status status = run(&scene);
    cr_expect(eq(int, status.code, STATUS_FAILED), "%s", status.message);
    expect_counts(&scene, 0, 0, 1, 1);
    struct run_summary target = read_run(&scene, "ft-gaussian_noise");
    cr_expect(eq(int, target.state, RUN_FOLDER_FAILED));
    cr_expect(strstr(target.message, "its teacher teacher-gaussian_noise-seed1-") != NULL, "%s", target.message);
    cr_expect(strstr(target.message, "diverged") != NULL, "%s", target.message);
    scene_destroy(&scene);
}

// A checkpoint that is none makes a run fail; only --retry replaces it, and then the targets that had no teacher.
Test(matrix, retries_on_request)
{
    struct scene scene;
    scene_create(&scene);
    set(&scene, "matrix.corruptions=GN");
    cr_assert(eq(int, run(&scene).code, STATUS_OK));
    struct run_summary before = read_run(&scene, "ft-gaussian_noise");
    char *teacher = run_path(&scene, "teacher-gaussian_noise"), *target = run_path(&scene, "ft-gaussian_noise");
    char *old_result = path_join(teacher, "result.json"), *old_run = path_join(target, "run.json"),
         *old_target_result = path_join(target, "result.json");
    remove(old_result);
    remove(old_target_result);
    remove(old_run);
    temporary_file_write(teacher, "checkpoint.safetensors", "this is no checkpoint");
    cr_expect(eq(int, run(&scene).code, STATUS_FAILED));
    expect_counts(&scene, 0, 0, 0, 2);
    cr_expect(eq(int, run(&scene).code, STATUS_FAILED));
    expect_counts(&scene, 0, 0, 0, 2);
    scene.request.retry = true;
    struct status status = run(&scene);
    cr_expect(eq(int, status.code, STATUS_OK), "%s", status.message);
    expect_counts(&scene, 2, 0, 0, 0);
    struct run_summary after = read_run(&scene, "ft-gaussian_noise");
    cr_expect(eq(str, before.model_sha256, after.model_sha256), "the same bits in the end");
    free(teacher);
    free(target);
    free(old_result);
    free(old_run);
    free(old_target_result);
    scene_destroy(&scene);
}

Test(matrix, trusts_no_changed_model)
{
    struct scene scene;
    scene_create(&scene);
    set(&scene, "matrix.corruptions=GN");
    cr_assert(eq(int, run(&scene).code, STATUS_OK));
    char *teacher = run_path(&scene, "teacher-gaussian_noise"), *target = run_path(&scene, "ft-gaussian_noise");
    temporary_file_write(teacher, "model.safetensors", "something else");
    temporary_folder_remove(target);
    cr_expect(eq(int, run(&scene).code, STATUS_FAILED));
    expect_counts(&scene, 0, 1, 0, 1);
    struct run_summary found = read_run(&scene, "ft-gaussian_noise");
    cr_expect(strstr(found.message, "expected the SHA-256") != NULL, "%s", found.message);
    free(teacher);
    free(target);
    scene_destroy(&scene);
}

Test(matrix, leaves_runs_of_another_process_alone)
{
    struct scene scene;
    char holder[128];
    struct run_folder *folder = NULL;
    scene_create(&scene);
    set(&scene, "matrix.corruptions=GN Co");
    cr_assert(eq(int, run(&scene).code, STATUS_OK));
    char *teacher = run_path(&scene, "teacher-gaussian_noise"), *target = run_path(&scene, "ft-gaussian_noise"),
         *result = path_join(teacher, "result.json");
    remove(result);
    cr_assert(eq(int, run_folder_open(teacher, &folder, holder).code, STATUS_OK));
    cr_assert(folder != NULL, "%s", holder);
    struct status status = run(&scene);
    cr_expect(eq(int, status.code, STATUS_FAILED));
    cr_expect(strstr(status.message, "1 wait for another process") != NULL, "%s", status.message);
    expect_counts(&scene, 0, 3, 0, 0);
    temporary_folder_remove(target);
    status = run(&scene);
    cr_expect(strstr(status.message, "2 wait for another process") != NULL, "%s", status.message);
    expect_counts(&scene, 0, 2, 0, 0);
    run_folder_close(folder);
    status = run(&scene);
    cr_expect(eq(int, status.code, STATUS_OK), "%s", status.message);
    free(target);
    free(teacher);
    free(result);
    scene_destroy(&scene);
}

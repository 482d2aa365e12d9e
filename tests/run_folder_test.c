// run_folder_test.c: what a run leaves on disk at each moment, what is made of damaged folders, and the lock.
#include "harness/run_folder.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "harness/environment.h"
#include "harness/json_text.h"
#include "tests/support/temporary_folder.h"

static const char run_hash[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

static json_t *describe(int seed, const char *backend)
{
    return json_pack("{s:i, s:s, s:s, s:i, s:s, s:n, s:s, s:[s], s:{s:s, s:s}, s:s}", "format", 1, "name", "run",
                     "configuration_hash", run_hash, "seed", seed, "role", "teacher", "method", "corruption", "GN",
                     "remarks", "First.", "environment", "backend", backend, "commit", "abc", "started", "now");
}

static void expect_state(const char *path, enum run_folder_state state)
{
    struct run_summary summary;
    struct status status = run_folder_read(path, &summary);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    cr_expect(eq(int, summary.state, state));
}

static struct run_folder *open_folder(const char *path)
{
    char holder[128];
    struct run_folder *folder = NULL;
    struct status status = run_folder_open(path, &folder, holder);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    cr_assert(folder != NULL, "locked by %s", holder);
    return folder;
}

static void begin(struct run_folder *folder, int seed, const char *backend)
{
    json_t *description = describe(seed, backend);
    struct status status = run_folder_begin(folder, description);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    json_decref(description);
}

static void finish(struct run_folder *folder, enum run_folder_state state)
{
    const struct evaluation test = {.accuracy = 0.5, .loss = 1.5, .correct = 5, .images = 10};
    const struct epoch_record last = {.epoch = 2, .steps = 20, .train_loss = NAN, .train_accuracy = 0.25};
    bool done = state == RUN_FOLDER_DONE;
    const struct run_result result = {.state = state,
                                      .message = done ? "" : "too bad \xff",
                                      .test = done ? &test : NULL,
                                      .last = &last,
                                      .seconds = 3,
                                      .images_per_second = INFINITY,
                                      .model_sha256 = done ? run_hash : NULL};
    struct status status = run_folder_finish(folder, "run", &result);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
}

Test(run_folder, goes_through_its_states)
{
    char root[TEMPORARY_PATH_SIZE];
    temporary_folder_create(root);
    char *path = path_join(root, "deep/run");
    expect_state(path, RUN_FOLDER_ABSENT);
    struct run_folder *folder = open_folder(path);
    expect_state(path, RUN_FOLDER_ABSENT);
    begin(folder, 1, "cpu-avx2");
    expect_state(path, RUN_FOLDER_UNFINISHED);
    finish(folder, RUN_FOLDER_DONE);
    struct run_summary summary;
    cr_assert(eq(int, run_folder_read(path, &summary).code, STATUS_OK));
    cr_expect(eq(int, summary.state, RUN_FOLDER_DONE));
    cr_expect(eq(dbl, summary.test_accuracy_percent, 50));
    cr_expect(eq(str, summary.configuration_hash, (char *)run_hash));
    cr_expect(eq(str, summary.model_sha256, (char *)run_hash));
    finish(folder, RUN_FOLDER_DIVERGED);
    expect_state(path, RUN_FOLDER_DIVERGED);
    finish(folder, RUN_FOLDER_FAILED);
    cr_assert(eq(int, run_folder_read(path, &summary).code, STATUS_OK));
    cr_expect(eq(int, summary.state, RUN_FOLDER_FAILED));
    cr_expect(eq(str, summary.message, "too bad ?"));
    cr_assert(eq(int, run_folder_clear(folder).code, STATUS_OK));
    expect_state(path, RUN_FOLDER_ABSENT);
    run_folder_close(folder);
    free(path);
    temporary_folder_remove(root);
}

Test(run_folder, writes_null_for_what_is_no_number)
{
    char root[TEMPORARY_PATH_SIZE];
    temporary_folder_create(root);
    struct run_folder *folder = open_folder(root);
    begin(folder, 1, "cpu-avx2");
    const struct epoch_record record = {
        .epoch = 1, .steps = 10, .learning_rate = 0.1, .train_loss = INFINITY, .train_accuracy = 0.5, .seconds = 2};
    cr_assert(eq(int, run_folder_log_epoch(folder, &record).code, STATUS_OK));
    finish(folder, RUN_FOLDER_DONE);
    char *log = temporary_file_read(root, run_file_log), *result = temporary_file_read(root, run_file_result);
    cr_expect(eq(str, log,
                 "{\"epoch\":1,\"steps\":10,\"learning_rate\":0.1,\"train_loss\":null,"
                 "\"train_accuracy_percent\":50.0,\"test_accuracy_percent\":null,\"test_loss\":null,"
                 "\"seconds\":2.0,\"images_per_second\":0.0,\"augmentation\":null}\n"));
    json_t *object = json_loads(result, 0, NULL);
    cr_expect(eq(int, json_typeof(json_object_get(object, "train_loss")), JSON_NULL));
    cr_expect(eq(int, json_typeof(json_object_get(object, "images_per_second")), JSON_NULL));
    cr_expect(eq(int, (int)json_integer_value(json_object_get(object, "epochs")), 2));
    json_decref(object);
    free(log);
    free(result);
    run_folder_close(folder);
    temporary_folder_remove(root);
}

Test(run_folder, forgets_the_checkpoint_last)
{
    char root[TEMPORARY_PATH_SIZE];
    temporary_folder_create(root);
    struct run_folder *folder = open_folder(root);
    char *checkpoint = run_folder_file(folder, run_file_checkpoint);
    begin(folder, 1, "cpu-avx2");
    temporary_file_write(root, run_file_checkpoint, "x");
    finish(folder, RUN_FOLDER_DONE);
    cr_expect(not(file_exists(checkpoint)));
    temporary_file_write(root, run_file_checkpoint, "x");
    cr_expect(eq(int, run_folder_forget_checkpoint(root).code, STATUS_OK));
    cr_expect(not(file_exists(checkpoint)));
    cr_expect(eq(int, run_folder_forget_checkpoint(root).code, STATUS_OK), "it may be gone already");
    free(checkpoint);
    run_folder_close(folder);
    temporary_folder_remove(root);
}

Test(run_folder, refuses_another_run)
{
    char root[TEMPORARY_PATH_SIZE];
    temporary_folder_create(root);
    struct run_folder *folder = open_folder(root);
    begin(folder, 1, "cpu-avx2");
    json_t *same = describe(1, "cpu-avx512"), *other = describe(2, "cpu-avx2");
    cr_expect(eq(int, run_folder_check(root, same).code, STATUS_OK));
    struct status status = run_folder_check(root, other);
    cr_expect(eq(int, status.code, STATUS_USAGE));
    cr_expect(strstr(status.message, "its seed is 1, this one's 2") != NULL, "%s", status.message);
    cr_expect(eq(int, run_folder_begin(folder, other).code, STATUS_USAGE));
    json_decref(same);
    json_decref(other);
    run_folder_close(folder);
    temporary_folder_remove(root);
}

Test(run_folder, says_that_a_run_went_on_elsewhere)
{
    char root[TEMPORARY_PATH_SIZE];
    temporary_folder_create(root);
    struct run_folder *folder = open_folder(root);
    static const struct {
        const char *backend;
        bool checkpoint;
        size_t remarks;
    } steps[] = {{"cpu-avx2", false, 1}, {"cpu-avx512", false, 1}, {"cpu-avx512", true, 1}, {"cpu-avx2", true, 2}};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        if (steps[i].checkpoint) temporary_file_write(root, run_file_checkpoint, "x");
        begin(folder, 1, steps[i].backend);
        char *text = temporary_file_read(root, run_file_description);
        json_t *run = json_loads(text, 0, NULL);
        cr_expect(eq(sz, json_array_size(json_object_get(run, "remarks")), steps[i].remarks), "step %zu: %s", i, text);
        json_decref(run);
        free(text);
    }
    run_folder_close(folder);
    temporary_folder_remove(root);
}

Test(run_folder, names_damaged_files)
{
    static const struct {
        const char *file, *text;
    } cases[] = {
        {run_file_description, ""},
        {run_file_description, "[]"},
        {run_file_result, "{"},
        {run_file_result, "{\"status\":\"well\"}"},
        {run_file_result, "{\"status\":\"done\"}"},
        {run_file_result, "{\"status\":\"done\",\"test_accuracy_percent\":50,\"model_sha256\":\"12\"}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char root[TEMPORARY_PATH_SIZE];
        struct run_summary summary;
        temporary_folder_create(root);
        temporary_file_write(root, run_file_description, "{}");
        temporary_file_write(root, cases[i].file, cases[i].text);
        struct status status = run_folder_read(root, &summary);
        cr_expect(eq(int, status.code, STATUS_BAD_INPUT), "%s", cases[i].text);
        cr_expect(strstr(status.message, cases[i].file) != NULL, "%s", status.message);
        temporary_folder_remove(root);
    }
}

Test(run_folder, belongs_to_one_process_at_a_time)
{
    char root[TEMPORARY_PATH_SIZE], holder[128], expected[64];
    temporary_folder_create(root);
    int ready[2];
    cr_assert(eq(int, pipe(ready), 0));
    pid_t child = fork();
    if (child == 0) {
        struct run_folder *own = NULL;
        bool good = run_folder_open(root, &own, holder).code == STATUS_OK && own != NULL;
        if (write(ready[1], good ? "y" : "n", 1) == 1) pause(); // until the parent kills it: no chance to unlock
        _exit(1);
    }
    char answer = 0;
    cr_assert(eq(int, (int)read(ready[0], &answer, 1), 1));
    cr_assert(eq(chr, answer, 'y'));
    struct run_folder *folder = NULL;
    cr_assert(eq(int, run_folder_open(root, &folder, holder).code, STATUS_OK));
    cr_expect(eq(ptr, folder, NULL));
    snprintf(expected, sizeof expected, "process %ld", (long)child);
    cr_expect(strstr(holder, expected) != NULL, "%s", holder);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    folder = open_folder(root);
    run_folder_close(folder);
    close(ready[0]);
    close(ready[1]);
    temporary_folder_remove(root);
}

Test(run_folder, cannot_be_where_a_file_is)
{
    char root[TEMPORARY_PATH_SIZE], holder[128];
    struct run_folder *folder = NULL;
    temporary_folder_create(root);
    temporary_file_write(root, "file", "x");
    char *path = path_join(root, "file");
    cr_expect(eq(int, run_folder_open(path, &folder, holder).code, STATUS_IO));
    cr_expect(eq(ptr, folder, NULL));
    free(path);
    temporary_folder_remove(root);
}

Test(environment, describes_program_and_machine)
{
    struct device *device = NULL;
    cr_assert(
        eq(int, device_open(kernels_find("cpu"), (struct device_settings){.threads = 1}, &device).code, STATUS_OK));
    json_t *now = environment_to_json(device), *other = json_deep_copy(now);
    static const char *const texts[] = {"version", "commit", "compiler", "device",
                                        "backend", "cpu",    "system",   "algorithm_table"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        cr_expect(json_string_length(json_object_get(now, texts[i])) > 0, "%s", texts[i]);
    cr_expect(eq(str, (char *)json_string_value(json_object_get(now, "device")), "cpu"));
    cr_expect(eq(int, (int)json_integer_value(json_object_get(now, "threads")), 1));
    cr_expect(ne(ptr, json_object_get(now, "tree_clean"), NULL));
    json_object_set_new(other, "threads", json_integer(7));
    json_object_set_new(other, "cpu", json_string("another"));
    cr_expect(not(environment_changes_bits(now, other)));
    json_object_set_new(other, "backend", json_string("reference"));
    cr_expect(environment_changes_bits(now, other));
    json_decref(now);
    json_decref(other);
    device_close(device);
}

Test(json_text, accepts_any_bytes)
{
    static const struct {
        const char *bytes, *text;
    } cases[] = {{"plain", "plain"},
                 {"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"},
                 {"a\xff"
                  "b\xc3",
                  "a?b?"},
                 {"", ""}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        json_t *string = json_text(cases[i].bytes);
        cr_assert(string != NULL);
        cr_expect(eq(str, (char *)json_string_value(string), (char *)cases[i].text));
        json_decref(string);
    }
}

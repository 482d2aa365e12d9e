// run_folder.c: reads and writes the files of a run in the order that makes a crash harmless: run.json, log.jsonl, the
// model, result.json, and only then away with the checkpoint. Locks against a second process are run_lock.c's.
// Tests: tests/run_folder_test.c.
#include "harness/run_folder.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/machine.h"
#include "harness/environment.h"
#include "harness/json_text.h"
#include "harness/run_lock.h"

enum { RUN_JSON_LIMIT = 16 << 20 };

const char run_file_description[] = "run.json", run_file_log[] = "log.jsonl", run_file_result[] = "result.json",
           run_file_model[] = "model.safetensors", run_file_checkpoint[] = "checkpoint.safetensors",
           run_file_augmentation[] = "augmentation.safetensors", run_file_panel[] = "panel.png",
           run_file_lock[] = "lock";

static const char *const state_names[] = {
    [RUN_FOLDER_DONE] = "done", [RUN_FOLDER_DIVERGED] = "diverged", [RUN_FOLDER_FAILED] = "failed"};

struct run_folder {
    char *path;
    int lock;
};

// ---- JSON files ------------------------------------------------------------------------------------------------

// STATUS_MISSING when absent; an object otherwise.
static struct status read_object(const char *folder, const char *name, json_t **object)
{
    uint8_t *bytes = NULL;
    size_t size;
    json_error_t error;
    char *path = path_join(folder, name);
    *object = NULL;
    struct status status = file_read(path, RUN_JSON_LIMIT, &bytes, &size);
    if (status.code != STATUS_OK) goto done;
    *object = json_loadb((const char *)bytes, size, JSON_REJECT_DUPLICATES, &error);
    if (*object == NULL)
        status = status_error(STATUS_BAD_INPUT, "%s, line %d: expected JSON: %s", path, error.line, error.text);
    else if (!json_is_object(*object))
        status = status_error(STATUS_BAD_INPUT, "%s: expected a JSON object, found another value", path);
    if (status.code != STATUS_OK) {
        json_decref(*object);
        *object = NULL;
    }
done:
    free(bytes);
    free(path);
    return status;
}

static struct status write_object(const char *folder, const char *name, const json_t *object)
{
    char *path = path_join(folder, name);
    struct status status;
    // 15 digits bring back every number that a person wrote, and read better than 17.
    char *text = object != NULL ? json_dumps(object, JSON_INDENT(2) | JSON_REAL_PRECISION(15)) : NULL;
    size_t length = text != NULL ? strlen(text) : 0;
    if (text == NULL) {
        status = status_error(STATUS_NO_MEMORY, "write %s: out of memory", path);
        goto done;
    }
    text[length] = '\n'; // in the place of the terminating 0: the size is counted
    status = file_write_atomic(path, text, length + 1);
done:
    free(text);
    free(path);
    return status;
}

static json_t *text_or_null(const char *text)
{
    return text != NULL ? json_text(text) : json_null();
}

static void copy_text(const json_t *object, const char *key, char *text, size_t size)
{
    const char *value = json_string_value(json_object_get(object, key));
    snprintf(text, size, "%s", value != NULL ? value : "");
}

// ---- reading ---------------------------------------------------------------------------------------------------

static struct status read_result(const char *path, struct run_summary *summary)
{
    json_t *result = NULL;
    struct status status = read_object(path, run_file_result, &result);
    if (status.code == STATUS_MISSING) {
        summary->state = RUN_FOLDER_UNFINISHED;
        return status_ok();
    }
    if (status.code != STATUS_OK) return status;
    char state[32];
    copy_text(result, "status", state, sizeof state);
    for (enum run_folder_state i = RUN_FOLDER_DONE; i <= RUN_FOLDER_FAILED; i++)
        if (strcmp(state, state_names[i]) == 0) summary->state = i;
    copy_text(result, "message", summary->message, sizeof summary->message);
    copy_text(result, "model_sha256", summary->model_sha256, sizeof summary->model_sha256);
    const json_t *accuracy = json_object_get(result, "test_accuracy_percent");
    summary->test_accuracy_percent = json_number_value(accuracy);
    if (summary->state == RUN_FOLDER_ABSENT)
        status = status_error(STATUS_BAD_INPUT, "%s/%s: expected status done, diverged or failed, found \"%s\"", path,
                              run_file_result, state);
    else if (summary->state == RUN_FOLDER_DONE && (!json_is_number(accuracy) || strlen(summary->model_sha256) != 64))
        status =
            status_error(STATUS_BAD_INPUT, "%s/%s: status is done, but the accuracy or the model's checksum is missing",
                         path, run_file_result);
    json_decref(result);
    return status;
}

struct status run_folder_read(const char *path, struct run_summary *summary)
{
    json_t *description = NULL;
    *summary = (struct run_summary){.state = RUN_FOLDER_ABSENT};
    struct status status = read_object(path, run_file_description, &description);
    if (status.code == STATUS_MISSING) return status_ok();
    if (status.code != STATUS_OK) return status;
    copy_text(description, "configuration_hash", summary->configuration_hash, sizeof summary->configuration_hash);
    json_decref(description);
    return read_result(path, summary);
}

// ---- writing ---------------------------------------------------------------------------------------------------

struct status run_folder_open(const char *path, struct run_folder **folder, char holder[128])
{
    int lock = -1;
    *folder = NULL;
    struct status status = file_make_folders(path);
    char *lock_path = path_join(path, run_file_lock);
    if (status.code == STATUS_OK) status = run_lock_acquire(lock_path, &lock, holder);
    free(lock_path);
    if (status.code != STATUS_OK || lock < 0) return status;
    struct run_folder *created = malloc(sizeof *created);
    char *copy = strdup(path);
    if (created == NULL || copy == NULL) {
        free(created);
        free(copy);
        run_lock_release(lock);
        return status_error(STATUS_NO_MEMORY, "open run folder %s: out of memory", path);
    }
    *created = (struct run_folder){.path = copy, .lock = lock};
    *folder = created;
    return status;
}

void run_folder_close(struct run_folder *folder)
{
    if (folder == NULL) return;
    run_lock_release(folder->lock);
    free(folder->path);
    free(folder);
}

char *run_folder_file(const struct run_folder *folder, const char *name)
{
    return path_join(folder->path, name);
}

static struct status remove_file(const char *folder, const char *name)
{
    struct status status = status_ok();
    char *path = path_join(folder, name);
    if (unlink(path) != 0 && errno != ENOENT) status = status_error(STATUS_IO, "remove %s: %s", path, strerror(errno));
    free(path);
    return status;
}

// A folder given by hand may hold anything; two runs must not mix in one.
struct status run_folder_check(const char *path, const json_t *description)
{
    static const char *const keys[] = {"configuration_hash", "seed", "role", "method", "corruption"};
    json_t *before = NULL;
    struct status status = read_object(path, run_file_description, &before);
    if (status.code == STATUS_MISSING) return status_ok();
    for (size_t i = 0; status.code == STATUS_OK && i < sizeof keys / sizeof keys[0]; i++) {
        const json_t *old = json_object_get(before, keys[i]), *wanted = json_object_get(description, keys[i]);
        if (json_equal(old, wanted)) continue;
        char *found = json_dumps(old, JSON_ENCODE_ANY), *expected = json_dumps(wanted, JSON_ENCODE_ANY);
        status =
            status_error(STATUS_USAGE, "%s holds another run: its %s is %s, this one's %s; choose another folder", path,
                         keys[i], found != NULL ? found : "missing", expected != NULL ? expected : "missing");
        free(found);
        free(expected);
    }
    json_decref(before);
    return status;
}

static void keep_history(const json_t *before, json_t *now)
{
    char remark[400], time[32];
    json_t *remarks = json_object_get(before, "remarks"), *environment = json_object_get(now, "environment");
    if (json_is_string(json_object_get(before, "started")))
        json_object_set(now, "started", json_object_get(before, "started"));
    if (json_is_array(remarks)) json_object_set(now, "remarks", remarks);
    if (!environment_changes_bits(json_object_get(before, "environment"), environment)) return;
    clock_utc_text(time);
    snprintf(
        remark, sizeof remark,
        "Continued at %s in another environment (backend %s, commit %.12s), so its last digits cannot be repeated.",
        time, json_string_value(json_object_get(environment, "backend")),
        json_string_value(json_object_get(environment, "commit")));
    json_array_append_new(json_object_get(now, "remarks"), json_string(remark));
}

struct status run_folder_begin(struct run_folder *folder, json_t *description)
{
    json_t *before = NULL;
    struct status status = run_folder_check(folder->path, description);
    if (status.code == STATUS_OK) status = read_object(folder->path, run_file_description, &before);
    if (status.code == STATUS_MISSING) status = status_ok();
    char *checkpoint = run_folder_file(folder, run_file_checkpoint), *log = run_folder_file(folder, run_file_log);
    if (status.code == STATUS_OK && before != NULL && file_exists(checkpoint)) keep_history(before, description);
    if (status.code == STATUS_OK) status = write_object(folder->path, run_file_description, description);
    if (status.code == STATUS_OK) status = file_write_atomic(log, "", 0);
    free(checkpoint);
    free(log);
    json_decref(before);
    return status;
}

struct status run_folder_log_epoch(struct run_folder *folder, const struct epoch_record *record)
{
    struct status status;
    char *path = run_folder_file(folder, run_file_log);
    json_t *line =
        json_pack("{s:i, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "epoch", record->epoch, "steps",
                  (json_int_t)record->steps, "learning_rate", json_number(record->learning_rate), "train_loss",
                  json_number(record->train_loss), "train_accuracy_percent", json_number(100 * record->train_accuracy),
                  "test_accuracy_percent", json_number(record->evaluated ? 100 * record->test.accuracy : NAN),
                  "test_loss", json_number(record->evaluated ? record->test.loss : NAN), "seconds",
                  json_number(record->seconds), "images_per_second", json_number(record->images_per_second),
                  "augmentation", augmentation_record_json(&record->augmentation));
    char *text = line != NULL ? json_dumps(line, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;
    size_t length = text != NULL ? strlen(text) : 0;
    if (text == NULL) {
        status = status_error(STATUS_NO_MEMORY, "append to %s: out of memory", path);
        goto done;
    }
    text[length] = '\n';
    status = file_append(path, text, length + 1);
done:
    free(text);
    json_decref(line);
    free(path);
    return status;
}

static json_t *result_to_json(const char *name, const struct run_result *result)
{
    const struct evaluation *test = result->test;
    const struct epoch_record *last = result->last;
    char finished[32];
    clock_utc_text(finished);
    return json_pack(
        "{s:i, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:I, s:o, s:o, s:b, s:I, s:o, s:s}",
        "format", 1, "name", name, "status", state_names[result->state], "message", json_text(result->message),
        "test_accuracy_percent", json_number(test != NULL ? 100 * test->accuracy : NAN), "test_loss",
        json_number(test != NULL ? test->loss : NAN), "test_correct",
        test != NULL ? json_integer(test->correct) : json_null(), "test_images",
        test != NULL ? json_integer(test->images) : json_null(), "corrupted",
        result->curve != NULL ? severity_curve_json(result->curve) : json_null(), "augmentation",
        last != NULL ? augmentation_record_json(&last->augmentation) : json_null(), "train_loss",
        json_number(last != NULL ? last->train_loss : NAN), "train_accuracy_percent",
        json_number(last != NULL ? 100 * last->train_accuracy : NAN), "epochs", last != NULL ? last->epoch : 0, "steps",
        (json_int_t)(last != NULL ? last->steps : 0), "seconds", json_number(result->seconds), "images_per_second",
        json_number(result->images_per_second), "resumed", (int)result->resumed, "peak_memory_bytes",
        (json_int_t)machine_peak_memory_bytes(), "model_sha256", text_or_null(result->model_sha256), "finished",
        finished);
}

struct status run_folder_finish(struct run_folder *folder, const char *name, const struct run_result *result)
{
    json_t *object = result_to_json(name, result);
    struct status status = write_object(folder->path, run_file_result, object);
    json_decref(object);
    if (status.code == STATUS_OK) status = remove_file(folder->path, run_file_checkpoint);
    return status;
}

struct status run_folder_forget_checkpoint(const char *path)
{
    return remove_file(path, run_file_checkpoint);
}

struct status run_folder_clear(struct run_folder *folder)
{
    const char *const names[] = {run_file_checkpoint, run_file_log,    run_file_model,      run_file_augmentation,
                                 run_file_panel,      run_file_result, run_file_description};
    struct status status = status_ok();
    for (size_t i = 0; status.code == STATUS_OK && i < sizeof names / sizeof names[0]; i++)
        status = remove_file(folder->path, names[i]);
    return status;
}

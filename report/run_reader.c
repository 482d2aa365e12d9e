// run_reader.c: turns run folders into records. Knows the format (harness/FORMATS.md) and what makes a folder unreadable;
// which runs belong together is for summary.c. Tests: tests/report_test.c.
#include "report/run_reader.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "report/json_member.h"
#include "report/run_log.h"

enum { RUN_FORMAT = 1, RUN_FILE_LIMIT = 8 << 20, RUN_LOG_LIMIT = 64 << 20 };

const char *run_state_name(enum run_state state)
{
    static const char *const names[RUN_STATE_COUNT] = {
        [RUN_DONE] = "done",     [RUN_UNFINISHED] = "unfinished", [RUN_DIVERGED] = "diverged",
        [RUN_FAILED] = "failed", [RUN_DAMAGED] = "damaged",
    };
    return names[state];
}

static void run_record_destroy(struct run_record *record)
{
    json_decref(record->run);
    json_decref(record->result);
    free(record->folder);
    free(record->message);
    free(record->log_message);
    free(record->epoch_lines);
}

void run_collection_destroy(struct run_collection *collection)
{
    for (size_t i = 0; collection->runs != NULL && i < collection->count; i++) run_record_destroy(&collection->runs[i]);
    free(collection->runs);
    *collection = (struct run_collection){0};
}

// Reads a plain file whole. Anything else of that name, such as a pipe nobody writes to, could block for ever.
static struct status run_reader_read_file(const char *folder, const char *name, size_t limit, uint8_t **bytes,
                                          size_t *size)
{
    struct stat information;
    char *path = path_join(folder, name);
    struct status status = status_ok();
    if (stat(path, &information) == 0 && !S_ISREG(information.st_mode))
        status = status_error(STATUS_BAD_INPUT, "%s is not a plain file", name);
    else
        status = file_read(path, limit, bytes, size);
    free(path);
    return status;
}

// One JSON object from a file; the caller owns *object. STATUS_MISSING when there is no such file.
static struct status run_reader_read_object(const char *folder, const char *name, json_t **object)
{
    json_error_t error;
    uint8_t *bytes = NULL;
    size_t size = 0;
    struct status status = run_reader_read_file(folder, name, RUN_FILE_LIMIT, &bytes, &size);
    if (status.code != STATUS_OK) return status;
    *object = json_loadb((const char *)bytes, size, JSON_REJECT_DUPLICATES, &error);
    if (*object == NULL)
        status = status_error(STATUS_BAD_INPUT, "%s, line %d: %s", name, error.line, error.text);
    else if (!json_is_object(*object))
        status = status_error(STATUS_BAD_INPUT, "%s: expected one JSON object", name);
    if (status.code != STATUS_OK) {
        json_decref(*object);
        *object = NULL;
    }
    free(bytes);
    return status;
}

// What both files begin with: a format that we know and the name of the folder. A copied folder keeps the old name
// inside and would count one run twice.
static void run_reader_check_head(const json_t *object, const char *folder, struct status *status)
{
    int64_t format = json_member_integer(object, "format", 0, INT64_MAX, status);
    if (status->code == STATUS_OK && format != RUN_FORMAT)
        *status = status_error(STATUS_BAD_INPUT, "format %lld is not known to this version, which reads format %d",
                               (long long)format, RUN_FORMAT);
    const char *name = json_member_string(object, "name", status);
    if (status->code == STATUS_OK && strcmp(name, folder) != 0)
        *status = status_error(STATUS_BAD_INPUT,
                               "the file belongs to the run \"%s\": has the folder been copied or renamed?", name);
}

static struct status run_reader_decode_run(struct run_record *record)
{
    struct status status = status_ok();
    const json_t *run = record->run;
    run_reader_check_head(run, record->folder, &status);
    const char *role = json_member_string(run, "role", &status);
    record->teacher = strcmp(role, "teacher") == 0;
    if (status.code == STATUS_OK && !record->teacher && strcmp(role, "target") != 0)
        status = status_error(STATUS_BAD_INPUT, "\"role\": expected teacher or target, found \"%s\"", role);
    record->method = record->teacher ? NULL : json_member_string(run, "method", &status);
    record->preset = json_member_string(run, "preset", &status);
    record->corruption = json_member_string(run, "corruption", &status);
    record->corruption_name = json_member_string(run, "corruption_name", &status);
    record->seed = json_member_integer(run, "seed", 0, INT64_MAX, &status);
    record->configuration_hash = json_member_string(run, "configuration_hash", &status);
    record->started = json_member_string(run, "started", &status);
    json_member_object(run, "configuration", &status);
    const json_t *data = json_member_object(run, "data", &status);
    record->data_name = json_member_string(data, "name", &status);
    record->data_official = json_optional_boolean(data, "official");
    record->teacher_images = json_optional_string(run, "teacher_images");
    return status;
}

static void run_reader_clear_numbers(struct run_record *record)
{
    record->test_accuracy_percent = record->test_loss = record->test_correct = record->test_images = NAN;
    record->train_loss = record->train_accuracy_percent = record->epochs = record->steps = NAN;
    record->seconds = record->images_per_second = record->peak_memory_bytes = NAN;
    record->corrupted_accuracy_percent = NAN;
    record->corrupted_published = record->corrupted_official = false;
    record->augmentation = (struct learned_augmentation){.present = false};
}

// Runs of earlier versions, and runs without a corruption, have no such member.
static void run_reader_decode_corrupted(struct run_record *record, struct status *status)
{
    enum { SEVERITIES = 6 }; // clean first
    double accuracies[SEVERITIES], sum = 0;
    const json_t *value = json_object_get(record->result, "corrupted");
    if (status->code != STATUS_OK || value == NULL || json_is_null(value)) return;
    const json_t *corrupted = json_member_object(record->result, "corrupted", status);
    if (status->code != STATUS_OK) return;
    const char *corruption = json_member_string(corrupted, "corruption", status);
    if (status->code == STATUS_OK && strcmp(corruption, record->corruption) != 0)
        *status = status_error(STATUS_BAD_INPUT, "\"corruption\": expected the run's own, \"%s\", found \"%s\"",
                               record->corruption, corruption);
    record->corrupted_published = strcmp(json_member_string(corrupted, "source", status), "published") == 0;
    record->corrupted_official = record->corrupted_published && json_optional_boolean(corrupted, "official");
    json_member_numbers(corrupted, "accuracy_percent", 0, 100, accuracies, SEVERITIES, status);
    for (int severity = 1; severity < SEVERITIES; severity++) sum += accuracies[severity];
    if (record->state == RUN_DONE) record->corrupted_accuracy_percent = sum / (SEVERITIES - 1);
    if (status->code != STATUS_OK) *status = status_error(status->code, "\"corrupted\": %s", status->message);
}

static struct status run_reader_decode_result(struct run_record *record)
{
    struct status status = status_ok();
    const json_t *result = record->result;
    run_reader_check_head(result, record->folder, &status);
    const char *state = json_member_string(result, "status", &status);
    if (strcmp(state, "done") == 0)
        record->state = RUN_DONE;
    else if (strcmp(state, "diverged") == 0)
        record->state = RUN_DIVERGED;
    else if (strcmp(state, "failed") == 0)
        record->state = RUN_FAILED;
    else if (status.code == STATUS_OK)
        status = status_error(STATUS_BAD_INPUT, "\"status\": expected done, diverged or failed, found \"%s\"", state);
    if (record->state == RUN_DONE)
        record->test_accuracy_percent = json_member_number(result, "test_accuracy_percent", 0, 100, &status);
    record->test_loss = json_optional_number(result, "test_loss");
    record->test_correct = json_optional_number(result, "test_correct");
    record->test_images = json_optional_number(result, "test_images");
    record->train_loss = json_optional_number(result, "train_loss");
    record->train_accuracy_percent = json_optional_number(result, "train_accuracy_percent");
    record->epochs = json_optional_number(result, "epochs");
    record->steps = json_optional_number(result, "steps");
    record->seconds = json_optional_number(result, "seconds");
    record->images_per_second = json_optional_number(result, "images_per_second");
    record->peak_memory_bytes = json_optional_number(result, "peak_memory_bytes");
    run_reader_decode_corrupted(record, &status);
    if (status.code == STATUS_OK)
        status = learned_augmentation_read(json_object_get(result, "augmentation"), &record->augmentation);
    return status;
}

// Puts "file: sentence" into *message. File reads name their file themselves.
static struct status run_reader_keep_message(const char *file, const char *sentence, char **message)
{
    free(*message);
    bool named = strstr(sentence, file) != NULL;
    struct status whole = status_error(STATUS_OK, "%s%s%s", named ? "" : file, named ? "" : ": ", sentence);
    *message = strdup(whole.message);
    return *message == NULL ? status_error(STATUS_NO_MEMORY, "read runs: out of memory") : status_ok();
}

static struct status run_reader_mark_damaged(struct run_record *record, const char *file, struct status reason)
{
    if (reason.code == STATUS_NO_MEMORY) return reason;
    run_reader_clear_numbers(record);
    record->state = RUN_DAMAGED;
    return run_reader_keep_message(file, reason.message, &record->message);
}

static struct status run_reader_read_result(struct run_record *record, const char *path)
{
    struct status status = run_reader_read_object(path, "result.json", &record->result);
    if (status.code == STATUS_MISSING) {
        record->state = RUN_UNFINISHED;
        return status_ok();
    }
    if (status.code == STATUS_OK) status = run_reader_decode_result(record);
    if (status.code != STATUS_OK) {
        json_decref(record->result);
        record->result = NULL;
        return run_reader_mark_damaged(record, "result.json", status);
    }
    const char *message = json_optional_string(record->result, "message");
    record->message = strdup(message == NULL ? "" : message);
    return record->message == NULL ? status_error(STATUS_NO_MEMORY, "read runs: out of memory") : status_ok();
}

static struct status run_reader_read_log(struct run_record *record, const char *path)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    struct status status = run_reader_read_file(path, "log.jsonl", RUN_LOG_LIMIT, &bytes, &size);
    if (status.code == STATUS_OK)
        status = run_log_parse((const char *)bytes, size, &record->epoch_lines, &record->epoch_count);
    free(bytes);
    if (status.code == STATUS_MISSING) // a run that has not ended its first epoch
        return status_ok();
    if (status.code != STATUS_OK && status.code != STATUS_NO_MEMORY)
        status = run_reader_keep_message("log.jsonl", status.message, &record->log_message);
    return status;
}

// Fills a record whose folder name is set. Only running out of memory is an error here.
static struct status run_reader_read_record(struct run_record *record, const char *path)
{
    run_reader_clear_numbers(record);
    struct status status = run_reader_read_object(path, "run.json", &record->run);
    if (status.code == STATUS_MISSING) status = status_error(STATUS_BAD_INPUT, "run.json is missing");
    if (status.code == STATUS_OK) status = run_reader_decode_run(record);
    if (status.code != STATUS_OK) {
        json_decref(record->run);
        char *folder = record->folder;
        *record = (struct run_record){.folder = folder}; // no text may point into what is gone
        return run_reader_mark_damaged(record, "run.json", status);
    }
    status = run_reader_read_result(record, path);
    if (status.code == STATUS_OK) status = run_reader_read_log(record, path);
    return status;
}

static int run_reader_skip_hidden(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int run_reader_compare_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name); // alphasort would ask the locale
}

// Appends the record of one entry, unless it is no folder. The array has room for it.
static struct status run_reader_append(struct run_collection *collection, const char *folder, const char *name)
{
    struct stat information;
    struct status status = status_ok();
    char *path = path_join(folder, name);
    if (stat(path, &information) == 0 && S_ISDIR(information.st_mode)) {
        struct run_record *record = &collection->runs[collection->count];
        record->folder = strdup(name);
        if (record->folder == NULL) {
            status = status_error(STATUS_NO_MEMORY, "read runs: out of memory");
        } else {
            collection->count++;
            status = run_reader_read_record(record, path);
        }
    }
    free(path);
    return status;
}

struct status run_reader_collect(const char *folder, struct run_collection *collection)
{
    struct status status = status_ok();
    struct dirent **entries = NULL;
    *collection = (struct run_collection){0};
    int count = scandir(folder, &entries, run_reader_skip_hidden, run_reader_compare_bytes);
    if (count < 0)
        return status_error(errno == ENOENT ? STATUS_MISSING : STATUS_IO, "read the folder of runs %s: %s", folder,
                            strerror(errno));
    collection->runs = calloc((size_t)count + 1, sizeof *collection->runs);
    if (collection->runs == NULL) status = status_error(STATUS_NO_MEMORY, "read runs in %s: out of memory", folder);
    for (int i = 0; i < count; i++) {
        if (status.code == STATUS_OK) status = run_reader_append(collection, folder, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    if (status.code != STATUS_OK) run_collection_destroy(collection);
    return status;
}

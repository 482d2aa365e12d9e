// run_folders.c: run folders for tests. Builds JSON with jansson, so that any name can be put into it.
#include "tests/support/run_folders.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

static const char *or_default(const char *value, const char *fallback)
{
    return value == NULL ? fallback : value;
}

static void write_text(const char *folder, const char *file, const char *content, size_t size)
{
    struct status status = file_make_folders(folder);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    char *path = path_join(folder, file);
    FILE *stream = fopen(path, "wb");
    cr_assert(ne(ptr, stream, NULL), "%s", path);
    cr_assert(eq(sz, fwrite(content, 1, size, stream), size), "%s", path);
    cr_assert(eq(int, fclose(stream), 0), "%s", path);
    free(path);
}

static void write_json(const char *folder, const char *file, json_t *object)
{
    char *bytes = json_dumps(object, JSON_INDENT(1));
    cr_assert(ne(ptr, bytes, NULL), "%s: a value could not be made into JSON", file);
    write_text(folder, file, bytes, strlen(bytes));
    free(bytes);
    json_decref(object);
}

static json_t *make_configuration(const struct sample_run *run)
{
    json_t *configuration = json_pack(
        "{s:{s:i, s:s, s:s}, s:{s:f, s:s, s:s}, s:{s:[ss], s:s, s:s}}", "network.depth", "value", 40, "mark", "stated",
        "reason", "the paper names it", "target.learning_rate", "value", 0.1, "mark", "chosen", "reason",
        "as usual <& |", "matrix.corruptions", "value", "GN", "Co", "mark", "override", "reason", "command line");
    if (run->override != NULL) {
        json_t *entry = json_pack("{s:i, s:s, s:s}", "value", 1, "mark", "override", "reason", "command line");
        json_object_set_new(configuration, run->override, entry);
    }
    return configuration;
}

static json_t *make_run(const struct sample_run *run, const char *name)
{
    json_t *object = json_pack(
        "{s:i, s:s, s:s, s:s, s:s?, s:s, s:s, s:i, s:o, s:s, s:s, s:[], s:s}", "format", 1, "name", name, "preset",
        or_default(run->preset, "quick"), "role", run->method == NULL ? "teacher" : "target", "method", run->method,
        "corruption", or_default(run->corruption, "GN"), "corruption_name", "of_the_test", "seed", run->seed,
        "configuration", make_configuration(run), "configuration_hash", or_default(run->hash, SAMPLE_HASH),
        "teacher_images", or_default(run->teacher_images, "clean+corrupted"), "remarks", "started",
        or_default(run->started, "2026-01-31T12:00:00Z"));
    cr_assert(ne(ptr, object, NULL), "run.json of %s", name);
    if (run->remark != NULL) json_array_append_new(json_object_get(object, "remarks"), json_string(run->remark));
    json_object_set_new(object, "data",
                        json_pack("{s:s, s:s, s:s, s:b, s:s, s:i, s:i, s:i}", "name",
                                  or_default(run->data_name, "synthetic-100"), "source", "embedded", "sha256", "00ff",
                                  "official", run->official, "remark", "", "train_images", 4000, "test_images", 1000,
                                  "classes", 100));
    json_object_set_new(object, "environment",
                        json_pack("{s:s, s:s, s:b, s:i}", "version", "0.1.0", "device", or_default(run->device, "cpu"),
                                  "tree_clean", 1, "threads", 2));
    return object;
}

static json_t *make_result(const struct sample_run *run, const char *name)
{
    const char *status = or_default(run->status, "done");
    json_t *accuracy = strcmp(status, "done") == 0 ? json_real(run->accuracy) : json_null();
    return json_pack("{s:i, s:s, s:s, s:s, s:o, s:f, s:i, s:i, s:f, s:f, s:b, s:I, s:s}", "format", 1, "name", name,
                     "status", status, "message", or_default(run->message, ""), "test_accuracy_percent", accuracy,
                     "train_loss", 0.5, "epochs", run->epochs == 0 ? 3 : run->epochs, "steps", 93, "seconds", 75.25,
                     "images_per_second", 940.5, "resumed", 0, "peak_memory_bytes", (json_int_t)5000000000, "finished",
                     "2026-01-31T13:00:00Z");
}

// Test accuracy is there in every second epoch and in the last.
static void write_log(const struct sample_run *run, const char *folder)
{
    char lines[4096] = "";
    int epochs = run->epochs == 0 ? 3 : run->epochs;
    for (int epoch = 1; epoch <= epochs && epoch <= 20; epoch++) {
        char line[160], accuracy[16] = "null";
        if (epoch % 2 == 0 || epoch == epochs) snprintf(accuracy, sizeof accuracy, "%d", 10 + epoch);
        snprintf(line, sizeof line, "{\"epoch\":%d,\"train_loss\":%d.5,\"test_accuracy_percent\":%s}\n", epoch,
                 20 - epoch, accuracy);
        strcat(lines, line);
    }
    if (run->epochs >= 0) write_text(folder, "log.jsonl", lines, strlen(lines));
}

void run_folders_write(const char *runs, const struct sample_run *run, char name[256])
{
    char own_name[256];
    snprintf(own_name, sizeof own_name, "%s-%s-seed%d-%.8s", or_default(run->method, "teacher"),
             or_default(run->corruption, "GN"), run->seed, or_default(run->hash, SAMPLE_HASH));
    const char *folder = or_default(run->folder, own_name);
    char *path = path_join(runs, folder);
    write_json(path, "run.json", make_run(run, folder));
    if (strcmp(or_default(run->status, "done"), "unfinished") != 0)
        write_json(path, "result.json", make_result(run, folder));
    write_log(run, path);
    if (name != NULL) snprintf(name, 256, "%s", folder);
    free(path);
}

void run_folders_write_file(const char *runs, const char *folder, const char *file, const char *content)
{
    char *path = path_join(runs, folder);
    write_text(path, file, content, strlen(content));
    free(path);
}

char *run_folders_read_file(const char *folder, const char *file)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    char *path = path_join(folder, file);
    struct status status = file_read(path, (size_t)64 << 20, &bytes, &size);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    cr_assert(eq(sz, strlen((char *)bytes), size), "%s holds a 0 byte", path);
    free(path);
    return (char *)bytes;
}

size_t run_folders_count(const char *text, const char *part)
{
    size_t count = 0;
    for (const char *found = strstr(text, part); found != NULL; found = strstr(found + strlen(part), part)) count++;
    return count;
}

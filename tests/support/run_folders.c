// run_folders.c: run folders for tests. Builds JSON with jansson, so that any name can be put into it.
#include "tests/support/run_folders.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/png_file.h"

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

static json_t *parse_member(const char *json)
{
    json_error_t error;
    json_t *value = json_loads(json, JSON_DECODE_ANY, &error);
    cr_assert(ne(ptr, value, NULL), "%s: %s", json, error.text);
    return value;
}

// The accuracy at severity s is corrupted_percent + 3 - s: their mean over 1 to 5 is corrupted_percent.
static json_t *make_corrupted(const struct sample_run *run)
{
    json_t *accuracies = json_pack("[f]", run->accuracy);
    for (int severity = 1; severity <= 5; severity++)
        json_array_append_new(accuracies, json_real(run->corrupted_percent + 3 - severity));
    return json_pack("{s:s, s:s, s:i, s:n, s:i, s:o}", "corruption", or_default(run->corruption, "GN"), "source",
                     "generated", "seed", 15, "frost_textures", "images", 500, "accuracy_percent", accuracies);
}

static json_t *make_result(const struct sample_run *run, const char *name)
{
    const char *status = or_default(run->status, "done");
    json_t *accuracy = strcmp(status, "done") == 0 ? json_real(run->accuracy) : json_null();
    json_t *object = json_pack("{s:i, s:s, s:s, s:s, s:o, s:f, s:i, s:i, s:f, s:f, s:b, s:I, s:s}", "format", 1, "name",
                               name, "status", status, "message", or_default(run->message, ""), "test_accuracy_percent",
                               accuracy, "train_loss", 0.5, "epochs", run->epochs == 0 ? 3 : run->epochs, "steps", 93,
                               "seconds", 75.25, "images_per_second", 940.5, "resumed", 0, "peak_memory_bytes",
                               (json_int_t)5000000000, "finished", "2026-01-31T13:00:00Z");
    if (run->augmentation != NULL) json_object_set_new(object, "augmentation", parse_member(run->augmentation));
    if (run->corrupted != NULL) json_object_set_new(object, "corrupted", parse_member(run->corrupted));
    if (run->corrupted_percent != 0) json_object_set_new(object, "corrupted", make_corrupted(run));
    return object;
}

// Test accuracy is there in every second epoch and in the last.
static void write_log(const struct sample_run *run, const char *folder)
{
    char lines[65536] = "";
    int epochs = run->epochs == 0 ? 3 : run->epochs;
    for (int epoch = 1; epoch <= epochs && epoch <= 20; epoch++) {
        char line[3072], accuracy[16] = "null";
        if (epoch % 2 == 0 || epoch == epochs) snprintf(accuracy, sizeof accuracy, "%d", 10 + epoch);
        snprintf(line, sizeof line, "{\"epoch\":%d,\"train_loss\":%d.5,\"test_accuracy_percent\":%s%s%s}\n", epoch,
                 20 - epoch, accuracy,
                 run->augmentation == NULL ? "" : ",\"augmentation\":", or_default(run->augmentation, ""));
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

// Deviations of the five quantiles: their mean absolute value is `deviation`.
static json_t *make_quantiles(double identity, double deviation)
{
    static const double factors[] = {-1.5, -1, 0, 1, 1.5};
    json_t *quantiles = json_array();
    for (int i = 0; i < 5; i++) json_array_append_new(quantiles, json_real(identity + factors[i] * deviation));
    return quantiles;
}

void run_folders_make_augmentation(const double magnitudes[4], char json[2048])
{
    static const struct {
        const char *primitive, *parameter;
        double identity;
    } parameters[] = {{"contrast", "scale", 1}, {"contrast", "shift", 0}, {"geometric", "xx", 1},
                      {"geometric", "xy", 0},   {"geometric", "xt", 0},   {"geometric", "yx", 0},
                      {"geometric", "yy", 1},   {"geometric", "yt", 0},   {"blur", "sigma", 0.1},
                      {"noise", "sigma", 0}};
    static const char *const primitives[] = {"contrast", "geometric", "blur", "noise"};
    json_t *all = json_object();
    for (int p = 0; p < 4; p++) {
        json_t *object = json_pack("{s:f}", "gate", 0.5);
        for (size_t i = 0; i < sizeof parameters / sizeof parameters[0]; i++)
            if (strcmp(parameters[i].primitive, primitives[p]) == 0)
                json_object_set_new(object, parameters[i].parameter,
                                    make_quantiles(parameters[i].identity, 2 * magnitudes[p]));
        json_object_set_new(all, primitives[p], object);
    }
    json_t *root =
        json_pack("{s:f, s:f, s:f, s:f, s:f, s:o}", "adversarial_loss", 1.25, "distance", 0.0625, "target_agreement",
                  0.875, "teacher_agreement", 0.75, "contrast_kept", 0.9, "primitives", all);
    cr_assert(lt(sz, json_dumpb(root, json, 2047, JSON_COMPACT | JSON_REAL_PRECISION(12)), 2048));
    json[json_dumpb(root, json, 2047, JSON_COMPACT | JSON_REAL_PRECISION(12))] = '\0';
    json_decref(root);
}

void run_folders_write_panel(const char *runs, const char *folder)
{
    static const uint8_t pixels[2 * 3 * 3] = {255, 0, 0, 0, 255, 0, 0, 0, 255};
    char *path = path_join(runs, folder), *file = path_join(path, "panel.png");
    struct status status = png_file_write(file, 3, 2, pixels);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    free(file);
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

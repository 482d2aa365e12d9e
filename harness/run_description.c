// run_description.c: composes run.json and a model's metadata. Writes no file. Tests: tests/matrix_test.c.
#include "harness/run_description.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/machine.h"
#include "datasets/frost.h"
#include "harness/environment.h"
#include "harness/json_text.h"

static json_t *text_or_null(const char *text)
{
    return text != NULL ? json_text(text) : json_null();
}

static json_t *describe_data(const struct run_plan *plan)
{
    const struct dataset *data = plan->data;
    return json_pack("{s:s, s:o, s:s, s:b, s:o, s:i, s:i, s:i}", "name", data->name, "source", json_text(data->source),
                     "sha256", data->sha256, "official", (int)data->official, "remark", json_text(data->remark),
                     "train_images", run_train_count(plan), "test_images", run_test_count(plan), "classes",
                     data->train.classes);
}

static void append_sentence(json_t *remarks, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void append_sentence(json_t *remarks, const char *format, ...)
{
    char text[800];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    json_array_append_new(remarks, json_text(text));
}

static void describe_corruption(const struct run_job *job, json_t *remarks)
{
    const struct run_plan *plan = job->plan;
    if (plan->corruption == NULL) return;
    if (run_uses_published(plan))
        append_sentence(remarks,
                        "Teachers are trained on the clean training images and on published corrupted test images, "
                        "whose %d held-out base images, seen at no severity, are their test set.",
                        run_test_count(plan));
    if (corruption_place(plan->corruption) == CORRUPTION_FROST && !run_uses_published(plan) && job->frost != NULL &&
        job->frost->origin == FROST_PROCEDURAL)
        append_sentence(remarks,
                        "Frost is made of procedural textures: the published pictures are not in the data folder.");
}

static json_t *describe_remarks(const struct run_job *job)
{
    const struct run_plan *plan = job->plan;
    json_t *remarks = json_array();
    describe_corruption(job, remarks);
    if (plan->role == RUN_TARGET && job->start_path != NULL && plan->teacher_run == NULL)
        append_sentence(remarks, "Started from the weights in %.400s (SHA-256 %s).", job->start_path,
                        job->start_sha256);
    if (!plan->data->official && plan->data->remark[0] != '\0')
        append_sentence(remarks, "Images of %s: %s", plan->data->name, plan->data->remark);
    return remarks;
}

json_t *run_description(const struct run_job *job)
{
    const struct run_plan *plan = job->plan;
    const struct corruption *corruption = plan->corruption;
    char started[32];
    clock_utc_text(started);
    return json_pack("{s:i, s:o, s:s, s:s, s:o, s:o, s:o, s:I, s:I, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:s}", "format",
                     1, "name", json_text(plan->name), "preset", plan->preset->name, "role",
                     plan->role == RUN_TEACHER ? "teacher" : "target", "method",
                     text_or_null(plan->method != NULL ? plan->method->code : NULL), "corruption",
                     text_or_null(corruption != NULL ? corruption->code : NULL), "corruption_name",
                     text_or_null(corruption != NULL ? corruption->name : NULL), "seed", (json_int_t)plan->seed,
                     "random_key", (json_int_t)run_random_key(plan), "configuration", preset_to_json(plan->preset),
                     "configuration_hash", plan->configuration_hash, "teacher_run", text_or_null(plan->teacher_run),
                     "teacher_images", text_or_null(plan->teacher_images), "remarks", describe_remarks(job), "data",
                     describe_data(plan), "environment", environment_to_json(job->device), "started", started);
}

json_t *run_model_metadata(const struct run_plan *plan)
{
    char depth[16], widen[16], classes[16];
    snprintf(depth, sizeof depth, "%d", plan->preset->values.network.depth);
    snprintf(widen, sizeof widen, "%d", plan->preset->values.network.widen);
    snprintf(classes, sizeof classes, "%d", plan->data->train.classes);
    // "pt" is what PyTorch programs look for: names and layouts are its own.
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:s}", "format", "pt", "network", "WideResNet", "depth",
                     depth, "widen", widen, "classes", classes, "dataset", plan->data->name, "run",
                     json_text(plan->name), "configuration_hash", plan->configuration_hash);
}

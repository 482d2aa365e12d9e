// run_description.c: composes run.json and a model's metadata. Writes no file. Tests: tests/matrix_test.c.
#include "harness/run_description.h"

#include <stdio.h>

#include "base/machine.h"
#include "harness/environment.h"
#include "harness/json_text.h"

static json_t *text_or_null(const char *text)
{
    return text != NULL ? json_text(text) : json_null();
}

static json_t *describe_data(const struct dataset *data)
{
    return json_pack("{s:s, s:o, s:s, s:b, s:o, s:i, s:i, s:i}", "name", data->name, "source", json_text(data->source),
                     "sha256", data->sha256, "official", (int)data->official, "remark", json_text(data->remark),
                     "train_images", data->train.count, "test_images", data->test.count, "classes",
                     data->train.classes);
}

static json_t *describe_remarks(const struct run_job *job)
{
    const struct run_plan *plan = job->plan;
    json_t *remarks = json_array();
    if (plan->corruption != NULL)
        json_array_append_new(remarks, json_string("Teachers of this version are trained on clean images only: it does "
                                                   "not make corrupted ones, so a teacher's corruption is a name."));
    if (plan->role == RUN_TARGET && plan->teacher_run == NULL) {
        char text[640];
        snprintf(text, sizeof text, "Started from the weights in %.400s (SHA-256 %s).", job->start_path,
                 job->start_sha256);
        json_array_append_new(remarks, json_text(text));
    }
    if (!plan->data->official && plan->data->remark[0] != '\0') {
        char text[sizeof plan->data->name + sizeof plan->data->remark + 20];
        snprintf(text, sizeof text, "Images of %s: %s", plan->data->name, plan->data->remark);
        json_array_append_new(remarks, json_text(text));
    }
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
                     describe_data(plan->data), "environment", environment_to_json(job->device), "started", started);
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

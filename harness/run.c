// run.c: carries one run out: looks what is there, locks the folder, trains, writes the model and the result.
// What its plan implies is run_plan.c's, what it says about itself run_description.c's. Tests: tests/matrix_test.c.
#include "harness/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/log.h"
#include "harness/panel.h"
#include "harness/published_teacher.h"
#include "harness/run_description.h"
#include "harness/safetensors.h"
#include "harness/severity_curve.h"

// ---- one training ----------------------------------------------------------------------------------------------

struct run_training {
    const struct run_job *job;
    struct run_folder *folder;
    struct training_settings settings;
    struct published_teacher published; // empty where the run has none
    struct epoch_record last;           // epoch 0: none yet
    bool running;                       // epochs told before the first step were trained by an earlier process
    double earlier_seconds;             // of those epochs
    double seconds, images;             // of all epochs; training alone
    struct status log_status;           // the first error of log.jsonl
    struct training_outcome outcome;
    struct severity_curve curve; // where the run has a corruption
    char model_sha256[65];
};

static void epoch_done(void *context, const struct epoch_record *record)
{
    struct run_training *training = context;
    training->last = *record;
    training->earlier_seconds += training->running ? 0 : record->seconds;
    training->seconds += record->seconds;
    training->images += record->images_per_second * record->seconds;
    if (training->log_status.code == STATUS_OK) training->log_status = run_folder_log_epoch(training->folder, record);
}

static void report_progress(void *context, double images_done, double images_total)
{
    struct run_training *training = context;
    (void)images_total;
    training->running = true;
    if (training->job->progress != NULL) training->job->progress(training->job->context, images_done);
}

// A teacher's model that is not the one its result.json speaks of would spoil all its targets unnoticed.
static struct status read_start(const struct run_job *job, struct state_dict *start)
{
    char sha256[65];
    struct status status = digest_sha256_file(job->start_path, sha256);
    if (status.code == STATUS_OK && strcmp(sha256, job->start_sha256) != 0)
        status = status_error(STATUS_BAD_INPUT,
                              "%s: expected the SHA-256 %s, found %s: the file has changed since it was written",
                              job->start_path, job->start_sha256, sha256);
    if (status.code == STATUS_OK) status = safetensors_read(job->start_path, start, NULL);
    return status;
}

// What TransInv has learned, and a picture of it.
static struct status save_augmentation(struct run_training *training)
{
    const struct run_job *job = training->job;
    const struct training_outcome *outcome = &training->outcome;
    if (outcome->augmentation.count == 0) return status_ok();
    char *tensors = run_folder_file(training->folder, run_file_augmentation);
    char *panel = run_folder_file(training->folder, run_file_panel);
    json_t *metadata = run_model_metadata(job->plan);
    struct status status = safetensors_write(tensors, &outcome->augmentation, metadata);
    if (status.code == STATUS_OK && job->plan->corruption != NULL)
        status = panel_write(job->device, &outcome->pictures, job->plan->corruption, job->frost, panel);
    json_decref(metadata);
    free(panel);
    free(tensors);
    return status;
}

static struct status save_model(struct run_training *training, const struct state_dict *model)
{
    char *path = run_folder_file(training->folder, run_file_model);
    json_t *metadata = run_model_metadata(training->job->plan);
    struct status status = safetensors_write(path, model, metadata);
    if (status.code == STATUS_OK) status = digest_sha256_file(path, training->model_sha256);
    json_decref(metadata);
    free(path);
    return status;
}

// Once for all runs that share the mark: those of a matrix have their files from one folder.
static void warn_unofficial(const struct run_job *job)
{
    if (job->unofficial_told != NULL && *job->unofficial_told) return;
    log_message(LOG_WARNING,
                "the corrupted images of CIFAR-10-C (%s) do not have the published checksums: results of teachers "
                "that train on such files say so (\"official\": false)",
                job->plan->corruption->name);
    if (job->unofficial_told != NULL) *job->unofficial_told = true;
}

static struct status load_published(struct run_training *training)
{
    const struct run_job *job = training->job;
    const struct run_plan *plan = job->plan;
    if (!run_uses_published(plan)) return status_ok();
    struct status status = published_teacher_load(plan->data, job->data_folder, plan->corruption,
                                                  &plan->preset->values.teacher_severities, &training->published);
    if (status.code == STATUS_OK && !training->published.official) warn_unofficial(job);
    return status;
}

static const struct image_set *test_set(const struct run_training *training)
{
    const struct run_plan *plan = training->job->plan;
    return run_uses_published(plan) ? &training->published.test : &plan->data->test;
}

static struct status measure_curve(struct run_training *training, const struct state_dict *model)
{
    const struct run_plan *plan = training->job->plan;
    if (plan->corruption == NULL) return status_ok();
    const struct severity_curve_request request = {
        .depth = training->settings.depth,
        .widen = training->settings.widen,
        .batch = training->settings.batch_size,
        .corruption = plan->corruption,
        .model = model,
        .clean = test_set(training),
        .published = run_uses_published(plan) ? training->published.test_corrupted : NULL,
        .official = training->published.official,
        .frost = training->job->frost,
    };
    return severity_curve_measure(training->job->device, &request, &training->curve);
}

static struct status train(struct run_training *training)
{
    const struct run_job *job = training->job;
    struct state_dict start = {NULL, 0}, model = {NULL, 0};
    char *checkpoint = run_folder_file(training->folder, run_file_checkpoint);
    struct status status = status_ok();
    if (job->start_path != NULL) status = read_start(job, &start);
    if (status.code == STATUS_OK) status = load_published(training);
    struct training_job work = {
        .settings = &training->settings,
        .train = run_uses_published(job->plan) ? &training->published.train : &job->plan->data->train,
        .test = test_set(training),
        .frost = job->frost,
        .start = job->start_path != NULL ? &start : NULL,
        .checkpoint_path = checkpoint,
        .checkpoint_seconds = job->checkpoint_seconds,
        .epoch_done = epoch_done,
        .progress = report_progress,
        .context = training,
    };
    if (status.code == STATUS_OK) status = training_run(job->device, &work, &training->outcome, &model);
    if (status.code == STATUS_OK) status = training->log_status;
    if (status.code == STATUS_OK) status = save_model(training, &model);
    if (status.code == STATUS_OK) status = save_augmentation(training);
    if (status.code == STATUS_OK) status = measure_curve(training, &model);
    training_outcome_destroy(&training->outcome);
    published_teacher_destroy(&training->published);
    state_dict_destroy(&start);
    state_dict_destroy(&model);
    free(checkpoint);
    return status;
}

// ---- results ---------------------------------------------------------------------------------------------------

// Errors of this run alone become its result; all others would meet the next run as well.
static bool is_own_failure(enum status_code code)
{
    return code == STATUS_OK || code == STATUS_DIVERGED || code == STATUS_BAD_INPUT || code == STATUS_FAILED ||
           code == STATUS_MISSING;
}

static struct run_result make_result(const struct run_training *training, const struct status *status)
{
    bool done = status->code == STATUS_OK;
    return (struct run_result){
        .state = done                              ? RUN_FOLDER_DONE
                 : status->code == STATUS_DIVERGED ? RUN_FOLDER_DIVERGED
                                                   : RUN_FOLDER_FAILED,
        .message = status->message,
        .test = done ? &training->outcome.test : NULL,
        .curve = done && training->job->plan->corruption != NULL ? &training->curve : NULL,
        .last = training->last.epoch > 0 ? &training->last : NULL,
        .seconds = training->earlier_seconds + training->outcome.seconds,
        .images_per_second = training->seconds > 0 ? training->images / training->seconds : 0,
        .resumed = training->outcome.resumed,
        .model_sha256 = done ? training->model_sha256 : NULL,
    };
}

static struct status train_and_record(const struct run_job *job, struct run_folder *folder, struct run_outcome *outcome)
{
    struct run_training training = {
        .job = job, .folder = folder, .settings = run_training_settings(job->plan), .log_status = status_ok()};
    struct status status = train(&training);
    if (is_own_failure(status.code)) {
        struct run_result result = make_result(&training, &status);
        outcome->seconds = training.outcome.seconds;
        outcome->images_per_second = result.images_per_second;
        status = run_folder_finish(folder, job->plan->name, &result);
    }
    return status;
}

// ---- a run -----------------------------------------------------------------------------------------------------

// What is there already. A damaged file counts as a failed run: it is reported, and a retry replaces it.
static struct status look(const struct run_job *job, const json_t *description, struct run_summary *summary)
{
    struct status status = run_folder_read(job->folder, summary);
    if (status.code == STATUS_BAD_INPUT) {
        summary->state = RUN_FOLDER_FAILED;
        snprintf(summary->message, sizeof summary->message, "%s", status.message);
        return status_ok();
    }
    if (status.code == STATUS_OK && summary->state != RUN_FOLDER_ABSENT)
        status = run_folder_check(job->folder, description);
    return status;
}

static bool has_result(const struct run_job *job, const struct run_summary *summary)
{
    bool failed = summary->state == RUN_FOLDER_FAILED || summary->state == RUN_FOLDER_DIVERGED;
    return summary->state == RUN_FOLDER_DONE || (failed && !job->retry);
}

// Locks the run's folder. *folder stays NULL when there is nothing to do; outcome->action then says why.
static struct status claim(const struct run_job *job, const json_t *description, struct run_outcome *outcome,
                           struct run_folder **folder)
{
    char holder[128];
    *outcome = (struct run_outcome){.action = RUN_SKIPPED};
    *folder = NULL;
    struct status status = look(job, description, &outcome->summary);
    if (status.code != STATUS_OK || has_result(job, &outcome->summary)) return status;
    status = run_folder_open(job->folder, folder, holder);
    if (status.code != STATUS_OK) return status;
    if (*folder == NULL) {
        outcome->action = RUN_BUSY;
        snprintf(outcome->summary.message, sizeof outcome->summary.message, "%s is training it", holder);
        return status;
    }
    status = look(job, description, &outcome->summary); // another process may have finished it meanwhile
    bool finished = status.code == STATUS_OK && has_result(job, &outcome->summary);
    if (status.code == STATUS_OK && !finished && outcome->summary.state >= RUN_FOLDER_DIVERGED)
        status = run_folder_clear(*folder);
    if (finished || status.code != STATUS_OK) {
        run_folder_close(*folder);
        *folder = NULL;
    }
    return status;
}

// Claims the run and lets `work` bring it to its result.
static struct status carry_out(const struct run_job *job, const char *give_up_message, struct run_outcome *outcome)
{
    struct run_folder *folder = NULL;
    struct status status = status_ok();
    json_t *description = run_description(job);
    if (description == NULL) {
        status = status_error(STATUS_NO_MEMORY, "describe %s: out of memory", job->plan->name);
        goto done;
    }
    status = claim(job, description, outcome, &folder);
    if (status.code != STATUS_OK || folder == NULL) goto done;
    outcome->action = RUN_TRAINED;
    status = run_folder_begin(folder, description);
    if (status.code != STATUS_OK) goto done;
    struct run_result failure = {.state = RUN_FOLDER_FAILED, .message = give_up_message};
    if (give_up_message != NULL)
        status = run_folder_finish(folder, job->plan->name, &failure);
    else
        status = train_and_record(job, folder, outcome);
    if (status.code == STATUS_OK) status = run_folder_read(job->folder, &outcome->summary);
done:
    run_folder_close(folder);
    json_decref(description);
    return status;
}

struct status run_execute(const struct run_job *job, struct run_outcome *outcome)
{
    return carry_out(job, NULL, outcome);
}

struct status run_give_up(const struct run_job *job, const char *message, struct run_outcome *outcome)
{
    return carry_out(job, message, outcome);
}

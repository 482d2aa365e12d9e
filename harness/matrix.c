// matrix.c: which runs a preset asks for, in what order, and what becomes of them. How one run is carried out is
// run.c's. Tests: tests/matrix_test.c.
#include "harness/matrix.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "harness/configuration_hash.h"
#include "harness/published_teacher.h"
#include "harness/run_data.h"

struct matrix_entry {
    struct run_plan plan;
    const struct matrix_entry *teacher; // of a target
    char *folder;
    struct run_outcome outcome;
    bool visited;
};

struct matrix {
    const struct matrix_request *request;
    struct dataset teacher_data, target_data;
    struct frost frost;
    char configuration_hash[65];
    struct matrix_entry *entries; // a teacher stands before its targets
    int count;
    struct progress *progress;
    double images_done, images_total; // of runs before the current one; of all that have no result yet
    struct matrix_summary *summary;
    bool unofficial_told;
};

// ---- the list of runs ------------------------------------------------------------------------------------------

static struct status load_data(struct matrix *matrix)
{
    const struct matrix_request *request = matrix->request;
    const struct run_data_request data = {request->preset, request->data_folder, request->catalog};
    struct status status = run_data_load(&data, run_data_name(request->preset, RUN_TEACHER), &matrix->teacher_data);
    if (status.code == STATUS_OK)
        status = run_data_load(&data, run_data_name(request->preset, RUN_TARGET), &matrix->target_data);
    if (status.code == STATUS_OK) status = frost_find(request->data_folder, &matrix->frost);
    const struct configuration configuration = {
        .preset = request->preset,
        .teacher_data = &matrix->teacher_data,
        .target_data = &matrix->target_data,
        .teacher_images = run_teacher_images(request->preset, true),
        .frost_textures = frost_origin_name(matrix->frost.origin),
        .kernels = device_kernels(request->device),
    };
    if (status.code == STATUS_OK) status = configuration_hash(&configuration, matrix->configuration_hash);
    return status;
}

static struct status check_published(const struct matrix *matrix)
{
    const struct preset_values *values = &matrix->request->preset->values;
    struct status status = status_ok();
    if (values->data.corrupted_source != PRESET_CORRUPTED_PUBLISHED) return status;
    for (int c = 0; status.code == STATUS_OK && c < values->matrix.corruptions.count; c++)
        status = published_teacher_check(&matrix->teacher_data, matrix->request->data_folder,
                                         values->matrix.corruptions.items[c]);
    return status;
}

static struct matrix_entry *add_entry(struct matrix *matrix, uint32_t seed, const struct corruption *corruption,
                                      const struct method *method, const struct matrix_entry *teacher)
{
    struct matrix_entry *entry = &matrix->entries[matrix->count++];
    entry->teacher = teacher;
    entry->plan = (struct run_plan){
        .role = teacher == NULL ? RUN_TEACHER : RUN_TARGET,
        .preset = matrix->request->preset,
        .corruption = corruption,
        .method = method,
        .seed = seed,
        .data = teacher == NULL ? &matrix->teacher_data : &matrix->target_data,
        .configuration_hash = matrix->configuration_hash,
        .teacher_run = teacher == NULL ? NULL : teacher->plan.name,
        .teacher_images = run_teacher_images(matrix->request->preset, true),
    };
    run_plan_name(&entry->plan);
    entry->folder = path_join(matrix->request->runs_folder, entry->plan.name);
    return entry;
}

// Seeds outermost: the first complete table appears as early as it can.
static struct status list_runs(struct matrix *matrix)
{
    const struct preset_values *values = &matrix->request->preset->values;
    const struct preset_corruptions *corruptions = &values->matrix.corruptions;
    const struct preset_methods *methods = &values->matrix.methods;
    const struct preset_seeds *seeds = &values->matrix.seeds;
    size_t count = (size_t)seeds->count * (size_t)corruptions->count * (size_t)(1 + methods->count);
    matrix->entries = calloc(count, sizeof *matrix->entries);
    if (matrix->entries == NULL) return status_error(STATUS_NO_MEMORY, "list %zu runs: out of memory", count);
    for (int s = 0; s < seeds->count; s++)
        for (int c = 0; c < corruptions->count; c++) {
            const struct matrix_entry *teacher = add_entry(matrix, seeds->items[s], corruptions->items[c], NULL, NULL);
            for (int m = 0; m < methods->count; m++)
                add_entry(matrix, seeds->items[s], corruptions->items[c], methods->items[m], teacher);
        }
    matrix->summary->runs = matrix->count;
    return status_ok();
}

// Says what an earlier call left, and how much is left to do. A damaged folder is reported when its turn comes.
static void look_around(struct matrix *matrix)
{
    int finished = 0;
    for (int i = 0; i < matrix->count; i++) {
        struct run_summary found;
        struct status status = run_folder_read(matrix->entries[i].folder, &found);
        bool open =
            status.code == STATUS_OK && (found.state == RUN_FOLDER_ABSENT || found.state == RUN_FOLDER_UNFINISHED);
        finished += status.code == STATUS_OK && found.state == RUN_FOLDER_DONE;
        if (open || (matrix->request->retry && found.state != RUN_FOLDER_DONE))
            matrix->images_total += run_training_images(&matrix->entries[i].plan);
    }
    log_message(LOG_INFO, "preset %s, configuration %.8s: %d runs, %d of them finished already",
                matrix->request->preset->name, matrix->configuration_hash, matrix->count, finished);
}

// ---- one run ---------------------------------------------------------------------------------------------------

static void report_progress(void *context, double images_done)
{
    struct matrix *matrix = context;
    progress_update(matrix->progress, matrix->images_done + images_done);
}

static const char *state_word(enum run_folder_state state)
{
    return state == RUN_FOLDER_DIVERGED ? "diverged" : "failed";
}

static bool is_done(const struct matrix_entry *entry)
{
    return entry->outcome.action != RUN_BUSY && entry->outcome.summary.state == RUN_FOLDER_DONE;
}

static void count_and_report(struct matrix *matrix, const struct matrix_entry *entry, int number)
{
    struct matrix_summary *summary = matrix->summary;
    const struct run_outcome *outcome = &entry->outcome;
    const char *name = entry->plan.name;
    if (outcome->action == RUN_BUSY) {
        summary->busy++;
        log_message(LOG_WARNING, "run %d of %d, %s: not now: %s", number, matrix->count, name,
                    outcome->summary.message);
    } else if (!is_done(entry)) {
        bool diverged = outcome->summary.state == RUN_FOLDER_DIVERGED;
        summary->diverged += diverged;
        summary->failed += !diverged;
        log_message(LOG_WARNING, "run %d of %d, %s: %s%s: %s", number, matrix->count, name,
                    outcome->action == RUN_SKIPPED ? "had " : "", state_word(outcome->summary.state),
                    outcome->summary.message);
    } else if (outcome->action == RUN_SKIPPED) {
        summary->skipped++;
        log_message(LOG_DETAIL, "run %d of %d, %s: finished already", number, matrix->count, name);
    } else {
        summary->trained++;
        log_message(LOG_INFO, "run %d of %d, %s: %.1f %% of the test images right, %.1f s, %.0f images/s", number,
                    matrix->count, name, outcome->summary.test_accuracy_percent, outcome->seconds,
                    outcome->images_per_second);
    }
}

// What became of its teacher decides what can become of a target that has no result yet.
static struct status visit_target(const struct run_job *job, const struct matrix_entry *teacher,
                                  struct run_outcome *outcome)
{
    char message[400];
    if (is_done(teacher)) return run_execute(job, outcome);
    if (teacher->outcome.action != RUN_BUSY) {
        snprintf(message, sizeof message, "its teacher %s %s", teacher->plan.name,
                 state_word(teacher->outcome.summary.state));
        return run_give_up(job, message, outcome);
    }
    *outcome = (struct run_outcome){.action = RUN_SKIPPED};
    struct status status = run_folder_read(job->folder, &outcome->summary);
    if (outcome->summary.state == RUN_FOLDER_DONE) return status;
    outcome->action = RUN_BUSY;
    snprintf(outcome->summary.message, sizeof outcome->summary.message,
             "its teacher is being trained by another process");
    return status_ok();
}

static struct status visit(struct matrix *matrix, int place)
{
    struct matrix_entry *entry = &matrix->entries[place];
    const struct matrix_entry *teacher = entry->teacher;
    char text[RUN_NAME_SIZE + 40];
    snprintf(text, sizeof text, "run %d/%d %s", place + 1, matrix->count, entry->plan.name);
    progress_set_text(matrix->progress, text);
    char *start = teacher == NULL ? NULL : path_join(teacher->folder, run_file_model);
    const struct run_job job = {
        .plan = &entry->plan,
        .device = matrix->request->device,
        .folder = entry->folder,
        .start_path = start,
        .start_sha256 = teacher == NULL ? NULL : teacher->outcome.summary.model_sha256,
        .data_folder = matrix->request->data_folder,
        .frost = &matrix->frost,
        .unofficial_told = &matrix->unofficial_told,
        .checkpoint_seconds = matrix->request->checkpoint_seconds,
        .retry = matrix->request->retry,
        .progress = report_progress,
        .context = matrix,
    };
    struct status status =
        teacher == NULL ? run_execute(&job, &entry->outcome) : visit_target(&job, teacher, &entry->outcome);
    free(start);
    if (status.code != STATUS_OK) return status;
    count_and_report(matrix, entry, place + 1);
    if (entry->outcome.action == RUN_TRAINED) matrix->images_done += run_training_images(&entry->plan);
    progress_update(matrix->progress, matrix->images_done);
    return status;
}

// ---- the whole -------------------------------------------------------------------------------------------------

static struct status visit_all(struct matrix *matrix)
{
    struct status status = status_ok();
    matrix->progress = progress_create("training", "images", matrix->images_total);
    progress_update(matrix->progress, 0);
    for (int i = 0; status.code == STATUS_OK && i < matrix->count; i++) {
        status = interrupt_status();
        if (status.code == STATUS_OK) status = visit(matrix, i);
    }
    progress_destroy(matrix->progress);
    matrix->progress = NULL;
    return status;
}

static struct status conclude(const struct matrix_summary *summary, struct status status)
{
    int done = summary->trained + summary->skipped;
    if (status.code == STATUS_INTERRUPTED)
        return status_error(STATUS_INTERRUPTED, "%s with %d of %d runs finished; the same command continues",
                            status.message, done, summary->runs);
    if (status.code != STATUS_OK || done == summary->runs) return status;
    return status_error(STATUS_FAILED,
                        "%d of %d runs have no result: %d diverged, %d failed%s; %d wait for another process%s",
                        summary->runs - done, summary->runs, summary->diverged, summary->failed,
                        summary->diverged + summary->failed > 0 ? " (--retry trains them again)" : "", summary->busy,
                        summary->busy > 0 ? " (repeat the command when it has ended)" : "");
}

static void matrix_destroy(struct matrix *matrix)
{
    for (int i = 0; i < matrix->count; i++) free(matrix->entries[i].folder);
    free(matrix->entries);
    dataset_destroy(&matrix->teacher_data);
    dataset_destroy(&matrix->target_data);
    frost_destroy(&matrix->frost);
}

struct status matrix_run(const struct matrix_request *request, struct matrix_summary *summary)
{
    struct matrix matrix = {.request = request, .summary = summary};
    *summary = (struct matrix_summary){.runs = 0};
    struct status status = load_data(&matrix);
    if (status.code == STATUS_OK) status = check_published(&matrix);
    if (status.code == STATUS_OK) status = list_runs(&matrix);
    if (status.code != STATUS_OK) goto done;
    memcpy(summary->configuration_hash, matrix.configuration_hash, sizeof summary->configuration_hash);
    look_around(&matrix);
    status = conclude(summary, visit_all(&matrix));
    log_message(LOG_INFO, "%d runs: %d trained now, %d finished before, %d diverged, %d failed", summary->runs,
                summary->trained, summary->skipped, summary->diverged, summary->failed);
done:
    matrix_destroy(&matrix);
    return status;
}

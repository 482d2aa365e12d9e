// evaluate_corrupted.c: accuracy for every corruption and severity, of our own images or of the published ones.
// Tests: tests/cli_corrupted_test.c.
#include "cli/evaluate_corrupted.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "datasets/corrupted_set.h"
#include "harness/corrupted_evaluation.h"
#include "harness/json_text.h"

enum { EVALUATION_BATCH = 100 }; // images at a time; decides no result

static void show_progress(void *context, double images_done)
{
    progress_update(context, images_done);
}

// ---- our own corruptions ---------------------------------------------------------------------------------------

static bool wants_frost(const struct corrupted_command *command)
{
    bool wanted = false;
    for (int c = 0; c < command->corruptions->count; c++)
        wanted = wanted || corruption_place(command->corruptions->items[c]) == CORRUPTION_FROST;
    return wanted;
}

static struct status run_generated(const struct corrupted_command *command, struct corrupted_evaluator *evaluator,
                                   struct corrupted_results *results)
{
    struct status status = status_ok();
    for (int c = 0; c < command->corruptions->count; c++) {
        const enum corruption_kind kind = (enum corruption_kind)corruption_place(command->corruptions->items[c]);
        for (int severity = 1; status.code == STATUS_OK && severity <= CORRUPTION_SEVERITIES; severity++)
            status = corrupted_evaluator_run(evaluator, kind, severity, &results->cells[c][severity - 1]);
    }
    return status;
}

// ---- published ones --------------------------------------------------------------------------------------------

// That all files are there and fit is seen before hours of work, not after.
static struct status find_published(const struct corrupted_command *command, struct corrupted_archive *archive)
{
    const struct corrupted_request request = {
        .dataset = command->data->name, .folder = command->folder, .base_images = command->images->count};
    struct status status = corrupted_archive_find(&request, archive);
    for (int c = 0; status.code == STATUS_OK && c < command->corruptions->count; c++)
        status = corrupted_archive_read(archive, command->corruptions->items[c]->name, 1, 0, 0, NULL);
    if (status.code == STATUS_OK) status = corrupted_archive_check_labels(archive, command->images);
    return status;
}

static struct status run_published_set(const struct corrupted_set *set, struct corrupted_evaluator *evaluator,
                                       struct evaluation cells[CORRUPTION_SEVERITIES])
{
    struct status status = status_ok();
    if (!set->official) log_message(LOG_WARNING, "%s", set->remark);
    for (int severity = 1; status.code == STATUS_OK && severity <= CORRUPTION_SEVERITIES; severity++)
        status =
            corrupted_evaluator_run_pixels(evaluator, corrupted_set_at(set, severity).pixels, &cells[severity - 1]);
    return status;
}

static struct status run_published(const struct corrupted_command *command, const struct corrupted_archive *archive,
                                   struct corrupted_evaluator *evaluator, struct corrupted_results *results)
{
    struct status status = status_ok();
    results->official = true;
    for (int c = 0; status.code == STATUS_OK && c < command->corruptions->count; c++) {
        struct corrupted_set set = {.base_images = 0};
        status = corrupted_set_load(archive, command->corruptions->items[c]->name, &set);
        if (status.code == STATUS_OK) status = run_published_set(&set, evaluator, results->cells[c]);
        results->official = results->official && set.official;
        corrupted_set_destroy(&set);
    }
    return status;
}

// ---- both ------------------------------------------------------------------------------------------------------

struct status evaluate_corrupted(struct device *device, const struct corrupted_command *command,
                                 struct corrupted_results *results)
{
    const double sets = 1 + (double)command->corruptions->count * CORRUPTION_SEVERITIES;
    struct frost frost = {.pixels = NULL};
    struct corrupted_archive archive;
    struct corrupted_evaluator *evaluator = NULL;
    struct progress *progress = NULL;
    const bool frosty = !command->published && wants_frost(command);
    *results = (struct corrupted_results){.frost = NULL};
    struct status status = command->published ? find_published(command, &archive)
                           : frosty           ? frost_find(command->folder, &frost)
                                              : status_ok();
    if (status.code != STATUS_OK) goto done;
    if (frosty) results->frost = frost_origin_name(frost.origin);
    progress = progress_create("evaluating", "images", sets * command->images->count);
    const struct corrupted_evaluation_settings settings = {.depth = command->depth,
                                                           .widen = command->widen,
                                                           .batch = EVALUATION_BATCH,
                                                           .seed = command->seed,
                                                           .frost = frosty ? &frost : NULL,
                                                           .images = command->images,
                                                           .progress = show_progress,
                                                           .context = progress};
    status = corrupted_evaluator_create(device, &settings, command->model, &evaluator);
    if (status.code == STATUS_OK)
        status = corrupted_evaluator_run_pixels(evaluator, command->images->pixels, &results->clean);
    if (status.code == STATUS_OK)
        status = command->published ? run_published(command, &archive, evaluator, results)
                                    : run_generated(command, evaluator, results);
done:
    progress_destroy(progress);
    corrupted_evaluator_destroy(evaluator);
    frost_destroy(&frost);
    return status;
}

// ---- means and the table ---------------------------------------------------------------------------------------

static double mean_of_corruption(const struct corrupted_results *results, int place)
{
    double sum = 0;
    for (int s = 0; s < CORRUPTION_SEVERITIES; s++) sum += results->cells[place][s].accuracy;
    return sum / CORRUPTION_SEVERITIES;
}

static double mean_of_severity(const struct corrupted_results *results, int corruptions, int severity)
{
    double sum = 0;
    for (int c = 0; c < corruptions; c++) sum += results->cells[c][severity - 1].accuracy;
    return sum / corruptions;
}

static double mean_of_all(const struct corrupted_results *results, int corruptions)
{
    double sum = 0;
    for (int c = 0; c < corruptions; c++) sum += mean_of_corruption(results, c);
    return sum / corruptions;
}

static void print_origin(const struct corrupted_command *command, const struct corrupted_results *results)
{
    printf("%s, %d %s images, accuracy in %%\n", command->data->name, command->images->count, command->part);
    if (command->published)
        printf("corrupted: published files%s\n", results->official ? "" : ", not all with the published checksum");
    else
        printf("corrupted: generated with seed %u%s%s%s\n", (unsigned)command->seed,
               results->frost != NULL ? ", frost from " : "", results->frost != NULL ? results->frost : "",
               results->frost != NULL ? " textures" : "");
}

void evaluate_corrupted_print(const struct corrupted_command *command, const struct corrupted_results *results)
{
    const int count = command->corruptions->count;
    print_origin(command, results);
    printf("%-22s", "severity");
    for (int severity = 1; severity <= CORRUPTION_SEVERITIES; severity++) printf("%8d", severity);
    printf("%10s\n", "mean");
    for (int c = 0; c < count; c++) {
        const struct corruption *corruption = command->corruptions->items[c];
        printf("%-2s %-19s", corruption->code, corruption->title);
        for (int s = 0; s < CORRUPTION_SEVERITIES; s++) printf("%8.2f", 100 * results->cells[c][s].accuracy);
        printf("%10.2f\n", 100 * mean_of_corruption(results, c));
    }
    printf("%-22s", "mean");
    for (int severity = 1; severity <= CORRUPTION_SEVERITIES; severity++)
        printf("%8.2f", 100 * mean_of_severity(results, count, severity));
    printf("%10.2f\n", 100 * mean_of_all(results, count));
    printf("%-22s%50.2f\n", "clean", 100 * results->clean.accuracy);
}

// ---- JSON ------------------------------------------------------------------------------------------------------

static json_t *corruption_json(const struct corruption *corruption, const struct corrupted_results *results, int place)
{
    json_t *accuracies = json_array(), *correct = json_array(), *losses = json_array();
    for (int s = 0; s < CORRUPTION_SEVERITIES; s++) {
        json_array_append_new(accuracies, json_real(100 * results->cells[place][s].accuracy));
        json_array_append_new(correct, json_integer(results->cells[place][s].correct));
        json_array_append_new(losses, json_number(results->cells[place][s].loss));
    }
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:f}", "code", corruption->code, "name", corruption->name,
                     "accuracy_percent", accuracies, "correct", correct, "loss", losses, "mean_accuracy_percent",
                     100 * mean_of_corruption(results, place));
}

static json_t *origin_json(const struct corrupted_command *command, const struct corrupted_results *results)
{
    if (command->published) return json_pack("{s:s, s:b}", "source", "published", "official", (int)results->official);
    return json_pack("{s:s, s:I, s:s?}", "source", "generated", "seed", (json_int_t)command->seed, "frost_textures",
                     results->frost);
}

json_t *evaluate_corrupted_json(const struct corrupted_command *command, const struct corrupted_results *results)
{
    const int count = command->corruptions->count;
    json_t *object = origin_json(command, results), *corruptions = json_array(), *severities = json_array();
    for (int c = 0; c < count; c++)
        json_array_append_new(corruptions, corruption_json(command->corruptions->items[c], results, c));
    for (int severity = 1; severity <= CORRUPTION_SEVERITIES; severity++)
        json_array_append_new(severities, json_real(100 * mean_of_severity(results, count, severity)));
    json_object_set_new(object, "corruptions", corruptions);
    json_object_set_new(object, "mean_accuracy_percent_by_severity", severities);
    json_object_set_new(object, "mean_accuracy_percent", json_real(100 * mean_of_all(results, count)));
    return object;
}

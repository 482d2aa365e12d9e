// results_json.c: results.json, the whole report for programs; README.md lists the keys. Tests: tests/report_test.c.
#include <math.h>
#include <stdlib.h>

#include "report/claims.h"
#include "report/writers.h"

enum { RESULTS_JSON_FORMAT = 1 };

// null where there is no number.
static json_t *results_json_number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

// Any bytes as a JSON string; null for NULL.
static json_t *results_json_text(const char *value)
{
    struct text clean = {0};
    if (value == NULL) return json_null();
    text_append_clean(&clean, value);
    json_t *string = json_string(clean.bytes == NULL ? "" : clean.bytes);
    text_destroy(&clean);
    return string;
}

static json_t *results_json_cell(const struct accuracy_cell *cell)
{
    return json_pack("{s:o, s:o, s:I, s:I}", "mean", results_json_number(cell->mean), "half_width_95",
                     results_json_number(cell->half_width), "seeds", (json_int_t)cell->count, "started",
                     (json_int_t)cell->started);
}

static json_t *results_json_paper(const struct paper_row *paper)
{
    json_t *object = json_object();
    if (paper == NULL) {
        json_decref(object);
        return json_null();
    }
    for (int column = 0; column < PAPER_COLUMNS; column++)
        json_object_set_new(object, paper_columns[column].code, json_real(paper->accuracy[column]));
    json_object_set_new(object, "mean", json_real(paper->mean));
    return object;
}

static json_t *results_json_table(const struct report_summary *summary, const struct accuracy_table *table)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < table->row_count; i++) {
        const struct accuracy_row *row = &table->rows[i];
        const struct paper_row *paper = table->kind == ACCURACY_CLEAN ? summary_paper_row(summary, row->method) : NULL;
        json_t *cells = json_object();
        for (int column = 0; column < PAPER_COLUMNS; column++)
            json_object_set_new(cells, paper_columns[column].code, results_json_cell(&row->cells[column]));
        json_array_append_new(rows,
                              json_pack("{s:o, s:o, s:o, s:i, s:o}", "method", results_json_text(row->method), "cells",
                                        cells, "mean", results_json_cell(&row->mean), "mean_over_columns",
                                        row->column_count, "paper", results_json_paper(paper)));
    }
    return rows;
}

// Values of result.json as they stand there.
static void results_json_copy_results(const struct run_record *run, json_t *object)
{
    static const char *const keys[] = {
        "test_accuracy_percent",
        "test_loss",
        "test_correct",
        "test_images",
        "train_loss",
        "train_accuracy_percent",
        "epochs",
        "steps",
        "seconds",
        "images_per_second",
        "resumed",
        "peak_memory_bytes",
        "model_sha256",
        "finished",
    };
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        json_t *value = json_object_get(run->result, keys[i]);
        json_object_set(object, keys[i], value == NULL ? json_null() : value);
    }
}

static json_t *results_json_run(const struct run_record *run)
{
    json_t *object =
        json_pack("{s:o, s:s, s:o, s:o}", "run", results_json_text(run->folder), "status", run_state_name(run->state),
                  "message", results_json_text(run->message), "log_message", results_json_text(run->log_message));
    if (run->run == NULL) return object;
    json_object_set_new(object, "role", json_string(run->teacher ? "teacher" : "target"));
    json_object_set_new(object, "method", results_json_text(run->method));
    json_object_set_new(object, "corruption", results_json_text(run->corruption));
    json_object_set_new(object, "corruption_name", results_json_text(run->corruption_name));
    json_object_set_new(object, "seed", json_integer(run->seed));
    json_object_set_new(object, "configuration_hash", results_json_text(run->configuration_hash));
    json_object_set_new(object, "started", results_json_text(run->started));
    results_json_copy_results(run, object);
    return object;
}

static json_t *results_json_list(const struct run_list *list)
{
    json_t *array = json_array();
    for (size_t i = 0; i < list->count; i++) json_array_append_new(array, results_json_run(list->runs[i]));
    return array;
}

static json_t *results_json_numbers(const double *values, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++) json_array_append_new(array, results_json_number(values[i]));
    return array;
}

static json_t *results_json_verdict(const struct report_summary *summary, const struct claim_evidence *evidence)
{
    const char *name = claims_verdict_name(claims_judge(summary, evidence));
    return name == NULL ? json_null() : json_string(name);
}

// ---- claim C3 --------------------------------------------------------------------------------------------------

static json_t *results_json_part(const struct learned_table *learned, int primitive, int column)
{
    const struct learned_kind *kind = &learned_kinds[primitive];
    const struct learned_part *part = &learned->columns[column].mean.parts[primitive];
    if (!part->present) return json_null();
    json_t *object = json_pack("{s:o, s:o, s:o, s:b}", "gate", results_json_number(part->gate), "magnitude",
                               results_json_number(learned->magnitudes.of[primitive][column]), "standardised",
                               results_json_number(learned->match.standardised[primitive][column]), "matched",
                               invariance_match_has((enum learned_primitive)primitive, column));
    for (int i = 0; i < kind->parameter_count; i++)
        json_object_set_new(object, kind->parameters[i].key,
                            results_json_numbers(part->quantiles[i], LEARNED_QUANTILES));
    return object;
}

static json_t *results_json_learned_column(const struct learned_table *learned, int column)
{
    const struct learned_column *own = &learned->columns[column];
    json_t *primitives = json_object();
    for (int p = 0; p < LEARNED_PRIMITIVES; p++)
        json_object_set_new(primitives, learned_kinds[p].key, results_json_part(learned, p, column));
    return json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o}", "seeds", (json_int_t)own->seeds, "adversarial_loss",
                     results_json_number(own->mean.adversarial_loss), "distance",
                     results_json_number(own->mean.distance), "target_agreement",
                     results_json_number(own->mean.target_agreement), "teacher_agreement",
                     results_json_number(own->mean.teacher_agreement), "contrast_kept",
                     results_json_number(own->mean.contrast_kept), "primitives", primitives);
}

static json_t *results_json_contrast(const struct invariance_contrast *contrast)
{
    if (!contrast->present) return json_null();
    return json_pack("{s:I, s:I, s:o, s:o, s:o, s:o, s:o}", "matched", (json_int_t)contrast->matched, "unmatched",
                     (json_int_t)contrast->unmatched, "matched_mean", results_json_number(contrast->matched_mean),
                     "unmatched_mean", results_json_number(contrast->unmatched_mean), "difference",
                     results_json_number(contrast->difference), "probability_greater",
                     results_json_number(contrast->greater), "probability_less", results_json_number(contrast->less));
}

static json_t *results_json_match(const struct invariance_match *match)
{
    if (match->missing[0] != '\0') return json_pack("{s:o}", "missing", results_json_text(match->missing));
    json_t *object =
        json_pack("{s:I, s:I, s:b, s:o}", "teachers", (json_int_t)match->teachers, "permutations",
                  (json_int_t)match->permutations, "exact", match->exact, "all", results_json_contrast(&match->all));
    for (int p = 0; p < LEARNED_PRIMITIVES; p++)
        json_object_set_new(object, learned_kinds[p].key, results_json_contrast(&match->primitives[p]));
    return object;
}

static json_t *results_json_learned(const struct report_summary *summary)
{
    const struct learned_table *learned = &summary->learned;
    const struct claim_evidence evidence = claims_evidence_learned(summary);
    if (learned->column_count == 0) return json_null();
    json_t *columns = json_object();
    for (int column = 0; column < PAPER_COLUMNS; column++)
        if (learned->columns[column].seeds > 0)
            json_object_set_new(columns, paper_columns[column].code, results_json_learned_column(learned, column));
    return json_pack("{s:o, s:o, s:o}", "columns", columns, "statistic", results_json_match(&learned->match), "verdict",
                     results_json_verdict(summary, &evidence));
}

// ---- claim C4 --------------------------------------------------------------------------------------------------

static json_t *results_json_carry_over(const struct report_summary *summary)
{
    const struct carry_over *carry = &summary->carry_over;
    const struct claim_evidence evidence = claims_evidence_carried_over(summary);
    const double interval[] = {carry->interval.low, carry->interval.high};
    if (!accuracy_table_has_numbers(&carry->targets)) return json_null();
    json_t *differences = json_object();
    for (int column = 0; column < PAPER_COLUMNS; column++)
        json_object_set_new(differences, paper_columns[column].code, results_json_number(carry->differences[column]));
    json_t *test =
        json_pack("{s:I, s:I, s:f, s:f, s:o}", "pairs", (json_int_t)carry->test.pairs, "zeros",
                  (json_int_t)carry->test.zeros, "positive_ranks", carry->test.positive_ranks, "negative_ranks",
                  carry->test.negative_ranks, "probability", results_json_number(carry->test.probability));
    return json_pack(
        "{s:o, s:o, s:o, s:I, s:o, s:o, s:o, s:o}", "targets", results_json_table(summary, &carry->targets), "teachers",
        results_json_table(summary, &carry->teachers), "differences", differences, "pairs", (json_int_t)carry->pairs,
        "mean", results_json_number(carry->mean), "interval_95", results_json_numbers(interval, 2), "signed_rank", test,
        "verdict", results_json_verdict(summary, &evidence));
}

static json_t *results_json_operation(const struct step_profile *profile, const struct step_profile_line *line)
{
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "operation", line->operation, "calls",
                     results_json_number(line->calls), "time_share_percent",
                     results_json_number(step_profile_time_share(profile, line)), "gigaflops_per_second",
                     results_json_number(step_profile_gigaflops(line)), "gigabytes_per_second",
                     results_json_number(step_profile_gigabytes(line)), "bound_share_percent",
                     results_json_number(step_profile_bound_share(line)), "threads_idle_percent",
                     results_json_number(step_profile_idle_share(profile, line->seconds, line->one_thread_seconds)));
}

// A short form; profile.json has every shape.
static json_t *results_json_profile(const struct step_profile *profile)
{
    if (profile->root == NULL) return json_pack("{s:o}", "absent", results_json_text(profile->absent));
    json_t *operations = json_array();
    for (size_t i = 0; i < profile->operation_count; i++)
        json_array_append_new(operations, results_json_operation(profile, &profile->operations[i]));
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "measured", results_json_text(profile->measured), "method",
        results_json_text(profile->method), "step_seconds", results_json_number(profile->seconds), "images_per_second",
        results_json_number(step_profile_images_per_second(profile)), "inside_kernels_percent",
        results_json_number(step_profile_kernel_share(profile)), "bound_share_percent",
        results_json_number(step_profile_total_bound_share(profile)), "threads_idle_percent",
        results_json_number(step_profile_idle_share(profile, profile->seconds, profile->one_thread_seconds)),
        "operations", operations);
}

static json_t *results_json_build(const struct report_summary *summary)
{
    const struct run_record *latest = summary->latest;
    json_t *configuration = latest == NULL ? NULL : json_object_get(latest->run, "configuration");
    json_t *root = json_object();
    json_object_set_new(root, "format", json_integer(RESULTS_JSON_FORMAT));
    json_object_set_new(root, "preset", results_json_text(summary->preset));
    json_object_set_new(root, "configuration_hash",
                        results_json_text(latest == NULL ? NULL : latest->configuration_hash));
    json_object_set_new(root, "comparable_with_paper", json_boolean(summary->comparable));
    json_object_set(root, "not_comparable_because", summary->reasons);
    json_object_set_new(root, "targets", results_json_table(summary, &summary->targets));
    json_object_set_new(root, "teachers", results_json_table(summary, &summary->teachers));
    json_object_set_new(root, "learned", results_json_learned(summary));
    json_object_set_new(root, "carry_over", results_json_carry_over(summary));
    json_object_set_new(root, "runs", results_json_list(&summary->selected));
    json_object_set_new(root, "other_runs", results_json_list(&summary->others));
    json_object_set_new(root, "unreadable_folders", results_json_list(&summary->unreadable));
    json_object_set(root, "configuration", configuration == NULL ? json_null() : configuration);
    json_object_set(root, "data", summary->data_sets);
    json_object_set(root, "environment", summary->environment);
    json_object_set(root, "remarks", summary->remarks);
    json_object_set_new(root, "profile", results_json_profile(&summary->profile));
    return root;
}

void results_json_write(const struct report_summary *summary, struct text *text)
{
    json_t *root = results_json_build(summary);
    // 15 digits give every decimal of at most 15 digits back as it was written.
    char *bytes = root == NULL ? NULL : json_dumps(root, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
    text->failed = text->failed || bytes == NULL;
    text_append(text, bytes);
    text_append(text, "\n");
    free(bytes);
    json_decref(root);
}

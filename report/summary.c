// summary.c: chooses the runs of one configuration and puts them in order. What they say is judged in comparison.c and
// gathered in facts.c. Tests: tests/report_test.c.
#include "report/summary.h"

#include <stdlib.h>
#include <string.h>

#include "report/embedded_report.h"
#include "report/facts.h"

static const struct status summary_no_memory = {STATUS_NO_MEMORY, "write the report: out of memory"};

static int summary_compare_sizes(size_t a, size_t b)
{
    return (a > b) - (a < b);
}

// Names that the table knows come in its order, others behind them by their bytes.
static int summary_compare_names(int (*find)(const char *), const char *a, const char *b)
{
    size_t place_a = (size_t)find(a), place_b = (size_t)find(b); // -1 becomes the largest
    return place_a != place_b ? summary_compare_sizes(place_a, place_b) : strcmp(a, b);
}

// The same role, method, corruption and seed: one run of the matrix, however often it was run.
static int summary_compare_cells(const struct run_record *a, const struct run_record *b)
{
    if (a->teacher != b->teacher) return a->teacher ? -1 : 1;
    int order = a->teacher ? 0 : summary_compare_names(paper_find_method, a->method, b->method);
    if (order == 0) order = summary_compare_names(paper_find_column, a->corruption, b->corruption);
    return order != 0 ? order : (a->seed > b->seed) - (a->seed < b->seed);
}

static int summary_compare_runs(const void *left, const void *right)
{
    const struct run_record *a = *(const struct run_record *const *)left, *b = *(const struct run_record *const *)right;
    int order = summary_compare_cells(a, b);
    return order != 0 ? order : strcmp(a->folder, b->folder);
}

static int summary_compare_others(const void *left, const void *right)
{
    const struct run_record *a = *(const struct run_record *const *)left, *b = *(const struct run_record *const *)right;
    int order = strcmp(a->configuration_hash, b->configuration_hash);
    return order != 0 ? order : summary_compare_runs(left, right);
}

// Times in this format are in order when their text is.
static const struct run_record *summary_find_latest(const struct run_collection *collection, const char *hash)
{
    const struct run_record *latest = NULL;
    for (size_t i = 0; i < collection->count; i++) {
        const struct run_record *run = &collection->runs[i];
        if (run->run == NULL || (hash != NULL && strcmp(run->configuration_hash, hash) != 0)) continue;
        if (latest == NULL || strcmp(run->started, latest->started) >= 0) latest = run;
    }
    return latest;
}

static bool summary_create_list(size_t capacity, struct run_list *list)
{
    list->runs = calloc(capacity + 1, sizeof(const struct run_record *));
    return list->runs != NULL;
}

static struct status summary_select_runs(const struct report_request *request, struct report_summary *summary)
{
    const struct run_collection *all = &summary->collection;
    summary->latest = summary_find_latest(all, request->configuration_hash);
    if (summary->latest == NULL && request->configuration_hash != NULL)
        return status_error(STATUS_MISSING, "%s: no run of configuration %s", request->runs_folder,
                            request->configuration_hash);
    if (!summary_create_list(all->count, &summary->selected) || !summary_create_list(all->count, &summary->others) ||
        !summary_create_list(all->count, &summary->unreadable))
        return summary_no_memory;
    for (size_t i = 0; i < all->count; i++) {
        const struct run_record *run = &all->runs[i];
        struct run_list *list = &summary->unreadable;
        if (run->run != NULL) {
            bool same = strcmp(run->configuration_hash, summary->latest->configuration_hash) == 0;
            list = same ? &summary->selected : &summary->others;
            summary->states[run->state] += same;
        }
        list->runs[list->count++] = run;
    }
    qsort(summary->selected.runs, summary->selected.count, sizeof(const struct run_record *), summary_compare_runs);
    qsort(summary->others.runs, summary->others.count, sizeof(const struct run_record *), summary_compare_others);
    return status_ok();
}

// Of runs that repeat one another, the first that is done counts, or the first.
static bool summary_is_repeated(const struct run_list *list, size_t i)
{
    size_t first = i, chosen = i;
    while (first > 0 && summary_compare_cells(list->runs[first - 1], list->runs[i]) == 0) first--;
    for (size_t j = first; j < list->count && summary_compare_cells(list->runs[j], list->runs[i]) == 0; j++) {
        if (j == first || (list->runs[j]->state == RUN_DONE && list->runs[chosen]->state != RUN_DONE)) chosen = j;
    }
    return chosen != i;
}

// Sorted as they are, the teachers are the front of the list.
static struct status summary_build_tables(struct report_summary *summary)
{
    struct run_list counted = {0};
    size_t teachers = 0;
    if (!summary_create_list(summary->selected.count, &counted)) return summary_no_memory;
    for (size_t i = 0; i < summary->selected.count; i++) {
        const struct run_record *run = summary->selected.runs[i];
        if (summary_is_repeated(&summary->selected, i)) {
            facts_add_sentence(summary->remarks, "%s repeats another run of this configuration and is not counted.",
                               run->folder);
            continue;
        }
        if (paper_find_column(run->corruption) < 0)
            facts_add_sentence(summary->remarks, "%s: the table has no column for its corruption \"%s\".", run->folder,
                               run->corruption);
        teachers += run->teacher;
        counted.runs[counted.count++] = run;
    }
    struct status status = accuracy_table_build(counted.runs, teachers, ACCURACY_CLEAN, &summary->teachers);
    if (status.code == STATUS_OK)
        status =
            accuracy_table_build(counted.runs + teachers, counted.count - teachers, ACCURACY_CLEAN, &summary->targets);
    if (status.code == STATUS_OK)
        status = carry_over_build(counted.runs, teachers, counted.count, &summary->carry_over);
    learned_table_build(counted.runs, counted.count, &summary->learned);
    free(counted.runs);
    return status;
}

struct status summary_create(const struct report_request *request, struct report_summary *summary)
{
    *summary = (struct report_summary){.preset = request->preset,
                                       .panels_folder = request->no_panels ? NULL : request->runs_folder};
    summary->reasons = json_array();
    summary->remarks = json_array();
    summary->data_sets = json_array();
    summary->environment = json_array();
    struct status status = run_reader_collect(request->runs_folder, &summary->collection);
    if (status.code == STATUS_OK && summary->collection.count == 0)
        status = status_error(STATUS_MISSING, "%s: no run has been started yet", request->runs_folder);
    if (status.code == STATUS_OK) status = paper_table_parse(embedded_paper_table.text, &summary->paper);
    if (status.code == STATUS_OK) status = summary_select_runs(request, summary);
    if (status.code == STATUS_OK) status = summary_build_tables(summary);
    if (status.code == STATUS_OK) {
        facts_collect(summary);
        facts_judge_comparability(summary);
        summary->comparable = json_array_size(summary->reasons) == 0;
    }
    if (status.code == STATUS_OK)
        status = step_profile_read(request->output_folder, request->no_profile, &summary->profile);
    bool whole = summary->reasons != NULL && summary->remarks != NULL && summary->data_sets != NULL;
    if (status.code == STATUS_OK && (!whole || summary->environment == NULL)) status = summary_no_memory;
    if (status.code != STATUS_OK) summary_destroy(summary);
    return status;
}

void summary_destroy(struct report_summary *summary)
{
    accuracy_table_destroy(&summary->targets);
    accuracy_table_destroy(&summary->teachers);
    carry_over_destroy(&summary->carry_over);
    step_profile_destroy(&summary->profile);
    json_decref(summary->reasons);
    json_decref(summary->remarks);
    json_decref(summary->data_sets);
    json_decref(summary->environment);
    free(summary->selected.runs);
    free(summary->others.runs);
    free(summary->unreadable.runs);
    run_collection_destroy(&summary->collection);
    *summary = (struct report_summary){0};
}

static void summary_append_data_sets(const struct report_summary *summary, struct text *text)
{
    size_t i;
    json_t *entry;
    json_array_foreach(summary->data_sets, i, entry)
    {
        const json_t *data = json_object_get(entry, "data");
        text_append_format(text, "%s%s (%s)", i == 0 ? "" : " and ", json_string_value(json_object_get(data, "name")),
                           json_is_true(json_object_get(data, "official")) ? "official" : "not official");
    }
}

void summary_append_verdict(const struct report_summary *summary, struct text *text)
{
    text_append_format(text, "Preset %s", summary->preset);
    if (summary->latest == NULL) {
        text_append(text, ": no run could be read.");
        return;
    }
    text_append(text, ", trained on ");
    summary_append_data_sets(summary, text);
    const char *separator = ": ";
    for (int state = 0; state < RUN_STATE_COUNT; state++) {
        if (summary->states[state] == 0 && state != RUN_DONE) continue;
        text_append_format(text, "%s%zu %s", separator, summary->states[state], run_state_name((enum run_state)state));
        separator = ", ";
    }
    text_append_format(text, " of %zu runs started. ", summary->selected.count);
    text_append(text, summary->comparable ? "The paper\u2019s table stands beside ours."
                                          : "The numbers are not comparable with the paper.");
}

const struct paper_row *summary_paper_row(const struct report_summary *summary, const char *method)
{
    int place = summary->comparable && method != NULL ? paper_find_method(method) : -1;
    return place < 0 ? NULL : &summary->paper.rows[place];
}

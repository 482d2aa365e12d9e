// markdown.c: table.md, for a place that shows Markdown. Tests: tests/report_test.c.
#include <math.h>
#include <string.h>

#include "report/claims.h"
#include "report/writers.h"

static void markdown_append_head(const char *first, struct text *text)
{
    text_append_format(text, "| %s |", first);
    for (int column = 0; column < PAPER_COLUMNS; column++)
        text_append_format(text, " %s |", paper_columns[column].code);
    text_append(text, " Mean |\n|---|");
    for (int column = 0; column <= PAPER_COLUMNS; column++) text_append(text, "--:|");
    text_append(text, "\n");
}

static void markdown_append_cell(const struct accuracy_table *table, size_t index, int column, struct text *text)
{
    const struct accuracy_row *row = &table->rows[index];
    const struct accuracy_cell *cell = column == PAPER_COLUMNS ? &row->mean : &row->cells[column];
    bool best = accuracy_table_is_best(table, index, column);
    text_append(text, best ? " **" : " ");
    text_append_fixed(text, cell->mean, 1);
    text_append(text, best ? "**" : "");
    if (!isfinite(cell->mean) && cell->started > 0) text_append(text, "\u2013");
    if (isfinite(cell->half_width)) {
        text_append(text, " \u00b1\u00a0");
        text_append_fixed(text, cell->half_width, 1);
    }
    if (isfinite(cell->mean) && column == PAPER_COLUMNS && row->column_count < PAPER_COLUMNS)
        text_append_format(text, " (over %d)", row->column_count);
    else if (isfinite(cell->mean) && column < PAPER_COLUMNS && table->seeds == 0)
        text_append_format(text, " (n\u00a0=\u00a0%zu)", cell->count);
    text_append(text, " |");
}

static void markdown_append_paper_row(const struct paper_row *paper, struct text *text)
{
    text_append_format(text, "| %s, paper |", paper->method);
    for (int column = 0; column <= PAPER_COLUMNS; column++) {
        text_append(text, " ");
        text_append_fixed(text, column == PAPER_COLUMNS ? paper->mean : paper->accuracy[column], 1);
        text_append(text, " |");
    }
    text_append(text, "\n");
}

static void markdown_append_table(const struct report_summary *summary, const struct accuracy_table *table,
                                  struct text *text)
{
    text_append(text, "Accuracy in percent");
    if (table->kind == ACCURACY_CORRUPTED)
        text_append(text, " under the teacher's corruption, mean over severities 1 to 5");
    if (table->seeds > 1) text_append_format(text, ", mean over %zu seeds", table->seeds);
    if (table->seeds != 1) text_append(text, ", \u00b1 half of the 95 % interval (Student's t)");
    text_append(text, ".\n\n");
    markdown_append_head(table->rows[0].method == NULL ? "" : "Method", text);
    for (size_t row = 0; row < table->row_count; row++) {
        const bool clean = table->kind == ACCURACY_CLEAN;
        const struct paper_row *paper = clean ? summary_paper_row(summary, table->rows[row].method) : NULL;
        text_append(text, "| ");
        text_append_markdown(text, table->rows[row].method == NULL ? "Teacher" : table->rows[row].method);
        text_append(text, " |");
        for (int column = 0; column <= PAPER_COLUMNS; column++) markdown_append_cell(table, row, column, text);
        text_append(text, "\n");
        if (paper != NULL) markdown_append_paper_row(paper, text);
    }
    text_append(text, "\n");
}

static void markdown_append_sentences(const char *heading, const json_t *sentences, struct text *text)
{
    if (json_array_size(sentences) == 0) return;
    text_append_format(text, "%s\n\n", heading);
    for (size_t i = 0; i < json_array_size(sentences); i++) {
        text_append(text, "- ");
        text_append_markdown(text, json_string_value(json_array_get(sentences, i)));
        text_append(text, "\n");
    }
    text_append(text, "\n");
}

static void markdown_append_number(double value, int decimals, struct text *text)
{
    text_append(text, " ");
    text_append_fixed(text, value, decimals);
    text_append(text, " |");
}

static void markdown_append_verdict(const struct report_summary *summary, const struct claim_evidence *evidence,
                                    struct text *text)
{
    struct text sentences = {0};
    claims_append_verdict(summary, evidence, &sentences);
    text_append_markdown(text, sentences.bytes);
    text_append(text, "\n\n");
    text->failed = text->failed || sentences.failed;
    text_destroy(&sentences);
}

static void markdown_append_contrast(const char *name, const struct invariance_contrast *contrast, struct text *text)
{
    if (!contrast->present) return;
    text_append_format(text, "| %s | %zu, %zu |", name, contrast->matched, contrast->unmatched);
    markdown_append_number(contrast->difference, 2, text);
    text_append(text, " ");
    text_append_probability(text, contrast->greater);
    text_append(text, " |\n");
}

static void markdown_append_learned(const struct report_summary *summary, struct text *text)
{
    const struct learned_table *learned = &summary->learned;
    const struct claim_evidence evidence = claims_evidence_learned(summary);
    if (learned->column_count == 0) return;
    text_append(text,
                "## What TransInv learned\n\nMagnitude of each primitive (gate x mean absolute deviation from the "
                "identity) by corruption of the teacher.\n\n| Teacher |");
    for (int p = 0; p < LEARNED_PRIMITIVES; p++) text_append_format(text, " %s |", learned_kinds[p].key);
    text_append(text, "\n|---|--:|--:|--:|--:|\n");
    for (int column = 0; column < PAPER_COLUMNS; column++) {
        if (learned->columns[column].seeds == 0) continue;
        text_append_format(text, "| %s |", paper_columns[column].code);
        for (int p = 0; p < LEARNED_PRIMITIVES; p++) markdown_append_number(learned->magnitudes.of[p][column], 4, text);
        text_append(text, "\n");
    }
    if (learned->match.missing[0] != '\0') {
        text_append_format(text, "\n%s\n\n", learned->match.missing);
        return;
    }
    text_append(text, "\nStandardised magnitudes, matched minus other teachers; one-sided permutation test.\n\n"
                      "| Primitive | Matched, others | Difference | |\n|---|--:|--:|--:|\n");
    for (int p = 0; p < LEARNED_PRIMITIVES; p++)
        markdown_append_contrast(learned_kinds[p].key, &learned->match.primitives[p], text);
    markdown_append_contrast("All together", &learned->match.all, text);
    text_append(text, "\n");
    markdown_append_verdict(summary, &evidence, text);
}

static void markdown_append_carry_over(const struct report_summary *summary, struct text *text)
{
    const struct carry_over *carry = &summary->carry_over;
    const struct claim_evidence evidence = claims_evidence_carried_over(summary);
    struct text sentences = {0};
    if (!accuracy_table_has_numbers(&carry->targets)) return;
    text_append(text, "## Invariance that carries over\n\n");
    markdown_append_table(summary, &carry->targets, text);
    if (accuracy_table_has_numbers(&carry->teachers)) markdown_append_table(summary, &carry->teachers, text);
    carry_over_append_sentences(carry, &sentences);
    text_append_markdown(text, sentences.bytes);
    text_append(text, "\n\n");
    if (carry->pairs > 0) markdown_append_verdict(summary, &evidence, text);
    text->failed = text->failed || sentences.failed;
    text_destroy(&sentences);
}

static void markdown_append_profile(const struct step_profile *profile, struct text *text)
{
    text_append(text, "## Where the time goes\n\n");
    if (profile->root == NULL) {
        text_append_markdown(text, profile->absent);
        text_append(text, "\n\n");
        return;
    }
    text_append(text, "A training step by ");
    text_append_markdown(text, profile->method);
    text_append_format(text, " of %.0f images on %.0f threads: %.4g ms, %.2f %% of it inside these operations.\n\n",
                       profile->images, profile->threads, 1e3 * profile->seconds, step_profile_kernel_share(profile));
    text_append(text, "| Operation | Time, % | Calls | GFLOP/s | GB/s | Of bound, % |\n|---|--:|--:|--:|--:|--:|\n");
    for (size_t i = 0; i < profile->operation_count; i++) {
        const struct step_profile_line *line = &profile->operations[i];
        text_append(text, "| ");
        text_append_markdown(text, line->operation);
        text_append(text, " |");
        markdown_append_number(step_profile_time_share(profile, line), 1, text);
        markdown_append_number(line->calls, 0, text);
        markdown_append_number(step_profile_gigaflops(line), 1, text);
        markdown_append_number(step_profile_gigabytes(line), 1, text);
        markdown_append_number(step_profile_bound_share(line), 1, text);
        text_append(text, "\n");
    }
    text_append(text, "\n");
}

static void markdown_append_open_runs(const struct run_list *list, struct text *text)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct run_record *run = list->runs[i];
        if (run->state == RUN_DONE) continue;
        text_append(text, "| ");
        text_append_markdown(text, run->folder);
        text_append_format(text, " | %s | ", run_state_name(run->state));
        text_append_markdown(text, run->message);
        text_append(text, " |\n");
    }
}

static bool markdown_has_open_runs(const struct report_summary *summary)
{
    return summary->unreadable.count > 0 || summary->states[RUN_DONE] < summary->selected.count;
}

void markdown_write(const struct report_summary *summary, struct text *text)
{
    struct text verdict = {0};
    text_append(text, "# Report: ");
    text_append_markdown(text, summary->preset);
    text_append(text, "\n\n");
    summary_append_verdict(summary, &verdict);
    text_append_markdown(text, verdict.bytes);
    text_append(text, "\n\n");
    if (summary->targets.row_count > 0) {
        text_append(text, "## Accuracy of the targets\n\n");
        markdown_append_table(summary, &summary->targets, text);
    }
    markdown_append_sentences("Not comparable with the paper:", summary->reasons, text);
    if (summary->teachers.row_count > 0) {
        text_append(text, "## Accuracy of the teachers\n\n");
        markdown_append_table(summary, &summary->teachers, text);
    }
    markdown_append_learned(summary, text);
    markdown_append_carry_over(summary, text);
    if (markdown_has_open_runs(summary)) {
        text_append(text, "## Runs that are not done\n\n| Run | Status | Message |\n|---|---|---|\n");
        markdown_append_open_runs(&summary->selected, text);
        markdown_append_open_runs(&summary->unreadable, text);
        text_append(text, "\n");
    }
    if (summary->latest != NULL) markdown_append_profile(&summary->profile, text);
    markdown_append_sentences("## Remarks", summary->remarks, text);
    text->failed = text->failed || verdict.failed;
    text_destroy(&verdict);
}

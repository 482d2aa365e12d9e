// page_accuracy.c: the tables of accuracies, the paper's rows among ours where they may be compared, and "Invariance that
// carries over" (claim C4). Tests: tests/report_test.c, tests/report_carry_over_test.c, tests/report_page_test.c.
#include <math.h>
#include <string.h>

#include "report/page_parts.h"

// The mean is column PAPER_COLUMNS.
static const struct accuracy_cell *page_cell_of(const struct accuracy_row *row, int column)
{
    return column == PAPER_COLUMNS ? &row->mean : &row->cells[column];
}

static const char *page_accuracy_class(int column)
{
    return column == PAPER_COLUMNS ? "number mean" : "number";
}

static void page_append_head(const char *first, struct text *html)
{
    text_append_format(html, "<thead><tr><th scope=\"col\">%s</th>", first);
    for (int column = 0; column < PAPER_COLUMNS; column++)
        text_append_format(html, "<th scope=\"col\" class=\"number\"><abbr title=\"%s\">%s</abbr></th>",
                           paper_columns[column].title, paper_columns[column].code);
    text_append(html, "<th scope=\"col\" class=\"number mean\">Mean</th></tr></thead>\n");
}

// The mean is not over all columns as long as some are empty, and must say so.
static void page_append_cell_notes(const struct accuracy_table *table, const struct accuracy_row *row, int column,
                                   struct text *html)
{
    const struct accuracy_cell *cell = page_cell_of(row, column);
    if (isfinite(cell->half_width)) {
        text_append(html, "<small>\u00b1");
        text_append_fixed(html, cell->half_width, 1);
        text_append(html, "</small>");
    }
    if (column == PAPER_COLUMNS && row->column_count < PAPER_COLUMNS)
        text_append_format(html, "<small>over %d</small>", row->column_count);
    else if (column < PAPER_COLUMNS && table->seeds == 0)
        text_append_format(html, "<small>n\u202f=\u202f%zu</small>", cell->count);
}

static void page_append_accuracy_cell(const struct accuracy_table *table, size_t row, int column, struct text *html)
{
    const struct accuracy_cell *cell = page_cell_of(&table->rows[row], column);
    if (!isfinite(cell->mean)) {
        bool started = cell->started > 0;
        text_append_format(html, "<td class=\"%s empty\">%s</td>", page_accuracy_class(column),
                           started ? "\u2013" : "");
        return;
    }
    bool best = accuracy_table_is_best(table, row, column);
    text_append_format(html, "<td class=\"%s\">%s", page_accuracy_class(column), best ? "<b>" : "");
    text_append_fixed(html, cell->mean, 1);
    text_append(html, best ? "</b>" : "");
    page_append_cell_notes(table, &table->rows[row], column, html);
    text_append(html, "</td>");
}

static void page_append_paper_rows(const struct accuracy_row *row, const struct paper_row *paper, struct text *html)
{
    text_append(html, "<tr class=\"paper\"><th scope=\"row\">paper</th>");
    for (int column = 0; column <= PAPER_COLUMNS; column++) {
        text_append_format(html, "<td class=\"%s\">", page_accuracy_class(column));
        text_append_fixed(html, column == PAPER_COLUMNS ? paper->mean : paper->accuracy[column], 1);
        text_append(html, "</td>");
    }
    text_append(html, "</tr>\n<tr class=\"difference\"><th scope=\"row\">difference</th>");
    for (int column = 0; column <= PAPER_COLUMNS; column++) {
        double theirs = column == PAPER_COLUMNS ? paper->mean : paper->accuracy[column];
        // A mean over other columns is another quantity.
        bool whole = column < PAPER_COLUMNS || row->column_count == PAPER_COLUMNS;
        double difference = whole ? page_cell_of(row, column)->mean - theirs : NAN;
        text_append_format(html, "<td class=\"%s\">%s", page_accuracy_class(column), difference >= 0.05 ? "+" : "");
        text_append_fixed(html, difference, 1);
        text_append(html, "</td>");
    }
    text_append(html, "</tr>\n");
}

static void page_append_row(const struct report_summary *summary, const struct accuracy_table *table, size_t index,
                            struct text *html)
{
    const struct accuracy_row *row = &table->rows[index];
    const bool clean = table->kind == ACCURACY_CLEAN;
    const struct paper_row *paper = clean ? summary_paper_row(summary, row->method) : NULL; // it has no other accuracy
    int known = row->method == NULL ? -1 : paper_find_method(row->method);
    text_append_format(html, "<tr class=\"ours%s\"><th scope=\"row\">", paper != NULL ? " followed" : "");
    text_append_html(html, row->method == NULL ? "Teacher" : row->method);
    if (known >= 0) text_append_format(html, "<small>%s</small>", paper_methods[known].title);
    if (row->method == NULL && !clean) text_append(html, "<small>on its own data</small>");
    text_append(html, "</th>");
    for (int column = 0; column <= PAPER_COLUMNS; column++) page_append_accuracy_cell(table, index, column, html);
    text_append(html, "</tr>\n");
    if (paper != NULL) page_append_paper_rows(row, paper, html);
}

// "on the test images of NAME" for the data that `used_by` trained on; nothing when they had several.
static void page_append_data_name(const struct report_summary *summary, const char *used_by, struct text *html)
{
    const json_t *data = NULL;
    for (size_t i = 0; i < json_array_size(summary->data_sets); i++) {
        const json_t *entry = json_array_get(summary->data_sets, i);
        const char *users = json_string_value(json_object_get(entry, "used_by"));
        if (strstr(users, used_by) == NULL) continue;
        if (data != NULL) return;
        data = json_object_get(entry, "data");
    }
    if (data == NULL) return;
    text_append(html, " on the test images of ");
    text_append_html(html, json_string_value(json_object_get(data, "name")));
}

// Of what a cell is the mean, and how a column's best is shown.
static void page_append_seeds(const struct accuracy_table *table, struct text *html)
{
    if (table->seeds == 0)
        text_append(html, ", mean over n seeds");
    else if (table->seeds == 1)
        text_append(html, ", one seed");
    else
        text_append_format(html, ", mean over %zu seeds", table->seeds);
    if (table->seeds != 1) text_append(html, ", \u00b1 half of the 95\u00a0% interval (Student\u2019s t)");
    text_append(html, ".");
    if (table->row_count > 1) text_append(html, " The best method of a column is bold.");
}

static void page_append_table(const struct report_summary *summary, const struct accuracy_table *table,
                              const char *used_by, struct text *html)
{
    page_open_table(table == &summary->teachers ? "Accuracy of the teachers" : "Accuracy by method and corruption",
                    "accuracy", html);
    text_append(html, "<caption><span>Accuracy in percent");
    page_append_data_name(summary, used_by, html);
    page_append_seeds(table, html);
    text_append(html, "</span></caption>\n");
    page_append_head(table == &summary->teachers ? "Trained on" : "Method", html);
    text_append(html, "<tbody>\n");
    for (size_t row = 0; row < table->row_count; row++) page_append_row(summary, table, row, html);
    text_append(html, "</tbody>\n");
    page_close_table(html);
}
static void page_append_codes(struct text *html)
{
    text_append(html, "<ul class=\"codes\" aria-label=\"What the codes stand for\">\n");
    for (int column = 0; column < PAPER_COLUMNS; column++)
        text_append_format(html, "<li><b>%s</b> %s</li>\n", paper_columns[column].code, paper_columns[column].title);
    text_append(html, "</ul>\n");
}

void page_append_accuracy(const struct report_summary *summary, struct text *html)
{
    page_open_section("accuracy", "Accuracy of the targets", html);
    if (!summary->comparable) {
        text_append(html, "<div class=\"note\">\n<p><strong>Not comparable with the paper.</strong></p>\n");
        page_append_sentences(summary->reasons, html);
        text_append(html, "</div>\n");
    }
    text_append(html,
                "<p>A target starts from the weights of a teacher and is trained further by a method. A column is "
                "the corruption of its teacher.</p>\n");
    if (summary->targets.row_count > 0) {
        page_append_table(summary, &summary->targets, "targets", html);
        page_append_codes(html);
    } else {
        text_append(html, "<p class=\"muted\">No target has been started.</p>\n");
    }
    text_append(html, "</section>\n");
}

void page_append_teachers(const struct report_summary *summary, struct text *html)
{
    page_open_section("teachers", "Accuracy of the teachers", html);
    if (summary->teachers.row_count > 0)
        page_append_table(summary, &summary->teachers, "teachers", html);
    else
        text_append(html, "<p class=\"muted\">No teacher has been started.</p>\n");
    text_append(html, "</section>\n");
}

// ---- invariance that carries over ------------------------------------------------------------------------------

static void page_append_difference_row(const struct carry_over *carry, struct text *html)
{
    text_append(html, "<tr class=\"difference\"><th scope=\"row\">" PAPER_METHOD_LEARNED " \u2212 " PAPER_METHOD_PLAIN
                      "</th>");
    for (int column = 0; column <= PAPER_COLUMNS; column++) {
        const double difference = column == PAPER_COLUMNS ? carry->mean : carry->differences[column];
        text_append_format(html, "<td class=\"%s\">%s", page_accuracy_class(column), difference >= 0.05 ? "+" : "");
        text_append_fixed(html, difference, 1);
        text_append(html, "</td>");
    }
    text_append(html, "</tr>\n");
}

static void page_append_carry_table(const struct report_summary *summary, struct text *html)
{
    const struct carry_over *carry = &summary->carry_over;
    page_open_table("Accuracy under the teacher\u2019s corruption", "accuracy", html);
    text_append(html, "<caption><span>Accuracy in percent under the teacher\u2019s corruption");
    page_append_data_name(summary, "targets", html);
    text_append(html, ", mean over severities 1 to 5");
    page_append_seeds(&carry->targets, html);
    if (carry->unofficial)
        text_append(html,
                    " Teachers were measured on images given as CIFAR-10-C\u2019s, without its published checksums.");
    else if (carry->published)
        text_append(html, " Teachers were measured on CIFAR-10-C\u2019s own images.");
    text_append(html, "</span></caption>\n");
    page_append_head("Method", html);
    text_append(html, "<tbody>\n");
    for (size_t row = 0; row < carry->targets.row_count; row++) page_append_row(summary, &carry->targets, row, html);
    if (carry->pairs > 0) page_append_difference_row(carry, html);
    text_append(html, "</tbody>\n<tbody>\n");
    for (size_t row = 0; row < carry->teachers.row_count; row++) page_append_row(summary, &carry->teachers, row, html);
    text_append(html, "</tbody>\n");
    page_close_table(html);
}

// The sentences are plain text, shared with table.md.
static void page_append_carry_sentences(const struct report_summary *summary, struct text *html)
{
    const struct claim_evidence evidence = claims_evidence_carried_over(summary);
    struct text sentences = {0};
    carry_over_append_sentences(&summary->carry_over, &sentences);
    text_append(html, "<p>");
    text_append_html(html, sentences.bytes);
    text_append(html, "</p>\n");
    if (summary->carry_over.pairs > 0) page_append_verdict(summary, &evidence, html);
    html->failed = html->failed || sentences.failed;
    text_destroy(&sentences);
}

void page_append_carry_over(const struct report_summary *summary, struct text *html)
{
    const struct carry_over *carry = &summary->carry_over;
    page_open_section("carry-over", "Invariance that carries over", html);
    text_append(html, "<p>The paper\u2019s claim: what the teacher is invariant to, its target is too. A target is "
                      "measured on test images that its teacher\u2019s corruption made.</p>\n");
    if (accuracy_table_has_numbers(&carry->targets)) {
        page_append_carry_table(summary, html);
        page_append_carry_sentences(summary, html);
    } else {
        text_append(html, "<p class=\"muted\">No target that is done was measured so.</p>\n");
    }
    text_append(html, "</section>\n");
}

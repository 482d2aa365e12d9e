// page.c: index.html, one file without scripts or anything fetched. Its policy forbids both, so that even a name that
// slipped through an escape could do nothing. Tests: tests/report_test.c, tests/report_page_test.c.
#include <math.h>
#include <string.h>

#include "base/log.h"
#include "report/curves.h"
#include "report/embedded_report.h"
#include "report/facts.h"
#include "report/page_parts.h"
#include "report/svg_adopt.h"
#include "report/writers.h"

static void page_append_document_head(const struct report_summary *summary, struct text *html)
{
    text_append(html, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
                      "'unsafe-inline'; img-src data:\">\n"
                      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                      "<meta name=\"color-scheme\" content=\"light dark\">\n"
                      "<link rel=\"icon\" href=\"data:,\">\n<title>transinv report: ");
    text_append_html(html, summary->preset);
    text_append(html, "</title>\n<style>\n");
    text_append(html, embedded_page_style.text);
    text_append(html, "</style>\n</head>\n");
}

static void page_open_fact(const char *name, struct text *html)
{
    text_append_format(html, "<div><dt>%s</dt><dd>", name);
}

static void page_close_fact(struct text *html)
{
    text_append(html, "</dd></div>\n");
}

static void page_append_run_fact(const struct report_summary *summary, struct text *html)
{
    const char *separator = "<small>";
    page_open_fact("Runs done", html);
    text_append_format(html, "%zu of %zu", summary->states[RUN_DONE], summary->selected.count);
    for (int state = RUN_DONE + 1; state < RUN_STATE_COUNT; state++) {
        if (summary->states[state] == 0) continue;
        text_append_format(html, "%s%zu %s", separator, summary->states[state], run_state_name((enum run_state)state));
        separator = ", ";
    }
    text_append(html, strcmp(separator, ", ") == 0 ? "</small>" : "");
    page_close_fact(html);
}

// The best mean, where means may be compared: it is bold in the table, or the only one.
static void page_append_mean_fact(const struct report_summary *summary, struct text *html)
{
    const struct accuracy_table *table = &summary->targets;
    for (size_t row = 0; row < table->row_count; row++) {
        if (!isfinite(table->rows[row].mean.mean)) continue;
        if (table->row_count > 1 && !accuracy_table_is_best(table, row, PAPER_COLUMNS)) continue;
        page_open_fact(table->row_count > 1 ? "Best mean accuracy" : "Mean accuracy", html);
        text_append_fixed(html, table->rows[row].mean.mean, 1);
        text_append(html, "\u00a0%<small>");
        text_append_html(html, table->rows[row].method);
        text_append_format(html, ", %d of %d corruptions</small>", table->rows[row].column_count, PAPER_COLUMNS);
        page_close_fact(html);
        return;
    }
}

static void page_append_time_fact(const struct report_summary *summary, struct text *html)
{
    double seconds = 0;
    for (size_t i = 0; i < summary->selected.count; i++)
        seconds += isfinite(summary->selected.runs[i]->seconds) ? summary->selected.runs[i]->seconds : 0;
    page_open_fact("Training time, all runs", html);
    page_append_duration(seconds, html);
    const char *device =
        json_string_value(json_object_get(json_object_get(summary->latest->run, "environment"), "device"));
    text_append(html, "<small>");
    text_append_html(html, device);
    text_append(html, "</small>");
    page_close_fact(html);
}

static size_t page_count_marks(const json_t *configuration, const char *wanted)
{
    const char *key;
    json_t *entry;
    size_t count = 0;
    json_object_foreach((json_t *)configuration, key, entry)
    {
        const char *mark = json_string_value(json_object_get(entry, "mark"));
        count += mark != NULL && strcmp(mark, wanted) == 0;
    }
    return count;
}

static void page_append_configuration_fact(const struct report_summary *summary, struct text *html)
{
    const json_t *configuration = json_object_get(summary->latest->run, "configuration");
    struct text begin = {0};
    text_append_clean(&begin, summary->latest->configuration_hash);
    page_open_fact("Configuration", html);
    text_append(html, "<a href=\"#configuration\">");
    if (begin.length > 8 && strspn(begin.bytes, "0123456789abcdef") == begin.length) begin.bytes[8] = '\0';
    text_append_html(html, begin.bytes);
    text_append_format(html, "</a><small>%zu stated, %zu chosen, %zu overridden</small>",
                       page_count_marks(configuration, "stated"), page_count_marks(configuration, "chosen"),
                       page_count_marks(configuration, "override"));
    page_close_fact(html);
    html->failed = html->failed || begin.failed;
    text_destroy(&begin);
}

static void page_append_navigation(const struct report_summary *summary, struct text *html)
{
    text_append(html, "<nav aria-label=\"Sections\"><ul>\n"
                      "<li><a href=\"#accuracy\">Accuracy</a></li>\n<li><a href=\"#teachers\">Teachers</a></li>\n"
                      "<li><a href=\"#learned\">What TransInv learned</a></li>\n"
                      "<li><a href=\"#carry-over\">Invariance</a></li>\n"
                      "<li><a href=\"#curves\">Learning curves</a></li>\n<li><a href=\"#runs\">All runs</a></li>\n"
                      "<li><a href=\"#profile\">Where the time goes</a></li>\n"
                      "<li><a href=\"#configuration\">Configuration</a></li>\n<li><a href=\"#data\">Data</a></li>\n"
                      "<li><a href=\"#environment\">Environment</a></li>\n");
    if (json_array_size(summary->remarks) > 0) text_append(html, "<li><a href=\"#remarks\">Remarks</a></li>\n");
    text_append(html, "</ul></nav>\n");
}

static void page_append_header(const struct report_summary *summary, struct text *html)
{
    struct text verdict = {0};
    text_append(html, "<header>\n<p class=\"kicker\">transinv</p>\n<h1>Report: ");
    text_append_html(html, summary->preset);
    text_append(html, "</h1>\n<p class=\"lead\">");
    summary_append_verdict(summary, &verdict);
    text_append_html(html, verdict.bytes);
    text_append(html, "</p>\n");
    if (summary->latest != NULL) {
        text_append(html, "<dl class=\"facts\">\n");
        page_append_mean_fact(summary, html);
        page_append_run_fact(summary, html);
        page_append_time_fact(summary, html);
        page_append_configuration_fact(summary, html);
        text_append(html, "</dl>\n");
        page_append_navigation(summary, html);
    }
    text_append(html, "</header>\n");
    html->failed = html->failed || verdict.failed;
    text_destroy(&verdict);
}

// What keeps the curves from being drawn becomes a sentence, unless the whole report cannot go on.
static struct status page_append_curves(const struct report_summary *summary, bool plots, struct text *html)
{
    struct status status = status_ok();
    page_open_section("curves", "Learning curves", html);
    size_t length = html->length;
    if (plots) {
        text_append(html, "<p>One line per run; its colour tells the corruption of its teacher.</p>\n");
        svg_append_shared(html);
        status = curves_append_figures(summary, html);
    } else {
        text_append(html, "<p class=\"muted\">This report was asked for without plots.</p>\n");
    }
    if (status.code != STATUS_OK && status.code != STATUS_INTERRUPTED && status.code != STATUS_NO_MEMORY) {
        log_message(LOG_WARNING, "the report has no learning curves: %s", status.message);
        html->length = html->failed ? html->length : length;
        text_append(html, "<p class=\"note\">No learning curves were drawn: ");
        text_append_html(html, status.message);
        text_append(html, ".</p>\n");
        status = status_ok();
    }
    text_append(html, "</section>\n");
    return status;
}

static void page_append_footer(const struct report_summary *summary, struct text *html)
{
    const char *version = NULL;
    if (summary->latest != NULL)
        version = json_string_value(json_object_get(json_object_get(summary->latest->run, "environment"), "version"));
    text_append(html, "<footer><p>Made from run folders by transinv");
    text_append(html, version == NULL ? "" : "; the newest run was made by version ");
    text_append_html(html, version);
    text_append(
        html, ". The same numbers for programs: <a href=\"results.csv\">results.csv</a>, "
              "<a href=\"results.json\">results.json</a>; as text: <a href=\"table.md\">table.md</a>.</p></footer>\n");
}

struct status page_write(const struct report_summary *summary, bool plots, struct text *text)
{
    struct status status = status_ok();
    page_append_document_head(summary, text);
    text_append(text, "<body>\n");
    page_append_header(summary, text);
    text_append(text, "<main>\n");
    if (summary->latest != NULL) {
        page_append_accuracy(summary, text);
        page_append_teachers(summary, text);
        page_append_learned(summary, text);
        page_append_carry_over(summary, text);
        status = page_append_curves(summary, plots, text);
    }
    page_append_runs(summary, text);
    if (summary->latest != NULL) {
        if (status.code == STATUS_OK) status = page_append_profile(summary, plots, text);
        page_append_configuration(summary, text);
        page_append_data(summary, text);
        page_append_environment(summary, text);
        page_append_remarks(summary, text);
    }
    text_append(text, "</main>\n");
    page_append_footer(summary, text);
    text_append(text, "</body>\n</html>\n");
    return status;
}

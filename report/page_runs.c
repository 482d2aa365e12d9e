// page_runs.c: every run that was started, and every folder that could not be read. Tests: tests/report_test.c.
#include <math.h>
#include <string.h>

#include "report/page_parts.h"

// The sentence of a run: why it is not done, and what is wrong with its log.
static bool page_run_has_message(const struct run_record *run)
{
    return (run->message != NULL && run->message[0] != '\0') || run->log_message != NULL;
}

static void page_append_message(const struct run_record *run, struct text *html)
{
    bool both = run->message != NULL && run->message[0] != '\0' && run->log_message != NULL;
    text_append(html, "<td class=\"message\">");
    text_append_html(html, run->message);
    text_append(html, both ? "; " : "");
    text_append_html(html, run->log_message);
    text_append(html, "</td>");
}

static void page_append_state(const struct run_record *run, struct text *html)
{
    const char *name = run_state_name(run->state);
    text_append_format(html, "<td class=\"state %s\">%s</td>", name, name);
}

static bool page_list_has_messages(const struct run_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (page_run_has_message(list->runs[i])) return true;
    return false;
}

static double page_run_epochs(const struct run_record *run)
{
    if (isfinite(run->epochs) || run->epoch_count == 0) return run->epochs;
    return (double)run->epoch_lines[run->epoch_count - 1].epoch;
}

static void page_append_run(const struct run_record *run, bool messages, struct text *html)
{
    text_append(html, "<tr><th scope=\"row\">");
    text_append_html(html, run->teacher ? "Teacher" : run->method);
    text_append(html, " ");
    text_append_html(html, run->corruption);
    text_append(html, "<small><code>");
    text_append_html(html, run->folder);
    text_append(html, "</code></small></th>");
    page_append_state(run, html);
    page_append_number_cell((double)run->seed, 0, html);
    page_append_number_cell(run->test_accuracy_percent, 1, html);
    page_append_number_cell(page_run_epochs(run), 0, html);
    text_append(html, "<td class=\"number\">");
    page_append_duration(run->seconds, html);
    text_append(html, "</td>");
    page_append_number_cell(run->images_per_second, 0, html);
    if (messages) page_append_message(run, html);
    text_append(html, "</tr>\n");
}

static void page_append_run_head(bool messages, struct text *html)
{
    static const char *const names[] = {"Seed", "Accuracy, %", "Epochs", "Duration", "Images/s"};
    text_append(html, "<thead><tr><th scope=\"col\">Run</th><th scope=\"col\">Status</th>");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        text_append_format(html, "<th scope=\"col\" class=\"number\">%s</th>", names[i]);
    text_append(html, messages ? "<th scope=\"col\">Message</th></tr></thead>\n" : "</tr></thead>\n");
}

static bool page_same_group(const struct run_record *a, const struct run_record *b, bool by_configuration)
{
    if (by_configuration) return strcmp(a->configuration_hash, b->configuration_hash) == 0;
    return a->teacher == b->teacher && (a->teacher || strcmp(a->method, b->method) == 0);
}

static void page_append_group(const struct run_record *run, bool by_configuration, bool messages, struct text *html)
{
    text_append_format(html, "<tr class=\"group\"><th scope=\"rowgroup\" colspan=\"%d\">", messages ? 8 : 7);
    if (by_configuration) {
        text_append(html, "Configuration <code>");
        text_append_html(html, run->configuration_hash);
        text_append(html, "</code>");
    } else {
        text_append_html(html, run->teacher ? "Teachers" : run->method);
    }
    text_append(html, "</th></tr>\n");
}

static void page_append_run_table(const struct run_list *list, const char *caption, bool by_configuration,
                                  struct text *html)
{
    bool messages = page_list_has_messages(list);
    page_open_table(caption, "runs", html);
    text_append_format(html, "<caption><span>%s</span></caption>\n", caption);
    page_append_run_head(messages, html);
    for (size_t i = 0; i < list->count; i++) {
        if (i == 0 || !page_same_group(list->runs[i - 1], list->runs[i], by_configuration)) {
            text_append(html, i == 0 ? "<tbody>\n" : "</tbody>\n<tbody>\n");
            page_append_group(list->runs[i], by_configuration, messages, html);
        }
        page_append_run(list->runs[i], messages, html);
    }
    text_append(html, "</tbody>\n");
    page_close_table(html);
}

static void page_append_unreadable(const struct run_list *list, struct text *html)
{
    text_append(html, "<h3>Folders that could not be read</h3>\n");
    page_open_table("Folders that could not be read", "runs", html);
    text_append(html, "<caption><span>They count nowhere in this report.</span></caption>\n"
                      "<thead><tr><th scope=\"col\">Folder</th><th scope=\"col\">Status</th>"
                      "<th scope=\"col\">Message</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < list->count; i++) {
        text_append(html, "<tr><th scope=\"row\"><code>");
        text_append_html(html, list->runs[i]->folder);
        text_append(html, "</code></th>");
        page_append_state(list->runs[i], html);
        page_append_message(list->runs[i], html);
        text_append(html, "</tr>\n");
    }
    text_append(html, "</tbody>\n");
    page_close_table(html);
}

void page_append_runs(const struct report_summary *summary, struct text *html)
{
    page_open_section("runs", "All runs", html);
    if (summary->selected.count > 0)
        page_append_run_table(
            &summary->selected,
            "Every run of this configuration that was started. Duration includes evaluation; images per "
            "second are of the training alone.",
            false, html);
    if (summary->others.count > 0) {
        text_append(html, "<h3>Other configurations</h3>\n");
        page_append_run_table(&summary->others,
                              "Runs of the same folder with other hyper-parameters or data. They count nowhere above.",
                              true, html);
    }
    if (summary->unreadable.count > 0) page_append_unreadable(&summary->unreadable, html);
    text_append(html, "</section>\n");
}

// page_profile.c: "Where the time goes": the profile of a training step. Tests: tests/report_profile_test.c.
#include <math.h>
#include <string.h>

#include "base/log.h"
#include "report/page_parts.h"
#include "report/profile_plots.h"

// "4.9 ms", "1.32 s".
static void append_time(double seconds, struct text *html)
{
    const bool long_time = seconds >= 1;
    text_append_fixed(html, long_time ? seconds : 1e3 * seconds, long_time ? 2 : seconds >= 0.1 ? 0 : 1);
    text_append(html, long_time ? "\u00a0s" : "\u00a0ms");
}

static void append_fact(const char *name, double value, int decimals, const char *unit, const char *remark,
                        struct text *html)
{
    if (!isfinite(value)) return;
    text_append_format(html, "<div><dt>%s</dt><dd>", name);
    text_append_fixed(html, value, decimals);
    text_append_format(html, "\u00a0%s<small>", unit);
    text_append_html(html, remark);
    text_append(html, "</small></dd></div>\n");
}

static void append_facts(const struct step_profile *profile, struct text *html)
{
    struct text remark = {0};
    text_append(html, "<dl class=\"facts\">\n<div><dt>One training step</dt><dd>");
    append_time(profile->seconds, html);
    text_append(html, "<small>");
    text_append_format(html, "%.0f images, ", profile->images);
    text_append_fixed(html, step_profile_images_per_second(profile), 0);
    text_append(html, " images/s</small></dd></div>\n");
    append_fact("Inside kernels", step_profile_kernel_share(profile), 2, "%", "of the step\u2019s time", html);
    append_fact("Of the bound", step_profile_total_bound_share(profile), 1, "%", "what the ceilings allow / time",
                html);
    append_fact("Threads idle", step_profile_idle_share(profile, profile->seconds, profile->one_thread_seconds), 1, "%",
                "against one thread\u2019s time", html);
    text_append(&remark, profile->instructions);
    text_append_format(&remark, ", %s, all threads", profile->precision);
    append_fact("Arithmetic ceiling", profile->fma_gflops, 0, "GFLOP/s", remark.bytes, html);
    append_fact("Memory ceiling", profile->copy_gigabytes_per_second, 1, "GB/s", "copy, read + written", html);
    text_append(html, "</dl>\n");
    html->failed = html->failed || remark.failed;
    text_destroy(&remark);
}

// What a step of a method is that is not one step of one network.
static void append_meaning(const struct step_profile *profile, struct text *html)
{
    if (strcmp(profile->method, PAPER_METHOD_LEARNED) != 0) return;
    text_append(html, " It is a step of the network with a step of the augmentation behind it; in training, "
                      "<code>transinv.inner_steps</code> steps of the network come to one of the augmentation.");
}

static void append_introduction(const struct step_profile *profile, struct text *html)
{
    text_append_format(html, "<p>A training step of WideResNet-%.0f-%.0f by ", profile->depth, profile->widen);
    text_append_html(html, profile->method);
    text_append_format(html, ", %.0f images, %.0f calls, on %.0f thread%s of <span class=\"nowrap\">", profile->images,
                       profile->calls, profile->threads, profile->threads > 1 ? "s" : "");
    text_append_html(html, profile->backend);
    text_append(html, "</span> (");
    text_append_html(html, profile->precision);
    text_append(html, "), measured on its own after the runs, ");
    text_append_html(html, profile->measured);
    text_append(html, ".");
    append_meaning(profile, html);
    text_append(html, "</p>\n");
}

// What makes the numbers worth less.
static void append_warnings(const struct report_summary *summary, struct text *html)
{
    const struct step_profile *profile = &summary->profile;
    if (summary->latest != NULL && strcmp(profile->configuration_hash, summary->latest->configuration_hash) != 0)
        text_append(html, "<p class=\"note\">It was measured for another configuration than the one above.</p>\n");
    if (profile->processor_percent < 90) {
        text_append(html, "<p class=\"note\">The step\u2019s threads got ");
        text_append_fixed(html, profile->processor_percent, 0);
        text_append(html,
                    "\u00a0% of the processor time: other programs were at work, and the times are too long.</p>\n");
    }
    const double before = profile->fma_fp32_gflops_before, after = profile->fma_fp32_gflops_after;
    if (fmin(before, after) < 0.9 * fmax(before, after)) {
        text_append(html, "<p class=\"note\">The machine\u2019s arithmetic ceiling moved from ");
        text_append_fixed(html, before, 0);
        text_append(html, " to ");
        text_append_fixed(html, after, 0);
        text_append(html, "\u00a0GFLOP/s meanwhile, so shares of the bound are uncertain.</p>\n");
    }
}

// Percentages and rates in the order of the head; blank where there is none.
static void append_numbers(const struct step_profile *profile, const struct step_profile_line *line, struct text *html)
{
    page_append_number_cell(step_profile_time_share(profile, line), 1, html);
    page_append_number_cell(1e3 * line->seconds, 3, html);
    page_append_number_cell(line->calls, 0, html);
    page_append_number_cell(step_profile_gigaflops(line), 1, html);
    page_append_number_cell(step_profile_gigabytes(line), 1, html);
    page_append_number_cell(step_profile_bound_share(line), 1, html);
    page_append_number_cell(step_profile_idle_share(profile, line->seconds, line->one_thread_seconds), 1, html);
}

static void append_head(const char *const *texts, struct text *html)
{
    static const char *const numbers[] = {"Time, %", "ms", "Calls", "GFLOP/s", "GB/s", "Of bound, %", "Idle, %"};
    text_append(html, "<thead><tr>");
    for (; *texts != NULL; texts++) text_append_format(html, "<th scope=\"col\">%s</th>", *texts);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        text_append_format(html, "<th scope=\"col\" class=\"number\">%s</th>", numbers[i]);
}

// The algorithms that serve an operation, each once, the one of its longest shape first.
static void append_algorithms(const struct step_profile *profile, const char *operation, struct text *html)
{
    const char *separator = "";
    for (size_t i = 0; i < profile->shape_count; i++) {
        const struct step_profile_line *line = &profile->shapes[i];
        bool repeated = strcmp(line->operation, operation) != 0;
        for (size_t j = 0; j < i && !repeated; j++)
            repeated = strcmp(profile->shapes[j].operation, operation) == 0 &&
                       strcmp(profile->shapes[j].algorithm, line->algorithm) == 0;
        if (repeated) continue;
        text_append(html, separator);
        text_append_html(html, line->algorithm);
        separator = ", ";
    }
}

static void append_operations(const struct step_profile *profile, struct text *html)
{
    static const char *const texts[] = {"Operation", NULL};
    page_open_table("Time by operation", "profile", html);
    text_append(html, "<caption><span>Every operation of a step, the longest first.</span></caption>\n");
    append_head(texts, html);
    text_append(html, "<th scope=\"col\">Algorithm</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < profile->operation_count; i++) {
        const struct step_profile_line *line = &profile->operations[i];
        text_append_format(html, "<tr><th scope=\"row\"><code>%s</code></th>", line->operation);
        append_numbers(profile, line, html);
        text_append(html, "<td class=\"nowrap\">");
        append_algorithms(profile, line->operation, html);
        text_append(html, "</td></tr>\n");
    }
    text_append(html, "<tr><th scope=\"row\">Outside of operations</th>");
    page_append_number_cell(100 - step_profile_kernel_share(profile), 1, html);
    page_append_number_cell(1e3 * (profile->seconds - profile->kernel_seconds), 3, html);
    text_append(html, "<td></td><td></td><td></td><td></td><td></td><td></td></tr>\n</tbody>\n");
    page_close_table(html);
}

static void append_shapes(const struct step_profile *profile, struct text *html)
{
    static const char *const texts[] = {"Operation", "Shape", "Algorithm", NULL};
    text_append_format(html, "<details><summary>All %zu shapes</summary>\n", profile->shape_count);
    page_open_table("Time by shape", "profile", html);
    text_append(html, "<caption><span>Kernel / stride, height \u00d7 width of the input, channels in > out, images "
                      "(n) of each call.</span></caption>\n");
    append_head(texts, html);
    text_append(html, "<th scope=\"col\">Bound by</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < profile->shape_count; i++) {
        const struct step_profile_line *line = &profile->shapes[i];
        text_append_format(html, "<tr><th scope=\"row\"><code>%s</code></th>", line->operation);
        page_append_cell("nowrap", line->shape, html);
        page_append_cell("nowrap", line->algorithm, html);
        append_numbers(profile, line, html);
        page_append_cell(NULL, line->memory_bound ? "memory" : "arithmetic", html);
        text_append(html, "</tr>\n");
    }
    text_append(html, "</tbody>\n");
    page_close_table(html);
    text_append(html, "</details>\n");
}

static const char explanation[] =
    "<details><summary>What the columns mean</summary>\n<ul class=\"plain\">\n"
    "<li>Times are means over the middle half of the steps measured, so they add up to the step.</li>\n"
    "<li>GFLOP/s and GB/s count what an operation is by definition: two per multiply-add, every tensor read and "
    "written "
    "once. A fast algorithm does fewer multiplications than the definition and may exceed the arithmetic ceiling; "
    "tensors that stay in the cache may exceed the memory\u2019s.</li>\n"
    "<li>The bound is the time for the algorithm\u2019s multiplications at the arithmetic ceiling or for the bytes at "
    "the memory\u2019s, whichever is longer. Ceilings were measured just before, on all threads.</li>\n"
    "<li>Idle is the part of the threads\u2019 time that the work does not need: one minus the time of a single "
    "thread, "
    "divided by the number of threads and their time; both took turns. It holds waiting, parts that one thread does "
    "alone, and the loss from sharing memory. It is negative where several caches hold what one does not.</li>\n"
    "</ul></details>\n";

// What keeps the plots from being drawn becomes a sentence, unless the whole report cannot go on.
static struct status append_plots(const struct step_profile *profile, bool plots, struct text *html)
{
    if (!plots) return status_ok();
    struct status status = profile_plots_append(profile, html);
    if (status.code == STATUS_OK || status.code == STATUS_INTERRUPTED || status.code == STATUS_NO_MEMORY) return status;
    text_append(html, "<p class=\"note\">The profile was not drawn: ");
    text_append_html(html, status.message);
    text_append(html, ".</p>\n");
    return status_ok();
}

struct status page_append_profile(const struct report_summary *summary, bool plots, struct text *html)
{
    const struct step_profile *profile = &summary->profile;
    struct status status = status_ok();
    page_open_section("profile", "Where the time goes", html);
    if (profile->root == NULL) {
        if (profile->damaged) log_message(LOG_WARNING, "the report has no profile: %s", profile->absent);
        text_append_format(html, "<p class=\"%s\">", profile->damaged ? "note" : "muted");
        text_append_html(html, profile->absent);
        text_append(html, "</p>\n");
    } else {
        append_introduction(profile, html);
        append_warnings(summary, html);
        append_facts(profile, html);
        status = append_plots(profile, plots, html);
        append_operations(profile, html);
        append_shapes(profile, html);
        text_append(html, explanation);
    }
    text_append(html, "</section>\n");
    return status;
}

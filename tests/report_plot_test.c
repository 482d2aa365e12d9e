// report_plot_test.c: learning curves with gnuplot, without it, and with one that misbehaves.
#include "report/plot.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "report/report.h"
#include "report/svg_adopt.h"
#include "tests/support/run_folders.h"
#include "tests/support/temporary_folder.h"

static char folder[TEMPORARY_PATH_SIZE];

static void create_folder(void)
{
    log_set_level(LOG_ERROR); // the warnings that these tests cause are not for whoever runs them
    temporary_folder_enter(folder);
}

static void remove_folder(void)
{
    cr_assert(eq(int, setenv("PATH", "/usr/bin:/bin", 1), 0));
    temporary_folder_leave(folder);
}

TestSuite(report_plot, .init = create_folder, .fini = remove_folder);

static void need_gnuplot(void)
{
    if (system("command -v gnuplot >/dev/null 2>&1") != 0) cr_skip_test("SKIPPED: gnuplot is not installed");
}

// Puts an executable called gnuplot on a PATH of its own; without a script that PATH is empty.
static void replace_gnuplot(const char *script)
{
    cr_assert(eq(int, mkdir("bin", 0755), 0));
    if (script != NULL) {
        FILE *file = fopen("bin/gnuplot", "w");
        cr_assert(ne(ptr, file, NULL));
        fprintf(file, "#!/bin/sh\n%s\n", script);
        cr_assert(eq(int, fclose(file), 0));
        cr_assert(eq(int, chmod("bin/gnuplot", 0755), 0));
    }
    char path[128];
    snprintf(path, sizeof path, "%s/bin", folder);
    cr_assert(eq(int, setenv("PATH", path, 1), 0));
}

static char *write_report(bool plots)
{
    const struct report_request request = {
        .runs_folder = "runs", .output_folder = "out", .preset = "quick", .plots = plots};
    struct status status = report_write(&request);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    return run_folders_read_file("out", "index.html");
}

static void write_runs(void)
{
    static const struct sample_run runs[] = {
        {.method = "FT", .corruption = "GN", .seed = 1, .accuracy = 60, .epochs = 20},
        {.method = "FT", .corruption = "GN", .seed = 2, .accuracy = 60, .epochs = 5},
        {.method = "FT", .corruption = "JC", .seed = 1, .accuracy = 60, .epochs = 1},
        {.method = "AM", .corruption = "Sn", .seed = 1, .accuracy = 60, .epochs = 20},
        {.corruption = "GN", .seed = 1, .accuracy = 90, .epochs = -1},
    };
    for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) run_folders_write("runs", &runs[i], NULL);
}

static void expect_count(const char *page, const char *part, size_t times)
{
    cr_expect(eq(sz, run_folders_count(page, part), times), "\"%s\": expected %zu, found %zu", part, times,
              run_folders_count(page, part));
}

Test(report_plot, one_line_per_run_in_colours_of_the_page)
{
    need_gnuplot();
    write_runs();
    char *page = write_report(true);
    expect_count(page, "<figcaption>FT</figcaption>", 1);
    expect_count(page, "<figcaption>AM</figcaption>", 1);
    expect_count(page, "<figcaption>Teachers</figcaption>", 0); // their run has no log
    expect_count(page, "<svg class=\"plot\"", 4);
    expect_count(page, "<title>GN, seed 1</title>", 2); // in loss and in accuracy
    expect_count(page, "<title>GN, seed 2</title>", 2);
    expect_count(page, "<title>JC, seed 1</title>", 2);
    expect_count(page, "<title>Sn, seed 1</title>", 2);
    expect_count(page, "rgb(  0", 0); // no placeholder is left
    expect_count(page, "rgb(0,1", 0);
    expect_count(page, "id=\"gpPt6\"", 1);
    expect_count(page, "<?xml", 0);
    expect_count(page, "<defs>", 1);
    cr_expect(ne(ptr, strstr(page, "stroke='var(--curve-0)'"), NULL), "GN has the first colour");
    cr_expect(ne(ptr, strstr(page, "stroke=\"var(--curve-6)\" stroke-dasharray"), NULL),
              "JC, the fifteenth, is dashed");
    free(page);
}

Test(report_plot, without_gnuplot_the_report_says_so)
{
    write_runs();
    replace_gnuplot(NULL);
    char *page = write_report(true);
    expect_count(page, "No learning curves were drawn: start gnuplot: it is not installed, or not on the PATH.", 1);
    expect_count(page, "<svg", 0);
    expect_count(page, "<td class=\"number\">60.0", 7); // three cells, four runs
    free(page);
    page = write_report(false);
    expect_count(page, "asked for without plots", 1);
    free(page);
}

Test(report_plot, a_failing_gnuplot_is_quoted)
{
    write_runs();
    replace_gnuplot("echo >&2; echo '\"stdin\" line 3: <broken> & bad' >&2; exit 3");
    char *page = write_report(true);
    expect_count(page, "gnuplot ended with status 3: &quot;stdin&quot; line 3: &lt;broken&gt; &amp; bad.", 1);
    expect_count(page, "<svg", 0);
    free(page);
}

Test(report_plot, another_form_of_svg_is_not_taken)
{
    write_runs();
    replace_gnuplot("echo '<svg><script>alert(1)</script></svg>'");
    char *page = write_report(true);
    expect_count(page, "SVG is not of the form that this version knows", 1);
    expect_count(page, "<script", 0);
    expect_count(page, "<svg", 0);
    free(page);
    struct text html = {0};
    struct status status = svg_adopt("<svg>\n<defs>\n</defs>\n<script>alert(1)</script></svg>", "", "name", &html);
    cr_expect(eq(int, status.code, STATUS_FAILED));
    cr_expect(eq(sz, html.length, 0));
    status = svg_adopt(NULL, "", "name", &html);
    cr_expect(eq(int, status.code, STATUS_FAILED));
    text_destroy(&html);
}

Test(report_plot, gnuplot_and_its_children_end_at_the_time_limit)
{
    replace_gnuplot("/bin/sleep 1000 & echo $! > child; wait");
    struct text script = {0}, output = {0};
    text_append(&script, "plot x\n");
    text_append(&output, "kept");
    struct status status = plot_run_gnuplot(&script, 0.5, &output);
    cr_expect(eq(int, status.code, STATUS_FAILED));
    cr_expect(ne(ptr, strstr(status.message, "did not finish within 0.5 seconds"), NULL), "%s", status.message);
    cr_expect(eq(str, output.bytes, "kept"));
    // The grandchild was in the process group; once nobody waits for it, only its zombie could remain.
    char *child = run_folders_read_file(".", "child"), state[64];
    snprintf(state, sizeof state, "grep -q '^State:.[RSD]' /proc/%ld/status 2>/dev/null", atol(child));
    cr_assert(eq(int, setenv("PATH", "/usr/bin:/bin", 1), 0));
    bool alive = true;
    for (int i = 0; i < 500 && alive; i++, usleep(10000)) alive = system(state) == 0;
    cr_expect(eq(int, alive, 0), "process %s still runs", child);
    free(child);
    text_destroy(&script);
    text_destroy(&output);
}

Test(report_plot, gnuplot_sees_neither_settings_nor_a_shell)
{
    need_gnuplot();
    // A file of settings that would end gnuplot with an error if it were read.
    run_folders_write_file(".", ".", ".gnuplot", "exit status 7\n");
    cr_assert(eq(int, setenv("HOME", folder, 1), 0));
    struct text script = {0}, output = {0};
    text_append(&script, "set print '-'\nprint 6 * 7\n");
    struct status status = plot_run_gnuplot(&script, 60, &output);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    cr_expect(eq(str, output.bytes, "42\n"));
    text_destroy(&script);
    text_destroy(&output);
}

// report_hostile_test.c: names and sentences from files that try to become markup, commands or formulas.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/report.h"
#include "tests/support/run_folders.h"
#include "tests/support/temporary_folder.h"

static char folder[TEMPORARY_PATH_SIZE];

static void create_folder(void)
{
    temporary_folder_enter(folder);
}

static void remove_folder(void)
{
    temporary_folder_leave(folder);
}

TestSuite(report_hostile, .init = create_folder, .fini = remove_folder);

#define MARKUP "<script>alert(\"x\")</script><img src=x onerror='alert(1)'>"
#define MARKUP_ESCAPED "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&lt;img src=x onerror=&#39;alert(1)&#39;&gt;"

// One run with markup wherever a file may put text, and one with a known corruption so that there is a curve.
static void write_hostile_runs(void)
{
    static const struct sample_run runs[] = {
        {.folder = "=cmd|' <img src=x onerror=alert(1)> \x1b \"q\"",
         .method = MARKUP,
         .corruption = MARKUP,
         .preset = MARKUP,
         .started = MARKUP,
         .teacher_images = MARKUP,
         .data_name = MARKUP,
         .override = "a." MARKUP,
         .remark = MARKUP,
         .device = MARKUP,
         .status = "failed",
         .message = "line one |\n=2+5 " MARKUP},
        {.method = MARKUP,
         .folder = "|x|",
         .corruption = "GN",
         .data_name = MARKUP,
         .accuracy = 10,
         .started = "a",
         .message = "`\n# heading"},
        {.folder = "other <b>", .method = "FT", .hash = MARKUP, .started = "0", .accuracy = 5},
    };
    for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) run_folders_write("runs", &runs[i], NULL);
    run_folders_write_file("runs", "\xff\xfe<b>", "run.json", "{\"format\": \"" MARKUP "\"");
    run_folders_write_file("runs", "role", "run.json",
                           "{\"format\": 1, \"name\": \"role\", \"role\": \"<script>alert(1)</script>\"}");
}

static void write_hostile_report(bool plots)
{
    const struct report_request request = {.runs_folder = "runs",
                                           .output_folder = "out",
                                           .preset = MARKUP,
                                           .configuration_hash = SAMPLE_HASH,
                                           .plots = plots};
    write_hostile_runs();
    struct status status = report_write(&request);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
}

Test(report_hostile, page_has_no_markup_from_files)
{
    static const char *const forbidden[] = {"<script", "<img", "<b>alert", "onerror='",
                                            "<b> ",    "\xff", "\x1b",     "other <b>"};
    write_hostile_report(true);
    char *page = run_folders_read_file("out", "index.html");
    for (size_t i = 0; i < sizeof forbidden / sizeof forbidden[0]; i++)
        cr_expect(eq(sz, run_folders_count(page, forbidden[i]), 0), "the page contains \"%s\"", forbidden[i]);
    cr_expect(ge(sz, run_folders_count(page, MARKUP_ESCAPED), 12), "texts are shown, escaped");
    cr_expect(eq(sz, run_folders_count(page, "=cmd|&#39; &lt;img src=x onerror=alert(1)&gt; \uFFFD &quot;q&quot;"), 2));
    cr_expect(eq(sz, run_folders_count(page, "\uFFFD\uFFFD&lt;b&gt;"), 1));
    free(page);
}

Test(report_hostile, markdown_table_keeps_its_shape)
{
    write_hostile_report(false);
    char *text = run_folders_read_file("out", "table.md");
    cr_expect(eq(sz, run_folders_count(text, "<"), 0), "%s", text);
    cr_expect(eq(sz, run_folders_count(text, "\n=2"), 0), "%s", text);
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        size_t bars = 0;
        for (const char *byte = line; *byte != '\0'; byte++) bars += *byte == '|' && (byte == line || byte[-1] != '\\');
        cr_expect(line[0] != '|' || bars == 18 || bars == 7 || bars == 4, "%zu columns: %s", bars, line);
    }
    free(text);
}

// The content of field number `wanted` (from 0) of a CSV line, without its quotes.
static void get_field(const char *line, int wanted, char field[1024])
{
    size_t length = 0;
    bool quoted = false;
    for (; *line != '\0' && *line != '\n' && wanted >= 0; line++) {
        quoted ^= *line == '"';
        if (*line == ',' && !quoted)
            wanted--;
        else if (wanted == 0 && *line != '"' && length < 1023)
            field[length++] = *line;
    }
    field[length] = '\0';
}

Test(report_hostile, csv_has_no_formulas)
{
    write_hostile_report(false);
    char *csv = run_folders_read_file("out", "results.csv"), field[1024];
    const char *line = csv, *formula = NULL;
    size_t lines = 0;
    for (; *line != '\0'; lines++) {
        for (int i = 0; i < 29; i++) {
            get_field(line, i, field);
            cr_expect(eq(int, strspn(field, "=+@\t"), 0), "field %d: %s", i, field);
        }
        if (strncmp(line, "\"'=cmd|", 7) == 0) formula = line;
        line += strcspn(line, "\n") + 1;
    }
    cr_expect(eq(sz, lines, 6));
    cr_assert(ne(ptr, (void *)formula, NULL), "%s", csv);
    get_field(formula, 0, field);
    cr_expect(eq(str, field, "'=cmd|' <img src=x onerror=alert(1)> \uFFFD q"));
    free(csv);
}

Test(report_hostile, json_holds_the_texts_themselves)
{
    json_error_t error;
    write_hostile_report(false);
    json_t *results = json_load_file("out/results.json", 0, &error);
    cr_assert(ne(ptr, results, NULL), "line %d: %s", error.line, error.text);
    cr_expect(eq(str, (char *)json_string_value(json_object_get(results, "preset")), MARKUP));
    const json_t *runs = json_object_get(results, "runs");
    cr_expect(eq(sz, json_array_size(runs), 2));
    cr_expect(eq(sz, json_array_size(json_object_get(results, "other_runs")), 1));
    cr_expect(eq(sz, json_array_size(json_object_get(results, "unreadable_folders")), 2));
    bool found = false;
    for (size_t i = 0; i < json_array_size(runs); i++) {
        const char *message = json_string_value(json_object_get(json_array_get(runs, i), "message"));
        found = found || strcmp(message, "line one | =2+5 " MARKUP) == 0;
    }
    cr_expect(found, "the message of the failed run");
    json_decref(results);
}

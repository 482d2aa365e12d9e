// report_test.c: from run folders to the four files: what is counted, what is compared, what is said. Every test works
// in a new folder of its own. Escapes and plots: report_hostile_test.c, report_plot_test.c.
#include "report/report.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

TestSuite(report, .init = create_folder, .fini = remove_folder);

static struct status write_report(const char *preset, const char *hash)
{
    const struct report_request request = {.runs_folder = "runs",
                                           .output_folder = "out/deep",
                                           .preset = preset,
                                           .configuration_hash = hash,
                                           .plots = false};
    return report_write(&request);
}

static void expect_written(const char *preset, const char *hash)
{
    struct status status = write_report(preset, hash);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
}

static void expect_in_file(const char *file, const char *part, size_t times)
{
    char *text = run_folders_read_file("out/deep", file);
    size_t found = run_folders_count(text, part);
    cr_expect(eq(sz, found, times), "%s: \"%s\" expected %zu times, found %zu times", file, part, times, found);
    free(text);
}

static json_t *read_results(void)
{
    json_error_t error;
    json_t *results = json_load_file("out/deep/results.json", 0, &error);
    cr_assert(ne(ptr, results, NULL), "results.json, line %d: %s", error.line, error.text);
    return results;
}

static void expect_number(const json_t *value, double expected, const char *what)
{
    bool close = json_is_number(value) && fabs(json_number_value(value) - expected) <= 1e-9 * fabs(expected);
    cr_expect(close, "%s: expected %.12g, found %.12g", what, expected, json_number_value(value));
}

static void expect_type(const json_t *value, json_type type, const char *what)
{
    cr_assert(ne(ptr, (void *)value, NULL), "%s is missing", what);
    cr_expect(eq(int, json_typeof(value), type), "%s has type %d", what, json_typeof(value));
}

// targets[row].cells[code], or .mean for NULL
static const json_t *get_cell(const json_t *results, const char *table, size_t row, const char *code)
{
    const json_t *object = json_array_get(json_object_get(results, table), row);
    const json_t *cell =
        code == NULL ? json_object_get(object, "mean") : json_object_get(json_object_get(object, "cells"), code);
    cr_assert(ne(ptr, (void *)cell, NULL), "%s, row %zu, %s", table, row, code == NULL ? "mean" : code);
    return cell;
}

Test(report, cells_are_means_over_seeds_with_an_interval)
{
    // FT over two seeds: 60 and 62 in GN, 70 and 73 in Co. Seed means 65 and 67.5.
    static const struct sample_run runs[] = {
        {.method = "FT", .corruption = "GN", .seed = 1, .accuracy = 60},
        {.method = "FT", .corruption = "GN", .seed = 2, .accuracy = 62},
        {.method = "FT", .corruption = "Co", .seed = 1, .accuracy = 70},
        {.method = "FT", .corruption = "Co", .seed = 2, .accuracy = 73},
        {.corruption = "GN", .seed = 1, .accuracy = 91.25},
    };
    static const double t = 12.7062047361747; // 97.5 % point of Student's t with one degree of freedom
    for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) run_folders_write("runs", &runs[i], NULL);
    expect_written("quick", NULL);
    json_t *results = read_results();
    expect_number(json_object_get(get_cell(results, "targets", 0, "GN"), "mean"), 61, "GN");
    expect_number(json_object_get(get_cell(results, "targets", 0, "GN"), "half_width_95"), t, "GN, half width");
    expect_number(json_object_get(get_cell(results, "targets", 0, "Co"), "mean"), 71.5, "Co");
    expect_number(json_object_get(get_cell(results, "targets", 0, "Co"), "half_width_95"), 1.5 * t, "Co, half width");
    expect_number(json_object_get(get_cell(results, "targets", 0, NULL), "mean"), 66.25, "mean");
    expect_number(json_object_get(get_cell(results, "targets", 0, NULL), "half_width_95"), 1.25 * t,
                  "mean, half width");
    expect_number(json_object_get(get_cell(results, "teachers", 0, "GN"), "mean"), 91.25, "teacher");
    expect_type(json_object_get(get_cell(results, "teachers", 0, "GN"), "half_width_95"), JSON_NULL,
                "one seed's interval");
    expect_type(json_object_get(get_cell(results, "targets", 0, "JC"), "mean"), JSON_NULL, "JC, where nothing ran");
    json_decref(results);
    expect_in_file("index.html", "<td class=\"number\">61.0<small>\u00b112.7</small></td>", 1);
    expect_in_file("index.html", "<td class=\"number mean\">66.2<small>\u00b115.9</small><small>over 2</small></td>",
                   1);
    expect_in_file("index.html", "mean over 2 seeds", 1);
    expect_in_file("table.md", "| FT | 61.0 \u00b1\u00a012.7 |  |  |  | 71.5 \u00b1\u00a019.1 |", 1);
    expect_in_file("table.md", " 66.2 \u00b1\u00a015.9 (over 2) |\n", 1);
}

Test(report, cells_with_fewer_seeds_say_how_many)
{
    static const struct sample_run runs[] = {
        {.method = "FT", .corruption = "GN", .seed = 1, .accuracy = 60},
        {.method = "FT", .corruption = "GN", .seed = 2, .accuracy = 62},
        {.method = "FT", .corruption = "Co", .seed = 1, .accuracy = 70},
        {.method = "FT", .corruption = "Co", .seed = 2, .status = "diverged", .message = "loss is not finite"},
        {.method = "FT", .corruption = "ET", .seed = 1, .status = "failed", .message = "no memory"},
    };
    for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) run_folders_write("runs", &runs[i], NULL);
    expect_written("quick", NULL);
    json_t *results = read_results();
    expect_number(json_object_get(get_cell(results, "targets", 0, "Co"), "seeds"), 1, "Co, seeds");
    expect_number(json_object_get(get_cell(results, "targets", 0, "Co"), "started"), 2, "Co, started");
    expect_number(json_object_get(get_cell(results, "targets", 0, NULL), "mean"), 65.5, "mean");
    // Seed 2 lacks Co: seeds' own means cannot be compared.
    expect_type(json_object_get(get_cell(results, "targets", 0, NULL), "half_width_95"), JSON_NULL, "mean, half width");
    json_decref(results);
    expect_in_file("index.html", "n\u202f=\u202f2</small>", 1);
    expect_in_file("index.html", "n\u202f=\u202f1</small>", 1);
    expect_in_file("index.html", "<td class=\"number empty\">\u2013</td>", 1); // ET was started, nothing came of it
    expect_in_file("index.html", "3 done, 1 diverged, 1 failed of 5 runs started", 1);
    expect_in_file("index.html", "loss is not finite", 1);
    expect_in_file("table.md", "| ET-seed", 0);
    expect_in_file("table.md", "| failed | no memory |", 1);
}

Test(report, best_method_of_a_column_is_bold_and_ties_count)
{
    static const struct sample_run runs[] = {
        {.method = "AM", .corruption = "GN", .accuracy = 60.04},
        {.method = "FT", .corruption = "GN", .accuracy = 60.01},
        {.method = "AM", .corruption = "Co", .accuracy = 50},
        {.method = "FT", .corruption = "Co", .accuracy = 51},
        {.method = "FT", .corruption = "ET", .accuracy = 40},
    };
    for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) run_folders_write("runs", &runs[i], NULL);
    expect_written("quick", NULL);
    expect_in_file("index.html", "<b>60.0</b>", 2); // alike as shown
    expect_in_file("index.html", "<b>51.0</b>", 1);
    expect_in_file("index.html", "<b>50.0</b>", 0);
    expect_in_file("index.html", "<b>40.0</b>", 0); // nothing to compare with
    expect_in_file("index.html", "mean\"><b>", 0);  // the means are over other columns
    expect_in_file("table.md", "| FT | **60.0** |  |  |  | **51.0** | 40.0 |", 1);
    char *page = run_folders_read_file("out/deep", "table.md");
    cr_expect(strstr(page, "| FT |") < strstr(page, "| AM |"), "rows must be in the paper's order");
    free(page);
}

// Fifteen columns of one method, all official, as the preset `paper` leaves them.
static void write_paper_runs(const char *preset, bool official, const char *override, const char *teacher_images)
{
    static const char *const codes[] = {"GN", "SN", "IN", "Br", "Co", "ET", "DB", "GB",
                                        "MB", "ZB", "Sn", "Fr", "Fo", "Pi", "JC"};
    for (size_t i = 0; i < 15; i++) {
        char name[64];
        // SN and Sn must not meet in one folder where names ignore case.
        snprintf(name, sizeof name, "ft-column%zu", i);
        struct sample_run run = {.folder = name,
                                 .method = "FT",
                                 .corruption = codes[i],
                                 .seed = 1,
                                 .preset = preset,
                                 .official = official,
                                 .override = override,
                                 .teacher_images = teacher_images,
                                 .data_name = "cifar100",
                                 .accuracy = 60 + (double)i};
        run_folders_write("runs", &run, NULL);
    }
}

Test(report, official_data_under_paper_stands_beside_the_paper)
{
    write_paper_runs("paper", true, NULL, NULL);
    expect_written("paper", NULL);
    expect_in_file("index.html", "<th scope=\"row\">paper</th><td class=\"number\">61.5</td>", 1);
    expect_in_file("index.html", "<th scope=\"row\">difference</th><td class=\"number\">\u22121.5</td>", 1);
    expect_in_file("index.html", "<td class=\"number mean\">+4.6</td>", 1); // 67.0 against 62.4
    expect_in_file("index.html", "ot comparable", 0);
    expect_in_file("table.md",
                   "| FT, paper | 61.5 | 61.6 | 62.2 | 62.6 | 61.6 | 65.1 | 62.2 | 62.7 | 62.5 | 63.2 | 63.1 | 62.7 | "
                   "62.5 | 61.9 | 60.5 | 62.4 |",
                   1);
    json_t *results = read_results();
    expect_type(json_object_get(results, "comparable_with_paper"), JSON_TRUE, "comparable");
    const json_t *row = json_array_get(json_object_get(results, "targets"), 0);
    expect_number(json_object_get(json_object_get(row, "paper"), "Sn"), 63.1, "the paper's Sn");
    expect_number(json_object_get(json_object_get(row, "paper"), "SN"), 61.6, "the paper's SN");
    expect_number(json_object_get(get_cell(results, "targets", 0, "SN"), "mean"), 61, "our SN");
    expect_number(json_object_get(get_cell(results, "targets", 0, "Sn"), "mean"), 70, "our Sn");
    json_decref(results);
}

Test(report, anything_else_says_why_it_is_not_comparable)
{
    static const struct {
        const char *preset, *override, *teacher_images, *reason;
        bool official;
    } cases[] = {
        {"quick", NULL, NULL, "The preset is quick, not paper.", true},
        {"paper", NULL, NULL, "The data set cifar100 is not the official one.", false},
        {"paper", NULL, "clean", "The teachers were trained without the corrupted images.", true},
        {"paper", "target.epochs", NULL, "The preset\u2019s value of target.epochs was overridden.", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        write_paper_runs(cases[i].preset, cases[i].official, cases[i].override, cases[i].teacher_images);
        expect_written(cases[i].preset, NULL);
        expect_in_file("index.html", cases[i].reason, 1);
        expect_in_file("index.html", "not comparable with the paper", 1);
        expect_in_file("index.html", ">paper</th>", 0);
        expect_in_file("index.html", ">difference</th>", 0);
        expect_in_file("table.md", cases[i].reason, 1);
        expect_in_file("table.md", ", paper |", 0);
        json_t *results = read_results();
        expect_type(json_object_get(results, "comparable_with_paper"), JSON_FALSE, cases[i].reason);
        const char *reason = json_string_value(json_array_get(json_object_get(results, "not_comparable_because"), 0));
        cr_expect(eq(str, (char *)reason, (char *)cases[i].reason));
        cr_expect(eq(sz, json_array_size(json_object_get(results, "not_comparable_because")), 1), "%s", reason);
        json_decref(results);
    }
}

Test(report, runs_of_other_configurations_are_listed_and_not_counted)
{
    static const char other[] = "ffff456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    static const struct sample_run runs[] = {
        {.method = "FT", .seed = 1, .accuracy = 60, .started = "2026-02-01T00:00:00Z"},
        {.method = "FT", .seed = 1, .accuracy = 20, .hash = other, .started = "2026-01-01T00:00:00Z"},
    };
    for (size_t i = 0; i < 2; i++) run_folders_write("runs", &runs[i], NULL);
    for (int chosen = 0; chosen < 2; chosen++) {
        expect_written("quick", chosen == 0 ? NULL : other);
        json_t *results = read_results();
        expect_number(json_object_get(get_cell(results, "targets", 0, "GN"), "mean"), chosen == 0 ? 60 : 20, "GN");
        expect_number(json_object_get(get_cell(results, "targets", 0, "GN"), "started"), 1, "started");
        cr_expect(eq(sz, json_array_size(json_object_get(results, "runs")), 1));
        cr_expect(eq(sz, json_array_size(json_object_get(results, "other_runs")), 1));
        json_decref(results);
        expect_in_file("index.html", "<h3>Other configurations</h3>", 1);
        expect_in_file("results.csv", "\nFT-GN-seed1-01234567,done,", 1);
        expect_in_file("results.csv", ",done,true,target,", 1);
        expect_in_file("results.csv", ",done,false,target,", 1);
    }
    struct status status = write_report("quick", "no such hash");
    cr_expect(eq(int, status.code, STATUS_MISSING));
    cr_expect(ne(ptr, strstr(status.message, "no such hash"), NULL), "%s", status.message);
}

Test(report, a_repeated_run_counts_once)
{
    static const struct sample_run runs[] = {
        {.folder = "a", .method = "FT", .seed = 1, .status = "failed", .message = "first try"},
        {.folder = "b", .method = "FT", .seed = 1, .accuracy = 40},
        {.folder = "c", .method = "FT", .seed = 1, .accuracy = 50},
    };
    for (size_t i = 0; i < 3; i++) run_folders_write("runs", &runs[i], NULL);
    expect_written("quick", NULL);
    json_t *results = read_results();
    expect_number(json_object_get(get_cell(results, "targets", 0, "GN"), "mean"), 40, "GN");
    expect_number(json_object_get(get_cell(results, "targets", 0, "GN"), "started"), 1, "started");
    json_decref(results);
    expect_in_file("index.html", "a repeats another run of this configuration", 1);
    expect_in_file("index.html", "c repeats another run of this configuration", 1);
    expect_in_file("index.html", "b repeats another run", 0);
}

Test(report, damaged_folders_are_listed_with_their_sentence)
{
    static const struct {
        const char *folder, *file, *content, *sentence;
    } damages[] = {
        {"a-cut", "run.json", "{\"format\": 1, \"name\": \"a-c", "run.json, line 1:"},
        {"b-empty", "run.json", "", "run.json, line 1:"},
        {"c-array", "run.json", "[1, 2]", "run.json: expected one JSON object"},
        {"d-future", "run.json", "{\"format\": 2}", "format 2 is not known to this version, which reads format 1"},
        {"e-copied", "run.json", "{\"format\": 1, \"name\": \"another\"}", "has the folder been copied or renamed?"},
        {"f-role", "run.json", "{\"format\": 1, \"name\": \"f-role\", \"role\": \"judge\"}",
         "expected teacher or target, found"},
        {"g-nothing", "notes.txt", "hello", "run.json is missing"},
        {"h-number", "run.json", "{\"format\": 1e999}", "run.json, line 1:"},
        {"i-twice", "run.json", "{\"format\": 1, \"format\": 1}", "duplicate object key"},
    };
    static const struct sample_run good = {.method = "FT", .accuracy = 50};
    size_t count = sizeof damages / sizeof damages[0];
    run_folders_write("runs", &good, NULL);
    for (size_t i = 0; i < count; i++)
        run_folders_write_file("runs", damages[i].folder, damages[i].file, damages[i].content);
    run_folders_write_file("runs", "j-pipe", "other", "");
    cr_assert(eq(int, mkfifo("runs/j-pipe/run.json", 0600), 0)); // opening it would wait for ever
    run_folders_write_file("runs", ".hidden", "run.json", "{");
    run_folders_write_file("runs", ".", "plain file", "no run");
    expect_written("quick", NULL);
    json_t *results = read_results(), *unreadable = json_object_get(results, "unreadable_folders");
    cr_assert(eq(sz, json_array_size(unreadable), count + 1));
    for (size_t i = 0; i < count; i++) {
        const json_t *entry = json_array_get(unreadable, i);
        const char *message = json_string_value(json_object_get(entry, "message"));
        cr_expect(eq(str, (char *)json_string_value(json_object_get(entry, "run")), (char *)damages[i].folder));
        cr_expect(ne(ptr, strstr(message, damages[i].sentence), NULL), "%s: \"%s\"", damages[i].folder, message);
    }
    json_decref(results);
    expect_in_file("index.html", "class=\"state damaged\"", count + 1);
    expect_in_file("index.html", "run.json is not a plain file", 1);
    expect_in_file("results.csv", ",damaged,false,", count + 1);
}

Test(report, a_damaged_result_or_log_leaves_the_run_known)
{
    static const struct {
        const char *result, *sentence;
    } damages[] = {
        {"{\"format\": 1, \"name\": \"r\", \"status\": \"done\"", "result.json, line 1:"},
        {"{\"format\": 1, \"name\": \"r\", \"status\": \"done\"}",
         "&quot;test_accuracy_percent&quot;: expected a number, found nothing"},
        {"{\"format\": 1, \"name\": \"r\", \"status\": \"done\", \"test_accuracy_percent\": 100.5}",
         "expected 0 to 100, found 100.5"},
        {"{\"format\": 1, \"name\": \"r\", \"status\": \"fine\"}",
         "expected done, diverged or failed, found &quot;fine&quot;"},
        {"{\"format\": 1, \"name\": \"x\", \"status\": \"done\", \"test_accuracy_percent\": 1}",
         "belongs to the run &quot;x&quot;"},
    };
    static const struct sample_run run = {.folder = "r", .method = "FT", .accuracy = 50, .epochs = -1};
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        run_folders_write("runs", &run, NULL);
        run_folders_write_file("runs", "r", "result.json", damages[i].result);
        run_folders_write_file("runs", "r", "log.jsonl",
                               "{\"epoch\":1,\"train_loss\":2}\n{\"epoch\":1}\n{\"epoch\":3}\n");
        expect_written("quick", NULL);
        expect_in_file("index.html", damages[i].sentence, 1);
        expect_in_file("index.html", "0 done, 1 damaged of 1 runs started", 1);
        expect_in_file("index.html", "log.jsonl, line 2: its epoch does not follow the one before", 2);
        json_t *results = read_results();
        expect_type(json_object_get(get_cell(results, "targets", 0, "GN"), "mean"), JSON_NULL, damages[i].sentence);
        json_decref(results);
    }
}

Test(report, an_unfinished_run_shows_how_far_it_came)
{
    static const struct sample_run run = {.folder = "r", .method = "FT", .status = "unfinished", .epochs = 7};
    run_folders_write("runs", &run, NULL);
    run_folders_write_file("runs", "r", "log.jsonl",
                           "{\"epoch\":6,\"train_loss\":2}\n{\"epoch\":7}\n{\"epoch\":8,\"trai");
    expect_written("quick", NULL);
    expect_in_file("index.html",
                   "<td class=\"state unfinished\">unfinished</td><td class=\"number\">0</td><td class=\"number\"></td>"
                   "<td class=\"number\">7</td>",
                   1);
    expect_in_file("index.html", "log.jsonl", 0); // half a line is what a killed run leaves, nothing to complain about
    expect_in_file("results.csv",
                   "\nr,unfinished,true,target,FT,GN,of_the_test,0,quick," SAMPLE_HASH ",synthetic-100,false,,,", 1);
}

Test(report, csv_has_one_line_per_run_and_as_many_fields_as_its_head)
{
    static const struct sample_run runs[] = {
        {.method = "FT", .accuracy = 50.25},
        {.accuracy = 90},
        {.method = "FT", .corruption = "Co", .status = "failed", .message = "a, \"b\"\nc"},
        {.method = "FT", .corruption = "ET", .status = "unfinished"},
    };
    for (size_t i = 0; i < 4; i++) run_folders_write("runs", &runs[i], NULL);
    run_folders_write_file("runs", "damaged", "run.json", "{");
    expect_written("quick", NULL);
    char *csv = run_folders_read_file("out/deep", "results.csv");
    size_t lines = 0, fields[16] = {1};
    bool quoted = false;
    for (const char *byte = csv; *byte != '\0' && lines < 15; byte++) {
        quoted ^= *byte == '"';
        if (*byte == ',' && !quoted) fields[lines]++;
        if (*byte == '\n' && !quoted) fields[++lines] = 1;
    }
    cr_expect(eq(sz, lines, 6));
    for (size_t i = 0; i < lines; i++) cr_expect(eq(sz, fields[i], 30), "line %zu", i + 1);
    cr_expect(
        eq(sz, run_folders_count(csv, ",50.25,,,,0.5,,3,93,75.25,940.5,5000000000,false,,,2026-01-31T12:00:00Z,"), 1),
        "%s", csv);
    cr_expect(eq(sz, run_folders_count(csv, ",\"a, \"\"b\"\" c\"\n"), 1), "%s", csv);
    free(csv);
}

Test(report, same_folders_give_the_same_bytes)
{
    static const char *const files[] = {"index.html", "table.md", "results.csv", "results.json"};
    for (int seed = 3; seed > 0; seed--) {
        struct sample_run run = {
            .method = "FT", .seed = seed, .accuracy = 50 + seed, .device = seed == 2 ? "other" : NULL};
        run_folders_write("runs", &run, NULL);
    }
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        expect_written("quick", NULL);
        char *first = run_folders_read_file("out/deep", files[i]);
        expect_written("quick", NULL);
        char *second = run_folders_read_file("out/deep", files[i]);
        cr_expect(eq(str, first, second), "%s", files[i]);
        free(first);
        free(second);
    }
    expect_in_file("index.html",
                   "cpu <span class=\"muted\">(2 runs)</span><br>other <span class=\"muted\">(1 runs)</span>", 1);
}

Test(report, without_runs_there_is_no_report)
{
    struct status status = write_report("quick", NULL);
    cr_expect(eq(int, status.code, STATUS_MISSING), "%s", status.message);
    cr_assert(eq(int, mkdir("runs", 0777), 0));
    status = write_report("quick", NULL);
    cr_expect(eq(int, status.code, STATUS_MISSING), "%s", status.message);
    cr_expect(ne(ptr, strstr(status.message, "no run has been started"), NULL), "%s", status.message);
    cr_expect(eq(int, access("out", F_OK), -1), "an output folder was made");
    run_folders_write_file("runs", "broken", "run.json", "{");
    expect_written("quick", NULL); // something was started; a report says what is wrong with it
    expect_in_file("index.html", "no run could be read", 1);
    expect_in_file("index.html", "class=\"state damaged\"", 1);
}

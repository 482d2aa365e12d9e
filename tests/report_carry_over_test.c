// report_carry_over_test.c: claim C4 in the report: accuracy under the teacher's corruption, and TransInv against FT.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

TestSuite(report_carry_over, .init = create_folder, .fini = remove_folder);

static json_t *write_report(const char *preset)
{
    const struct report_request request = {.runs_folder = "runs", .output_folder = "out", .preset = preset};
    struct status status = report_write(&request);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    json_t *results = json_load_file("out/results.json", 0, NULL);
    cr_assert(ne(ptr, results, NULL));
    return results;
}

static void expect_in_file(const char *file, const char *part, size_t times)
{
    char *text = run_folders_read_file("out", file);
    size_t found = run_folders_count(text, part);
    cr_expect(eq(sz, found, times), "%s: \"%s\" expected %zu times, found %zu times", file, part, times, found);
    free(text);
}

static void expect_number(const json_t *object, const char *key, double expected)
{
    const json_t *value = json_object_get(object, key);
    bool close = json_is_number(value) && fabs(json_number_value(value) - expected) <= 1e-9 * fmax(1, fabs(expected));
    cr_expect(close, "%s: expected %.12g, found %.12g", key, expected, json_number_value(value));
}

static void expect_null(const json_t *value)
{
    bool null = json_is_null(value);
    cr_expect(null);
}

static void write_run(const char *preset, const char *method, const char *code, int seed, double percent)
{
    char name[64];
    snprintf(name, sizeof name, "%s-%s%d-seed%d", method == NULL ? "teacher" : method, code, code[1] == 'n', seed);
    const struct sample_run run = {.folder = name,
                                   .method = method,
                                   .corruption = code,
                                   .seed = seed,
                                   .preset = preset,
                                   .official = true,
                                   .accuracy = 70,
                                   .corrupted_percent = percent};
    run_folders_write("runs", &run, NULL);
}

Test(report_carry_over, differences_are_of_means_over_seeds)
{
    // TransInv minus FT: GN 50.5 - 48 = 2.5 (two seeds), Co 40 - 41 = -1, ET 30 - 30 = 0; DB has no FT.
    write_run("quick", "TransInv", "GN", 1, 50);
    write_run("quick", "TransInv", "GN", 2, 51);
    write_run("quick", "FT", "GN", 1, 47.5);
    write_run("quick", "FT", "GN", 2, 48.5);
    write_run("quick", "TransInv", "Co", 1, 40);
    write_run("quick", "FT", "Co", 1, 41);
    write_run("quick", "TransInv", "ET", 1, 30);
    write_run("quick", "FT", "ET", 1, 30);
    write_run("quick", "TransInv", "DB", 1, 90);
    write_run("quick", NULL, "GN", 1, 81.5);
    json_t *results = write_report("quick"), *carry = json_object_get(results, "carry_over");
    expect_number(json_object_get(carry, "differences"), "GN", 2.5);
    expect_number(json_object_get(carry, "differences"), "Co", -1);
    expect_number(json_object_get(carry, "differences"), "ET", 0);
    expect_null(json_object_get(json_object_get(carry, "differences"), "DB"));
    expect_number(carry, "pairs", 3);
    expect_number(carry, "mean", 0.5);
    const json_t *test = json_object_get(carry, "signed_rank");
    expect_number(test, "zeros", 1);
    expect_number(test, "positive_ranks", 2);
    expect_number(test, "negative_ranks", 1);
    expect_number(test, "probability", 1); // 2 x P(W >= 2) = 2 x 2 / 4
    const json_t *teacher = json_array_get(json_object_get(carry, "teachers"), 0);
    expect_number(json_object_get(json_object_get(teacher, "cells"), "GN"), "mean", 81.5);
    expect_null(json_object_get(carry, "verdict"));
    expect_number(
        json_object_get(json_object_get(json_array_get(json_object_get(results, "targets"), 0), "cells"), "GN"), "mean",
        70); // accuracy on clean images is another table
    json_decref(results);
    expect_in_file("index.html", "<td class=\"number\">+2.5</td>", 1);
    expect_in_file("index.html", "<td class=\"number\">\u22121.0</td>", 1);
    expect_in_file("index.html", "<td class=\"number mean\">+0.5</td>", 1);
    expect_in_file("index.html", "paired over 3 corruptions: +0.50 points on average", 1);
    expect_in_file("index.html", "higher in 1, lower in 1, equal in 1.", 1);
    expect_in_file("index.html", "No verdict: not comparable with the paper. The preset is quick, not paper.", 1);
    expect_in_file("table.md", "| TransInv | **50.5** \u00b1\u00a06.4 (n\u00a0=\u00a02) |", 1);
    expect_in_file("results.csv", ",corrupted_accuracy_percent,message\n", 1);
    expect_in_file("results.csv", "2026-01-31T13:00:00Z,81.5,\n", 1);
}

Test(report_carry_over, a_gain_in_every_column_reproduces_the_claim)
{
    static const char *const codes[] = {"GN", "SN", "IN", "Br", "Co", "ET", "DB", "GB",
                                        "MB", "ZB", "Sn", "Fr", "Fo", "Pi", "JC"};
    static const char *const verdicts[] = {"reproduced", "different", "inconclusive"};
    for (int round = 0; round < 3; round++) {
        for (int seed = 1; seed <= 3; seed++) {
            for (int column = 0; column < 15; column++) {
                const int sign = round == 0 ? 1 : round == 1 ? -1 : column % 2 == 0 ? 1 : -1;
                write_run("paper", "FT", codes[column], seed, 40);
                write_run("paper", "TransInv", codes[column], seed, 40 + sign * (1 + column));
            }
        }
        json_t *results = write_report("paper"), *carry = json_object_get(results, "carry_over");
        const char *verdict = json_string_value(json_object_get(carry, "verdict"));
        cr_expect(eq(str, (char *)(verdict == NULL ? "null" : verdict), (char *)verdicts[round]));
        if (round < 2) expect_number(json_object_get(carry, "signed_rank"), "probability", 2.0 / 32768);
        if (round == 0) expect_number(carry, "mean", 8);
        json_decref(results);
        // The paper has no accuracies under corruption; its rows stand in the other table alone.
        expect_in_file("index.html", ">paper</th>", 2);
    }
}

Test(report_carry_over, old_folders_have_no_such_numbers)
{
    static const struct sample_run runs[] = {{.method = "FT", .accuracy = 50},
                                             {.method = "TransInv", .accuracy = 51, .corrupted = "null"}};
    for (int i = 0; i < 2; i++) run_folders_write("runs", &runs[i], NULL);
    json_t *results = write_report("quick");
    expect_null(json_object_get(results, "carry_over"));
    json_decref(results);
    expect_in_file("index.html", "No target that is done was measured so.", 1);
    expect_in_file("index.html", "2 done of 2 runs started", 1);
    expect_in_file("table.md", "carries over", 0);
}

Test(report_carry_over, damage_is_named)
{
    static const struct {
        const char *corrupted, *sentence;
    } damages[] = {
        {"3", "&quot;corrupted&quot;: expected an object, found an integer"},
        {"{}", "&quot;corrupted&quot;: &quot;corruption&quot;: expected a string, found nothing"},
        {"{\"corruption\": \"<b>Co</b>\", \"source\": \"generated\", \"accuracy_percent\": []}",
         "expected the run&#39;s own, &quot;GN&quot;, found &quot;&lt;b&gt;Co&lt;/b&gt;&quot;"},
        {"{\"corruption\": \"GN\", \"source\": \"generated\", \"accuracy_percent\": [1, 2, 3]}",
         "&quot;accuracy_percent&quot;: expected 6 numbers, found 3"},
        {"{\"corruption\": \"GN\", \"source\": \"generated\", \"accuracy_percent\": [1, 2, 3, 4, 5, 101]}",
         "expected 0 to 100, found 101"},
        {"{\"corruption\": \"GN\", \"source\": 1, \"accuracy_percent\": [1, 2, 3, 4, 5, 6]}",
         "&quot;source&quot;: expected a string, found an integer"},
    };
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        const struct sample_run run = {
            .folder = "r", .method = "FT", .accuracy = 50, .corrupted = damages[i].corrupted};
        run_folders_write("runs", &run, NULL);
        json_decref(write_report("quick"));
        expect_in_file("index.html", damages[i].sentence, 1);
        expect_in_file("index.html", "0 done, 1 damaged of 1 runs started", 1);
    }
}

Test(report_carry_over, an_unknown_accuracy_counts_nowhere)
{
    static const struct sample_run run = {
        .method = "FT",
        .accuracy = 50,
        .corrupted =
            "{\"corruption\": \"GN\", \"source\": \"published\", \"accuracy_percent\": [1, 2, null, 4, 5, 6]}"};
    run_folders_write("runs", &run, NULL);
    json_t *results = write_report("quick");
    expect_null(json_object_get(results, "carry_over"));
    json_decref(results);
    expect_in_file("index.html", "1 done of 1 runs started", 1);
}

// "CIFAR-10-C's own" is said only of files with the published checksums.
Test(report_carry_over, tells_published_images_from_others)
{
    static const struct {
        const char *corrupted, *sentence;
    } cases[] = {
        {"{\"corruption\": \"GN\", \"source\": \"generated\", \"official\": null, \"accuracy_percent\": [9, 8, 7, 6, "
         "5, "
         "4]}",
         NULL},
        {"{\"corruption\": \"GN\", \"source\": \"published\", \"official\": true, \"accuracy_percent\": [9, 8, 7, 6, "
         "5, "
         "4]}",
         "Teachers were measured on CIFAR-10-C\u2019s own images."},
        {"{\"corruption\": \"GN\", \"source\": \"published\", \"official\": false, \"accuracy_percent\": [9, 8, 7, 6, "
         "5, "
         "4]}",
         "Teachers were measured on images given as CIFAR-10-C\u2019s, without its published checksums."},
    };
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        const struct sample_run run = {.folder = "r", .method = "FT", .accuracy = 50, .corrupted = cases[c].corrupted};
        run_folders_write("runs", &run, NULL);
        json_decref(write_report("quick"));
        expect_in_file("index.html", "Teachers were measured on", cases[c].sentence != NULL);
        if (cases[c].sentence != NULL) expect_in_file("index.html", cases[c].sentence, 1);
    }
}

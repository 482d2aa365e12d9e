// report_profile_test.c: what the report says about a profile that is there, absent, refused, damaged or hostile.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "report/report.h"
#include "report/step_profile.h"
#include "tests/support/run_folders.h"
#include "tests/support/sample_profile.h"
#include "tests/support/temporary_folder.h"

static char folder[TEMPORARY_PATH_SIZE];

static void create_folder(void)
{
    log_set_level(LOG_ERROR); // the warnings that these tests cause are not for whoever runs them
    temporary_folder_enter(folder);
    run_folders_write("runs", &(struct sample_run){.method = "FT", .seed = 1, .accuracy = 60}, NULL);
}

static void remove_folder(void)
{
    temporary_folder_leave(folder);
}

TestSuite(report_profile, .init = create_folder, .fini = remove_folder);

static bool have_gnuplot(void)
{
    return system("command -v gnuplot >/dev/null 2>&1") == 0;
}

static void write_report(bool plots, const char *no_profile)
{
    const struct report_request request = {
        .runs_folder = "runs", .output_folder = "out", .preset = "quick", .plots = plots, .no_profile = no_profile};
    struct status status = report_write(&request);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
}

static void expect_count(const char *file, const char *part, size_t times)
{
    char *text = run_folders_read_file("out", file);
    cr_expect(eq(sz, run_folders_count(text, part), times), "%s: \"%s\"", file, part);
    free(text);
}

// ---- reading ---------------------------------------------------------------------------------------------------

static void expect_near(double value, double expected, const char *label)
{
    cr_expect(fabs(value - expected) <= 1e-9 * fabs(expected), "%s: expected %g, found %g", label, expected, value);
}

Test(report_profile, numbers_follow_from_the_file)
{
    struct step_profile profile;
    sample_profile_write("out", &(struct sample_profile){.operations = 3});
    cr_assert(eq(int, step_profile_read("out", NULL, &profile).code, STATUS_OK));
    cr_assert(ne(ptr, profile.root, NULL), "%s", profile.absent);
    const struct step_profile_line *first = &profile.operations[0];
    cr_expect(eq(sz, profile.operation_count, 4));
    cr_expect(eq(str, (char *)first->operation, "conv_forward"), "the longest first");
    expect_near(step_profile_time_share(&profile, first), 60, "share of the step");
    expect_near(step_profile_gigaflops(first), 500, "GFLOP/s");
    expect_near(step_profile_gigabytes(first), 50, "GB/s");
    expect_near(step_profile_bound_share(first), 75, "share of the bound");
    expect_near(step_profile_idle_share(&profile, first->seconds, first->one_thread_seconds), 25, "idle");
    expect_near(step_profile_kernel_share(&profile), 95, "inside");
    expect_near(step_profile_total_bound_share(&profile), 71.25, "bound of the step");
    expect_near(step_profile_images_per_second(&profile), 3200, "images");
    step_profile_destroy(&profile);
}

Test(report_profile, shapes_of_an_operation_are_added_up)
{
    struct step_profile profile;
    sample_profile_write("out", &(struct sample_profile){.operation = "operation_0"});
    cr_assert(eq(int, step_profile_read("out", NULL, &profile).code, STATUS_OK));
    cr_expect(eq(sz, profile.shape_count, 3));
    cr_assert(eq(sz, profile.operation_count, 2));
    expect_near(profile.operations[0].seconds, 0.006 + 0.00175, "seconds");
    expect_near(profile.operations[0].calls, 9, "calls");
    step_profile_destroy(&profile);
}

// ---- showing ---------------------------------------------------------------------------------------------------

Test(report_profile, all_files_tell_it)
{
    sample_profile_write("out", &(struct sample_profile){0});
    write_report(true, NULL);
    expect_count("index.html", "Where the time goes</h2>", 1);
    expect_count("index.html", "<code>conv_forward</code>", 2); // by operation, by shape
    expect_count("index.html", "<td>arithmetic</td>", 3);
    expect_count("index.html", "3200 images/s", 1);
    expect_count("index.html", "of the processor time", 0);
    expect_count("index.html", "another configuration", 0);
    expect_count("index.html", "ceiling moved", 0);
    expect_count("index.html", "rgb(0,1", 0); // no placeholder is left
    expect_count("index.html", "rgb(  0", 0);
    if (have_gnuplot()) {
        expect_count("index.html", "<svg class=\"plot\"", 4);
        expect_count("index.html", "<title>conv_forward: 60.00 %</title>", 1);
        expect_count("index.html", "<title>outside: 5.00 %</title>", 1);
        expect_count("index.html", "<title>ceilings: 700 GFLOP/s, 70.0 GB/s</title>", 1);
        expect_count("index.html", "conv_forward, 3x3/1 32x32 16&gt;16 n32: 500.0 GFLOP/s, 75 % of its bound", 1);
    }
    expect_count("table.md", "| conv\\_forward | 60.0 | 8 | 500.0 | 50.0 | 75.0 |\n", 1);
    char *text = run_folders_read_file("out", "results.json");
    json_t *root = json_loads(text, 0, NULL);
    const json_t *profile = json_object_get(root, "profile");
    const json_t *first = json_array_get(json_object_get(profile, "operations"), 0);
    expect_near(json_number_value(json_object_get(profile, "inside_kernels_percent")), 95, "inside");
    expect_near(json_number_value(json_object_get(first, "time_share_percent")), 60, "share");
    json_decref(root);
    free(text);
}

Test(report_profile, many_operations_share_a_bar)
{
    if (!have_gnuplot()) cr_skip_test("SKIPPED: gnuplot is not installed");
    sample_profile_write("out", &(struct sample_profile){.operations = 19});
    write_report(true, NULL);
    expect_count("index.html", "<title>operation_14: 1.84 %</title>", 1); // they are equal, so in the order of names
    expect_count("index.html", "<title>operation_15:", 0);
    expect_count("index.html", "<title>other operations: 22.11 %</title>", 1);
}

Test(report_profile, says_what_makes_it_worth_less)
{
    sample_profile_write(
        "out", &(struct sample_profile){.hash = "another", .processor_percent = 51, .fma_fp32_gflops_after = 400});
    write_report(false, NULL);
    expect_count("index.html", "measured for another configuration", 1);
    expect_count("index.html", "got 51\u00a0% of the processor time", 1);
    expect_count("index.html", "ceiling moved from 700 to 400\u00a0GFLOP/s", 1);
    expect_count("index.html", "<svg", 0);
    sample_profile_write("out", &(struct sample_profile){.threads = 1});
    write_report(false, NULL);
    expect_count("index.html", "Threads idle", 0); // nothing to compare with
}

// ---- not showing -----------------------------------------------------------------------------------------------

Test(report_profile, absent_or_refused_is_a_sentence)
{
    static const char refusal[] = "This report was asked for <b>without</b> one.";
    write_report(true, NULL);
    expect_count("index.html", "No profile has been measured; transinv reproduce does so at its end.", 1);
    expect_count("results.json", "\"absent\": \"No profile has been measured", 1);
    sample_profile_write("out", &(struct sample_profile){0});
    write_report(true, refusal);
    expect_count("index.html", "This report was asked for &lt;b&gt;without&lt;/b&gt; one.", 1);
    expect_count("index.html", "conv_forward", 0);
    expect_count("table.md", "This report was asked for", 1);
}

// Every file but for one place is the sample; the sentence names what is wrong, and the report stands.
Test(report_profile, damage_is_one_sentence)
{
    static const struct {
        const char *text, *replacement, *sentence;
    } damages[] = {
        {"\"format\": 1", "\"format\": 2", "&quot;format&quot;: expected 1 to 1, found 2"},
        {"\"seconds\": 0.01,", "\"seconds\": 0,", "&quot;seconds&quot;: expected 1e-12"},
        {"\"calls\": 8,", "\"calls\": -8,", "&quot;calls&quot;: expected 1 to"},
        {"\"operations\": [", "\"operation_list\": [", "&quot;operations&quot;: expected an array of 1 to 5000"},
        {"\"conv_forward\"", "\"conv\\\" 1; system 'x'\"", "expected a name of small letters"},
        {"\"conv_forward\"", "\"\"", "expected a name of small letters"},
        {"\"environment\"", "\"surroundings\"", "&quot;environment&quot;: expected an object, found nothing"},
        {"\"step\": {", "\"step\": 7, \"other\": {", "&quot;step&quot;: expected an object, found an integer"},
        {"{", "", "cannot be read: line "},
    };
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        struct sample_profile sample = {0};
        sample_profile_write("out", &sample);
        char *text = run_folders_read_file("out", "profile.json"), *place = strstr(text, damages[i].text);
        cr_assert(ne(ptr, place, NULL), "%s is in no sample", damages[i].text);
        char *damaged = malloc(strlen(text) + strlen(damages[i].replacement) + 1);
        cr_assert(ne(ptr, damaged, NULL));
        sprintf(damaged, "%.*s%s%s", (int)(place - text), text, damages[i].replacement,
                place + strlen(damages[i].text));
        run_folders_write_file("out", ".", "profile.json", damaged);
        write_report(true, NULL);
        expect_count("index.html", "profile.json cannot be read", 1);
        expect_count("index.html", damages[i].sentence, 1);
        expect_count("index.html", "<td class=\"number\">60.0", 2); // the table of accuracies and the run
        free(damaged);
        free(text);
    }
}

Test(report_profile, odd_files_are_damage_too)
{
    static const char *const contents[] = {"", "[]", "null", "{}", "\xff\xfe", "{\"format\": 1}"};
    for (size_t i = 0; i < sizeof contents / sizeof contents[0]; i++) {
        run_folders_write_file("out", ".", "profile.json", contents[i]);
        write_report(false, NULL);
        expect_count("index.html", "profile.json cannot be read", 1);
    }
    cr_assert(eq(int, remove("out/profile.json"), 0));
    cr_assert(eq(int, mkdir("out/profile.json", 0755), 0));
    write_report(false, NULL);
    expect_count("index.html", "it is not a plain file", 1);
}

Test(report_profile, texts_are_escaped)
{
    sample_profile_write("out", &(struct sample_profile){.text = "<script>alert(1)</script>|`#"});
    write_report(true, NULL);
    expect_count("index.html", "<script", 0);
    char *page = run_folders_read_file("out", "index.html");
    cr_expect(ge(sz, run_folders_count(page, "&lt;script&gt;alert(1)&lt;/script&gt;|`#"), 8), "shown, escaped");
    free(page);
    expect_count("table.md", "<script", 0);
}

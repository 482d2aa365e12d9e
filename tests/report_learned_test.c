// report_learned_test.c: claim C3 in the report: from "augmentation" in run folders and panel.png to numbers, pictures and
// a verdict. Every test works in a new folder of its own.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "report/learned_augmentation.h"
#include "report/report.h"
#include "report/run_log.h"
#include "tests/support/run_folders.h"
#include "tests/support/sample_profile.h"
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

TestSuite(report_learned, .init = create_folder, .fini = remove_folder);

static void write_report(const char *preset, bool no_panels)
{
    const struct report_request request = {
        .runs_folder = "runs", .output_folder = "out", .preset = preset, .no_panels = no_panels};
    struct status status = report_write(&request);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
}

static void expect_in_file(const char *file, const char *part, size_t times)
{
    char *text = run_folders_read_file("out", file);
    size_t found = run_folders_count(text, part);
    cr_expect(eq(sz, found, times), "%s: \"%s\" expected %zu times, found %zu times", file, part, times, found);
    free(text);
}

// The member at a path such as "learned/columns/GN/seeds"; JSON null when there is no such path.
static json_t *read_member(const char *path)
{
    char steps[256], *rest = steps;
    json_t *root = json_load_file("out/results.json", 0, NULL), *value = root;
    cr_assert(ne(ptr, root, NULL));
    snprintf(steps, sizeof steps, "%s", path);
    for (char *step = strtok_r(steps, "/", &rest); step != NULL; step = strtok_r(NULL, "/", &rest))
        value = json_object_get(value, step);
    value = value == NULL ? json_null() : json_incref(value);
    json_decref(root);
    return value;
}

static void expect_number(const char *path, double expected)
{
    json_t *value = read_member(path);
    bool close = json_is_number(value) && fabs(json_number_value(value) - expected) <= 1e-9 * fmax(1, fabs(expected));
    cr_expect(close, "%s: expected %.12g, found %.12g", path, expected, json_number_value(value));
    json_decref(value);
}

static void expect_text(const char *path, const char *expected)
{
    json_t *value = read_member(path);
    const char *found = json_is_string(value) ? json_string_value(value) : "null";
    cr_expect(eq(str, (char *)found, (char *)expected), "%s", path);
    json_decref(value);
}

// ---- the reader ------------------------------------------------------------------------------------------------

static struct status read_text(const char *json, struct learned_augmentation *learned)
{
    json_t *value = json == NULL ? NULL : json_loads(json, JSON_DECODE_ANY, NULL);
    struct status status = learned_augmentation_read(value, learned);
    json_decref(value);
    return status;
}

Test(report_learned, absent_and_null_are_no_mistake)
{
    static const char *const texts[] = {NULL, "null"};
    for (int i = 0; i < 2; i++) {
        struct learned_augmentation learned;
        struct status status = read_text(texts[i], &learned);
        cr_expect(eq(int, status.code, STATUS_OK), "%s", status.message);
        cr_expect(not(learned.present));
        cr_expect(isnan(learned_augmentation_magnitude(&learned, LEARNED_BLUR)));
    }
}

#define NUMBERS                                                                                                        \
    "\"adversarial_loss\": 2, \"distance\": null, \"target_agreement\": 1, \"teacher_agreement\": 0.5, "               \
    "\"contrast_kept\": 0.75"

Test(report_learned, magnitude_is_gate_times_mean_deviation)
{
    static const char text[] =
        "{" NUMBERS ", \"future\": [], \"primitives\": {\"future\": 1,"
        "\"contrast\": {\"gate\": 0.5, \"scale\": [0.5, 0.75, 1, 1.25, 1.5], \"shift\": [-0.1, 0, 0, 0.1, 0.3]},"
        "\"geometric\": {\"gate\": 1, \"xx\": [1, 1, 1, 1, 1.3], \"xy\": [0, 0, 0, 0, 0], \"xt\": [0, 0, 0, 0, 0],"
        " \"yx\": [0, 0, 0, 0, 0], \"yy\": [0.4, 1, 1, 1, 1], \"yt\": [0, 0, 0, 0, 0.6]},"
        "\"blur\": {\"gate\": 0.25, \"sigma\": [0.1, 0.5, 0.9, 1.3, 1.7]},"
        "\"noise\": {\"gate\": 0.5, \"sigma\": [0, 0.1, null, 0.1, 0.2]}}}";
    struct learned_augmentation learned;
    struct status status = read_text(text, &learned);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    // contrast: (1.5 / 5 + 0.5 / 5) / 2 x 0.5; geometric: (0.3 + 0.6 + 0.6) / 5 / 6; blur: 0.25 x 4 / 5
    static const double expected[] = {0.1, 0.05, 0.2};
    for (int p = LEARNED_CONTRAST; p <= LEARNED_BLUR; p++) {
        double found = learned_augmentation_magnitude(&learned, (enum learned_primitive)p);
        cr_expect(fabs(found - expected[p]) <= 1e-12, "%s: expected %g, found %g", learned_kinds[p].key, expected[p],
                  found);
    }
    cr_expect(isnan(learned_augmentation_magnitude(&learned, LEARNED_NOISE)), "a quantile is unknown");
    cr_expect(isnan(learned.distance) && learned.adversarial_loss == 2 && learned.contrast_kept == 0.75);
}

Test(report_learned, wrong_types_are_named)
{
    static const struct {
        const char *text, *sentence;
    } damages[] = {
        {"[]", "\"augmentation\": expected an object or null, found an array"},
        {"{}", "\"augmentation\": \"adversarial_loss\": expected a number, found nothing"},
        {"{" NUMBERS "}", "\"augmentation\": \"primitives\": expected an object, found nothing"},
        {"{" NUMBERS ", \"primitives\": {\"blur\": 3}}", "\"blur\": expected an object, found an integer"},
        {"{" NUMBERS ", \"primitives\": {\"blur\": {}}}",
         "\"augmentation\", \"blur\": \"gate\": expected a number, found nothing"},
        {"{" NUMBERS ", \"primitives\": {\"blur\": {\"gate\": 1.5}}}", "\"gate\": expected 0 to 1, found 1.5"},
        {"{" NUMBERS ", \"primitives\": {\"blur\": {\"gate\": 1}}}", "\"sigma\": expected an array, found nothing"},
        {"{" NUMBERS ", \"primitives\": {\"blur\": {\"gate\": 1, \"sigma\": [1, 2]}}}",
         "\"sigma\": expected 5 numbers, found 2"},
        {"{" NUMBERS ", \"primitives\": {\"blur\": {\"gate\": 1, \"sigma\": [1, 2, \"3\", 4, 5]}}}",
         "\"sigma\": expected a number, found a string"},
        {"{\"adversarial_loss\": true}", "\"adversarial_loss\": expected a number, found true"},
    };
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        struct learned_augmentation learned;
        struct status status = read_text(damages[i].text, &learned);
        cr_expect(eq(int, status.code, STATUS_BAD_INPUT), "%s", damages[i].text);
        cr_expect(ne(ptr, strstr(status.message, damages[i].sentence), NULL), "%s: \"%s\"", damages[i].text,
                  status.message);
    }
}

Test(report_learned, log_lines_carry_the_two_losses)
{
    static const char log[] = "{\"epoch\":1,\"train_loss\":2}\n{\"epoch\":2,\"augmentation\":null}\n"
                              "{\"epoch\":3,\"augmentation\":{" NUMBERS ",\"primitives\":{}}}\n"
                              "{\"epoch\":4,\"augmentation\":[]}\n";
    struct run_epoch *epochs;
    size_t count;
    struct status status = run_log_parse(log, strlen(log), &epochs, &count);
    cr_expect(eq(int, status.code, STATUS_BAD_INPUT));
    cr_expect(ne(ptr, strstr(status.message, "line 4: \"augmentation\": expected an object or null"), NULL), "%s",
              status.message);
    cr_assert(eq(sz, count, 3));
    cr_expect(isnan(epochs[0].adversarial_loss) && isnan(epochs[1].adversarial_loss));
    cr_expect(epochs[2].adversarial_loss == 2 && isnan(epochs[2].distance));
    free(epochs);
}

Test(report_learned, a_damaged_augmentation_damages_its_result)
{
    static const struct sample_run run = {.folder = "r",
                                          .method = "TransInv",
                                          .accuracy = 50,
                                          .augmentation = "{\"adversarial_loss\": \"<b>\"}",
                                          .epochs = -1};
    run_folders_write("runs", &run, NULL);
    write_report("quick", false);
    expect_in_file("index.html",
                   "&quot;augmentation&quot;: &quot;adversarial_loss&quot;: expected a number, found a string", 1);
    expect_in_file("index.html", "0 done, 1 damaged of 1 runs started", 1);
    expect_in_file("index.html", "No run of TransInv that is done says what it has learned.", 1);
}

// ---- the section -----------------------------------------------------------------------------------------------

static const char *const codes[] = {"GN", "SN", "IN", "Br", "Co", "ET", "DB", "GB",
                                    "MB", "ZB", "Sn", "Fr", "Fo", "Pi", "JC"};
// Which of contrast, geometric, blur, noise matches a column; -1: none.
static const int matches[] = {3, 3, 3, 0, 0, 1, 2, 2, 2, 2, -1, -1, 0, 2, -1};

// A run of TransInv whose matched primitive has the magnitude `matched`, the others 0.01.
static void write_run(const char *preset, int column, int seed, double matched)
{
    char json[2048], name[64];
    double magnitudes[] = {0.01, 0.01, 0.01, 0.01};
    if (matches[column] >= 0) magnitudes[matches[column]] = matched;
    snprintf(name, sizeof name, "transinv-column%d-seed%d", column, seed);
    run_folders_make_augmentation(magnitudes, json);
    const struct sample_run run = {.folder = name,
                                   .method = "TransInv",
                                   .corruption = codes[column],
                                   .seed = seed,
                                   .preset = preset,
                                   .official = true,
                                   .accuracy = 60,
                                   .augmentation = json};
    run_folders_write("runs", &run, NULL);
}

Test(report_learned, numbers_are_means_over_seeds)
{
    write_run("quick", 0, 1, 0.02);
    write_run("quick", 0, 2, 0.06);
    write_run("quick", 4, 1, 0.03);
    static const struct sample_run others[] = {
        {.method = "FT", .accuracy = 1},
        {.method = "TransInv", .corruption = "ET", .accuracy = 1, .augmentation = "null"},
        {.method = "TransInv", .corruption = "DB", .accuracy = 1}, // as runs of earlier versions
    };
    for (size_t i = 0; i < 3; i++) run_folders_write("runs", &others[i], NULL);
    write_report("quick", true);
    expect_number("learned/columns/GN/seeds", 2);
    expect_number("learned/columns/GN/primitives/noise/magnitude", 0.04);
    expect_number("learned/columns/GN/primitives/contrast/magnitude", 0.01);
    expect_number("learned/columns/GN/primitives/noise/gate", 0.5);
    expect_number("learned/columns/GN/adversarial_loss", 1.25);
    expect_number("learned/columns/Co/seeds", 1);
    expect_number("learned/columns/Co/primitives/contrast/magnitude", 0.03);
    expect_text("learned/columns/ET", "null");
    expect_text("learned/columns/DB", "null");
    expect_text("learned/statistic/missing",
                "The statistic needs the learned augmentations of at least 4 teachers; there are 2.");
    expect_text("learned/verdict", "null");
    expect_in_file("index.html", "at least 4 teachers; there are 2.", 1);
    expect_in_file("index.html", "Every number is a mean over seeds.", 0); // Co has one
    expect_in_file("index.html", "<td class=\"number\"><b>0.0400</b></td>", 1);
    // noise sigma of GN: the mean of +- 1.5 x 0.04 and of +- 1.5 x 0.12
    expect_in_file("index.html", "</svg>0.000<small>\u22120.120\u20260.120</small></td>", 1);
    expect_in_file("table.md", "| GN | 0.0100 | 0.0100 | 0.0100 | 0.0400 |\n", 1);
    expect_in_file("table.md", "at least 4 teachers; there are 2.", 1);
}

Test(report_learned, fifteen_matched_teachers_reproduce_the_claim)
{
    for (int seed = 1; seed <= 3; seed++)
        for (int column = 0; column < 15; column++) write_run("paper", column, seed, 0.05);
    write_report("paper", true);
    expect_number("learned/statistic/teachers", 15);
    expect_number("learned/statistic/all/matched", 12);
    expect_number("learned/statistic/all/unmatched", 48);
    expect_number("learned/statistic/noise/probability_greater", 1.0 / 455); // one of C(15, 3)
    expect_number("learned/statistic/all/probability_greater", 1e-5);
    // m matched of 15 and two levels: matched z is sqrt(14/15 (15 - m) / m), the others sum to its opposite.
    double matched = 0, unmatched = 0;
    static const int counts[] = {3, 1, 5, 3};
    for (int p = 0; p < 4; p++) {
        matched += counts[p] * sqrt(14.0 / 15 * (15 - counts[p]) / counts[p]) / 12;
        unmatched -= counts[p] * sqrt(14.0 / 15 * (15 - counts[p]) / counts[p]) / 48;
    }
    expect_number("learned/statistic/all/difference", matched - unmatched);
    expect_text("learned/verdict", "reproduced");
    expect_in_file("index.html", "<p class=\"verdict\">Verdict: reproduced.</p>", 1);
    expect_in_file("index.html", "Every number is a mean over seeds.", 1);
    expect_in_file("table.md", "| All together | 12, 48 |", 1);
    expect_in_file("table.md", "Verdict: reproduced.", 1);
}

Test(report_learned, the_opposite_is_different_and_equal_is_inconclusive)
{
    for (int round = 0; round < 2; round++) {
        for (int seed = 1; seed <= 3; seed++)
            for (int column = 0; column < 15; column++) write_run("paper", column, seed, round == 0 ? 0.001 : 0.01);
        write_report("paper", true);
        expect_text("learned/verdict", round == 0 ? "different" : "inconclusive");
    }
}

Test(report_learned, without_a_verdict_there_is_a_reason)
{
    for (int column = 0; column < 15; column++) write_run("quick", column, 1, 0.05);
    write_report("quick", true);
    expect_text("learned/verdict", "null");
    expect_in_file("index.html", "No verdict: not comparable with the paper. The preset is quick, not paper.", 1);
    for (int column = 0; column < 15; column++) write_run("paper", column, 1, 0.05);
    write_report("paper", true);
    expect_text("learned/verdict", "null");
    expect_in_file("index.html", "No verdict below 3 seeds: there is 1.", 1);
    for (int seed = 2; seed <= 3; seed++)
        for (int column = 0; column < 14; column++) write_run("paper", column, seed, 0.05);
    write_report("paper", true);
    expect_in_file("index.html", "No verdict below 3 seeds: there is 1.", 1); // JC still has one
    cr_assert(eq(int, system("rm -r runs/transinv-column14-*"), 0));
    write_report("paper", true);
    expect_in_file("index.html", "No verdict: 14 of 15 corruptions have numbers.", 1);
}

// ---- pictures --------------------------------------------------------------------------------------------------

Test(report_learned, panels_are_embedded_or_say_why_not)
{
    for (int column = 0; column < 5; column++) write_run("quick", column, 1, 0.05);
    run_folders_write_panel("runs", "transinv-column0-seed1");
    run_folders_write_file("runs", "transinv-column1-seed1", "panel.png", "<script>alert(1)</script> is no picture");
    cr_assert(eq(int, mkfifo("runs/transinv-column2-seed1/panel.png", 0600), 0)); // opening it would wait for ever
    run_folders_write_file("runs", "transinv-column3-seed1", "panel.png", "\x89PNG");
    write_report("quick", false);
    expect_in_file("index.html", "width=\"3\" height=\"2\" alt=\"Training images in rows.", 1);
    expect_in_file("index.html", "its Gaussian noise at severity 3", 1);
    expect_in_file("index.html", "src=\"data:image/png;base64,iVBORw0KGgo", 1); // the signature, encoded
    expect_in_file("index.html", "<img loading=\"lazy\"", 1);
    expect_in_file("index.html", "No picture: panel.png does not begin as a PNG file does.", 2);
    expect_in_file("index.html", "No picture: panel.png is not a plain file.", 1);
    expect_in_file("index.html", "No picture: the run has no panel.png.", 1);
    expect_in_file("index.html", "<script", 0);
    write_report("quick", true);
    expect_in_file("index.html", "<img", 0);
    expect_in_file("index.html", "Pictures of training images were left out on request", 1);
}

Test(report_learned, a_panel_of_an_absurd_size_is_refused)
{
    static const char head[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\1\0\0\0\0\0\x40";
    char *huge = malloc((1 << 20) + 2);
    memset(huge, 'x', (1 << 20) + 1);
    huge[(1 << 20) + 1] = '\0';
    for (int column = 0; column < 2; column++) write_run("quick", column, 1, 0.05);
    FILE *file = fopen("runs/transinv-column0-seed1/panel.png", "wb");
    cr_assert(ne(ptr, file, NULL));
    cr_assert(eq(sz, fwrite(head, 1, sizeof head, file), sizeof head));
    cr_assert(eq(int, fclose(file), 0));
    run_folders_write_file("runs", "transinv-column1-seed1", "panel.png", huge);
    write_report("quick", false);
    expect_in_file("index.html", "panel.png: expected 1 to 4096 pixels a side, found 65536 x 64.", 1);
    expect_in_file("index.html", "<img", 0);
    expect_in_file("index.html", "No picture: ", 2);
    free(huge);
}

Test(report_learned, the_profile_says_what_a_step_of_transinv_is)
{
    for (int learned = 0; learned < 2; learned++) {
        write_run("quick", 0, 1, 0.05);
        sample_profile_write("out", &(struct sample_profile){.method = learned ? "TransInv" : NULL});
        write_report("quick", true);
        expect_in_file("index.html", "a step of the network with a step of the augmentation behind it",
                       (size_t)learned);
    }
}

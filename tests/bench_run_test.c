// bench_run_test.c: whole runs on a few small cases: results, JSON, CSV, a backend that computes wrongly, comparisons. No time
// decides anything: where one must be slower, the earlier run claims a thousandth.
#include "bench/run.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/machine.h"
#include "harness/environment.h"
#include "tests/support/device_array.h"
#include "tests/support/temporary_folder.h"

static char folder[TEMPORARY_PATH_SIZE];

static void create_folder(void)
{
    log_set_level(LOG_ERROR);
    temporary_folder_enter(folder);
}

static void remove_folder(void)
{
    temporary_folder_leave(folder);
}

TestSuite(bench_run, .init = create_folder, .fini = remove_folder);

static struct case_list list_cases(const char *filter)
{
    struct case_list list;
    cr_assert(eq(int, case_list_create((const int[]){4}, 1, &list).code, STATUS_OK));
    cr_assert(eq(int, case_list_filter(&list, filter).code, STATUS_OK));
    return list;
}

static struct status run_cases(const struct case_list *list, struct device *device, const char *compare, bool rivals,
                               struct bench_results *results)
{
    const struct bench_run run = {
        .bench = {.device = device, .time_limit_seconds = 0.01, .rivals = {[RIVAL_REFERENCE] = rivals}},
        .cases = list,
        .algorithm = "table",
        .compare = compare};
    return bench_run(&run, results);
}

// ---- results ---------------------------------------------------------------------------------------------------

static void expect_measured(const struct case_result *result)
{
    const char *name = result->listed.bench_case.name;
    cr_expect(result->check.right, "%s: error %g in %s", name, result->check.error, result->check.field);
    cr_expect(result->warm.count >= 3, "%s", name);
    cr_expect(result->cold.count >= 3, "%s", name);
    cr_expect(result->warm.summary.median > 0, "%s", name);
    cr_expect(result->cost.bytes > 0, "%s", name);
    cr_expect(result->fma_rate > 0, "%s", name);
    cr_expect(result->bound_seconds > 0, "%s", name);
    cr_expect(result->direct_bound_seconds >= result->bound_seconds, "%s", name);
    cr_expect(result->rivals[RIVAL_REFERENCE].measured, "%s", name);
    cr_expect(result->rivals[RIVAL_REFERENCE].pair.ratio_count > 0, "%s", name);
    cr_expect(not(result->rivals[RIVAL_VENDOR].measured), "%s", name);
}

static const char *const case_keys[] = {"name",
                                        "operation",
                                        "shape",
                                        "options",
                                        "calls",
                                        "algorithm",
                                        "multiply_fraction",
                                        "flops",
                                        "bytes",
                                        "fma_rate",
                                        "bound_seconds",
                                        "direct_bound_seconds",
                                        "bound",
                                        "right",
                                        "reference_images",
                                        "check",
                                        "warm",
                                        "cold",
                                        "flops_per_second",
                                        "bytes_per_second",
                                        "share_of_bound",
                                        "share_of_bound_cold",
                                        "share_of_direct_bound",
                                        "reference",
                                        NULL};
static const char *const document_keys[] = {"format",   "environment",   "vendor",      "machine", "settings",
                                            "ceilings", "total_seconds", "noise_floor", "summary", "cases",
                                            NULL};
static const char *const measurement_keys[] = {
    "count",   "median",  "first_quartile", "third_quartile", "interval_low", "interval_high",   "relative_error",
    "repeats", "settled", "disturbed",      "dropped",        "samples",      "dropped_samples", NULL};

static void expect_keys(const json_t *object, const char *const *keys, const char *what)
{
    size_t count = 0;
    for (; keys[count] != NULL; count++)
        cr_expect(ne(ptr, json_object_get(object, keys[count]), NULL), "%s lacks \"%s\"", what, keys[count]);
    cr_expect(eq(sz, json_object_size(object), count), "%s has a key that the README does not tell of", what);
}

// Every key of the document is told of in bench/README.md; samples add up to what was taken.
static void expect_document(const json_t *document, const struct bench_results *results)
{
    expect_keys(document, document_keys, "the document");
    const json_t *cases = json_object_get(document, "cases");
    cr_assert(eq(sz, json_array_size(cases), results->case_count));
    for (size_t i = 0; i < json_array_size(cases); i++) {
        const json_t *entry = json_array_get(cases, i), *warm = json_object_get(entry, "warm");
        expect_keys(entry, case_keys, "a case");
        expect_keys(warm, measurement_keys, "warm");
        cr_expect(eq(sz,
                     json_array_size(json_object_get(warm, "samples")) +
                         json_array_size(json_object_get(warm, "dropped_samples")),
                     results->cases[i].warm.count));
    }
    cr_expect(eq(str, (char *)json_string_value(json_object_get(document, "format")), "transinv-bench-1"));
}

static void expect_readme_tells(const char *const *keys, const char *readme)
{
    for (; *keys != NULL; keys++) {
        char word[80];
        snprintf(word, sizeof word, "`%s`", *keys);
        cr_expect(ne(ptr, strstr(readme, word), NULL), "bench/README.md does not tell of %s", word);
    }
}

static size_t count_fields(const char *line)
{
    size_t count = 1;
    bool quoted = false;
    for (; *line != '\0' && *line != '\n'; line++) {
        quoted = quoted != (*line == '"');
        count += *line == ',' && !quoted;
    }
    return count;
}

static void expect_csv(const char *text, size_t cases)
{
    const size_t columns = count_fields(text);
    size_t lines = 0;
    for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1, lines++)
        cr_expect(eq(sz, count_fields(line), columns), "line %zu", lines + 1);
    cr_expect(eq(sz, lines, cases + 1));
}

Test(bench_run, a_small_run_from_end_to_end)
{
    struct case_list list = list_cases("^(batch_load|batchnorm_.* c16$|linear|step_advance|conv.*3>16)");
    struct device *device = device_for_test(kernels_find("cpu-portable"), 2);
    struct bench_results results;
    struct status status = run_cases(&list, device, NULL, true, &results);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    cr_assert(eq(sz, results.case_count, list.count));
    for (size_t i = 0; i < results.case_count; i++) expect_measured(&results.cases[i]);
    cr_expect(eq(sz, results_count_wrong(&results), 0));
    cr_expect(results.noise.pairs >= 3);
    cr_expect(results.noise.low <= results.noise.first_quartile && results.noise.third_quartile <= results.noise.high);
    cr_expect(eq(sz, results_summarise_rival(&results, RIVAL_REFERENCE).cases, results.case_count));
    cr_expect(isnan(results_summarise_rival(&results, RIVAL_VENDOR).geometric_mean));
    cr_assert(eq(int, results_write_json(&results, "out.json").code, STATUS_OK));
    cr_assert(eq(int, results_write_csv(&results, "out.csv").code, STATUS_OK));
    json_t *document = json_load_file("out.json", 0, NULL);
    cr_assert(ne(ptr, document, NULL));
    expect_document(document, &results);
    char *csv = temporary_file_read(".", "out.csv");
    expect_csv(csv, results.case_count);
    free(csv);
    json_decref(document);
    bench_results_destroy(&results);
    device_end_test(device);
    case_list_destroy(&list);
}

Test(bench_readme, tells_of_every_key)
{
    char *readme = temporary_file_read("bench", "README.md");
    expect_readme_tells(document_keys, readme);
    expect_readme_tells(case_keys, readme);
    expect_readme_tells(measurement_keys, readme);
    free(readme);
}

// ---- wrong cases -----------------------------------------------------------------------------------------------

static operation_function *right_linear_forward;

static void compute_wrongly(struct device *device, const void *settings)
{
    const struct linear_forward *linear = settings;
    right_linear_forward(device, settings);
    linear->logits[(size_t)linear->images * (size_t)linear->classes - 1] += 1;
}

Test(bench_run, a_wrong_case_is_told_and_not_timed)
{
    struct kernels wrong = *kernels_find("cpu-portable");
    struct case_list list = list_cases("^linear");
    struct bench_results results;
    right_linear_forward = wrong.operations[OPERATION_LINEAR_FORWARD];
    wrong.operations[OPERATION_LINEAR_FORWARD] = compute_wrongly;
    struct device *device = device_for_test(&wrong, 1);
    cr_assert(eq(int, run_cases(&list, device, NULL, true, &results).code, STATUS_OK));
    cr_expect(eq(sz, results_count_wrong(&results), 2));
    for (size_t i = 0; i < results.case_count; i++) {
        const struct case_result *result = &results.cases[i];
        const bool forward = result->listed.bench_case.operation == OPERATION_LINEAR_FORWARD;
        cr_expect(eq(int, (int)result->check.right, (int)!forward), "%s", result->listed.bench_case.name);
        cr_expect(eq(int, (int)(result->warm.count == 0), (int)forward), "%s", result->listed.bench_case.name);
        cr_expect(not(forward && result->rivals[RIVAL_REFERENCE].measured));
    }
    json_t *document = results_to_json(&results);
    const json_t *first = json_array_get(json_object_get(document, "cases"), 0);
    const bool right = json_is_true(json_object_get(first, "right"));
    cr_expect(not(right));
    cr_expect(eq(ptr, json_object_get(first, "warm"), NULL));
    json_decref(document);
    cr_expect(eq(int, results_write_csv(&results, "out.csv").code, STATUS_OK));
    bench_results_destroy(&results);
    device_end_test(device);
    case_list_destroy(&list);
}

// ---- comparisons -----------------------------------------------------------------------------------------------

// An earlier run that claims `seconds` for the case "step_advance n4", and one for a case that is no more.
static void write_earlier(const struct device *device, double seconds, double floor)
{
    char device_class[32], cpu[256];
    environment_device_class(device_kernels(device), device_class, sizeof device_class);
    machine_cpu_name(cpu, sizeof cpu);
    json_t *warm = json_pack("{s:f, s:f, s:f}", "median", seconds, "interval_low", seconds, "interval_high", seconds);
    json_t *document = json_pack(
        "{s:s, s:{s:s, s:s, s:i}, s:{s:f, s:f}, s:{s:f}, s:[{s:s, s:b, s:O}, {s:s, s:b, s:O}]}", "format",
        "transinv-bench-1", "environment", "device", device_class, "cpu", cpu, "threads", device_threads(device),
        "ceilings", "fma_fp32", 1e9, "copy_bandwidth", 1e9, "noise_floor", "floor", floor, "cases", "name",
        "step_advance n4", "right", 1, "warm", warm, "name", "gone", "right", 1, "warm", warm);
    cr_assert(eq(int, json_dump_file(document, "earlier.json", 0), 0));
    json_decref(warm);
    json_decref(document);
}

static struct comparison compare_with(double seconds, double floor)
{
    struct case_list list = list_cases("^step_advance");
    struct device *device = device_for_test(kernels_find("cpu-portable"), 1);
    struct bench_results results;
    write_earlier(device, seconds, floor);
    struct status status = run_cases(&list, device, "earlier.json", false, &results);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    cr_assert(ne(ptr, results.comparison, NULL));
    struct comparison comparison = *results.comparison;
    cr_assert(eq(sz, comparison.count, 1), "only one case is in both");
    static struct compared_case only; // outlives the results
    only = comparison.cases[0];
    bench_results_destroy(&results);
    comparison.cases = &only;
    device_end_test(device);
    case_list_destroy(&list);
    return comparison;
}

Test(bench_run, a_regression_is_confirmed_by_measuring_again)
{
    const struct comparison comparison = compare_with(1e-13, 0.01);
    cr_expect(eq(sz, comparison.regressions, 1));
    cr_expect(eq(int, (int)comparison.cases[0].verdict, COMPARISON_SLOWER));
    cr_expect(eq(int, comparison.cases[0].repeats, COMPARISON_REPEATS));
    cr_expect(comparison.cases[0].ratio > 100);
}

Test(bench_run, faster_is_no_regression)
{
    const struct comparison comparison = compare_with(1, 0.01);
    cr_expect(eq(sz, comparison.regressions, 0));
    cr_expect(eq(int, (int)comparison.cases[0].verdict, COMPARISON_FASTER));
    cr_expect(eq(int, comparison.cases[0].repeats, 0));
}

Test(bench_run, a_noisy_earlier_run_excuses_much)
{
    const struct comparison comparison = compare_with(1e-13, 1e9);
    cr_expect(eq(sz, comparison.regressions, 0));
    cr_expect(eq(int, (int)comparison.cases[0].verdict, COMPARISON_SAME));
}

static void expect_refused(const char *text, enum status_code code, const char *words)
{
    struct device *device = device_for_test(kernels_find("cpu-portable"), 1);
    json_t *document = NULL;
    temporary_file_write(".", "bad.json", text);
    struct status status = comparison_load("bad.json", device, &document);
    cr_expect(eq(int, status.code, code), "%s: %s", text, status.message);
    cr_expect(ne(ptr, strstr(status.message, words), NULL), "expected \"%s\" in: %s", words, status.message);
    cr_expect(ne(ptr, strstr(status.message, "bad.json"), NULL), "%s", status.message);
    cr_expect(eq(ptr, document, NULL));
    device_end_test(device);
}

Test(bench_run, a_damaged_earlier_run_gets_one_sentence)
{
    expect_refused("{\"format\": \"transinv-be", STATUS_BAD_INPUT, "no JSON");
    expect_refused("", STATUS_BAD_INPUT, "no JSON");
    expect_refused("[]", STATUS_BAD_INPUT, "not written by");
    expect_refused("{\"format\": \"transinv-bench-2\"}", STATUS_BAD_INPUT, "found transinv-bench-2");
    expect_refused("{\"format\": \"transinv-bench-1\"}", STATUS_BAD_INPUT, "environment");
    expect_refused("{\"format\": \"transinv-bench-1\", \"environment\": {\"device\": \"cpu\", \"cpu\": \"Z80\", "
                   "\"threads\": 1}, \"cases\": []}",
                   STATUS_USAGE, "Z80");
}

Test(bench_run, verdicts_need_both_interval_and_median_beyond_the_floor)
{
    static const struct {
        struct timed_median before, now;
        double floor;
        enum comparison_verdict verdict;
    } known[] = {
        {{10, 9.9, 10.1}, {10.2, 10.15, 10.3}, 0, COMPARISON_SLOWER},
        {{10, 9.9, 10.1}, {10.2, 10.05, 10.3}, 0, COMPARISON_SAME}, // intervals touch
        {{10, 9.9, 10.1}, {10.2, 10.15, 10.3}, 0.05, COMPARISON_SAME},
        {{10, 9.9, 10.1}, {11, 10.9, 11.1}, 0.05, COMPARISON_SLOWER},
        {{11, 10.9, 11.1}, {10, 9.9, 10.1}, 0.05, COMPARISON_FASTER},
        {{10, 9.9, 10.1}, {10, 9.9, 10.1}, 0, COMPARISON_SAME},
        {{10, 9.9, 10.1}, {NAN, NAN, NAN}, 0, COMPARISON_SAME},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        cr_expect(
            eq(int, (int)comparison_judge(&known[i].before, &known[i].now, known[i].floor), (int)known[i].verdict),
            "row %zu", i);
}

Test(bench_run, noise_floor_is_the_farther_end)
{
    double ratios[101];
    for (int i = 0; i <= 100; i++) ratios[i] = 0.9 + 0.003 * i;
    const struct noise_floor noise = noise_floor_of(ratios, 101, 3);
    cr_expect(epsilon_eq(dbl, noise.low, 0.9075, 1e-12));
    cr_expect(epsilon_eq(dbl, noise.high, 1.1925, 1e-12));
    cr_expect(epsilon_eq(dbl, noise.floor, 0.1925, 1e-12));
    cr_expect(eq(sz, noise_floor_of(ratios, 0, 0).pairs, 0));
}

// comparison.c: see comparison.h. Tests: tests/bench_comparison_test.c.
#include "bench/comparison.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/machine.h"
#include "harness/environment.h"

enum { FILE_LIMIT = 256 << 20 };

enum comparison_verdict comparison_judge(const struct timed_median *before, const struct timed_median *now,
                                         double floor)
{
    const double factor = 1 + floor;
    if (now->low > before->high * factor && now->median > before->median * factor) return COMPARISON_SLOWER;
    if (now->high * factor < before->low && now->median * factor < before->median) return COMPARISON_FASTER;
    return COMPARISON_SAME;
}

// ---- reading ---------------------------------------------------------------------------------------------------

static struct status parse(const char *path, const uint8_t *bytes, size_t size, json_t **document)
{
    json_error_t error;
    *document = json_loadb((const char *)bytes, size, JSON_REJECT_DUPLICATES, &error);
    if (*document == NULL)
        return status_error(STATUS_BAD_INPUT, "%s: line %d: no JSON: %s", path, error.line, error.text);
    const char *format = json_string_value(json_object_get(*document, "format"));
    if (format != NULL && strcmp(format, "transinv-bench-1") == 0) return status_ok();
    return status_error(STATUS_BAD_INPUT,
                        "%s: not written by `transinv bench --json`: expected \"format\": "
                        "\"transinv-bench-1\", found %s",
                        path, format == NULL ? "none" : format);
}

// Medians of different machines say nothing about the program.
static struct status check_machine(const char *path, const json_t *document, const struct device *device)
{
    const json_t *environment = json_object_get(document, "environment");
    const char *device_class = json_string_value(json_object_get(environment, "device"));
    const char *cpu = json_string_value(json_object_get(environment, "cpu"));
    const json_int_t threads = json_integer_value(json_object_get(environment, "threads"));
    char own_class[32], own_cpu[256];
    if (device_class == NULL || cpu == NULL || threads < 1)
        return status_error(STATUS_BAD_INPUT, "%s: \"environment\" lacks device, cpu or threads", path);
    environment_device_class(device_kernels(device), own_class, sizeof own_class);
    machine_cpu_name(own_cpu, sizeof own_cpu);
    if (strcmp(device_class, own_class) != 0 || strcmp(cpu, own_cpu) != 0 || threads != device_threads(device))
        return status_error(STATUS_USAGE,
                            "--compare %s: measured on %s of %.80s with %d threads, this is %s of %.80s "
                            "with %d",
                            path, device_class, cpu, (int)threads, own_class, own_cpu, device_threads(device));
    return status_ok();
}

struct status comparison_load(const char *path, const struct device *device, json_t **document)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    *document = NULL;
    struct status status = file_read(path, FILE_LIMIT, &bytes, &size);
    if (status.code == STATUS_OK) status = parse(path, bytes, size, document);
    if (status.code == STATUS_OK) status = check_machine(path, *document, device);
    if (status.code == STATUS_OK && !json_is_array(json_object_get(*document, "cases")))
        status = status_error(STATUS_BAD_INPUT, "%s: \"cases\" is no array", path);
    free(bytes);
    if (status.code == STATUS_OK) return status;
    json_decref(*document);
    *document = NULL;
    return status;
}

static double number_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static struct status read_median(const char *path, const char *name, const json_t *warm, struct timed_median *median)
{
    *median = (struct timed_median){number_of(warm, "median"), number_of(warm, "interval_low"),
                                    number_of(warm, "interval_high")};
    if (isnan(median->low)) median->low = number_of(warm, "first_quartile");
    if (isnan(median->high)) median->high = number_of(warm, "third_quartile");
    if (median->median > 0 && median->low > 0 && median->high >= median->low) return status_ok();
    return status_error(STATUS_BAD_INPUT, "%s: case \"%s\": \"warm\" has no median with an interval", path, name);
}

static const struct case_result *find_result(const struct case_result *results, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(results[i].listed.bench_case.name, name) == 0) return &results[i];
    return NULL;
}

// ---- comparing -------------------------------------------------------------------------------------------------

static struct timed_median median_of(const struct samples_summary *summary)
{
    const bool bounded = isfinite(summary->interval_low);
    return (struct timed_median){summary->median, bounded ? summary->interval_low : summary->first_quartile,
                                 bounded ? summary->interval_high : summary->third_quartile};
}

// A slower case must be slower whenever it is measured again; the last measurement is the one told.
static struct status confirm(struct bench *bench, const struct listed_case *listed, double floor,
                             struct compared_case *compared)
{
    struct status status = status_ok();
    while (compared->verdict == COMPARISON_SLOWER && compared->repeats < COMPARISON_REPEATS) {
        struct measurement warm;
        status = bench_measure_again(bench, listed, &warm);
        if (status.code != STATUS_OK) break;
        compared->now = median_of(&warm.summary);
        compared->ratio = compared->now.median / compared->before.median;
        compared->repeats++;
        if (comparison_judge(&compared->before, &compared->now, floor) != COMPARISON_SLOWER)
            compared->verdict = COMPARISON_WITHDRAWN;
        measurement_destroy(&warm);
    }
    return status;
}

// One case of the earlier run; passed over where this run does not have it, or one of both had it wrong.
static struct status compare_case(struct comparison *comparison, const json_t *old, struct bench *bench,
                                  const struct case_result *results, size_t count)
{
    const char *name = json_string_value(json_object_get(old, "name"));
    if (name == NULL) return status_error(STATUS_BAD_INPUT, "%s: a case has no \"name\"", comparison->path);
    const struct case_result *result = find_result(results, count, name);
    if (result == NULL || result->warm.count == 0 || !json_is_true(json_object_get(old, "right"))) return status_ok();
    struct compared_case *compared = &comparison->cases[comparison->count];
    *compared = (struct compared_case){.name = result->listed.bench_case.name, .now = median_of(&result->warm.summary)};
    struct status status = read_median(comparison->path, name, json_object_get(old, "warm"), &compared->before);
    if (status.code != STATUS_OK) return status;
    compared->ratio = compared->now.median / compared->before.median;
    compared->verdict = comparison_judge(&compared->before, &compared->now, comparison->floor);
    status = confirm(bench, &result->listed, comparison->floor, compared);
    comparison->count++;
    comparison->regressions += compared->verdict == COMPARISON_SLOWER;
    return status;
}

static void compare_ceilings(struct comparison *comparison, const json_t *document, const struct ceilings *now)
{
    const json_t *before = json_object_get(document, "ceilings");
    comparison->fma_ratio = now->fma_fp32 / number_of(before, "fma_fp32");
    comparison->copy_ratio = now->copy_bandwidth / number_of(before, "copy_bandwidth");
}

struct status comparison_make(const char *path, const json_t *document, struct bench *bench,
                              const struct case_result *results, size_t count, const struct noise_floor *noise,
                              struct comparison *comparison)
{
    const json_t *cases = json_object_get(document, "cases");
    const double old_floor = number_of(json_object_get(document, "noise_floor"), "floor");
    *comparison = (struct comparison){.cases = calloc(json_array_size(cases) + 1, sizeof *comparison->cases)};
    snprintf(comparison->path, sizeof comparison->path, "%s", path);
    if (comparison->cases == NULL) return status_error(STATUS_NO_MEMORY, "--compare: out of memory");
    struct status status = status_ok();
    comparison->floor = fmax(noise->floor, old_floor); // fmax passes over a NaN
    if (isnan(old_floor)) status = status_error(STATUS_BAD_INPUT, "%s: \"noise_floor\" has no \"floor\"", path);
    compare_ceilings(comparison, document, bench_ceilings(bench));
    for (size_t i = 0; i < json_array_size(cases) && status.code == STATUS_OK; i++)
        status = compare_case(comparison, json_array_get(cases, i), bench, results, count);
    if (status.code != STATUS_OK) comparison_destroy(comparison);
    return status;
}

void comparison_destroy(struct comparison *comparison)
{
    free(comparison->cases);
    *comparison = (struct comparison){.count = 0};
}

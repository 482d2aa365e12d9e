// results_json.c: the results as JSON, format "transinv-bench-1" (README.md). Tests: tests/bench_results_test.c.
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "bench/results.h"
#include "harness/environment.h"
#include "harness/json_text.h"
#include "kernels/vendor/vendor.h"

static json_t *count(size_t value)
{
    return json_integer((json_int_t)value);
}

static json_t *check_to_json(const struct check_result *check)
{
    return json_pack("{s:b, s:o, s:f, s:s}", "right", (int)check->right, "error", json_number(check->error),
                     "tolerance", check->tolerance, "tensor", check->field);
}

// ---- measurements ----------------------------------------------------------------------------------------------

static json_t *samples_to_json(const struct measurement *measurement, bool kept)
{
    json_t *array = json_array();
    for (size_t i = 0; i < measurement->count; i++)
        if ((measurement->fates[i] == SAMPLE_KEPT) == kept)
            json_array_append_new(array, json_number(measurement->seconds[i]));
    return array;
}

static json_t *summary_to_json(const struct samples_summary *summary)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "count", count(summary->count), "median",
                     json_number(summary->median), "first_quartile", json_number(summary->first_quartile),
                     "third_quartile", json_number(summary->third_quartile), "interval_low",
                     json_number(summary->interval_low), "interval_high", json_number(summary->interval_high),
                     "relative_error", json_number(summary->relative_error));
}

static json_t *measurement_to_json(const struct measurement *measurement)
{
    json_t *object = summary_to_json(&measurement->summary);
    json_t *rest =
        json_pack("{s:i, s:b, s:b, s:{s:o, s:o, s:o}, s:o, s:o}", "repeats", measurement->repeats, "settled",
                  (int)measurement->settled, "disturbed", (int)measurement->disturbed, "dropped", "switched",
                  count(measurement->dropped[SAMPLE_SWITCHED]), "stolen", count(measurement->dropped[SAMPLE_STOLEN]),
                  "outliers", count(measurement->dropped[SAMPLE_OUTLIER]), "samples",
                  samples_to_json(measurement, true), "dropped_samples", samples_to_json(measurement, false));
    json_object_update_missing(object, rest);
    json_decref(rest);
    return object;
}

static json_t *ratios_to_json(const struct pair_measurement *pair)
{
    json_t *object = summary_to_json(&pair->ratio), *array = json_array();
    for (size_t i = 0; i < pair->ratio_count; i++) json_array_append_new(array, json_number(pair->ratios[i]));
    json_object_set_new(object, "samples", array);
    return object;
}

// ---- cases -----------------------------------------------------------------------------------------------------

static json_t *rival_to_json(const struct rival_result *rival)
{
    json_t *object =
        json_pack("{s:s, s:s, s:s, s:i, s:o}", "does", rival->does, "leaves_out", rival->leaves_out, "implementation",
                  rival->implementation, "images", rival->images, "check", check_to_json(&rival->check));
    if (!rival->measured) return object;
    json_object_set_new(object, "ratio", ratios_to_json(&rival->pair));
    json_object_set_new(object, "seconds", measurement_to_json(&rival->pair.second));
    if (rival->pair.first.count > 0)
        json_object_set_new(object, "own_seconds", measurement_to_json(&rival->pair.first));
    return object;
}

static void add_times(json_t *object, const struct case_result *result)
{
    const double median = result->warm.summary.median, cold = result->cold.summary.median;
    json_object_set_new(object, "warm", measurement_to_json(&result->warm));
    json_object_set_new(object, "cold", measurement_to_json(&result->cold));
    json_object_set_new(object, "flops_per_second", json_number(result->cost.flops / median));
    json_object_set_new(object, "bytes_per_second", json_number(result->cost.bytes / median));
    json_object_set_new(object, "share_of_bound", json_number(result->bound_seconds / median));
    json_object_set_new(object, "share_of_bound_cold", json_number(result->bound_seconds / cold));
    json_object_set_new(object, "share_of_direct_bound", json_number(result->direct_bound_seconds / median));
    for (int i = 0; i < RIVAL_COUNT; i++)
        if (result->rivals[i].does != NULL)
            json_object_set_new(object, bench_rival_names[i], rival_to_json(&result->rivals[i]));
}

static json_t *calls_to_json(const struct case_result *result, const struct case_list *list)
{
    json_t *object = json_object();
    for (int i = 0; i < list->step_count; i++)
        if (result->listed.calls[i] > 0)
            json_object_set_new(object, list->steps[i], json_integer(result->listed.calls[i]));
    return object;
}

static json_t *case_to_json(const struct case_result *result, const struct case_list *list)
{
    const struct bench_case *bench_case = &result->listed.bench_case;
    json_t *object = json_pack(
        "{s:s, s:s, s:s, s:s, s:o, s:s, s:f, s:f, s:f, s:f, s:f, s:f, s:s, s:b, s:i, s:o}", "name", bench_case->name,
        "operation", operation_name(bench_case->operation), "shape", bench_case->shape, "options", bench_case->options,
        "calls", calls_to_json(result, list), "algorithm", result->algorithm.name, "multiply_fraction",
        result->algorithm.multiply_fraction, "flops", result->cost.flops, "bytes", result->cost.bytes, "fma_rate",
        result->fma_rate, "bound_seconds", result->bound_seconds, "direct_bound_seconds", result->direct_bound_seconds,
        "bound", result->memory_bound ? "memory" : "arithmetic", "right", (int)result->check.right, "reference_images",
        result->reference_images, "check", check_to_json(&result->check));
    if (result->warm.count > 0) add_times(object, result);
    return object;
}

// ---- the whole -------------------------------------------------------------------------------------------------

static json_t *state_to_json(const struct machine_state *state)
{
    return json_pack("{s:s, s:o, s:[f, f, f], s:f, s:o}", "governor", state->governor, "frequency_megahertz",
                     state->frequency_megahertz > 0 ? json_real(state->frequency_megahertz) : json_null(), "load",
                     state->load[0], state->load[1], state->load[2], "steal_percent", state->steal_percent,
                     "last_cache_bytes", count(state->last_cache_bytes));
}

static json_t *ceilings_to_json(const struct ceilings *ceilings)
{
    return json_pack("{s:f, s:f, s:f, s:s, s:f}", "fma_fp32", ceilings->fma_fp32, "fma_bf16", ceilings->fma_bf16,
                     "copy_bandwidth", ceilings->copy_bandwidth, "fma_kind", ceilings->fma_kind, "copy_megabytes",
                     ceilings->copy_megabytes);
}

static json_t *noise_to_json(const struct noise_floor *noise)
{
    return json_pack("{s:o, s:o, s:f, s:f, s:f, s:f, s:f, s:f}", "cases", count(noise->cases), "pairs",
                     count(noise->pairs), "median", noise->median, "first_quartile", noise->first_quartile,
                     "third_quartile", noise->third_quartile, "low", noise->low, "high", noise->high, "floor",
                     noise->floor);
}

static json_t *summary_of_rivals(const struct bench_results *results)
{
    json_t *object = json_object();
    for (int i = 0; i < RIVAL_COUNT; i++) {
        const struct rival_summary summary = results_summarise_rival(results, i);
        if (summary.cases > 0)
            json_object_set_new(object, bench_rival_names[i],
                                json_pack("{s:o, s:o, s:o, s:o, s:o}", "cases", count(summary.cases), "geometric_mean",
                                          json_number(summary.geometric_mean), "lower_quartile",
                                          json_number(summary.lower_quartile), "median", json_number(summary.median),
                                          "smallest", json_number(summary.smallest)));
    }
    return object;
}

static json_t *comparison_to_json(const struct comparison *comparison)
{
    static const char *const words[] = {"same", "faster", "slower", "withdrawn"};
    json_t *cases = json_array();
    for (size_t i = 0; i < comparison->count; i++) {
        const struct compared_case *compared = &comparison->cases[i];
        json_array_append_new(cases, json_pack("{s:s, s:f, s:f, s:f, s:s, s:i}", "name", compared->name,
                                               "before_seconds", compared->before.median, "seconds",
                                               compared->now.median, "ratio", compared->ratio, "verdict",
                                               words[compared->verdict], "repeats", compared->repeats));
    }
    return json_pack("{s:o, s:f, s:o, s:o, s:o, s:o}", "file", json_text(comparison->path), "floor", comparison->floor,
                     "fma_ratio", json_number(comparison->fma_ratio), "copy_ratio", json_number(comparison->copy_ratio),
                     "regressions", count(comparison->regressions), "cases", cases);
}

static json_t *vendor_to_json(void)
{
    char text[80];
    const struct vendor *vendor = vendor_available();
    if (vendor == NULL) return json_null();
    vendor->describe(text, sizeof text);
    return json_text(text);
}

json_t *results_to_json(const struct bench_results *results)
{
    json_t *cases = json_array();
    for (size_t i = 0; i < results->case_count; i++)
        json_array_append_new(cases, case_to_json(&results->cases[i], results->list));
    json_t *document =
        json_pack("{s:s, s:o, s:o, s:{s:o, s:o}, s:{s:s, s:f}, s:o, s:f, s:o, s:o, s:o}", "format", "transinv-bench-1",
                  "environment", environment_to_json(results->device), "vendor", vendor_to_json(), "machine", "before",
                  state_to_json(&results->before), "after", state_to_json(&results->after), "settings", "algorithm",
                  results->algorithm, "time_limit_seconds", results->time_limit_seconds, "ceilings",
                  ceilings_to_json(&results->ceilings), "total_seconds", results->total_seconds, "noise_floor",
                  noise_to_json(&results->noise), "summary", summary_of_rivals(results), "cases", cases);
    if (document != NULL && results->comparison != NULL)
        json_object_set_new(document, "comparison", comparison_to_json(results->comparison));
    return document;
}

struct status results_write_json(const struct bench_results *results, const char *path)
{
    json_t *document = results_to_json(results);
    char *text = document == NULL ? NULL : json_dumps(document, JSON_INDENT(1) | JSON_REAL_PRECISION(9));
    struct status status = text == NULL ? status_error(STATUS_NO_MEMORY, "write %s: out of memory", path)
                                        : file_write_atomic(path, text, strlen(text));
    free(text);
    json_decref(document);
    return status;
}

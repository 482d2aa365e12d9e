// results.h: all that one `transinv bench` found out, and the forms it is told in: a table, JSON, CSV (README.md).
#ifndef BENCH_RESULTS_H
#define BENCH_RESULTS_H

#include <jansson.h>

#include "bench/bench.h"
#include "bench/comparison.h"

struct bench_results {
    const struct device *device;
    const char *algorithm; // as asked for: "table", "direct", ...
    double time_limit_seconds, total_seconds;
    bool rivals[RIVAL_COUNT];
    struct machine_state before, after;
    struct ceilings ceilings;
    const struct case_list *list; // that the cases are from
    struct case_result *cases;
    size_t case_count;
    struct noise_floor noise;
    struct comparison *comparison; // NULL: nothing to compare with
};

// Over the cases that were measured beside the rival: the ratio is rival / ours, above 1 where ours is faster.
struct rival_summary {
    size_t cases;
    double geometric_mean, lower_quartile, median, smallest; // of the cases' median ratios; NaN where there are none
};
struct rival_summary results_summarise_rival(const struct bench_results *results, enum bench_rival rival);
size_t results_count_wrong(const struct bench_results *results);

// The table for people, at most 80 columns: a title once, a line per case as it is done, the rest at the end.
void results_print_title(const struct bench_request *request, const char *device, int threads,
                         const struct ceilings *ceilings);
void results_print_case(const struct case_result *result, const struct case_result *before);
void results_print_end(const struct bench_results *results);

// The whole as JSON and CSV; both write atomically.
json_t *results_to_json(const struct bench_results *results); // NULL when memory is exhausted
struct status results_write_json(const struct bench_results *results, const char *path);
struct status results_write_csv(const struct bench_results *results, const char *path);

#endif

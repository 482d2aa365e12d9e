// results.c: what all cases say together. Tests: tests/bench_results_test.c.
#include "bench/results.h"

#include <math.h>
#include <stdlib.h>

struct rival_summary results_summarise_rival(const struct bench_results *results, enum bench_rival rival)
{
    struct rival_summary summary = {0, NAN, NAN, NAN, NAN};
    double *ratios = malloc((results->case_count + 1) * sizeof *ratios);
    if (ratios == NULL) return summary;
    for (size_t i = 0; i < results->case_count; i++) {
        const struct rival_result *result = &results->cases[i].rivals[rival];
        if (result->measured) ratios[summary.cases++] = result->pair.ratio.median;
    }
    summary.geometric_mean = samples_geometric_mean(ratios, summary.cases);
    summary.lower_quartile = samples_quantile(ratios, summary.cases, 0.25);
    summary.median = samples_quantile(ratios, summary.cases, 0.5);
    summary.smallest = samples_quantile(ratios, summary.cases, 0);
    free(ratios);
    return summary;
}

size_t results_count_wrong(const struct bench_results *results)
{
    size_t wrong = 0;
    for (size_t i = 0; i < results->case_count; i++) wrong += !results->cases[i].check.right;
    return wrong;
}

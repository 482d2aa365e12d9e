// run.h: one `transinv bench` from the list of cases to the comparison with an earlier run. Prints nothing itself.
#ifndef BENCH_RUN_H
#define BENCH_RUN_H

#include "bench/results.h"

struct bench_run {
    struct bench_request bench;
    const struct case_list *cases; // outlives the results
    const char *algorithm;         // the word for it, for the record
    const char *compare;           // file of an earlier run; NULL: none
    // Called when the ceilings are known, and after every case with its result and the one before (NULL at first). May be NULL.
    void (*begun)(void *context, const struct ceilings *ceilings);
    void (*case_done)(void *context, const struct case_result *result, const struct case_result *before);
    void *context;
};

// Measures every case, then some of them against themselves, then compares. STATUS_INTERRUPTED, and the errors of bench.h and
// comparison.h; wrong cases and regressions are in the results and no error. *results is the caller's to destroy, also on
// error, when it holds the cases done so far.
struct status bench_run(const struct bench_run *run, struct bench_results *results);
void bench_results_destroy(struct bench_results *results); // accepts an empty one

#endif

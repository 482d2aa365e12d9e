// comparison.h: this run beside an earlier one: which cases became slower, and by more than both runs' noise.
#ifndef BENCH_COMPARISON_H
#define BENCH_COMPARISON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "bench/bench.h"

// A median with the interval that holds it; where an interval was not to be had (few samples) the quartiles.
struct timed_median {
    double median, low, high;
};

enum comparison_verdict {
    COMPARISON_SAME,
    COMPARISON_FASTER,
    COMPARISON_SLOWER,    // a regression, confirmed by measuring again
    COMPARISON_WITHDRAWN, // slower at first, and not when measured again
};

struct compared_case {
    const char *name; // the case's own
    struct timed_median before, now;
    double ratio; // now / before
    enum comparison_verdict verdict;
    int repeats; // further measurements made
};

struct comparison {
    char path[256];
    struct compared_case *cases; // those that both runs have
    size_t count, regressions;
    double floor;                 // the larger noise floor of both runs
    double fma_ratio, copy_ratio; // of the machine's ceilings, now / before
};

enum { COMPARISON_REPEATS = 3 };

// SLOWER when the intervals lie apart by more than the share `floor`, and the medians too; FASTER likewise.
enum comparison_verdict comparison_judge(const struct timed_median *before, const struct timed_median *now,
                                         double floor);

// Reads what --json wrote. STATUS_MISSING, STATUS_IO; STATUS_BAD_INPUT says what is damaged; STATUS_USAGE when it was
// measured on another kind of device, processor or number of threads. *document is the caller's to release.
struct status comparison_load(const char *path, const struct device *device, json_t **document);

// Compares the right cases of both. Suspicious ones are measured again, up to COMPARISON_REPEATS times, and count only when
// they are slower every time. On success *comparison is the caller's to destroy.
struct status comparison_make(const char *path, const json_t *document, struct bench *bench,
                              const struct case_result *results, size_t count, const struct noise_floor *noise,
                              struct comparison *comparison);
void comparison_destroy(struct comparison *comparison); // accepts an empty one

#endif

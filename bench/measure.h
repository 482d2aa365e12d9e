// measure.h: times anything that can be run again and again: alone, with cold caches, or by turns with another. Knows clocks
// and samples, nothing of operations.
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include "bench/measurement.h"

// What is timed: `run` starts the work once, `finish` waits for all of it.
struct subject {
    void (*run)(void *context);
    struct status (*finish)(void *context);
    void *context;
};

struct measure_limits {
    double seconds;        // of measuring; at least three samples are taken whatever they last
    double relative_error; // of the median; when it is reached measuring ends
    double sample_seconds; // a sample repeats short work until it lasts this long
};

// Each returns STATUS_INTERRUPTED, STATUS_NO_MEMORY or the subject's own error; nothing is left to destroy then.
struct status measure_warm(const struct subject *subject, const struct measure_limits *limits,
                           struct measurement *measurement);
// Before every sample, which is a single run, `threads` threads sweep over `evict_bytes` of other memory.
struct status measure_cold(const struct subject *subject, const struct measure_limits *limits, size_t evict_bytes,
                           int threads, struct measurement *measurement);
// first second, second first, and so on; each sample follows an untimed run of its own subject, so that both find the cache
// as they would alone. Ends when the median of the ratios is sure enough.
struct status measure_pairs(const struct subject *first, const struct subject *second,
                            const struct measure_limits *limits, struct pair_measurement *pair);

#endif

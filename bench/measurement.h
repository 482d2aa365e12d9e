// measurement.h: the samples of one subject, or of two by turns, and which of them count. Takes none itself: measure.h does.
#ifndef BENCH_MEASUREMENT_H
#define BENCH_MEASUREMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "bench/samples.h"

enum { MEASURE_SAMPLE_LIMIT = 1000 }; // samples of one measurement

// What became of a sample. All but the first are dropped: not in the median, but counted and kept for the record.
enum sample_fate {
    SAMPLE_KEPT,
    SAMPLE_SWITCHED, // a thread was taken off its processor meanwhile
    SAMPLE_STOLEN,   // the hypervisor gave a processor away meanwhile
    SAMPLE_OUTLIER,  // beyond samples_outlier_limit of the others
    SAMPLE_FATES
};

struct measurement {
    double *seconds; // of one run, sample by sample
    enum sample_fate *fates;
    size_t count;
    size_t dropped[SAMPLE_FATES]; // by fate; [SAMPLE_KEPT] is 0
    int repeats;                  // runs in a sample
    bool disturbed;               // so few undisturbed samples that switches and steal were not held against any
    bool settled;                 // the relative error was reached
    struct samples_summary summary;
};
struct status measurement_create(struct measurement *measurement); // room for all samples; STATUS_NO_MEMORY
void measurement_destroy(struct measurement *measurement);         // leaves it empty; accepts an empty one
// The kept samples; the caller frees them. NULL when memory is exhausted.
double *measurement_kept(const struct measurement *measurement, size_t *count);

// Decides the fates of samples that are SAMPLE_KEPT, _SWITCHED, _STOLEN (as taken) or _OUTLIER (as judged before), and sums
// up. At the `last` time, when fewer than three samples or a quarter are undisturbed, switches and steal are forgiven.
void measurement_judge(struct measurement *measurement, bool last);

// Two subjects by turns: sample i of both belongs together, and one dropped is both dropped.
struct pair_measurement {
    struct measurement first, second;
    double *ratios; // second / first of each kept pair
    size_t ratio_count;
    struct samples_summary ratio;
};
struct status pair_measurement_create(struct pair_measurement *pair);
void pair_measurement_destroy(struct pair_measurement *pair); // leaves it empty; accepts an empty one
void pair_measurement_judge(struct pair_measurement *pair, bool last);

// At least ten samples, and the error no larger.
bool summary_is_settled(const struct samples_summary *summary, double relative_error);

#endif

// samples.h: what a set of measured times says: median and quartiles, how sure the median is, and which samples stand out.
// Knows numbers only.
#ifndef BENCH_SAMPLES_H
#define BENCH_SAMPLES_H

#include <stddef.h>

struct samples_summary {
    size_t count;
    double median, first_quartile, third_quartile;
    double interval_low, interval_high; // of the median, about 95 %; infinite on both sides below 6 samples
    double relative_error;              // half the interval / median
};

// All zero but for an infinite interval and error when `count` is 0. The interval needs no assumption on the distribution:
// its ends are order statistics, those of ranks count/2 -+ 0.98 * sqrt(count), which hold the true median with 95 %
// probability when samples are independent.
struct samples_summary samples_summarise(const double *values, size_t count);

// The value below which the share `probability` of the values lies, linear between neighbours; NaN when there are none.
double samples_quantile(const double *values, size_t count, double probability);

// The largest time that still counts as undisturbed: median + 5 * 1.4826 * median absolute deviation (1.4826: on a normal
// distribution that is five standard deviations). Infinite below 6 values or when the deviation is 0.
double samples_outlier_limit(const double *values, size_t count);

// exp of the mean of logarithms; NaN when count is 0.
double samples_geometric_mean(const double *values, size_t count);

#endif

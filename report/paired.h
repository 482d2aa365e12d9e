// paired.h: statistics of paired differences, in double. Knows numbers only.
#ifndef REPORT_PAIRED_H
#define REPORT_PAIRED_H

#include <stddef.h>

enum { PAIRED_LIMIT = 64 }; // pairs

// Wilcoxon's signed-rank test. Differences of 0 are dropped, as Wilcoxon did (1945); equal absolute values get the mean
// of their ranks. The probability is exact: over all choices of signs of the ranks that there are.
struct signed_rank {
    size_t pairs, zeros;   // differences that are not 0, and those that are
    double positive_ranks; // sum of the ranks of positive differences
    double negative_ranks;
    double probability; // two-sided; 1 when all differences are 0, NaN without any
};

// `count` up to PAIRED_LIMIT finite differences; beyond, or with one that is not finite, the probability is NaN.
struct signed_rank paired_signed_rank(const double *differences, size_t count);

// Percentile interval of the mean difference: 9999 resamples of the pairs (Davison and Hinkley 1997, 5.2), drawn with a
// fixed seed, so that the same differences give the same interval. NaN, NaN with fewer than two pairs or more than
// PAIRED_LIMIT.
struct interval {
    double low, high;
};
struct interval paired_bootstrap_interval(const double *differences, size_t count, double confidence);

#endif

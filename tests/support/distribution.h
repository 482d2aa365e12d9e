// distribution.h: statistics that tell whether draws are distributed as they say. All bounds are those that a perfect
// generator with a fresh seed would break once in about a million times, so that hundreds of them together still
// mean something.
#ifndef TESTS_SUPPORT_DISTRIBUTION_H
#define TESTS_SUPPORT_DISTRIBUTION_H

#include <stddef.h>
#include <stdint.h>

// One-sided 1e-6 of a normal distribution, in standard deviations.
extern const double distribution_deviations;

// The value that chi-square with `freedom` degrees exceeds with probability 1e-6 (Wilson and Hilferty).
double chi_square_bound(double freedom);
// Over cells that are all expected equally often.
double chi_square_of_counts(const uint32_t *counts, size_t cells, double expected);

struct chi_square {
    double sum, freedom;
};

// counts[k] of `draws` Poisson draws were k. Cells are single counts; rare ones are taken together, down to 10 expected.
struct chi_square chi_square_of_poisson(double mean, const uint32_t *counts, size_t cells, double draws);

// Kolmogorov's statistic times sqrt(count), which exceeds the bound with probability 1e-6; sorts the values.
extern const double kolmogorov_bound;
double kolmogorov_statistic(double *values, size_t count, double (*distribution)(double));
double uniform_distribution(double x); // on 0 .. 1
double normal_distribution(double x);  // standard

struct moments {
    double mean, variance, skewness, kurtosis; // the last two standardised: 0 and 3 for a normal distribution
};

struct moments moments_of(const double *values, size_t count);

#endif

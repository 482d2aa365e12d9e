// distribution.c: see distribution.h.
#include "tests/support/distribution.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

const double distribution_deviations = 4.753;
const double kolmogorov_bound = 2.694; // 2 exp(-2 * 2.694^2) = 1e-6

double chi_square_bound(double freedom)
{
    double spread = 2.0 / (9.0 * freedom), root = 1.0 - spread + distribution_deviations * sqrt(spread);
    return freedom * root * root * root;
}

double chi_square_of_counts(const uint32_t *counts, size_t cells, double expected)
{
    double sum = 0;
    for (size_t i = 0; i < cells; i++) sum += (counts[i] - expected) * (counts[i] - expected) / expected;
    return sum;
}

static double poisson_probability(double mean, double k)
{
    return exp(-mean + k * log(mean) - lgamma(k + 1));
}

struct chi_square chi_square_of_poisson(double mean, const uint32_t *counts, size_t cells, double draws)
{
    double expected = 0, found = 0, rest = 1;
    struct chi_square result = {0, -1};
    for (size_t k = 0; k < cells; k++) {
        double probability = poisson_probability(mean, (double)k);
        expected += draws * probability;
        found += counts[k];
        rest -= probability;
        bool last = k + 1 == cells;
        if (last) expected += draws * fmax(rest, 0);
        if (last || (expected >= 10 && draws * fmax(rest, 0) >= 10)) {
            result.sum += (found - expected) * (found - expected) / expected;
            result.freedom++;
            expected = found = 0;
        }
    }
    return result;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double kolmogorov_statistic(double *values, size_t count, double (*distribution)(double))
{
    double largest = 0;
    qsort(values, count, sizeof *values, compare_doubles);
    for (size_t i = 0; i < count; i++) {
        double p = distribution(values[i]);
        largest = fmax(largest, fmax(p - (double)i / (double)count, (double)(i + 1) / (double)count - p));
    }
    return largest * sqrt((double)count);
}

double uniform_distribution(double x)
{
    return x;
}

double normal_distribution(double x)
{
    return 0.5 * erfc(-x * M_SQRT1_2);
}

struct moments moments_of(const double *values, size_t count)
{
    double n = (double)count, sum = 0, second = 0, third = 0, fourth = 0;
    for (size_t i = 0; i < count; i++) sum += values[i];
    double mean = sum / n;
    for (size_t i = 0; i < count; i++) {
        double d = values[i] - mean;
        second += d * d / n;
        third += d * d * d / n;
        fourth += d * d * d * d / n;
    }
    return (struct moments){mean, second, third / pow(second, 1.5), fourth / (second * second)};
}

// samples.c: see samples.h. Tests: tests/bench_samples_test.c.
#include "bench/samples.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FEWEST = 6 }; // below it not even the extremes hold the median with 95 %: 2 * 0.5^5 = 6 %

static int compare_doubles(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

// A sorted copy; aborts when memory is exhausted, since a few kilobytes are asked for.
static double *sorted(const double *values, size_t count)
{
    double *copy = malloc((count + 1) * sizeof *copy);
    if (copy == NULL) abort();
    memcpy(copy, values, count * sizeof *copy);
    qsort(copy, count, sizeof *copy, compare_doubles);
    return copy;
}

static double quantile(const double *ascending, size_t count, double probability)
{
    const double place = probability * (double)(count - 1);
    const size_t below = (size_t)place;
    if (below + 1 >= count) return ascending[count - 1];
    return ascending[below] + (place - (double)below) * (ascending[below + 1] - ascending[below]);
}

double samples_quantile(const double *values, size_t count, double probability)
{
    if (count == 0) return NAN;
    double *ascending = sorted(values, count);
    const double value = quantile(ascending, count, probability);
    free(ascending);
    return value;
}

struct samples_summary samples_summarise(const double *values, size_t count)
{
    struct samples_summary summary = {
        .count = count, .interval_low = -INFINITY, .interval_high = INFINITY, .relative_error = INFINITY};
    if (count == 0) return summary;
    double *ascending = sorted(values, count);
    summary.median = quantile(ascending, count, 0.5);
    summary.first_quartile = quantile(ascending, count, 0.25);
    summary.third_quartile = quantile(ascending, count, 0.75);
    if (count >= FEWEST) {
        const double half = 0.98 * sqrt((double)count), middle = (double)count / 2;
        const double low = fmax(floor(middle - half), 1), high = fmin(ceil(middle + half) + 1, (double)count); // ranks
        summary.interval_low = ascending[(size_t)low - 1];
        summary.interval_high = ascending[(size_t)high - 1];
        summary.relative_error = (summary.interval_high - summary.interval_low) / (2 * summary.median);
    }
    free(ascending);
    return summary;
}

double samples_outlier_limit(const double *values, size_t count)
{
    if (count < FEWEST) return INFINITY;
    const double median = samples_quantile(values, count, 0.5);
    double *deviations = malloc(count * sizeof *deviations);
    if (deviations == NULL) abort();
    for (size_t i = 0; i < count; i++) deviations[i] = fabs(values[i] - median);
    const double deviation = samples_quantile(deviations, count, 0.5);
    free(deviations);
    return deviation > 0 ? median + 5 * 1.4826 * deviation : INFINITY;
}

double samples_geometric_mean(const double *values, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += log(values[i]);
    return count == 0 ? NAN : exp(sum / (double)count);
}

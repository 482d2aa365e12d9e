// random_distribution_test.c: are the draws distributed as they say? Seeds are fixed, so a run always gives the same
// verdict; the bounds are those that a perfect generator with a fresh seed would break once in about a million times
// (one-sided 1e-6: 4.753 standard deviations), so that a failure means a wrong draw and not an unlucky seed.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/random.h"
#include "tests/support/distribution.h"
#include "tests/support/memory.h"

static double correlation_of_neighbours(const double *values, size_t count, struct moments moments)
{
    double sum = 0;
    for (size_t i = 1; i < count; i++) sum += (values[i] - moments.mean) * (values[i - 1] - moments.mean);
    return sum / (double)(count - 1) / moments.variance;
}

Test(random_distribution, uniform)
{
    const size_t count = 1000000;
    const double n = (double)count;
    for (int open = 0; open < 2; open++) {
        struct random_stream stream = random_stream_create(/* seed */ 21, PURPOSE_TEST, 0, (uint32_t)open);
        double *values = test_allocate(count * sizeof(double));
        for (size_t i = 0; i < count; i++)
            values[i] = open ? random_next_uniform_open(&stream) : (double)random_next_uniform(&stream);
        struct moments moments = moments_of(values, count);
        double correlation = correlation_of_neighbours(values, count, moments);
        double kolmogorov = kolmogorov_statistic(values, count, uniform_distribution);
        // Standard errors: the mean's is sqrt(1/12/n), the variance's sqrt((1/80 - 1/144)/n).
        cr_expect(fabs(moments.mean - 0.5) <= distribution_deviations * sqrt(1 / 12.0 / n), "open %d: mean %g", open,
                  moments.mean);
        cr_expect(fabs(moments.variance - 1 / 12.0) <= distribution_deviations * sqrt((1 / 80.0 - 1 / 144.0) / n),
                  "open %d: variance %g", open, moments.variance);
        cr_expect(fabs(correlation) <= distribution_deviations / sqrt(n), "open %d: correlation %g", open, correlation);
        cr_expect(kolmogorov <= 2.694, "open %d: Kolmogorov statistic %g (seed 21)", open, kolmogorov);
        free(values);
    }
}

Test(random_distribution, normal)
{
    const size_t count = 1000000;
    const double n = (double)count;
    struct random_stream stream = random_stream_create(/* seed */ 22, PURPOSE_TEST, 0, 0);
    double *values = test_allocate(count * sizeof(double));
    for (size_t i = 0; i < count; i++) values[i] = random_next_normal(&stream);
    struct moments moments = moments_of(values, count);
    double correlation = correlation_of_neighbours(values, count, moments);
    double kolmogorov = kolmogorov_statistic(values, count, normal_distribution);
    cr_expect(fabs(moments.mean) <= distribution_deviations * sqrt(1 / n), "mean %g (seed 22)", moments.mean);
    cr_expect(fabs(moments.variance - 1) <= distribution_deviations * sqrt(2 / n), "variance %g (seed 22)",
              moments.variance);
    cr_expect(fabs(moments.skewness) <= distribution_deviations * sqrt(6 / n), "skewness %g (seed 22)",
              moments.skewness);
    cr_expect(fabs(moments.kurtosis - 3) <= distribution_deviations * sqrt(24 / n), "kurtosis %g (seed 22)",
              moments.kurtosis);
    cr_expect(fabs(correlation) <= distribution_deviations / sqrt(n), "correlation of neighbours %g (seed 22)",
              correlation);
    cr_expect(kolmogorov <= 2.694, "Kolmogorov statistic %g (seed 22)", kolmogorov);
    free(values);
}

// The far tails, which the statistics above hardly see: how many of 10^7 draws lie beyond 4 on either side.
Test(random_distribution, normal_tails)
{
    struct random_stream stream = random_stream_create(/* seed */ 23, PURPOSE_TEST, 0, 0);
    const int count = 10000000;
    int below = 0, above = 0;
    for (int i = 0; i < count; i++) {
        double normal = random_next_normal(&stream);
        below += normal < -4;
        above += normal > 4;
    }
    double expected = count * normal_distribution(-4); // 317
    cr_expect(fabs(below - expected) <= distribution_deviations * sqrt(expected), "%d below -4 (seed 23)", below);
    cr_expect(fabs(above - expected) <= distribution_deviations * sqrt(expected), "%d above 4 (seed 23)", above);
}

Test(random_distribution, poisson)
{
    static const double means[] = {1e-3, 0.1, 3, 9.9, 9.999999, 10, 10.5, 25, 60, 1000};
    enum { DRAWS = 1000000, CELLS = 1400 };
    for (size_t m = 0; m < sizeof means / sizeof means[0]; m++) {
        struct random_stream stream = random_stream_create(/* seed */ 24, PURPOSE_TEST, 0, (uint32_t)m);
        uint32_t counts[CELLS] = {0};
        double mean = means[m], sum = 0, squares = 0;
        for (int i = 0; i < DRAWS; i++) {
            uint32_t k = random_next_poisson(&stream, mean);
            cr_assert(lt(u32, k, CELLS), "mean %g, draw %d (seed 24)", mean, i);
            counts[k]++;
            sum += k - mean;
            squares += (k - mean) * (k - mean);
        }
        double mean_error = sum / DRAWS, variance = squares / DRAWS - mean_error * mean_error;
        // Standard errors: the mean's is sqrt(mean / n), the variance's sqrt((mean + 2 mean^2) / n).
        cr_expect(fabs(mean_error) <= distribution_deviations * sqrt(mean / DRAWS), "mean %g: off by %g (seed 24)",
                  mean, mean_error);
        cr_expect(fabs(variance - mean) <= distribution_deviations * sqrt((mean + 2 * mean * mean) / DRAWS),
                  "mean %g: variance %g (seed 24)", mean, variance);
        struct chi_square cells = chi_square_of_poisson(mean, counts, CELLS, DRAWS);
        cr_expect(ge(dbl, cells.freedom, 1), "mean %g", mean);
        cr_expect(cells.sum <= chi_square_bound(cells.freedom), "mean %g: chi-square %g with %g degrees (seed 24)",
                  mean, cells.sum, cells.freedom);
    }
}

Test(random_distribution, poisson_at_the_ends_of_its_range)
{
    const int count = 200000;
    struct random_stream stream = random_stream_create(/* seed */ 25, PURPOSE_TEST, 0, 0);
    for (int i = 0; i < 100; i++) cr_assert(eq(u32, random_next_poisson(&stream, 0.0), 0));
    double mean = 1e6, sum = 0, squares = 0;
    for (int i = 0; i < count; i++) {
        double d = random_next_poisson(&stream, mean) - mean;
        sum += d;
        squares += d * d;
    }
    cr_expect(fabs(sum / count) <= distribution_deviations * sqrt(mean / count), "off by %g (seed 25)", sum / count);
    cr_expect(fabs(squares / count - mean) <= distribution_deviations * mean * sqrt(2.0 / count),
              "variance %g (seed 25)", squares / count);
}

// Bounds just above a power of two are where a biased method shows; so are bounds of the same order as 2^32.
Test(random_distribution, below_is_unbiased)
{
    static const uint32_t bounds[] = {2, 3, 5, 7, 100, 257};
    for (size_t b = 0; b < sizeof bounds / sizeof bounds[0]; b++) {
        struct random_stream stream = random_stream_create(/* seed */ 26, PURPOSE_TEST, 0, bounds[b]);
        uint32_t counts[257] = {0};
        const int draws = 1000000;
        for (int i = 0; i < draws; i++) counts[random_next_below(&stream, bounds[b])]++;
        double sum = chi_square_of_counts(counts, bounds[b], (double)draws / bounds[b]);
        cr_expect(sum <= chi_square_bound(bounds[b] - 1), "bound %u: chi-square %g (seed 26)", bounds[b], sum);
    }
    // Under the bound 3 * 2^30, word * bound / 2^32 without rejection hits every third value twice as often.
    struct random_stream stream = random_stream_create(/* seed */ 27, PURPOSE_TEST, 0, 0);
    uint32_t thirds[3] = {0};
    for (int i = 0; i < 1000000; i++) thirds[random_next_below(&stream, 3U << 30) % 3]++;
    double sum = chi_square_of_counts(thirds, 3, 1000000 / 3.0);
    cr_expect(sum <= chi_square_bound(2), "remainders of 3: chi-square %g (seed 27)", sum);
}

// Every number is equally often at every position, and all 120 orders of five are equally frequent.
Test(random_distribution, permutations_are_unbiased)
{
    enum { COUNT = 20, DRAWS = 200000, ORDERS = 120 };
    uint32_t positions[COUNT][COUNT] = {{0}}, orders[ORDERS] = {0};
    int32_t out[COUNT];
    struct random_stream stream = random_stream_create(/* seed */ 28, PURPOSE_TEST, 0, 0);
    for (int i = 0; i < DRAWS; i++) {
        random_permutation(&stream, out, COUNT);
        for (int k = 0; k < COUNT; k++) positions[k][out[k]]++;
        random_permutation(&stream, out, 5);
        int order = 0; // the permutation's number in the factorial system
        for (int k = 0; k < 5; k++) {
            int smaller = 0;
            for (int j = k + 1; j < 5; j++) smaller += out[j] < out[k];
            order = order * (5 - k) + smaller;
        }
        orders[order]++;
    }
    double sum = chi_square_of_counts(orders, ORDERS, (double)DRAWS / ORDERS);
    cr_expect(sum <= chi_square_bound(ORDERS - 1), "orders of five: chi-square %g (seed 28)", sum);
    for (int k = 0; k < COUNT; k++) {
        sum = chi_square_of_counts(positions[k], COUNT, (double)DRAWS / COUNT);
        cr_expect(sum <= chi_square_bound(COUNT - 1), "position %d: chi-square %g (seed 28)", k, sum);
    }
}

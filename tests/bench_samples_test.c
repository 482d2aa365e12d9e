// bench_samples_test.c: statistics of samples on numbers made up, and the texts of /proc.
#include "bench/samples.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>

#include "bench/disturbance.h"
#include "tests/support/random_data.h"

enum { SEED = 31 };

Test(bench_samples, medians_and_quartiles_of_known_values)
{
    static const double odd[] = {5, 1, 4, 2, 3}, even[] = {4, 1, 3, 2};
    struct samples_summary summary = samples_summarise(odd, 5);
    cr_expect(eq(sz, summary.count, 5));
    cr_expect(eq(dbl, summary.median, 3));
    cr_expect(eq(dbl, summary.first_quartile, 2));
    cr_expect(eq(dbl, summary.third_quartile, 4));
    cr_expect(isinf(summary.relative_error), "five samples leave the median open");
    cr_expect(isinf(summary.interval_low) && isinf(summary.interval_high));
    summary = samples_summarise(even, 4);
    cr_expect(eq(dbl, summary.median, 2.5));
    cr_expect(eq(dbl, summary.first_quartile, 1.75));
    summary = samples_summarise(even, 0);
    cr_expect(eq(sz, summary.count, 0));
    cr_expect(eq(dbl, summary.median, 0));
    cr_expect(isinf(summary.relative_error));
    cr_expect(eq(dbl, samples_quantile(odd, 5, 0), 1));
    cr_expect(eq(dbl, samples_quantile(odd, 5, 1), 5));
    cr_expect(isnan(samples_quantile(odd, 0, 0.5)));
}

Test(bench_samples, interval_holds_the_median_as_often_as_it_says)
{
    // Uniform draws, median 1/2. Of 2000 intervals 95 % are 1900; the discrete ranks make it a little more, and four
    // standard deviations of a binomial count are 39.
    static const size_t counts[] = {6, 10, 31, 100};
    enum { TRIALS = 2000 };
    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
        const size_t count = counts[c];
        float *draws = random_floats(SEED, (uint32_t)c, TRIALS * count, 0, 1);
        double values[100];
        int held = 0;
        for (size_t trial = 0; trial < TRIALS; trial++) {
            for (size_t i = 0; i < count; i++) values[i] = (double)draws[trial * count + i];
            const struct samples_summary summary = samples_summarise(values, count);
            held += summary.interval_low <= 0.5 && 0.5 <= summary.interval_high;
        }
        cr_expect(held >= 1900 - 39, "%zu samples, seed %d: %d of %d intervals hold the median", count, SEED, held,
                  TRIALS);
        if (count >= 31)
            cr_expect(held <= 1985, "%zu samples: %d of %d: wider than it needs to be", count, held, TRIALS);
        free(draws);
    }
}

Test(bench_samples, more_samples_make_the_median_surer)
{
    float *draws = random_floats(SEED, 50, 1000, 1, 1.1F);
    double values[1000], error = INFINITY;
    static const size_t counts[] = {10, 100, 1000};
    for (size_t i = 0; i < 1000; i++) values[i] = (double)draws[i];
    for (size_t c = 0; c < 3; c++) {
        const struct samples_summary summary = samples_summarise(values, counts[c]);
        cr_expect(summary.relative_error < error / 2, "%zu samples: %g after %g", counts[c], summary.relative_error,
                  error);
        cr_expect(summary.interval_low <= summary.median && summary.median <= summary.interval_high);
        error = summary.relative_error;
    }
    free(draws);
}

Test(bench_samples, outliers_lie_beyond_five_deviations)
{
    static const double values[] = {10, 11, 9, 10, 12, 8, 10, 30};
    // Median 10, deviations 0 1 1 0 2 2 0 20: their median 1.
    cr_expect(epsilon_eq(dbl, samples_outlier_limit(values, 8), 10 + 5 * 1.4826, 1e-12));
    cr_expect(isinf(samples_outlier_limit(values, 5)), "five values tell nothing");
    static const double equal[] = {1, 1, 1, 1, 1, 1, 2};
    cr_expect(isinf(samples_outlier_limit(equal, 7)), "without a deviation nothing is beyond it");
}

Test(bench_samples, geometric_means)
{
    static const double values[] = {0.5, 2, 4};
    cr_expect(epsilon_eq(dbl, samples_geometric_mean(values, 2), 1, 1e-15));
    cr_expect(epsilon_eq(dbl, samples_geometric_mean(values, 3), cbrt(4), 1e-15));
    cr_expect(isnan(samples_geometric_mean(values, 0)));
}

Test(bench_samples, steal_is_the_eighth_time)
{
    cr_expect(eq(i64, disturbance_parse_steal("cpu  1 2 3 4 5 6 7 89 9 10\ncpu0 1 2 3 4 5 6 7 8\n"), 89));
    cr_expect(eq(i64, disturbance_parse_steal("cpu  1 2 3 4\ncpu0 1 2 3 4 5 6 7 8\n"), 0), "an old kernel has none");
    cr_expect(eq(i64, disturbance_parse_steal("intr 1 2 3 4 5 6 7 8"), 0));
    cr_expect(eq(i64, disturbance_parse_steal(""), 0));
}

Test(bench_samples, counters_only_rise_and_the_machine_has_a_cache)
{
    const struct disturbance before = disturbance_read(), after = disturbance_read();
    cr_expect(after.switches >= before.switches);
    cr_expect(after.steal_ticks >= before.steal_ticks);
    cr_expect(machine_state_read().last_cache_bytes >= 1 << 15);
}

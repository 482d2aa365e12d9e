// statistics_test.c: means, deviations and Student's t against published values.
#include "report/statistics.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>

// Counts as wrong whatever is not close, NaN included.
static bool is_close(double value, double expected, double relative)
{
    return fabs(value - expected) <= relative * fabs(expected);
}

Test(statistics, quantiles_of_student_meet_the_printed_table)
{
    // Two-sided 95 %, 99 % and one-sided 90 % points as statistical tables print them, to all their digits.
    static const struct {
        double probability, degrees, t;
    } known[] = {
        {0.975, 1, 12.7062047362}, {0.975, 2, 4.3026527297},  {0.975, 3, 3.1824463053},   {0.975, 4, 2.7764451052},
        {0.975, 9, 2.2621571628},  {0.975, 29, 2.0452296421}, {0.975, 100, 1.9839715185}, {0.995, 1, 63.6567411629},
        {0.995, 4, 4.6040948713},  {0.995, 30, 2.7499956536}, {0.9, 1, 3.0776835372},     {0.9, 10, 1.3721836411},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        double t = statistics_student_quantile(known[i].probability, known[i].degrees);
        cr_expect(is_close(t, known[i].t, 1e-10), "P = %g, %g degrees: expected %.10f, found %.17g",
                  known[i].probability, known[i].degrees, known[i].t, t);
    }
}

Test(statistics, quantile_has_its_closed_forms)
{
    // One degree is Cauchy's distribution, two have an algebraic quantile; 1e-12 leaves room for the fraction's rounding.
    static const double probabilities[] = {0.5001, 0.6, 0.75, 0.9, 0.975, 0.999, 0.999999};
    for (size_t i = 0; i < sizeof probabilities / sizeof probabilities[0]; i++) {
        double p = probabilities[i], one = tan(acos(-1) * (p - 0.5)), two = (2 * p - 1) / sqrt(2 * p * (1 - p));
        double found_one = statistics_student_quantile(p, 1), found_two = statistics_student_quantile(p, 2);
        cr_expect(is_close(found_one, one, 1e-9), "P = %g: expected %.17g, found %.17g", p, one, found_one);
        cr_expect(is_close(found_two, two, 1e-9), "P = %g: expected %.17g, found %.17g", p, two, found_two);
        cr_expect(is_close(statistics_student_quantile(1 - p, 1), -one, 1e-9), "P = %g", 1 - p);
    }
}

Test(statistics, probability_and_quantile_are_inverse)
{
    static const double degrees[] = {0.5, 1, 2.5, 7, 74, 1000, 1e6};
    for (size_t i = 0; i < sizeof degrees / sizeof degrees[0]; i++) {
        for (int percent = 1; percent < 100; percent += 7) {
            double p = percent / 100.0;
            double back = statistics_student_probability(statistics_student_quantile(p, degrees[i]), degrees[i]);
            cr_expect(is_close(back, p, 1e-9), "P = %g, %g degrees: found %.17g", p, degrees[i], back);
        }
    }
    cr_expect(eq(dbl, statistics_student_probability(0, 5), 0.5));
    cr_expect(eq(dbl, statistics_student_probability(INFINITY, 5), 1));
    cr_expect(eq(dbl, statistics_student_probability(-INFINITY, 5), 0));
}

Test(statistics, many_degrees_approach_the_normal_distribution)
{
    // z + (z^3 + z) / 4n + (5 z^5 + 16 z^3 + 3 z) / 96 n^2 and one more term,
    // with the normal quantile z (Abramowitz and Stegun 26.7.5); what follows is below 1e-10 of it at 399 degrees.
    static const double z = 1.959963984540054, degrees[] = {399, 401, 1e4, 1e6};
    for (size_t i = 0; i < sizeof degrees / sizeof degrees[0]; i++) {
        double n = degrees[i], expected = z + (pow(z, 3) + z) / (4 * n);
        expected += (5 * pow(z, 5) + 16 * pow(z, 3) + 3 * z) / (96 * n * n);
        double next = (3 * pow(z, 7) + 19 * pow(z, 5) + 17 * pow(z, 3) - 15 * z) / (384 * n * n * n);
        double found = statistics_student_quantile(0.975, n);
        cr_expect(is_close(found, expected + next, 1e-10), "%g degrees: expected %.15g, found %.15g", n, expected,
                  found);
    }
}

Test(statistics, quantile_outside_its_domain_is_nan)
{
    static const double wrong[][2] = {{0, 3}, {1, 3}, {-0.1, 3}, {1.1, 3}, {NAN, 3}, {0.9, 0}, {0.9, -1}, {0.9, NAN}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        cr_expect(isnan(statistics_student_quantile(wrong[i][0], wrong[i][1])), "P = %g, %g degrees", wrong[i][0],
                  wrong[i][1]);
}

Test(statistics, mean_deviation_and_interval)
{
    static const double values[] = {2, 4, 4, 4, 5, 5, 7, 9}; // mean 5, squared deviations 32
    cr_expect(is_close(statistics_mean(values, 8), 5, 1e-15));
    cr_expect(is_close(statistics_deviation(values, 8), sqrt(32.0 / 7), 1e-15));
    double half = statistics_interval_half_width(values, 8, 0.95), expected = 2.3646242516 * sqrt(32.0 / 7) / sqrt(8);
    cr_expect(is_close(half, expected, 1e-10), "expected %.12g, found %.12g", expected, half);
    static const double pair[] = {60, 62};
    cr_expect(is_close(statistics_interval_half_width(pair, 2, 0.95), 12.7062047362, 1e-10));
    static const double offset[] = {1e9 + 1, 1e9 + 2, 1e9 + 3}; // a large mean must not eat the deviation
    cr_expect(is_close(statistics_deviation(offset, 3), 1, 1e-12));
}

Test(statistics, too_few_values_have_no_statistic)
{
    static const double value[] = {3};
    cr_expect(isnan(statistics_mean(value, 0)));
    cr_expect(eq(dbl, statistics_mean(value, 1), 3));
    cr_expect(isnan(statistics_deviation(value, 1)));
    cr_expect(isnan(statistics_interval_half_width(value, 1, 0.95)));
    cr_expect(isnan(statistics_interval_half_width(value, 0, 0.95)));
}

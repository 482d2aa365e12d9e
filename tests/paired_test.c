// paired_test.c: the signed-rank test against published examples, printed tables and every sign counted out; the bootstrap
// against every resample counted out.
#include "report/paired.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

static bool is_close(double value, double expected)
{
    return fabs(value - expected) <= 1e-12;
}

Test(paired, signed_rank_meets_published_examples)
{
    // Darwin's maize, cross minus self-fertilised (Fisher, The Design of Experiments, 1935; Wilcoxon 1945). Of the 2^15
    // signs 676 give 24 or less: the manual page of scipy.stats.wilcoxon prints 0.041259765625.
    static const double maize[] = {6, 8, 14, 16, 23, 24, 28, 29, 41, -48, 49, 56, 60, -67, 75};
    struct signed_rank test = paired_signed_rank(maize, 15);
    cr_expect(eq(sz, test.pairs, 15));
    cr_expect(eq(dbl, test.positive_ranks, 96));
    cr_expect(eq(dbl, test.negative_ranks, 24));
    cr_expect(is_close(test.probability, 0.041259765625), "%.17g", test.probability);

    // Depression scale before and after tranquilizer (Hollander and Wolfe 1973, page 29): the manual page of R's
    // wilcox.test prints V = 40 and a one-sided 0.01953, which is 10 / 512.
    static const double before[] = {1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30},
                        after[] = {0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29};
    double differences[9];
    for (int i = 0; i < 9; i++) differences[i] = before[i] - after[i];
    test = paired_signed_rank(differences, 9);
    cr_expect(eq(dbl, test.positive_ranks, 40));
    cr_expect(is_close(test.probability, 20.0 / 512), "%.17g", test.probability);
}

Test(paired, signed_rank_meets_the_printed_critical_values)
{
    // Largest smaller rank sum that is significant at 5 %, two-sided (Wilcoxon and Wilcox 1964, as tables print it).
    static const struct {
        int pairs, critical;
    } table[] = {{6, 0}, {7, 2}, {8, 3}, {9, 5}, {10, 8}, {11, 10}, {12, 13}, {15, 25}, {20, 52}, {25, 89}};
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        for (int more = 0; more < 2; more++) {
            double differences[25];
            int left = table[i].critical + more;
            for (int rank = table[i].pairs; rank > 0; rank--) { // negative ones whose ranks add up to `left`
                bool negative = rank <= left;
                differences[rank - 1] = negative ? -rank : rank;
                left -= negative ? rank : 0;
            }
            struct signed_rank test = paired_signed_rank(differences, (size_t)table[i].pairs);
            cr_expect(eq(dbl, test.negative_ranks, table[i].critical + more), "%d pairs", table[i].pairs);
            bool significant = test.probability <= 0.05, expected = more == 0;
            cr_expect(eq(int, significant, expected), "%d pairs, W = %g: %g", table[i].pairs, test.negative_ranks,
                      test.probability);
        }
    }
}

// Ranks and probability by the definitions alone: every choice of signs is tried.
static void count_out(const double *differences, size_t count, double *positive_ranks, double *probability)
{
    double ranks[16], total = 0;
    size_t kept = 0;
    *positive_ranks = 0;
    for (size_t i = 0; i < count; i++) {
        double below = 0, equal = 0;
        if (differences[i] == 0) continue;
        for (size_t j = 0; j < count; j++) {
            below += differences[j] != 0 && fabs(differences[j]) < fabs(differences[i]);
            equal += fabs(differences[j]) == fabs(differences[i]);
        }
        ranks[kept] = below + (equal + 1) / 2;
        total += ranks[kept];
        *positive_ranks += differences[i] > 0 ? ranks[kept] : 0;
        kept++;
    }
    size_t as_far = 0;
    for (unsigned signs = 0; signs < 1U << kept; signs++) {
        double sum = 0;
        for (size_t i = 0; i < kept; i++) sum += (signs >> i & 1) != 0 ? ranks[i] : 0;
        as_far += fabs(sum - total / 2) >= fabs(*positive_ranks - total / 2);
    }
    *probability = (double)as_far / (double)(1U << kept);
}

Test(paired, ties_and_zeros_are_exact)
{
    static const double samples[][6] = {{1, 1, 1, -1, 2, 2}, {0, 0, 3, -3, 5, 7},  {0.5, -0.5, 0.5, -0.5, 0, 0},
                                        {2, 2, 2, 2, 2, 2},  {-1, 4, 4, 0, -4, 9}, {0, 0, 0, 0, 0, -1}};
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        double ranks, probability;
        count_out(samples[i], 6, &ranks, &probability);
        struct signed_rank test = paired_signed_rank(samples[i], 6);
        cr_expect(eq(sz, test.pairs + test.zeros, 6));
        cr_expect(eq(dbl, test.positive_ranks, ranks), "sample %zu", i);
        cr_expect(is_close(test.probability, probability), "sample %zu: expected %g, found %g", i, probability,
                  test.probability);
    }
    struct signed_rank test = paired_signed_rank(samples[1], 6);
    cr_expect(eq(sz, test.zeros, 2));
}

Test(paired, odd_counts_have_their_answer)
{
    double many[PAIRED_LIMIT + 1], zeros[3] = {0, 0, 0}, broken[] = {1, NAN, 2};
    for (int i = 0; i <= PAIRED_LIMIT; i++) many[i] = i + 1;
    cr_expect(isnan(paired_signed_rank(many, 0).probability));
    cr_expect(isnan(paired_signed_rank(many, PAIRED_LIMIT + 1).probability));
    cr_expect(isnan(paired_signed_rank(broken, 3).probability));
    cr_expect(eq(dbl, paired_signed_rank(zeros, 3).probability, 1));
    cr_expect(eq(dbl, paired_signed_rank(many, 1).probability, 1)); // either sign is as far
    double expected = ldexp(1, 1 - PAIRED_LIMIT);                   // all of one sign: 2 of 2^64
    cr_expect(eq(dbl, paired_signed_rank(many, PAIRED_LIMIT).probability, expected));
    cr_expect(isnan(paired_bootstrap_interval(many, 1, 0.95).low));
    cr_expect(isnan(paired_bootstrap_interval(broken, 3, 0.95).high));
    cr_expect(isnan(paired_bootstrap_interval(many, PAIRED_LIMIT + 1, 0.95).low));
}

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

Test(paired, bootstrap_meets_every_resample_counted_out)
{
    // All 5^5 resamples of five differences. 9999 random ones put the 2.5 % point within 4 sqrt(p (1 - p) / 9999) = 0.63
    // percentage points of the true one, so it lies between the exact 1.8 % and 3.2 % points.
    static const double differences[] = {-1.3, 0.4, 2.9, 5.6, 7.1};
    enum { ALL = 3125 };
    double means[ALL];
    for (int i = 0; i < ALL; i++) {
        double sum = 0;
        for (int place = 0, code = i; place < 5; place++, code /= 5) sum += differences[code % 5];
        means[i] = sum / 5;
    }
    qsort(means, ALL, sizeof *means, compare);
    struct interval interval = paired_bootstrap_interval(differences, 5, 0.95);
    cr_expect(interval.low >= means[(int)(0.018 * ALL)] && interval.low <= means[(int)(0.032 * ALL)], "low %g",
              interval.low);
    cr_expect(interval.high >= means[(int)(0.968 * ALL)] && interval.high <= means[(int)(0.982 * ALL)], "high %g",
              interval.high);
    struct interval again = paired_bootstrap_interval(differences, 5, 0.95);
    cr_expect(eq(dbl, again.low, interval.low), "the same differences give the same interval");
    static const double equal[] = {1.5, 1.5, 1.5};
    cr_expect(eq(dbl, paired_bootstrap_interval(equal, 3, 0.95).low, 1.5));
    cr_expect(eq(dbl, paired_bootstrap_interval(equal, 3, 0.95).high, 1.5));
}

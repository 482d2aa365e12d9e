// paired.c: see paired.h. Tests: tests/paired_test.c.
#include "report/paired.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"

static bool paired_are_usable(const double *differences, size_t count)
{
    if (count > PAIRED_LIMIT) return false;
    for (size_t i = 0; i < count; i++)
        if (!isfinite(differences[i])) return false;
    return true;
}

static int paired_compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static int paired_compare_magnitudes(const void *left, const void *right)
{
    double a = fabs(*(const double *)left), b = fabs(*(const double *)right);
    return (a > b) - (a < b);
}

// P(sum >= `sum`) when each doubled rank counts or not with the same probability. Doubled, ranks of ties are whole too.
static double paired_upper_tail(const int *doubled_ranks, size_t count, int sum)
{
    double probability[PAIRED_LIMIT * (PAIRED_LIMIT + 1) + 1] = {1};
    int largest = 0;
    double tail = 0;
    for (size_t i = 0; i < count; i++) {
        int rank = doubled_ranks[i];
        largest += rank;
        for (int s = largest; s >= 0; s--)
            probability[s] = (probability[s] + (s >= rank ? probability[s - rank] : 0)) / 2;
    }
    for (int s = largest; s >= sum && s >= 0; s--) tail += probability[s];
    return tail;
}

struct signed_rank paired_signed_rank(const double *differences, size_t count)
{
    struct signed_rank result = {.probability = NAN};
    double kept[PAIRED_LIMIT];
    int doubled_ranks[PAIRED_LIMIT], positive = 0, negative = 0;
    if (!paired_are_usable(differences, count) || count == 0) return result;
    for (size_t i = 0; i < count; i++)
        if (differences[i] != 0) kept[result.pairs++] = differences[i];
    result.zeros = count - result.pairs;
    qsort(kept, result.pairs, sizeof *kept, paired_compare_magnitudes);
    for (size_t first = 0, end; first < result.pairs; first = end) {
        for (end = first + 1; end < result.pairs && fabs(kept[end]) == fabs(kept[first]); end++) {
        }
        for (size_t i = first; i < end; i++) {
            doubled_ranks[i] = (int)(first + 1 + end); // twice the mean of first + 1 .. end
            *(kept[i] > 0 ? &positive : &negative) += doubled_ranks[i];
        }
    }
    result.positive_ranks = positive / 2.0;
    result.negative_ranks = negative / 2.0;
    double tail = paired_upper_tail(doubled_ranks, result.pairs, positive > negative ? positive : negative);
    result.probability = fmin(1, 2 * tail); // the distribution is symmetric
    return result;
}

struct interval paired_bootstrap_interval(const double *differences, size_t count, double confidence)
{
    enum { RESAMPLES = 9999, SEED = 1 };
    struct interval interval = {NAN, NAN};
    double *means = malloc(RESAMPLES * sizeof *means);
    if (means != NULL && count >= 2 && paired_are_usable(differences, count)) {
        struct random_stream stream = random_stream_create(SEED, PURPOSE_REPORT_BOOTSTRAP, 0, 0);
        for (int resample = 0; resample < RESAMPLES; resample++) {
            double sum = 0;
            for (size_t i = 0; i < count; i++) sum += differences[random_next_below(&stream, (uint32_t)count)];
            means[resample] = sum / (double)count;
        }
        qsort(means, RESAMPLES, sizeof *means, paired_compare);
        int outside = (int)round((RESAMPLES + 1) * (1 - confidence) / 2); // the 250th from either end at 95 %
        outside = outside < 1 ? 1 : outside;
        interval = (struct interval){means[outside - 1], means[RESAMPLES - outside]};
    }
    free(means);
    return interval;
}

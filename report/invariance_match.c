// invariance_match.c: see invariance_match.h. Tests: tests/invariance_match_test.c.
#include "report/invariance_match.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "report/statistics.h"

enum {
    TEACHERS_NEEDED = 4,
    TEACHERS_EXACT = 8, // 8! = 40,320 permutations
    RANDOM_PERMUTATIONS = 99999,
    PERMUTATION_SEED = 1,
};

// Sums of equal numbers in another order differ in their last bits, and must count as equal.
static const double match_tolerance = 1e-9;

bool invariance_match_has(enum learned_primitive primitive, int column)
{
    static const char *const matched[LEARNED_PRIMITIVES][6] = {
        [LEARNED_CONTRAST] = {"Br", "Co", "Fo"},
        [LEARNED_GEOMETRIC] = {"ET"},
        [LEARNED_BLUR] = {"DB", "GB", "MB", "ZB", "Pi"},
        [LEARNED_NOISE] = {"GN", "SN", "IN"},
    };
    for (int i = 0; matched[primitive][i] != NULL; i++)
        if (strcmp(matched[primitive][i], paper_columns[column].code) == 0) return true;
    return false;
}

// The teachers that there are, and which primitives count.
struct match_sample {
    int count, columns[PAPER_COLUMNS];
    double values[LEARNED_PRIMITIVES][PAPER_COLUMNS]; // standardised, by place in `columns`
    bool matched[LEARNED_PRIMITIVES][PAPER_COLUMNS];  // likewise
    bool counts[LEARNED_PRIMITIVES];
};

static void match_standardise(const double *magnitudes, size_t count, double *values)
{
    const double mean = statistics_mean(magnitudes, count), deviation = statistics_deviation(magnitudes, count);
    // A deviation that is rounding alone would make noise of equal numbers.
    const bool spread = deviation > 1e-12 * fabs(mean);
    for (size_t i = 0; i < count; i++) values[i] = spread ? (magnitudes[i] - mean) / deviation : 0;
}

static void match_gather(const struct invariance_magnitudes *magnitudes, struct match_sample *sample)
{
    *sample = (struct match_sample){0};
    for (int column = 0; column < PAPER_COLUMNS; column++)
        if ((magnitudes->present >> column & 1) != 0) sample->columns[sample->count++] = column;
    for (int p = 0; p < LEARNED_PRIMITIVES; p++) {
        double own[PAPER_COLUMNS] = {0};
        bool known = sample->count > 0;
        int matched = 0;
        for (int i = 0; i < sample->count; i++) {
            own[i] = magnitudes->of[p][sample->columns[i]];
            known = known && isfinite(own[i]);
            sample->matched[p][i] = invariance_match_has((enum learned_primitive)p, sample->columns[i]);
            matched += sample->matched[p][i];
        }
        sample->counts[p] = known && matched > 0 && matched < sample->count;
        for (int i = 0; i < sample->count; i++) sample->values[p][i] = NAN;
        if (known) match_standardise(own, (size_t)sample->count, sample->values[p]);
    }
}

static void match_fill_means(double matched_sum, double unmatched_sum, struct invariance_contrast *contrast)
{
    contrast->matched_mean = matched_sum / (double)contrast->matched;
    contrast->unmatched_mean = unmatched_sum / (double)contrast->unmatched;
    contrast->difference = contrast->matched_mean - contrast->unmatched_mean;
}

// Means of one primitive, added to those of all.
static void match_add_means(const struct match_sample *sample, int p, double sums[2], struct invariance_match *match)
{
    struct invariance_contrast *own = &match->primitives[p];
    double matched = 0, unmatched = 0;
    for (int i = 0; i < sample->count; i++) {
        own->matched += sample->matched[p][i];
        own->unmatched += !sample->matched[p][i];
        *(sample->matched[p][i] ? &matched : &unmatched) += sample->values[p][i];
    }
    own->present = match->all.present = true;
    match_fill_means(matched, unmatched, own);
    sums[0] += matched;
    sums[1] += unmatched;
    match->all.matched += own->matched;
    match->all.unmatched += own->unmatched;
}

// All values of a primitive add up to the same in every order, so the difference grows with the matched sum alone.
struct match_tally {
    double observed;
    size_t permutations, greater, less;
};

static void match_count(double matched_sum, struct match_tally *tally)
{
    tally->permutations++;
    tally->greater += matched_sum >= tally->observed - match_tolerance;
    tally->less += matched_sum <= tally->observed + match_tolerance;
}

static void match_conclude(const struct match_tally *tally, struct invariance_contrast *contrast)
{
    contrast->greater = (double)tally->greater / (double)tally->permutations;
    contrast->less = (double)tally->less / (double)tally->permutations;
}

// Every choice of as many teachers as are matched.
static void match_test_primitive(const struct match_sample *sample, int p, struct invariance_contrast *contrast)
{
    struct match_tally tally = {.observed = contrast->matched_mean * (double)contrast->matched};
    for (unsigned chosen = 0; chosen < 1U << sample->count; chosen++) {
        double sum = 0;
        if ((size_t)__builtin_popcount(chosen) != contrast->matched) continue;
        for (int i = 0; i < sample->count; i++) sum += (chosen >> i & 1) != 0 ? sample->values[p][i] : 0;
        match_count(sum, &tally);
    }
    match_conclude(&tally, contrast);
}

static double match_permuted_sum(const struct match_sample *sample, const int32_t *order)
{
    double sum = 0;
    for (int p = 0; p < LEARNED_PRIMITIVES; p++)
        for (int i = 0; sample->counts[p] && i < sample->count; i++)
            sum += sample->matched[p][i] ? sample->values[p][order[i]] : 0;
    return sum;
}

static void match_swap(int32_t *order, int i, int j)
{
    int32_t kept = order[i];
    order[i] = order[j];
    order[j] = kept;
}

// Every order of the teachers from place `from` on.
static void match_try_orders(const struct match_sample *sample, int32_t *order, int from, struct match_tally *tally)
{
    if (from == sample->count) match_count(match_permuted_sum(sample, order), tally);
    for (int i = from; i < sample->count; i++) {
        match_swap(order, from, i);
        match_try_orders(sample, order, from + 1, tally);
        match_swap(order, from, i);
    }
}

static void match_test_all(const struct match_sample *sample, struct invariance_match *match)
{
    int32_t order[PAPER_COLUMNS];
    struct random_stream stream = random_stream_create(PERMUTATION_SEED, PURPOSE_REPORT_PERMUTATION, 0, 0);
    for (int i = 0; i < sample->count; i++) order[i] = i;
    struct match_tally tally = {.observed = match_permuted_sum(sample, order)};
    match->exact = sample->count <= TEACHERS_EXACT;
    if (match->exact) {
        match_try_orders(sample, order, 0, &tally);
    } else {
        match_count(tally.observed, &tally);
        for (int i = 0; i < RANDOM_PERMUTATIONS; i++) {
            random_permutation(&stream, order, (uint32_t)sample->count);
            match_count(match_permuted_sum(sample, order), &tally);
        }
    }
    match->permutations = tally.permutations;
    match_conclude(&tally, &match->all);
}

static void match_fill_standardised(const struct match_sample *sample, struct invariance_match *match)
{
    for (int p = 0; p < LEARNED_PRIMITIVES; p++) {
        for (int column = 0; column < PAPER_COLUMNS; column++) match->standardised[p][column] = NAN;
        for (int i = 0; i < sample->count; i++) match->standardised[p][sample->columns[i]] = sample->values[p][i];
    }
}

struct invariance_match invariance_match_test(const struct invariance_magnitudes *magnitudes)
{
    struct match_sample sample;
    struct invariance_match match = {0};
    double sums[2] = {0, 0};
    match_gather(magnitudes, &sample);
    match.teachers = (size_t)sample.count;
    match_fill_standardised(&sample, &match);
    if (sample.count < TEACHERS_NEEDED) {
        snprintf(match.missing, sizeof match.missing,
                 "The statistic needs the learned augmentations of at least %d teachers; there %s %d.", TEACHERS_NEEDED,
                 sample.count == 1 ? "is" : "are", sample.count);
        return match;
    }
    for (int p = 0; p < LEARNED_PRIMITIVES; p++) {
        if (!sample.counts[p]) continue;
        match_add_means(&sample, p, sums, &match);
        match_test_primitive(&sample, p, &match.primitives[p]);
    }
    if (!match.all.present) {
        snprintf(match.missing, sizeof match.missing,
                 "The statistic needs a primitive with both matched and unmatched teachers; there is none.");
        return match;
    }
    match_fill_means(sums[0], sums[1], &match.all);
    match_test_all(&sample, &match);
    return match;
}

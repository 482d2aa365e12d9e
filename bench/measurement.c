// measurement.c: keeps samples and decides which of them count. Takes none itself. Tests: tests/bench_measure_test.c.
#include "bench/measurement.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FEWEST_SAMPLES = 3, SETTLED_SAMPLES = 10 };

struct status measurement_create(struct measurement *measurement)
{
    *measurement = (struct measurement){.seconds = malloc(MEASURE_SAMPLE_LIMIT * sizeof(double)),
                                        .fates = malloc(MEASURE_SAMPLE_LIMIT * sizeof(enum sample_fate)),
                                        .repeats = 1};
    if (measurement->seconds != NULL && measurement->fates != NULL) return status_ok();
    measurement_destroy(measurement);
    return status_error(STATUS_NO_MEMORY, "bench: no memory for %d samples", MEASURE_SAMPLE_LIMIT);
}

void measurement_destroy(struct measurement *measurement)
{
    free(measurement->seconds);
    free(measurement->fates);
    *measurement = (struct measurement){.count = 0};
}

double *measurement_kept(const struct measurement *measurement, size_t *count)
{
    double *kept = malloc((measurement->count + 1) * sizeof *kept);
    *count = 0;
    for (size_t i = 0; kept != NULL && i < measurement->count; i++)
        if (measurement->fates[i] == SAMPLE_KEPT) kept[(*count)++] = measurement->seconds[i];
    return kept;
}

static void count_fates(struct measurement *measurement)
{
    memset(measurement->dropped, 0, sizeof measurement->dropped);
    for (size_t i = 0; i < measurement->count; i++)
        if (measurement->fates[i] != SAMPLE_KEPT) measurement->dropped[measurement->fates[i]]++;
}

// Without the fates that switches and steal decided: on a machine where most samples have some, they tell nothing.
static void forgive(struct measurement *measurement)
{
    for (size_t i = 0; i < measurement->count; i++) measurement->fates[i] = SAMPLE_KEPT;
    measurement->disturbed = true;
}

static bool has_enough(const struct measurement *measurement)
{
    size_t kept = 0;
    for (size_t i = 0; i < measurement->count; i++) kept += measurement->fates[i] == SAMPLE_KEPT;
    return kept >= FEWEST_SAMPLES && 4 * kept >= measurement->count;
}

static void summarise(struct measurement *measurement)
{
    size_t count = 0;
    double *kept = measurement_kept(measurement, &count);
    measurement->summary = samples_summarise(kept, kept == NULL ? 0 : count);
    free(kept);
    count_fates(measurement);
}

static void drop_outliers(struct measurement *measurement)
{
    size_t count = 0;
    double *kept = measurement_kept(measurement, &count);
    const double limit = kept == NULL ? INFINITY : samples_outlier_limit(kept, count);
    free(kept);
    for (size_t i = 0; i < measurement->count; i++)
        if (measurement->fates[i] == SAMPLE_KEPT && measurement->seconds[i] > limit)
            measurement->fates[i] = SAMPLE_OUTLIER;
}

// Outliers are judged anew whenever there are more samples: those of before count again first.
static void restore_outliers(struct measurement *measurement)
{
    for (size_t i = 0; i < measurement->count; i++)
        if (measurement->fates[i] == SAMPLE_OUTLIER) measurement->fates[i] = SAMPLE_KEPT;
}

void measurement_judge(struct measurement *measurement, bool last)
{
    restore_outliers(measurement);
    if (last && !has_enough(measurement)) forgive(measurement);
    drop_outliers(measurement);
    summarise(measurement);
}

// ---- pairs -----------------------------------------------------------------------------------------------------

// What is dropped in one is dropped in both.
static void share_fates(struct pair_measurement *pair)
{
    for (size_t i = 0; i < pair->first.count; i++) {
        enum sample_fate *first = &pair->first.fates[i], *second = &pair->second.fates[i];
        if (*first == SAMPLE_KEPT)
            *first = *second;
        else
            *second = *first;
    }
}

static void summarise_ratios(struct pair_measurement *pair)
{
    pair->ratio_count = 0;
    for (size_t i = 0; i < pair->first.count; i++)
        if (pair->first.fates[i] == SAMPLE_KEPT)
            pair->ratios[pair->ratio_count++] = pair->second.seconds[i] / pair->first.seconds[i];
    pair->ratio = samples_summarise(pair->ratios, pair->ratio_count);
}

void pair_measurement_judge(struct pair_measurement *pair, bool last)
{
    restore_outliers(&pair->first);
    restore_outliers(&pair->second);
    share_fates(pair);
    if (last && !has_enough(&pair->first)) {
        forgive(&pair->first);
        forgive(&pair->second);
    }
    drop_outliers(&pair->first);
    drop_outliers(&pair->second);
    share_fates(pair);
    summarise(&pair->first);
    summarise(&pair->second);
    summarise_ratios(pair);
}

struct status pair_measurement_create(struct pair_measurement *pair)
{
    *pair = (struct pair_measurement){.ratios = malloc(MEASURE_SAMPLE_LIMIT * sizeof(double))};
    struct status status = measurement_create(&pair->first);
    if (status.code == STATUS_OK) status = measurement_create(&pair->second);
    if (status.code == STATUS_OK && pair->ratios == NULL)
        status = status_error(STATUS_NO_MEMORY, "bench: no memory for %d ratios", MEASURE_SAMPLE_LIMIT);
    if (status.code != STATUS_OK) pair_measurement_destroy(pair);
    return status;
}

void pair_measurement_destroy(struct pair_measurement *pair)
{
    measurement_destroy(&pair->first);
    measurement_destroy(&pair->second);
    free(pair->ratios);
    *pair = (struct pair_measurement){.ratio_count = 0};
}

bool summary_is_settled(const struct samples_summary *summary, double relative_error)
{
    return summary->count >= SETTLED_SAMPLES && summary->relative_error <= relative_error;
}

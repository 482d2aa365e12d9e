// measure.c: see measure.h. Tests: tests/bench_measure_test.c.
#include "bench/measure.h"

#include <math.h>
#include <stdlib.h>

#include "base/interrupt.h"
#include "base/machine.h"
#include "bench/disturbance.h"

enum { FEWEST_SAMPLES = 3, JUDGE_EVERY = 8, REPEATS_LIMIT = 1 << 20 };

// ---- one sample ------------------------------------------------------------------------------------------------

static struct status time_runs(const struct subject *subject, int repeats, double *seconds)
{
    const double begun = clock_seconds();
    for (int i = 0; i < repeats; i++) subject->run(subject->context);
    struct status status = subject->finish(subject->context);
    *seconds = (clock_seconds() - begun) / repeats;
    return status;
}

// Appends a sample, with what happened meanwhile.
static struct status take_sample(const struct subject *subject, struct measurement *measurement)
{
    const struct disturbance before = disturbance_read();
    struct status status = time_runs(subject, measurement->repeats, &measurement->seconds[measurement->count]);
    const struct disturbance after = disturbance_read();
    measurement->fates[measurement->count++] = after.switches > before.switches         ? SAMPLE_SWITCHED
                                               : after.steal_ticks > before.steal_ticks ? SAMPLE_STOLEN
                                                                                        : SAMPLE_KEPT;
    return status;
}

// Warms up, and finds how many runs make a sample.
static struct status calibrate(const struct subject *subject, double sample_seconds, int *repeats)
{
    double seconds = 0;
    struct status status = time_runs(subject, 1, &seconds);
    for (*repeats = 1; status.code == STATUS_OK && *repeats < REPEATS_LIMIT; *repeats *= 2) {
        status = time_runs(subject, *repeats, &seconds);
        if (seconds * *repeats >= sample_seconds / 8) break;
    }
    if (seconds > 0 && seconds * *repeats < sample_seconds) *repeats = (int)ceil(sample_seconds / seconds);
    return status;
}

// ---- many samples ----------------------------------------------------------------------------------------------

// One way to measure: takes sample after sample until it is sure, or the time is over.
struct way {
    struct status (*take)(void *context);
    bool (*judge)(void *context, bool last); // true when the result is sure enough
    void *context;
};

static struct status measure_until_sure(const struct way *way, double limit_seconds)
{
    const double begun = clock_seconds();
    struct status status = status_ok();
    bool sure = false;
    for (int count = 0; !sure && count < MEASURE_SAMPLE_LIMIT; count++) {
        if (count >= FEWEST_SAMPLES && clock_seconds() - begun >= limit_seconds) break;
        status = way->take(way->context);
        if (status.code == STATUS_OK) status = interrupt_status();
        if (status.code != STATUS_OK) return status;
        if ((count + 1) % JUDGE_EVERY == 0) sure = way->judge(way->context, false);
    }
    way->judge(way->context, true);
    return status;
}

// ---- warm and cold ---------------------------------------------------------------------------------------------

struct single {
    const struct subject *subject;
    const struct measure_limits *limits;
    struct measurement *measurement;
    unsigned char *memory; // to empty caches with; NULL: leave them warm
    size_t bytes;
    int threads;
};

// Every thread changes its part of the memory, which pushes what it held out of its own caches, and all parts together what
// the last, shared one held.
static void evict(unsigned char *memory, size_t bytes, int threads)
{
    enum { LINE = 64 };
    const long lines = (long)(bytes / LINE);
#pragma omp parallel for num_threads(threads) schedule(static)
    for (long i = 0; i < lines; i++) memory[i * LINE]++;
}

static struct status take_single(void *context)
{
    const struct single *single = context;
    if (single->memory != NULL) evict(single->memory, single->bytes, single->threads);
    return take_sample(single->subject, single->measurement);
}

static bool judge_single(void *context, bool last)
{
    const struct single *single = context;
    struct measurement *measurement = single->measurement;
    measurement_judge(measurement, last);
    measurement->settled = summary_is_settled(&measurement->summary, single->limits->relative_error);
    return measurement->settled;
}

static struct status measure_single(struct single *single)
{
    struct status status =
        measure_until_sure(&(struct way){take_single, judge_single, single}, single->limits->seconds);
    if (status.code != STATUS_OK) measurement_destroy(single->measurement);
    return status;
}

struct status measure_warm(const struct subject *subject, const struct measure_limits *limits,
                           struct measurement *measurement)
{
    struct single single = {.subject = subject, .limits = limits, .measurement = measurement};
    struct status status = measurement_create(measurement);
    if (status.code != STATUS_OK) return status;
    status = calibrate(subject, limits->sample_seconds, &measurement->repeats);
    if (status.code == STATUS_OK) return measure_single(&single);
    measurement_destroy(measurement);
    return status;
}

struct status measure_cold(const struct subject *subject, const struct measure_limits *limits, size_t evict_bytes,
                           int threads, struct measurement *measurement)
{
    struct single single = {subject, limits, measurement, calloc(evict_bytes, 1), evict_bytes, threads};
    if (single.memory == NULL)
        return status_error(STATUS_NO_MEMORY, "bench: no memory for %zu bytes to empty caches with", evict_bytes);
    struct status status = measurement_create(measurement);
    double warm_up_seconds;
    if (status.code == STATUS_OK) {
        status = time_runs(subject, 1, &warm_up_seconds);
        if (status.code == STATUS_OK)
            status = measure_single(&single);
        else
            measurement_destroy(measurement);
    }
    free(single.memory);
    return status;
}

// ---- pairs -----------------------------------------------------------------------------------------------------

struct turns {
    const struct subject *first, *second;
    const struct measure_limits *limits;
    struct pair_measurement *pair;
};

static struct status take_turn(const struct subject *subject, struct measurement *measurement)
{
    double warm_up_seconds;
    struct status status = time_runs(subject, 1, &warm_up_seconds);
    return status.code == STATUS_OK ? take_sample(subject, measurement) : status;
}

static struct status take_pair(void *context)
{
    const struct turns *turns = context;
    struct pair_measurement *pair = turns->pair;
    const bool swapped = pair->first.count % 2 == 1;
    struct status status = swapped ? take_turn(turns->second, &pair->second) : take_turn(turns->first, &pair->first);
    if (status.code != STATUS_OK) return status;
    return swapped ? take_turn(turns->first, &pair->first) : take_turn(turns->second, &pair->second);
}

static bool judge_pair(void *context, bool last)
{
    const struct turns *turns = context;
    struct pair_measurement *pair = turns->pair;
    pair_measurement_judge(pair, last);
    const double error = turns->limits->relative_error;
    pair->first.settled = summary_is_settled(&pair->first.summary, error);
    pair->second.settled = summary_is_settled(&pair->second.summary, error);
    return pair->first.settled && summary_is_settled(&pair->ratio, error);
}

struct status measure_pairs(const struct subject *first, const struct subject *second,
                            const struct measure_limits *limits, struct pair_measurement *pair)
{
    struct turns turns = {first, second, limits, pair};
    struct status status = pair_measurement_create(pair);
    if (status.code != STATUS_OK) return status;
    status = calibrate(first, limits->sample_seconds, &pair->first.repeats);
    if (status.code == STATUS_OK) status = calibrate(second, limits->sample_seconds, &pair->second.repeats);
    if (status.code == STATUS_OK)
        status = measure_until_sure(&(struct way){take_pair, judge_pair, &turns}, limits->seconds);
    if (status.code != STATUS_OK) pair_measurement_destroy(pair);
    return status;
}

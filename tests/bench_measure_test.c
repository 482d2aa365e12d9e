// bench_measure_test.c: which samples count, on times made up; and that subjects are run as often as is said.
#include "bench/measure.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <signal.h>
#include <time.h>

#include "base/interrupt.h"

// ---- fates -----------------------------------------------------------------------------------------------------

static void fill(struct measurement *measurement, const double *seconds, size_t count)
{
    cr_assert(eq(int, measurement_create(measurement).code, STATUS_OK));
    for (size_t i = 0; i < count; i++) {
        measurement->seconds[i] = seconds[i];
        measurement->fates[i] = SAMPLE_KEPT;
    }
    measurement->count = count;
}

Test(bench_measure, disturbed_samples_are_dropped_and_counted)
{
    static const double seconds[] = {1, 1.1, 9, 1, 0.9, 1.05, 9, 1, 50, 0.95};
    struct measurement measurement;
    fill(&measurement, seconds, 10);
    measurement.fates[2] = SAMPLE_SWITCHED;
    measurement.fates[6] = SAMPLE_STOLEN;
    for (int again = 0; again < 3; again++) measurement_judge(&measurement, again == 2);
    cr_expect(eq(sz, measurement.dropped[SAMPLE_KEPT], 0));
    cr_expect(eq(sz, measurement.dropped[SAMPLE_SWITCHED], 1));
    cr_expect(eq(sz, measurement.dropped[SAMPLE_STOLEN], 1));
    cr_expect(eq(sz, measurement.dropped[SAMPLE_OUTLIER], 1), "50 is far from all others");
    cr_expect(eq(sz, measurement.summary.count, 7));
    cr_expect(eq(dbl, measurement.summary.median, 1));
    cr_expect(not(measurement.disturbed));
    measurement_destroy(&measurement);
}

Test(bench_measure, an_outlier_is_judged_anew_when_there_are_more_samples)
{
    static const double seconds[] = {1, 1.01, 1.02, 0.99, 0.98, 1.2, 2, 2, 2, 2, 2, 2, 1.2, 1.2};
    struct measurement measurement;
    fill(&measurement, seconds, 14);
    measurement.count = 6;
    measurement_judge(&measurement, false);
    cr_expect(eq(sz, measurement.dropped[SAMPLE_OUTLIER], 1));
    measurement.count = 14;
    measurement_judge(&measurement, true);
    cr_expect(eq(sz, measurement.dropped[SAMPLE_OUTLIER], 0), "among times from 1 to 2 it is none");
    measurement_destroy(&measurement);
}

Test(bench_measure, where_all_is_disturbed_nothing_is_dropped_for_it)
{
    static const double seconds[] = {1, 2, 3, 4, 5, 6, 7, 8};
    struct measurement measurement;
    fill(&measurement, seconds, 8);
    for (int i = 0; i < 7; i++) measurement.fates[i] = SAMPLE_SWITCHED;
    measurement_judge(&measurement, false);
    cr_expect(eq(sz, measurement.summary.count, 1), "while measuring goes on they are held against it");
    measurement_judge(&measurement, true);
    cr_expect(measurement.disturbed);
    cr_expect(eq(sz, measurement.summary.count, 8));
    cr_expect(eq(dbl, measurement.summary.median, 4.5));
    measurement_destroy(&measurement);
}

Test(bench_measure, a_pair_is_dropped_as_one)
{
    static const double first[] = {1, 1, 1, 1, 1, 1, 1, 1}, second[] = {2, 2, 2.1, 1.9, 2, 2, 80, 2.1};
    struct pair_measurement pair;
    cr_assert(eq(int, pair_measurement_create(&pair).code, STATUS_OK));
    for (size_t i = 0; i < 8; i++) {
        pair.first.seconds[i] = first[i];
        pair.second.seconds[i] = second[i];
        pair.first.fates[i] = i == 0 ? SAMPLE_SWITCHED : SAMPLE_KEPT;
        pair.second.fates[i] = i == 1 ? SAMPLE_STOLEN : SAMPLE_KEPT;
    }
    pair.first.count = pair.second.count = 8;
    pair_measurement_judge(&pair, true);
    cr_expect(eq(sz, pair.ratio_count, 5), "two disturbed, one outlier");
    cr_expect(eq(sz, pair.first.summary.count, 5));
    cr_expect(eq(sz, pair.second.summary.count, 5));
    cr_expect(eq(dbl, pair.ratio.median, 2));
    for (size_t i = 0; i < 8; i++) cr_expect(eq(int, (int)pair.first.fates[i], (int)pair.second.fates[i]));
    pair_measurement_destroy(&pair);
}

Test(bench_measure, settled_is_ten_samples_and_the_error)
{
    struct samples_summary summary = {.count = 10, .relative_error = 0.005};
    cr_expect(summary_is_settled(&summary, 0.005));
    cr_expect(not(summary_is_settled(&summary, 0.0049)));
    summary.relative_error = NAN;
    cr_expect(not(summary_is_settled(&summary, 0.005)));
    summary = (struct samples_summary){.count = 9, .relative_error = 0};
    cr_expect(not(summary_is_settled(&summary, 0.005)));
}

// ---- loops -----------------------------------------------------------------------------------------------------

// Work that only counts how often it was done.
struct counted {
    int runs, finishes, fails_at; // fails_at: this finish fails
    long nanoseconds;             // slept by each run
};

static void run_counted(void *context)
{
    struct counted *counted = context;
    const struct timespec pause = {.tv_nsec = counted->nanoseconds};
    counted->runs++;
    if (counted->nanoseconds > 0) nanosleep(&pause, NULL);
}

static struct status finish_counted(void *context)
{
    struct counted *counted = context;
    if (++counted->finishes == counted->fails_at) return status_error(STATUS_DEVICE, "made to fail");
    return status_ok();
}

static struct subject subject_of(struct counted *counted)
{
    return (struct subject){run_counted, finish_counted, counted};
}

Test(bench_measure, three_samples_at_least_and_no_more_when_time_is_over)
{
    const struct measure_limits limits = {.seconds = 0, .relative_error = 0, .sample_seconds = 1e-9};
    struct counted counted = {.nanoseconds = 1000};
    const struct subject subject = subject_of(&counted);
    struct measurement measurement;
    cr_assert(eq(int, measure_warm(&subject, &limits, &measurement).code, STATUS_OK));
    cr_expect(eq(sz, measurement.count, 3));
    cr_expect(eq(int, measurement.repeats, 1));
    cr_expect(eq(int, counted.runs, 5), "a warm-up, one to find the repeats, and three");
    cr_expect(not(measurement.settled));
    measurement_destroy(&measurement);
    counted = (struct counted){0};
    cr_assert(eq(int, measure_cold(&subject, &limits, 1 << 20, 2, &measurement).code, STATUS_OK));
    cr_expect(eq(sz, measurement.count, 3));
    cr_expect(eq(int, counted.runs, 4), "a warm-up and three single runs");
    measurement_destroy(&measurement);
}

Test(bench_measure, short_work_is_repeated_within_a_sample)
{
    const struct measure_limits limits = {.seconds = 0, .relative_error = 0, .sample_seconds = 2e-3};
    struct counted counted = {0};
    const struct subject subject = subject_of(&counted);
    struct measurement measurement;
    cr_assert(eq(int, measure_warm(&subject, &limits, &measurement).code, STATUS_OK));
    cr_expect(measurement.repeats > 100, "%d repeats of nothing last 2 ms", measurement.repeats);
    cr_expect(counted.runs >= 3 * measurement.repeats);
    measurement_destroy(&measurement);
}

Test(bench_measure, sample_count_has_a_limit)
{
    const struct measure_limits limits = {.seconds = 60, .relative_error = 0, .sample_seconds = 1e-9};
    struct counted counted = {0};
    const struct subject subject = subject_of(&counted);
    struct measurement measurement;
    cr_assert(eq(int, measure_warm(&subject, &limits, &measurement).code, STATUS_OK));
    cr_expect(measurement.count <= MEASURE_SAMPLE_LIMIT);
    measurement_destroy(&measurement);
}

Test(bench_measure, pairs_take_turns)
{
    const struct measure_limits limits = {.seconds = 0, .relative_error = 0, .sample_seconds = 1e-9};
    struct counted first = {.nanoseconds = 1000}, second = {.nanoseconds = 1000};
    const struct subject a = subject_of(&first), b = subject_of(&second);
    struct pair_measurement pair;
    cr_assert(eq(int, measure_pairs(&a, &b, &limits, &pair).code, STATUS_OK));
    cr_expect(eq(sz, pair.first.count, 3));
    cr_expect(eq(sz, pair.second.count, 3));
    cr_expect(eq(int, first.runs, 8), "two to find the repeats, and two for each of three samples");
    cr_expect(eq(int, second.runs, 8));
    cr_expect(pair.ratio_count >= 1);
    pair_measurement_destroy(&pair);
}

Test(bench_measure, errors_of_the_subject_come_back)
{
    const struct measure_limits limits = {.seconds = 1, .relative_error = 0, .sample_seconds = 1e-9};
    struct counted other = {0};
    for (int at = 1; at <= 6; at++) {
        struct counted counted = {.fails_at = at, .nanoseconds = 1000};
        const struct subject subject = subject_of(&counted), right = subject_of(&other);
        struct measurement measurement;
        struct pair_measurement pair;
        cr_expect(eq(int, measure_warm(&subject, &limits, &measurement).code, STATUS_DEVICE), "finish %d", at);
        counted.finishes = 0;
        cr_expect(eq(int, measure_cold(&subject, &limits, 4096, 1, &measurement).code, STATUS_DEVICE), "finish %d", at);
        counted.finishes = 0;
        cr_expect(eq(int, measure_pairs(&right, &subject, &limits, &pair).code, STATUS_DEVICE), "finish %d", at);
    }
}

Test(bench_measure, an_interrupt_ends_it)
{
    const struct measure_limits limits = {.seconds = 60, .relative_error = 0, .sample_seconds = 1e-9};
    struct counted counted = {.nanoseconds = 1000};
    const struct subject subject = subject_of(&counted);
    struct measurement measurement;
    interrupt_install();
    raise(SIGINT);
    cr_expect(eq(int, measure_warm(&subject, &limits, &measurement).code, STATUS_INTERRUPTED));
    cr_expect(counted.runs < 10);
}

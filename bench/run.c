// run.c: see run.h. Tests: tests/bench_run_test.c.
#include "bench/run.h"

#include <stdlib.h>

#include "base/interrupt.h"
#include "base/log.h"
#include "base/machine.h"

enum { SELF_CASES = 3 }; // measured against themselves

static struct status measure_cases(const struct bench_run *run, struct bench *bench, struct bench_results *results)
{
    struct status status = status_ok();
    struct progress *progress = progress_create("bench", "cases", (double)run->cases->count);
    for (size_t i = 0; i < run->cases->count && status.code == STATUS_OK; i++) {
        struct case_result *result = &results->cases[i];
        progress_set_text(progress, run->cases->items[i].bench_case.name);
        progress_update(progress, (double)i);
        status = interrupt_status();
        if (status.code == STATUS_OK) status = bench_measure_case(bench, &run->cases->items[i], result);
        if (status.code != STATUS_OK) {
            case_result_destroy(result);
            break;
        }
        results->case_count++;
        if (run->case_done != NULL) run->case_done(run->context, result, i > 0 ? result - 1 : NULL);
    }
    progress_destroy(progress);
    return status;
}

// Right cases from the beginning, the middle and the end of the list.
static struct status measure_noise(struct bench *bench, struct bench_results *results)
{
    double *ratios = NULL;
    size_t count = 0, cases = 0;
    struct status status = status_ok();
    for (size_t i = 0; i < SELF_CASES && status.code == STATUS_OK; i++) {
        const struct case_result *result =
            &results->cases[(2 * i + 1) * results->case_count / ((size_t)2 * SELF_CASES)];
        if (!result->check.right) continue;
        status = bench_measure_self(bench, &result->listed, &ratios, &count);
        cases++;
    }
    if (status.code == STATUS_OK) results->noise = noise_floor_of(ratios, count, cases);
    free(ratios);
    return status;
}

static struct status compare(const struct bench_run *run, const json_t *document, struct bench *bench,
                             struct bench_results *results)
{
    struct comparison *comparison = calloc(1, sizeof *comparison);
    if (comparison == NULL) return status_error(STATUS_NO_MEMORY, "--compare: out of memory");
    struct status status = comparison_make(run->compare, document, bench, results->cases, results->case_count,
                                           &results->noise, comparison);
    if (status.code == STATUS_OK)
        results->comparison = comparison;
    else
        free(comparison);
    return status;
}

// The earlier run is read first: minutes of measuring should not end in a file that cannot be read.
struct status bench_run(const struct bench_run *run, struct bench_results *results)
{
    const double begun_seconds = clock_seconds();
    struct bench *bench = NULL;
    json_t *earlier = NULL;
    *results = (struct bench_results){.device = run->bench.device,
                                      .algorithm = run->algorithm,
                                      .time_limit_seconds = run->bench.time_limit_seconds,
                                      .list = run->cases,
                                      .before = machine_state_read(),
                                      .cases = calloc(run->cases->count + 1, sizeof *results->cases)};
    for (int i = 0; i < RIVAL_COUNT; i++) results->rivals[i] = run->bench.rivals[i];
    struct status status = status_ok();
    if (results->cases == NULL) status = status_error(STATUS_NO_MEMORY, "bench: out of memory");
    if (status.code == STATUS_OK && run->compare != NULL)
        status = comparison_load(run->compare, run->bench.device, &earlier);
    if (status.code == STATUS_OK) status = bench_open(&run->bench, &bench);
    if (status.code != STATUS_OK) goto done;
    results->ceilings = *bench_ceilings(bench);
    if (run->begun != NULL) run->begun(run->context, &results->ceilings);
    status = measure_cases(run, bench, results);
    if (status.code == STATUS_OK) status = measure_noise(bench, results);
    if (status.code == STATUS_OK && earlier != NULL) status = compare(run, earlier, bench, results);
    results->after = machine_state_read();
    results->total_seconds = clock_seconds() - begun_seconds;
done:
    json_decref(earlier);
    bench_close(bench);
    return status;
}

void bench_results_destroy(struct bench_results *results)
{
    for (size_t i = 0; i < results->case_count; i++) case_result_destroy(&results->cases[i]);
    free(results->cases);
    if (results->comparison != NULL) comparison_destroy(results->comparison);
    free(results->comparison);
    *results = (struct bench_results){.case_count = 0};
}

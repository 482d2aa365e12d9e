// results_table.c: the results for people, at most 80 columns. Tests: tests/bench_results_test.c, tests/cli_bench_test.c.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/machine.h"
#include "bench/results.h"
#include "kernels/vendor/vendor.h"

// ---- title -----------------------------------------------------------------------------------------------------

static void print_vendor(const struct bench_request *request)
{
    char text[78];
    const struct vendor *vendor = vendor_available();
    if (!request->rivals[RIVAL_VENDOR] || vendor == NULL) return;
    vendor->describe(text, sizeof text);
    printf("vendor: %s\n", text);
}

void results_print_title(const struct bench_request *request, const char *device, int threads,
                         const struct ceilings *ceilings)
{
    char cpu[60];
    machine_cpu_name(cpu, sizeof cpu);
    printf("%s, %d threads, %s\n", device, threads, cpu);
    printf("ceilings: %.1f Gflop/s fp32 (%s)", ceilings->fma_fp32 / 1e9, ceilings->fma_kind);
    if (ceilings->fma_bf16 > 0) printf(", %.1f bf16", ceilings->fma_bf16 / 1e9);
    printf(", %.1f GB/s copied\n", ceilings->copy_bandwidth / 1e9);
    print_vendor(request);
    printf("us: median of a warm run; err: half its 95 %% interval; bound: share of the\n"
           "bound reached, a(rithmetic) or m(emory)%s\n",
           request->rivals[RIVAL_VENDOR]      ? "; ratio: vendor's time / ours"
           : request->rivals[RIVAL_REFERENCE] ? "; ratio: reference's / ours"
                                              : "");
}

// ---- one case --------------------------------------------------------------------------------------------------

// The columns before the numbers hold two blanks and "3x3/1 32x32 16>32 n128 coef+add+mask+sums"; all are 79.
enum { NAME_COLUMNS = 43 };

static void print_heading(const struct case_result *result)
{
    printf("\n%-*s %8s %5s %8s %5s  ratio\n", NAME_COLUMNS, operation_name(result->listed.bench_case.operation), "us",
           "err", "cold us", "bound");
}

static void print_ratio(const struct case_result *result)
{
    for (int i = 0; i < RIVAL_COUNT; i++)
        if (result->rivals[i].measured) {
            const double ratio = result->rivals[i].pair.ratio.median;
            printf(" %6.*f", ratio < 100 ? 2 : 0, ratio);
            return;
        } else if (result->rivals[i].does != NULL && !result->rivals[i].check.right) {
            printf("  wrong");
            return;
        }
}

static void print_microseconds(double seconds)
{
    printf(" %8.*f", seconds < 0.1 ? 1 : 0, seconds * 1e6);
}

static void print_times(const struct case_result *result)
{
    const struct samples_summary *warm = &result->warm.summary, *cold = &result->cold.summary;
    char error[16] = "?";
    if (warm->relative_error < 1)
        snprintf(error, sizeof error, "%.1f%%", 100 * warm->relative_error);
    else if (isfinite(warm->relative_error))
        snprintf(error, sizeof error, ">100%%");
    print_microseconds(warm->median);
    printf(" %5s", error);
    print_microseconds(cold->median);
    printf(" %3.0f%%%c", fmin(100 * result->bound_seconds / warm->median, 999), result->memory_bound ? 'm' : 'a');
    print_ratio(result);
    printf("\n");
}

// What was dropped, where it is more than a tenth; and a case that never came to rest.
static void print_remarks(const struct case_result *result)
{
    const struct measurement *warm = &result->warm;
    size_t dropped = 0;
    for (int i = 0; i < SAMPLE_FATES; i++) dropped += warm->dropped[i];
    if (warm->disturbed)
        printf("    disturbed throughout: no sample is dropped for it\n");
    else if (10 * dropped > warm->count)
        printf("    dropped %zu of %zu samples: %zu switched, %zu stolen, %zu outliers\n", dropped, warm->count,
               warm->dropped[SAMPLE_SWITCHED], warm->dropped[SAMPLE_STOLEN], warm->dropped[SAMPLE_OUTLIER]);
}

void results_print_case(const struct case_result *result, const struct case_result *before)
{
    const struct bench_case *bench_case = &result->listed.bench_case;
    char name[CASE_NAME_SIZE];
    if (before == NULL || before->listed.bench_case.operation != bench_case->operation) print_heading(result);
    snprintf(name, sizeof name, "%s %s", bench_case->shape, bench_case->options);
    printf("  %-*s", NAME_COLUMNS - 2, name);
    if (!result->check.right) {
        printf(" WRONG: error %.2g in %s\n", result->check.error, result->check.field);
        return;
    }
    print_times(result);
    print_remarks(result);
}

// ---- the end ---------------------------------------------------------------------------------------------------

static void print_rival(const struct bench_results *results, enum bench_rival rival)
{
    const struct rival_summary summary = results_summarise_rival(results, rival);
    if (summary.cases == 0) return;
    printf("%s / ours over %zu cases: geometric mean %.2f, lower quartile %.2f,\n  median %.2f, smallest %.2f\n",
           bench_rival_names[rival], summary.cases, summary.geometric_mean, summary.lower_quartile, summary.median,
           summary.smallest);
}

static void print_comparison(const struct comparison *comparison)
{
    static const char *const words[] = {"same", "faster", "SLOWER", "slower once, not when measured again"};
    printf("compared with %s: %zu cases, %zu slower by more than %.1f %%\n", comparison->path, comparison->count,
           comparison->regressions, 100 * comparison->floor);
    printf("  the machine itself, now / then: FMA rate %.3f, copy bandwidth %.3f\n", comparison->fma_ratio,
           comparison->copy_ratio);
    for (size_t i = 0; i < comparison->count; i++) {
        const struct compared_case *compared = &comparison->cases[i];
        if (compared->verdict != COMPARISON_SAME)
            printf("  %s\n    %.1f -> %.1f us, %.3f: %s\n", compared->name, compared->before.median * 1e6,
                   compared->now.median * 1e6, compared->ratio, words[compared->verdict]);
    }
}

// Where the machine did not stand still, so that shares of bounds hold for their own moment.
static void print_rates(const struct bench_results *results)
{
    double lowest = results->ceilings.fma_fp32, highest = lowest;
    for (size_t i = 0; i < results->case_count; i++) {
        lowest = fmin(lowest, results->cases[i].fma_rate);
        highest = fmax(highest, results->cases[i].fma_rate);
    }
    if (highest > 1.1 * lowest)
        printf("the FMA rate moved between %.1f and %.1f Gflop/s; a case's bound uses the\n  rate measured around it\n",
               lowest / 1e9, highest / 1e9);
}

void results_print_end(const struct bench_results *results)
{
    const struct noise_floor *noise = &results->noise;
    const size_t wrong = results_count_wrong(results);
    printf("\n%zu cases in %.0f s", results->case_count, results->total_seconds);
    if (wrong > 0) printf(", %zu WRONG", wrong);
    printf("; load %.2f -> %.2f\n", results->before.load[0], results->after.load[0]);
    if (noise->pairs > 0)
        printf("noise floor: a case against itself, %zu pairs: median %.3f, quartiles %.3f\n  and %.3f, 95 %% within "
               "%.3f .. %.3f\n",
               noise->pairs, noise->median, noise->first_quartile, noise->third_quartile, noise->low, noise->high);
    print_rates(results);
    for (int i = 0; i < RIVAL_COUNT; i++) print_rival(results, i);
    if (results->comparison != NULL) print_comparison(results->comparison);
}

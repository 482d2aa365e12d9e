// results_csv.c: a line per case (README.md). Tests: tests/bench_results_test.c.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/number.h"
#include "bench/results.h"

static const char header[] =
    "case,operation,shape,options,algorithm,multiply_fraction,flops,bytes,right,error,tolerance,seconds,"
    "relative_error,first_quartile,third_quartile,samples,switched,stolen,outliers,disturbed,cold_seconds,"
    "cold_first_quartile,cold_third_quartile,fma_rate,bound_seconds,bound,share_of_bound,share_of_bound_cold,"
    "share_of_direct_bound,flops_per_second,bytes_per_second,vendor_ratio,vendor_ratio_first_quartile,"
    "vendor_ratio_third_quartile,vendor_seconds,vendor_does,vendor_leaves_out,vendor_implementation,reference_ratio,"
    "reference_images\n";

// An unknown number is an empty field.
static void write_number(FILE *stream, double value)
{
    char text[32];
    number_format_double(value, text);
    fprintf(stream, ",%s", isfinite(value) ? text : "");
}

static void write_count(FILE *stream, size_t value)
{
    fprintf(stream, ",%zu", value);
}

// The library's own words may hold anything.
static void write_text(FILE *stream, const char *text)
{
    fputs(",\"", stream);
    for (; text != NULL && *text != '\0'; text++) {
        if (*text == '"') fputc('"', stream);
        fputc(*text, stream);
    }
    fputc('"', stream);
}

static void write_case(FILE *stream, const struct case_result *result)
{
    const struct bench_case *bench_case = &result->listed.bench_case;
    fprintf(stream, "%s,%s,%s,%s,%s", bench_case->name, operation_name(bench_case->operation), bench_case->shape,
            bench_case->options, result->algorithm.name);
    write_number(stream, result->algorithm.multiply_fraction);
    write_number(stream, result->cost.flops);
    write_number(stream, result->cost.bytes);
    fprintf(stream, ",%d", (int)result->check.right);
    write_number(stream, result->check.error);
    write_number(stream, result->check.tolerance);
}

// NaN, and so nothing in the file, where it was not measured.
static double known(const struct samples_summary *summary, double value)
{
    return summary->count > 0 ? value : NAN;
}

static void write_times(FILE *stream, const struct case_result *result)
{
    const struct samples_summary *warm = &result->warm.summary, *cold = &result->cold.summary;
    const double median = known(warm, warm->median), cold_median = known(cold, cold->median);
    write_number(stream, median);
    write_number(stream, known(warm, warm->relative_error));
    write_number(stream, known(warm, warm->first_quartile));
    write_number(stream, known(warm, warm->third_quartile));
    write_count(stream, warm->count);
    write_count(stream, result->warm.dropped[SAMPLE_SWITCHED]);
    write_count(stream, result->warm.dropped[SAMPLE_STOLEN]);
    write_count(stream, result->warm.dropped[SAMPLE_OUTLIER]);
    fprintf(stream, ",%d", (int)result->warm.disturbed);
    write_number(stream, cold_median);
    write_number(stream, known(cold, cold->first_quartile));
    write_number(stream, known(cold, cold->third_quartile));
    write_number(stream, result->fma_rate);
    write_number(stream, result->bound_seconds);
    fprintf(stream, ",%s", result->memory_bound ? "memory" : "arithmetic");
    write_number(stream, result->bound_seconds / median);
    write_number(stream, result->bound_seconds / cold_median);
    write_number(stream, result->direct_bound_seconds / median);
    write_number(stream, result->cost.flops / median);
    write_number(stream, result->cost.bytes / median);
}

static void write_rivals(FILE *stream, const struct case_result *result)
{
    const struct rival_result *vendor = &result->rivals[RIVAL_VENDOR];
    const struct rival_result *reference = &result->rivals[RIVAL_REFERENCE];
    const struct samples_summary *ratio = &vendor->pair.ratio, *reference_ratio = &reference->pair.ratio;
    write_number(stream, known(ratio, ratio->median));
    write_number(stream, known(ratio, ratio->first_quartile));
    write_number(stream, known(ratio, ratio->third_quartile));
    write_number(stream, known(ratio, vendor->pair.second.summary.median));
    write_text(stream, vendor->does);
    write_text(stream, vendor->leaves_out);
    write_text(stream, vendor->implementation);
    write_number(stream, known(reference_ratio, reference_ratio->median));
    if (reference->measured)
        write_count(stream, (size_t)reference->images);
    else
        fputc(',', stream);
    fputc('\n', stream);
}

struct status results_write_csv(const struct bench_results *results, const char *path)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    if (stream == NULL) return status_error(STATUS_NO_MEMORY, "write %s: out of memory", path);
    fputs(header, stream);
    for (size_t i = 0; i < results->case_count; i++) {
        write_case(stream, &results->cases[i]);
        write_times(stream, &results->cases[i]);
        write_rivals(stream, &results->cases[i]);
    }
    const bool complete = ferror(stream) == 0;
    struct status status = fclose(stream) == 0 && complete
                               ? file_write_atomic(path, text, size)
                               : status_error(STATUS_NO_MEMORY, "write %s: out of memory", path);
    free(text);
    return status;
}

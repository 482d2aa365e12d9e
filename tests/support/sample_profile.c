// sample_profile.c: see sample_profile.h.
#include "tests/support/sample_profile.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/run_folders.h"

static const char *either(const char *given, const char *otherwise)
{
    return given != NULL ? given : otherwise;
}

static json_t *row(const struct sample_profile *sample, const char *operation, double milliseconds, int calls)
{
    const double seconds = 1e-3 * milliseconds;
    return json_pack("{s:s, s:s, s:s, s:f, s:i, s:f, s:o, s:f, s:f, s:f, s:s}", "operation", operation, "shape",
                     either(sample->text, "3x3/1 32x32 16>16 n32"), "algorithm", either(sample->text, "direct"),
                     "multiply_fraction", 1.0, "calls", calls, "seconds", seconds, "one_thread_seconds",
                     sample->threads == 1 ? json_null() : json_real(1.5 * seconds), "flops", 5e11 * seconds, "bytes",
                     5e10 * seconds, "bound_seconds", 0.75 * seconds, "bound_by", "arithmetic");
}

// The others share 3.5 ms.
static json_t *rows(const struct sample_profile *sample)
{
    json_t *array = json_array();
    const int others = sample->operations == 0 ? 2 : sample->operations;
    for (int i = 0; i < others; i++) {
        char name[32];
        snprintf(name, sizeof name, "operation_%d", i);
        json_array_append_new(array, row(sample, name, 3.5 / others, 1));
    }
    json_array_append_new(array, row(sample, either(sample->operation, "conv_forward"), 6, 8));
    return array;
}

void sample_profile_write(const char *folder, const struct sample_profile *sample)
{
    const int others = sample->operations == 0 ? 2 : sample->operations;
    json_t *ceilings =
        json_pack("{s:s, s:f, s:n, s:f, s:f}", "instructions", either(sample->text, "AVX2"), "fma_fp32_gflops", 700.0,
                  "fma_bf16_gflops", "copy_gigabytes_per_second", 70.0, "copy_megabytes", 134.0);
    json_t *step =
        json_pack("{s:i, s:i, s:i, s:f, s:f, s:o, s:f, s:f, s:f}", "images", 32, "calls", 8 + others, "steps_measured",
                  50, "seconds", 0.01, "kernel_seconds", 0.0095, "one_thread_seconds",
                  sample->threads == 1 ? json_null() : json_real(0.015), "images_per_second", 3200.0,
                  "processor_percent", sample->processor_percent == 0 ? 99.0 : sample->processor_percent,
                  "fma_fp32_gflops_after", sample->fma_fp32_gflops_after == 0 ? 700.0 : sample->fma_fp32_gflops_after);
    json_t *root = json_pack("{s:i, s:s, s:s, s:s, s:i, s:i, s:i, s:s, s:{s:s}, s:i, s:s, s:o, s:o, s:o}", "format", 1,
                             "preset", "quick", "configuration_hash", either(sample->hash, SAMPLE_HASH), "method",
                             either(sample->method, either(sample->text, "FT")), "depth", 10, "widen", 1, "classes",
                             100, "measured", either(sample->text, "2026-01-31T12:00:00Z"), "environment", "backend",
                             either(sample->text, "cpu-avx2"), "threads", sample->threads == 0 ? 2 : sample->threads,
                             "precision", "fp32", "ceilings", ceilings, "step", step, "operations", rows(sample));
    cr_assert(ne(ptr, root, NULL));
    char *text = json_dumps(root, JSON_INDENT(2));
    cr_assert(ne(ptr, text, NULL));
    run_folders_write_file(folder, ".", "profile.json", text);
    free(text);
    json_decref(root);
}

// profile_json.c: see profile_json.h. Tests: tests/profile_test.c.
#include "bench/profile_json.h"

#include <math.h>

// null where there is no number.
static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *ceilings_to_json(const struct ceilings *ceilings)
{
    return json_pack("{s:s, s:o, s:o, s:o, s:o}", "instructions", ceilings->fma_kind, "fma_fp32_gflops",
                     number(ceilings->fma_fp32 / 1e9), "fma_bf16_gflops",
                     number(ceilings->fma_bf16 > 0 ? ceilings->fma_bf16 / 1e9 : NAN), "copy_gigabytes_per_second",
                     number(ceilings->copy_bandwidth > 0 ? ceilings->copy_bandwidth / 1e9 : NAN), "copy_megabytes",
                     number(ceilings->copy_megabytes));
}

static json_t *step_to_json(const struct profile *profile, int images)
{
    return json_pack("{s:i, s:i, s:i, s:o, s:o, s:o, s:o, s:o, s:o}", "images", images, "calls", profile->calls,
                     "steps_measured", profile->steps, "seconds", number(profile->step_seconds), "kernel_seconds",
                     number(profile->kernel_seconds), "one_thread_seconds", number(profile->one_thread_step_seconds),
                     "images_per_second", number(images / profile->step_seconds), "processor_percent",
                     number(100 * profile->processor_share), "fma_fp32_gflops_after",
                     number(profile->fma_fp32_after / 1e9));
}

static json_t *row_to_json(const struct profile_row *row)
{
    return json_pack("{s:s, s:s, s:s, s:o, s:i, s:o, s:o, s:o, s:o, s:o, s:s}", "operation",
                     operation_name(row->operation), "shape", row->shape, "algorithm", row->algorithm.name,
                     "multiply_fraction", number(row->algorithm.multiply_fraction), "calls", row->calls, "seconds",
                     number(row->seconds), "one_thread_seconds", number(row->one_thread_seconds), "flops",
                     number(row->cost.flops), "bytes", number(row->cost.bytes), "bound_seconds",
                     number(row->bound_seconds), "bound_by", row->memory_bound ? "memory" : "arithmetic");
}

json_t *profile_to_json(const struct profile *profile, int images)
{
    json_t *rows = json_array();
    for (int i = 0; i < profile->row_count; i++) json_array_append_new(rows, row_to_json(&profile->rows[i]));
    return json_pack("{s:i, s:s, s:o, s:o, s:o}", "threads", profile->threads, "precision",
                     profile->bf16 ? "bf16" : "fp32", "ceilings", ceilings_to_json(&profile->ceilings), "step",
                     step_to_json(profile, images), "operations", rows);
}

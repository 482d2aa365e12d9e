// profile_json.c: see profile_json.h. Tests: tests/profile_test.c.
#include "bench/profile_json.h"

#include <math.h>

#include "harness/json_text.h"

static json_t *ceilings_to_json(const struct ceilings *ceilings)
{
    return json_pack("{s:s, s:o, s:o, s:o, s:o}", "instructions", ceilings->fma_kind, "fma_fp32_gflops",
                     json_number(ceilings->fma_fp32 / 1e9), "fma_bf16_gflops",
                     json_number(ceilings->fma_bf16 > 0 ? ceilings->fma_bf16 / 1e9 : NAN), "copy_gigabytes_per_second",
                     json_number(ceilings->copy_bandwidth > 0 ? ceilings->copy_bandwidth / 1e9 : NAN), "copy_megabytes",
                     json_number(ceilings->copy_megabytes));
}

static json_t *step_to_json(const struct profile *profile, int images)
{
    return json_pack("{s:i, s:i, s:i, s:o, s:o, s:o, s:o, s:o, s:o}", "images", images, "calls", profile->calls,
                     "steps_measured", profile->steps, "seconds", json_number(profile->step_seconds), "kernel_seconds",
                     json_number(profile->kernel_seconds), "one_thread_seconds",
                     json_number(profile->one_thread_step_seconds), "images_per_second",
                     json_number(images / profile->step_seconds), "processor_percent",
                     json_number(100 * profile->processor_share), "fma_fp32_gflops_after",
                     json_number(profile->fma_fp32_after / 1e9));
}

static json_t *row_to_json(const struct profile_row *row)
{
    return json_pack("{s:s, s:s, s:s, s:o, s:i, s:o, s:o, s:o, s:o, s:o, s:s}", "operation",
                     operation_name(row->operation), "shape", row->shape, "algorithm", row->algorithm.name,
                     "multiply_fraction", json_number(row->algorithm.multiply_fraction), "calls", row->calls, "seconds",
                     json_number(row->seconds), "one_thread_seconds", json_number(row->one_thread_seconds), "flops",
                     json_number(row->cost.flops), "bytes", json_number(row->cost.bytes), "bound_seconds",
                     json_number(row->bound_seconds), "bound_by", row->memory_bound ? "memory" : "arithmetic");
}

json_t *profile_to_json(const struct profile *profile, int images)
{
    json_t *rows = json_array();
    for (int i = 0; i < profile->row_count; i++) json_array_append_new(rows, row_to_json(&profile->rows[i]));
    return json_pack("{s:i, s:s, s:o, s:o, s:o}", "threads", profile->threads, "precision",
                     profile->bf16 ? "bf16" : "fp32", "ceilings", ceilings_to_json(&profile->ceilings), "step",
                     step_to_json(profile, images), "operations", rows);
}

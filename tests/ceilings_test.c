// ceilings_test.c: that ceilings are numbers of the right kind, and what follows from them. How fast a machine is decides
// nothing here.
#include "bench/ceilings.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>

#include "base/machine.h"
#include "bench/fma_rate.h"

Test(ceilings, are_measured)
{
    const struct ceilings ceilings = ceilings_measure(1, 0.03);
    cr_expect(isfinite(ceilings.fma_fp32) && ceilings.fma_fp32 > 1e6, "%g flop/s", ceilings.fma_fp32);
    cr_expect(isfinite(ceilings.copy_bandwidth) && ceilings.copy_bandwidth > 1e6, "%g byte/s", ceilings.copy_bandwidth);
    cr_expect(eq(int, ceilings.fma_bf16 > 0, machine_has_avx512_bf16()));
    cr_expect(ceilings.copy_megabytes >= 1, "%g MB", ceilings.copy_megabytes);
}

// Every loop does the rounds it is asked for: the sums move towards the fixed point of x = 0.999 x + 0.001, which is 1.
Test(ceilings, loops_compute)
{
    const struct fma_rate fp32 = fma_rate_fp32(), bf16 = fma_rate_bf16();
    const float early = fp32.loop(1), late = fp32.loop(100000);
    cr_expect(fabsf(late) < fabsf(early), "%s: %g after one round, %g after many", fp32.kind, early, late);
    cr_expect(fp32.flops_per_round >= 2);
    if (bf16.loop == NULL) return;
    cr_expect(gt(flt, bf16.loop(1000), bf16.loop(10)), "%s: products are positive", bf16.kind);
}

Test(ceilings, bound_is_the_longer_of_arithmetic_and_memory)
{
    const struct ceilings ceilings = {.fma_fp32 = 100, .fma_bf16 = 200, .copy_bandwidth = 10};
    const struct operation_cost arithmetic = {1000, 10}, memory = {10, 1000};
    cr_expect(eq(dbl, ceilings_bound_seconds(&ceilings, arithmetic, 1, false), 10));
    cr_expect(eq(dbl, ceilings_bound_seconds(&ceilings, arithmetic, 1, true), 5));
    cr_expect(eq(dbl, ceilings_bound_seconds(&ceilings, arithmetic, 0.25, false), 2.5));
    cr_expect(eq(dbl, ceilings_bound_seconds(&ceilings, memory, 0.25, false), 100));
    const struct ceilings no_bf16 = {.fma_fp32 = 100, .copy_bandwidth = 10};
    cr_expect(eq(dbl, ceilings_bound_seconds(&no_bf16, arithmetic, 1, true), 10), "the rate that there is");
}

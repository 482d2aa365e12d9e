// ceilings.h: what this machine can do at most, measured on the spot: multiply-adds from registers, and copying through
// memory. The yardstick of bench and profile. Knows nothing of operations but their cost.
#ifndef BENCH_CEILINGS_H
#define BENCH_CEILINGS_H

#include "bench/cost.h"

struct ceilings {
    double fma_fp32;       // flop/s over all threads, a multiply-add counted as two
    double fma_bf16;       // the same with bfloat16 factors and float32 sums; 0 where the machine lacks it
    double copy_bandwidth; // byte/s, read and written together, from memory larger than the last cache; 0: no memory
    const char *fma_kind;  // "AVX-512", "AVX2", "portable": the widest instructions this machine has
    double copy_megabytes; // size of both arrays of the copy
};

// Takes about `seconds` (0.3 is enough on a quiet machine) and reports the best of many short samples: what disturbs a
// sample can only lower it.
struct ceilings ceilings_measure(int threads, double seconds);

// The FMA rate alone, fp32: where machines are shared it moves within seconds, so that what is measured between two of these
// is better held against them than against one of minutes ago.
double ceilings_measure_fma(int threads, double seconds);

// Seconds that the operation needs at least: the larger of arithmetic at the FMA rate, with `multiply_fraction` of the
// definition's multiplications (device_algorithm), and memory traffic at the copy bandwidth. Where all tensors fit the
// cache a kernel may beat it. `bf16`: activations are bfloat16, so that rate counts where the machine has it.
double ceilings_bound_seconds(const struct ceilings *ceilings, struct operation_cost cost, double multiply_fraction,
                              bool bf16);

#endif

// fma_rate.h: loops of multiply-adds on registers alone, one per instruction set. Internal to bench/.
#ifndef BENCH_FMA_RATE_H
#define BENCH_FMA_RATE_H

// Runs `rounds` rounds on this thread and returns a number that depends on all of them, so that none can be left out.
typedef float fma_loop(long rounds);

struct fma_rate {
    const char *kind;
    fma_loop *loop;
    double flops_per_round;
};

struct fma_rate fma_rate_fp32(void); // the widest this machine can run
struct fma_rate fma_rate_bf16(void); // loop NULL: none

#endif

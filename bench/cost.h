// cost.h: what an operation must do by its definition: arithmetic and memory traffic, counted from its settings alone.
// A fact about the operation, not about a kernel: every backend and every algorithm is measured against the same count.
#ifndef BENCH_COST_H
#define BENCH_COST_H

#include "kernels/kernels.h"

struct operation_cost {
    double flops; // a multiply-add is two; convolutions count their taps, those on the padding included, and no
                  // prologue or epilogue; the rest counts every operation of the formula, a root or exponential as one
    double bytes; // each tensor read once and each written once, also where both are the same memory; of a strided 1x1
                  // convolution's input only the positions that it looks at
};

// The cost of one call. `kernels` says how large an activation and a statistics record are.
struct operation_cost operation_cost(const struct kernels *kernels, enum operation operation, const void *settings);

// The shape in short: "3x3/1 32x32 32>64 n128" (kernel/stride, height x width of the input, channels in > out, images);
// "32x32 c64 n128", "c64", "128>100 n32", "2248484 values", ... Runs beyond one are added as " r3". Cut to `size`.
void operation_shape_text(enum operation operation, const void *settings, char *text, size_t size);

#endif

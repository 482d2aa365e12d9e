// cpu.h: the CPU backends: one source, compiled per instruction set, chosen at run time by registry.c.
#ifndef KERNELS_CPU_CPU_H
#define KERNELS_CPU_CPU_H

#include "kernels/kernels.h"

extern const struct kernels kernels_cpu_portable;    // any processor the compiler targets
extern const struct kernels kernels_cpu_avx2;        // AVX2 and FMA
extern const struct kernels kernels_cpu_avx512;      // AVX-512 F, BW, DQ, VL
extern const struct kernels kernels_cpu_avx512_bf16; // the same with BF16: activations in bfloat16

// Operations that are the same for every instruction set: bound by memory, or over a few values per channel.
void adamw_update_cpu(struct device *device, const void *settings);
void augmix_loss_cpu(struct device *device, const void *settings);
void batch_gather_cpu(struct device *device, const void *settings);
void batchnorm_finalise_cpu(struct device *device, const void *settings);
void sgd_update_cpu(struct device *device, const void *settings);
void softmax_cross_entropy_cpu(struct device *device, const void *settings);

// One channel's statistics record: sums in double. sum of x and of x * x behind a convolution; of g and of g * x behind a
// masked gradient. In double, E[x^2] - mean^2 loses (mean / deviation)^2 * 1e-16 of the variance: 3e-12 for the golden
// offset case (mean 8, deviation 0.05), which float32 sums fail altogether.
struct channel_sums {
    double first, second;
};

// total (runs x channels) = partial (runs x images x channels) summed over images, in their order.
void channel_sums_reduce(int runs, int images, int channels, const struct channel_sums *partial,
                         struct channel_sums *total);

#endif

// cost_augmentation.h: what AugMix and the augmentation model's operations cost, for cost.c.
#ifndef BENCH_COST_AUGMENTATION_H
#define BENCH_COST_AUGMENTATION_H

#include "bench/cost.h"

// As operation_cost; 0 flops and bytes for operations that are not of this file.
struct operation_cost augmentation_cost(const struct kernels *kernels, enum operation operation, const void *settings);

#endif

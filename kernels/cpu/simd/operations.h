// operations.h: the operations this folder implements once per instruction set.
#ifndef KERNELS_CPU_SIMD_OPERATIONS_H
#define KERNELS_CPU_SIMD_OPERATIONS_H

#include "kernels/cpu/simd/vector.h"
#include "kernels/kernels.h"

void ISA_NAME(batch_load)(struct device *device, const void *settings);
void ISA_NAME(image_normalise)(struct device *device, const void *settings);
void ISA_NAME(conv_forward)(struct device *device, const void *settings);
void ISA_NAME(conv_backward_data)(struct device *device, const void *settings);
void ISA_NAME(conv_backward_filter)(struct device *device, const void *settings);
void ISA_NAME(residual_join)(struct device *device, const void *settings);
void ISA_NAME(pool_forward)(struct device *device, const void *settings);
void ISA_NAME(pool_backward)(struct device *device, const void *settings);
void ISA_NAME(linear_forward)(struct device *device, const void *settings);
void ISA_NAME(linear_backward)(struct device *device, const void *settings);

#endif

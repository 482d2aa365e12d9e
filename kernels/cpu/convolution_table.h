// convolution_table.h: which algorithm serves which convolution. A static table: nothing measured at run time changes
// bits.
#ifndef KERNELS_CPU_CONVOLUTION_TABLE_H
#define KERNELS_CPU_CONVOLUTION_TABLE_H

#include "kernels/kernels.h"

// In run.json and in the configuration hash; raised with every change of the table that moves more than rounding.
#define CONVOLUTION_TABLE_VERSION "fp32-2"
#define CONVOLUTION_TABLE_VERSION_BF16 "bf16-1"

// m of F(m x m, 3 x 3), or 0 for the direct algorithm. Winograd needs a 3x3 filter, stride 1 and channels that are
// multiples of `lanes`, the width of the instruction set.
int convolution_winograd_outputs(const struct device *device, enum operation operation, const struct conv_shape *shape,
                                 int lanes);

// The same for any operation's settings, as device_algorithm() tells it.
struct algorithm convolution_algorithm(const struct device *device, enum operation operation, const void *settings,
                                       int lanes);

#endif

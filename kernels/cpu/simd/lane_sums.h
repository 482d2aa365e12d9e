// lane_sums.h: one statistics record for each of LANES channels, kept in registers while a kernel runs over pixels.
#ifndef KERNELS_CPU_SIMD_LANE_SUMS_H
#define KERNELS_CPU_SIMD_LANE_SUMS_H

#include "kernels/cpu/cpu.h"
#include "kernels/cpu/simd/vector.h"

// Two sums per channel for LANES channels, in double: half a vector of channels each.
struct lane_sums {
    vector_double first[2], second[2];
};

static inline void lane_sums_add(struct lane_sums *sums, vector value, vector factor)
{
    for (int half = 0; half < 2; half++) {
        vector_double wide = vector_widen(value, half);
        sums->first[half] += wide;
        sums->second[half] = vector_double_fma(wide, vector_widen(factor, half), sums->second[half]);
    }
}

static inline void lane_sums_store(const struct lane_sums *lanes, struct channel_sums *sums)
{
    for (int half = 0; half < 2; half++)
        for (int l = 0; l < LANES / 2; l++)
            sums[half * (LANES / 2) + l] = (struct channel_sums){lanes->first[half][l], lanes->second[half][l]};
}

#endif

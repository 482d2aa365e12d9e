// numbers.cuh: what every kernel does with activations: eight channels at a time between memory (bfloat16) and registers
// (float32), batch norm's prologue and its backward in the one rounding that kernels.h fixes, sums over a block.
#ifndef KERNELS_CUDA_NUMBERS_CUH
#define KERNELS_CUDA_NUMBERS_CUH

#include "kernels/cuda/launch.h"

typedef uint16_t bf16; // as stored

enum { WARP = 32 };

struct float8 {
    float value[8];
};

DEVICE float bf16_value(bf16 stored)
{
    return bf16_low(stored);
}

DEVICE bf16 bf16_round(float value)
{
    return (bf16)bf16_pack(value, 0);
}

DEVICE float8 unpack8(uint4 packed)
{
    return float8{{bf16_low(packed.x), bf16_high(packed.x), bf16_low(packed.y), bf16_high(packed.y), bf16_low(packed.z),
                   bf16_high(packed.z), bf16_low(packed.w), bf16_high(packed.w)}};
}

DEVICE uint4 pack8(const float8 &v)
{
    uint4 packed;
    packed.x = bf16_pack(v.value[0], v.value[1]);
    packed.y = bf16_pack(v.value[2], v.value[3]);
    packed.z = bf16_pack(v.value[4], v.value[5]);
    packed.w = bf16_pack(v.value[6], v.value[7]);
    return packed;
}

// The first `valid` of eight channels from `from`, the rest zero. `wide`: all eight are there and 16-byte aligned, which
// is so for all channels or none (channels % 8 == 0).
DEVICE uint4 load_channels(const bf16 *from, int valid, bool wide)
{
    if (wide) return load_16(from);
    uint32_t word[4] = {0, 0, 0, 0};
#pragma unroll
    for (int i = 0; i < 8; i++)
        if (i < valid) word[i / 2] |= (uint32_t)from[i] << i % 2 * 16;
    uint4 packed;
    packed.x = word[0];
    packed.y = word[1];
    packed.z = word[2];
    packed.w = word[3];
    return packed;
}

DEVICE void store_channels(bf16 *to, uint4 packed, int valid, bool wide)
{
    if (wide) {
        store_16(to, packed);
        return;
    }
    const uint32_t word[4] = {packed.x, packed.y, packed.z, packed.w};
#pragma unroll
    for (int i = 0; i < 8; i++)
        if (i < valid) to[i] = (bf16)(word[i / 2] >> i % 2 * 16);
}

// Eight of a run's constants, zeros behind the `valid` first. No alignment is promised.
DEVICE float8 load_constants(const float *from, int valid)
{
    float8 v;
#pragma unroll
    for (int i = 0; i < 8; i++) v.value[i] = i < valid ? from[i] : 0;
    return v;
}

DEVICE float relu(float value)
{
    return value <= 0 ? 0 : value; // NaN stays NaN
}

DEVICE const float *part_of_run(const per_run &array, unsigned run)
{
    return array.data == NULL ? NULL : array.data + (size_t)run * array.stride;
}

DEVICE float *part_of_run_out(const per_run &array, unsigned run)
{
    return array.data == NULL ? NULL : array.data + (size_t)run * array.stride;
}

// ---- sums over warps and blocks, in an order that only the shape gives --------------------------------------------

template <class T> DEVICE T warp_sum(T value)
{
#pragma unroll
    for (unsigned lanes = WARP / 2; lanes > 0; lanes /= 2) value += warp_shuffle_xor(value, lanes);
    return value;
}

// The sum over all threads, for all of them. `space`: a double for each warp; free again at the next barrier.
DEVICE double block_sum(double value, double *space)
{
    value = warp_sum(value);
    if (threadIdx.x % WARP == 0) space[threadIdx.x / WARP] = value;
    block_barrier();
    double sum = 0;
    for (unsigned i = 0; i < blockDim.x / WARP; i++) sum += space[i];
    block_barrier();
    return sum;
}

// True for the last of `blocks` blocks to come here, which then sees what all of them stored before. `counter` is zero
// again afterwards. `flag` lies in shared memory.
DEVICE bool block_is_last(uint32_t *counter, uint32_t blocks, uint32_t *flag)
{
    block_barrier();
    if (threadIdx.x == 0) {
        device_fence();
        uint32_t before = atomic_add(counter, 1);
        device_fence();
        *flag = before == blocks - 1;
        if (before == blocks - 1) *counter = 0;
    }
    block_barrier();
    return *flag != 0;
}

#endif

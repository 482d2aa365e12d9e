// channel_sums.cuh: the statistics behind a kernel that stores activations: two sums per channel. Every block leaves its
// sums in a slot of its own; the last block to finish adds the slots up, in double and in the order of tiles, and writes
// the records. So bits hang on the shape alone, nothing has to be cleared before, and there is no further launch.
#ifndef KERNELS_CUDA_CHANNEL_SUMS_CUH
#define KERNELS_CUDA_CHANNEL_SUMS_CUH

#include "kernels/cuda/numbers.cuh"

struct channel_sums {
    float first[8], second[8];
};

DEVICE channel_sums channel_sums_zero()
{
    channel_sums s;
#pragma unroll
    for (int i = 0; i < 8; i++) s.first[i] = s.second[i] = 0;
    return s;
}

DEVICE void channel_sums_add(channel_sums &s, const float8 &value, const float8 &factor)
{
#pragma unroll
    for (int i = 0; i < 8; i++) {
        s.first[i] += value.value[i];
        s.second[i] = fmaf(value.value[i], factor.value[i], s.second[i]);
    }
}

// Sixteen rows, each four banks further than the one before: eight channels' lanes meet different banks.
BOTH_SIDES unsigned channel_sums_space(unsigned threads)
{
    return 16 * (threads + 4);
}

// Thread t holds the sums of channels 8 * (t % groups) and the next seven, of `threads` threads, a multiple of groups.
//   space  channel_sums_space(threads) floats of shared memory
//   slot   2 * 8 * groups floats: the block's first sums, then its second ones
DEVICE void channel_sums_store(const channel_sums &s, unsigned threads, unsigned groups, float *space, float *slot)
{
    block_barrier();
    if (threadIdx.x < threads) {
#pragma unroll
        for (unsigned i = 0; i < 8; i++) {
            space[i * (threads + 4) + threadIdx.x] = s.first[i];
            space[(8 + i) * (threads + 4) + threadIdx.x] = s.second[i];
        }
    }
    block_barrier();
    unsigned width = 8 * groups;
    for (unsigned c = threadIdx.x; c < 2 * width; c += blockDim.x) {
        unsigned channel = c % width, row = c / width * 8 + channel % 8;
        double sum = 0;
        for (unsigned i = channel / 8; i < threads; i += groups) sum += (double)space[row * (threads + 4) + i];
        slot[c] = (float)sum;
    }
}

// Adds up `count` slots of 2 * width floats, by the last of `count` blocks: true there, with the records visible to all of
// its threads.
//   threads  that take part, whose number decides the order of the additions
//   space    8 * threads floats of shared memory, 16-byte aligned
//   records  of the first `valid` channels
DEVICE bool channel_sums_collect(const float *slots, unsigned count, unsigned width, unsigned threads,
                                 uint32_t *counter, float *space, statistics_cuda *records, int valid)
{
    if (!block_is_last(counter, count, (uint32_t *)space)) return false;
    block_barrier(); // the flag has been read
    double *sums = (double *)space;
    unsigned columns = 2 * width / 4, parts = threads / columns == 0 ? 1 : threads / columns;
    for (unsigned first = 0; first < columns; first += threads) {
        unsigned column = parts > 1 ? threadIdx.x % columns : first + threadIdx.x;
        unsigned part = parts > 1 ? threadIdx.x / columns : 0;
        bool mine = threadIdx.x < threads && column < columns && part < parts;
        double sum[4] = {0, 0, 0, 0};
        if (mine) {
#pragma unroll 8
            for (unsigned i = part; i < count; i += parts) {
                float4 v = load_float4(slots + (size_t)i * 2 * width + 4 * column);
                sum[0] += (double)v.x;
                sum[1] += (double)v.y;
                sum[2] += (double)v.z;
                sum[3] += (double)v.w;
            }
        }
        if (threadIdx.x < threads) {
#pragma unroll
            for (unsigned i = 0; i < 4; i++) sums[4 * threadIdx.x + i] = sum[i];
        }
        block_barrier();
        if (mine && part == 0) {
#pragma unroll
            for (unsigned i = 0; i < 4; i++) {
                double total = 0;
                for (unsigned p = 0; p < parts; p++) total += sums[4 * (threadIdx.x + p * columns) + i];
                unsigned channel = 4 * column + i;
                if (channel < width && (int)channel < valid) records[channel].first = total;
                if (channel >= width && (int)(channel - width) < valid) records[channel - width].second = total;
            }
        }
        block_barrier();
    }
    return true;
}

#endif

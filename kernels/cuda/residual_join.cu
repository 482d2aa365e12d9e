// residual_join.cu: output = factor_gradient * gradient + factor_raw * raw + offset (+ addend), rounded once.
// Bound     memory: 6 or 8 bytes a value.
// Launch    a thread per eight channels of a position; blocks of 256 positions' worth.
#include <math.h>

#include "kernels/cuda/numbers.cuh"

__global__ static void residual_join_kernel(struct residual_join join, unsigned groups, unsigned rows)
{
    unsigned run = blockIdx.y, group = threadIdx.x % groups, row = threadIdx.x / groups;
    int channel = 8 * (int)group, valid = join.channels - channel;
    bool wide = join.channels % 8 == 0;
    dependency_wait();
    if (row >= rows) return;
    const float *constants = part_of_run(join.coefficients, run) + channel;
    float8 factor_gradient = load_constants(constants, valid);
    float8 factor_raw = load_constants(constants + join.channels, valid);
    float8 offset = load_constants(constants + 2 * join.channels, valid);
    const bf16 *gradients = (const bf16 *)join.gradient, *raws = (const bf16 *)join.raw;
    const bf16 *addends = (const bf16 *)join.addend;
    for (int64_t position = (int64_t)blockIdx.x * rows + row; position < join.positions;
         position += (int64_t)gridDim.x * rows) {
        size_t at = ((size_t)run * (size_t)join.positions + (size_t)position) * (size_t)join.channels + (size_t)channel;
        float8 gradient = unpack8(load_channels(gradients + at, valid, wide));
        float8 raw = unpack8(load_channels(raws + at, valid, wide)), addend;
        if (addends != NULL) addend = unpack8(load_channels(addends + at, valid, wide));
#pragma unroll
        for (int i = 0; i < 8; i++) {
            float value = fmaf(factor_gradient.value[i], gradient.value[i],
                               fmaf(factor_raw.value[i], raw.value[i], offset.value[i]));
            gradient.value[i] = addends != NULL ? value + addend.value[i] : value;
        }
        store_channels((bf16 *)join.output + at, pack8(gradient), valid, wide);
    }
}

CUDA_OPERATION(residual_join)
{
    const struct residual_join *join = (const struct residual_join *)settings;
    const unsigned threads = 256, groups = blocks_for((size_t)join->channels, 8);
    if (groups > threads) {
        device_fail(device, status_error(STATUS_DEVICE, "residual_join: %d channels; the CUDA kernel takes up to %u",
                                         join->channels, 8 * threads));
        return;
    }
    unsigned rows = threads / groups, blocks = blocks_for((size_t)join->positions, 4 * (size_t)rows);
    cuda_launch(device, "residual_join", residual_join_kernel, dim3(blocks, (unsigned)join->runs), threads, 0, *join,
                groups, rows);
}

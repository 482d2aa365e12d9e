// pool.cu: global average pooling behind the last batch norm and ReLU, and its backward with batch norm's two sums.
// Bound     memory: 2 bytes a value forward, 4 backward.
// Launch    forward: a block per image and 32 channels, a warp per quarter of the positions; backward: a block per image,
//           a thread per eight channels of a position.
#include <math.h>

#include "kernels/cuda/batchnorm.cuh"
#include "kernels/cuda/channel_sums.cuh"
#include "kernels/cuda/fusion.h"

enum { PARTS = 4 };

__global__ static void pool_forward_kernel(struct pool_forward pool)
{
    float *sums = (float *)shared_memory();
    unsigned lane = threadIdx.x % WARP, part = threadIdx.x / WARP, run = blockIdx.z;
    int channel = (int)(blockIdx.x * WARP + lane);
    dependency_wait();
    dependency_release();
    float sum = 0;
    size_t row = (size_t)run * (size_t)pool.images + blockIdx.y;
    if (channel < pool.channels) {
        const float *affine = part_of_run(pool.affine, run);
        float scale = affine == NULL ? 1 : affine[channel],
              shift = affine == NULL ? 0 : affine[pool.channels + channel];
        const bf16 *input = (const bf16 *)pool.input + row * (size_t)pool.positions * (size_t)pool.channels + channel;
#pragma unroll 8
        for (int position = (int)part; position < pool.positions; position += PARTS) {
            float x = bf16_value(input[(size_t)position * (size_t)pool.channels]);
            sum += affine == NULL ? x : relu(fmaf(scale, x, shift));
        }
    }
    sums[threadIdx.x] = sum;
    block_barrier();
    if (part != 0 || channel >= pool.channels) return;
    for (unsigned i = 1; i < PARTS; i++) sum += sums[i * WARP + lane];
    pool.features[row * (size_t)pool.channels + (size_t)channel] = sum / (float)pool.positions;
}

CUDA_OPERATION(pool_forward)
{
    const struct pool_forward *pool = (const struct pool_forward *)settings;
    dim3 grid(blocks_for((size_t)pool->channels, WARP), (unsigned)pool->images, (unsigned)pool->runs);
    cuda_launch(device, "pool_forward", pool_forward_kernel, grid, PARTS * WARP, PARTS * WARP * sizeof(float), *pool);
}

__global__ static void pool_backward_kernel(struct pool_backward pool, norm_task norm, unsigned groups, unsigned rows,
                                            float *slots, uint32_t *counters)
{
    unsigned run = blockIdx.y, image = blockIdx.x, group = threadIdx.x % groups, row = threadIdx.x / groups;
    int channel = 8 * (int)group, valid = pool.channels - channel;
    bool wide = pool.channels % 8 == 0;
    channel_sums sums = channel_sums_zero();
    dependency_wait();
    dependency_release();
    if (row < rows) {
        size_t first = (size_t)run * (size_t)pool.images + image;
        float8 scale = float8(), shift = float8();
        float8 gradient = load_constants(pool.grad_features + first * (size_t)pool.channels + channel, valid);
        if (pool.mask_input != NULL) {
            scale = load_constants(part_of_run(pool.affine, run) + channel, valid);
            shift = load_constants(part_of_run(pool.affine, run) + pool.channels + channel, valid);
        }
        for (unsigned position = row; position < (unsigned)pool.positions; position += rows) {
            size_t at = (first * (size_t)pool.positions + position) * (size_t)pool.channels + (size_t)channel;
            float8 x = float8(), value;
            if (pool.mask_input != NULL) x = unpack8(load_channels((const bf16 *)pool.mask_input + at, valid, wide));
#pragma unroll
            for (int i = 0; i < 8; i++) {
                bool open = pool.mask_input == NULL || fmaf(scale.value[i], x.value[i], shift.value[i]) > 0;
                value.value[i] = open ? gradient.value[i] / (float)pool.positions : 0;
            }
            uint4 packed = pack8(value);
            store_channels((bf16 *)pool.output + at, packed, valid, wide);
            channel_sums_add(sums, unpack8(packed), x);
        }
    }
    if (pool.sums == NULL) return;
    float *space = (float *)shared_memory(), *own = slots + (size_t)run * gridDim.x * 16 * groups;
    channel_sums_store(sums, rows * groups, groups, space, own + (size_t)image * 16 * groups);
    if (channel_sums_collect(own, gridDim.x, 8 * groups, blockDim.x, counters + run, space,
                             (statistics_cuda *)pool.sums + run * pool.channels, pool.channels))
        norm_task_do(norm, run, 0, pool.channels);
}

static void launch_backward(struct device *device, const struct pool_backward *pool, const norm_task &norm)
{
    const unsigned threads = 256, groups = blocks_for((size_t)pool->channels, 8);
    if (groups > threads || pool->runs > CUDA_COUNTERS) {
        device_fail(device, status_error(STATUS_DEVICE, "pool_backward: %d channels; the CUDA kernel takes up to %u",
                                         pool->channels, 8 * threads));
        return;
    }
    cuda_workspace space =
        cuda_workspace_get(device, (size_t)pool->runs * (size_t)pool->images * 16 * groups * sizeof(float));
    if (space.memory == NULL) return;
    cuda_launch(device, "pool_backward", pool_backward_kernel, dim3((unsigned)pool->images, (unsigned)pool->runs),
                threads, channel_sums_space(threads) * sizeof(float), *pool, norm, groups, threads / groups,
                (float *)space.memory, space.counters);
}

CUDA_OPERATION(pool_backward)
{
    launch_backward(device, (const struct pool_backward *)settings, norm_task());
}

CUDA_OPERATION(fused_pool_backward)
{
    const struct fused_pool_backward *fused = (const struct fused_pool_backward *)settings;
    launch_backward(device, fused->pool, norm_task_backward(fused->norm));
}

// head.cu: what stands behind the last convolution: batch norm and ReLU into global average pooling, the classifier in
// float32, and their backward with batch norm's two sums. One by one, or in recorded steps as two launches, an image to a
// block, in which the pooled features and their gradient pass through shared memory (fusion.h).
// Bound     the launch: 128 images are 2 MB of activations and 1.6 million multiply-adds.
// Launch    pool_forward: a block per image and 32 channels, a warp per quarter of the positions; linear_forward: a block
//           per image, a warp per class in turn; backward: a block per image, a thread per feature or per eight channels of
//           a position, and further blocks per class for the gradients of weight and bias.
#include <math.h>

#include "kernels/cuda/batchnorm.cuh"
#include "kernels/cuda/channel_sums.cuh"
#include "kernels/cuda/fusion.h"

enum { POOL_PARTS = 4, POOL_THREADS = POOL_PARTS * WARP, HEAD_THREADS = 256 };

// ---- pooling -----------------------------------------------------------------------------------------------------

// Mean of 32 channels of an image, by POOL_THREADS threads, of which this is number `thread`; `sums` holds a float for each
// of them. To all threads with thread < 32; others get nothing. All threads of the block come here together.
DEVICE float pool_channels(const struct pool_forward &pool, unsigned run, unsigned image, unsigned thread, int channel,
                           float *sums)
{
    unsigned lane = thread % WARP, part = thread / WARP;
    float sum = 0;
    size_t row = (size_t)run * (size_t)pool.images + image;
    if (channel < pool.channels) {
        const float *affine = part_of_run(pool.affine, run);
        float scale = affine == NULL ? 1 : affine[channel],
              shift = affine == NULL ? 0 : affine[pool.channels + channel];
        const bf16 *input = (const bf16 *)pool.input + row * (size_t)pool.positions * (size_t)pool.channels + channel;
#pragma unroll 8
        for (int position = (int)part; position < pool.positions; position += POOL_PARTS) {
            float x = bf16_value(input[(size_t)position * (size_t)pool.channels]);
            sum += affine == NULL ? x : relu(fmaf(scale, x, shift));
        }
    }
    sums[thread] = sum;
    block_barrier();
    if (part == 0)
        for (unsigned i = 1; i < POOL_PARTS; i++) sum += sums[i * WARP + lane];
    return sum / (float)pool.positions;
}

__global__ static void pool_forward_kernel(struct pool_forward pool)
{
    unsigned run = blockIdx.z, image = blockIdx.y;
    int channel = (int)(blockIdx.x * WARP + threadIdx.x % WARP);
    dependency_wait();
    dependency_release();
    float mean = pool_channels(pool, run, image, threadIdx.x, channel, (float *)shared_memory());
    if (threadIdx.x >= WARP || channel >= pool.channels) return;
    pool.features[((size_t)run * (size_t)pool.images + image) * (size_t)pool.channels + (size_t)channel] = mean;
}

CUDA_OPERATION(pool_forward)
{
    const struct pool_forward *pool = (const struct pool_forward *)settings;
    dim3 grid(blocks_for((size_t)pool->channels, WARP), (unsigned)pool->images, (unsigned)pool->runs);
    cuda_launch(device, "pool_forward", pool_forward_kernel, grid, POOL_THREADS, POOL_THREADS * sizeof(float), *pool);
}

// ---- classifier --------------------------------------------------------------------------------------------------

// An image's logits from its features, by the whole block.
DEVICE void classify(const struct linear_forward &linear, unsigned run, unsigned image, const float *features)
{
    unsigned lane = threadIdx.x % WARP, warp = threadIdx.x / WARP;
    size_t row = (size_t)run * (size_t)linear.images + image;
    const float *weight = part_of_run(linear.weight, run), *bias = part_of_run(linear.bias, run);
    for (unsigned label = warp; label < (unsigned)linear.classes; label += HEAD_THREADS / WARP) {
        float sum = 0;
        for (unsigned i = lane; i < (unsigned)linear.features; i += WARP)
            sum = fmaf(features[i], weight[(size_t)label * (size_t)linear.features + i], sum);
        sum = warp_sum(sum);
        if (lane == 0) linear.logits[row * (size_t)linear.classes + label] = bias == NULL ? sum : sum + bias[label];
    }
}

__global__ static void linear_forward_kernel(struct linear_forward linear)
{
    size_t row = (size_t)blockIdx.y * (size_t)linear.images + blockIdx.x;
    dependency_wait();
    dependency_release();
    classify(linear, blockIdx.y, blockIdx.x, linear.input + row * (size_t)linear.features);
}

CUDA_OPERATION(linear_forward)
{
    const struct linear_forward *linear = (const struct linear_forward *)settings;
    cuda_launch(device, "linear_forward", linear_forward_kernel, dim3((unsigned)linear->images, (unsigned)linear->runs),
                HEAD_THREADS, 0, *linear);
}

// grad_input = weight^T * grad_logits, one image.
DEVICE void backward_input(const struct linear_backward &linear, unsigned run, unsigned image)
{
    if (linear.grad_input == NULL) return;
    size_t row = (size_t)run * (size_t)linear.images + image;
    const float *grad = linear.grad_logits + row * (size_t)linear.classes, *weight = part_of_run(linear.weight, run);
    for (unsigned i = threadIdx.x; i < (unsigned)linear.features; i += HEAD_THREADS) {
        float sum = 0;
#pragma unroll 4
        for (unsigned label = 0; label < (unsigned)linear.classes; label++)
            sum = fmaf(grad[label], weight[(size_t)label * (size_t)linear.features + i], sum);
        linear.grad_input[row * (size_t)linear.features + i] = sum;
    }
}

// One class: sums over the run's images; feature number `features` stands for the bias' constant 1.
DEVICE void backward_parameters(const struct linear_backward &linear, unsigned run, unsigned label)
{
    size_t first = (size_t)run * (size_t)linear.images, classes = (size_t)linear.classes;
    size_t features = (size_t)linear.features;
    float *grad_weight = part_of_run_out(linear.grad_weight, run), *grad_bias = part_of_run_out(linear.grad_bias, run);
    for (size_t i = threadIdx.x; i <= features; i += HEAD_THREADS) {
        if ((i < features ? grad_weight : grad_bias) == NULL) continue;
        float sum = 0;
#pragma unroll 4
        for (size_t row = first; row < first + (size_t)linear.images; row++)
            sum = fmaf(linear.grad_logits[row * classes + label], i < features ? linear.input[row * features + i] : 1,
                       sum);
        if (i < features)
            grad_weight[(size_t)label * features + i] = sum;
        else
            grad_bias[label] = sum;
    }
}

__global__ static void linear_backward_kernel(struct linear_backward linear)
{
    dependency_wait();
    dependency_release();
    if (blockIdx.x < (unsigned)linear.images)
        backward_input(linear, blockIdx.y, blockIdx.x);
    else
        backward_parameters(linear, blockIdx.y, blockIdx.x - (unsigned)linear.images);
}

static unsigned backward_blocks(const struct linear_backward *linear)
{
    bool parameters = linear->grad_weight.data != NULL || linear->grad_bias.data != NULL;
    return (unsigned)linear->images + (parameters ? (unsigned)linear->classes : 0);
}

CUDA_OPERATION(linear_backward)
{
    const struct linear_backward *linear = (const struct linear_backward *)settings;
    cuda_launch(device, "linear_backward", linear_backward_kernel,
                dim3(backward_blocks(linear), (unsigned)linear->runs), HEAD_THREADS, 0, *linear);
}

// ---- pooling's backward ------------------------------------------------------------------------------------------

// How a block shares an image out: a thread to eight channels (of `groups`) of every so-manyth position (`rows`).
struct pool_share {
    unsigned groups, rows;
    float *slots; // a run's images leave their sums here
    uint32_t *counters;
};

// One image, by the whole block.
DEVICE channel_sums spread_gradient(const struct pool_backward &pool, const pool_share &share, unsigned run,
                                    unsigned image)
{
    unsigned group = threadIdx.x % share.groups, row = threadIdx.x / share.groups;
    int channel = 8 * (int)group, valid = pool.channels - channel;
    bool wide = pool.channels % 8 == 0;
    channel_sums sums = channel_sums_zero();
    if (row >= share.rows) return sums;
    size_t first = (size_t)run * (size_t)pool.images + image;
    float8 scale = float8(), shift = float8();
    float8 gradient = load_constants(pool.grad_features + first * (size_t)pool.channels + channel, valid);
    if (pool.mask_input != NULL) {
        scale = load_constants(part_of_run(pool.affine, run) + channel, valid);
        shift = load_constants(part_of_run(pool.affine, run) + pool.channels + channel, valid);
    }
    for (unsigned position = row; position < (unsigned)pool.positions; position += share.rows) {
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
    return sums;
}

DEVICE void finish_sums(const struct pool_backward &pool, const norm_task &norm, const pool_share &share, unsigned run,
                        unsigned image, const channel_sums &sums)
{
    unsigned width = 8 * share.groups;
    float *space = (float *)shared_memory(), *own = share.slots + (size_t)run * (size_t)pool.images * 2 * width;
    channel_sums_store(sums, share.rows * share.groups, share.groups, space, own + (size_t)image * 2 * width);
    if (channel_sums_collect(own, (unsigned)pool.images, width, HEAD_THREADS, share.counters + run, space,
                             (statistics_cuda *)pool.sums + run * pool.channels, pool.channels))
        norm_task_do(norm, run, 0, pool.channels);
}

__global__ static void pool_backward_kernel(struct pool_backward pool, norm_task norm, pool_share share)
{
    unsigned run = blockIdx.y, image = blockIdx.x;
    dependency_wait();
    dependency_release();
    channel_sums sums = spread_gradient(pool, share, run, image);
    if (pool.sums != NULL) finish_sums(pool, norm, share, run, image, sums);
}

// False when it cannot be; the error then sticks to the device.
static bool share_pool(struct device *device, const struct pool_backward *pool, pool_share *share)
{
    share->groups = blocks_for((size_t)pool->channels, 8);
    if (share->groups > HEAD_THREADS || pool->runs > CUDA_COUNTERS) {
        device_fail(device, status_error(STATUS_DEVICE, "pool_backward: %d channels; the CUDA kernel takes up to %d",
                                         pool->channels, 8 * HEAD_THREADS));
        return false;
    }
    share->rows = HEAD_THREADS / share->groups;
    cuda_workspace space =
        cuda_workspace_get(device, (size_t)pool->runs * (size_t)pool->images * 16 * share->groups * sizeof(float));
    share->slots = (float *)space.memory;
    share->counters = space.counters;
    return space.memory != NULL;
}

CUDA_OPERATION(pool_backward)
{
    const struct pool_backward *pool = (const struct pool_backward *)settings;
    pool_share share;
    if (!share_pool(device, pool, &share)) return;
    cuda_launch(device, "pool_backward", pool_backward_kernel, dim3((unsigned)pool->images, (unsigned)pool->runs),
                HEAD_THREADS, channel_sums_space(HEAD_THREADS) * sizeof(float), *pool, norm_task(), share);
}

// ---- both at once ------------------------------------------------------------------------------------------------

__global__ static void head_forward_kernel(struct pool_forward pool, struct linear_forward linear)
{
    float *sums = (float *)shared_memory(), *features = sums + HEAD_THREADS;
    unsigned run = blockIdx.y, image = blockIdx.x, half = threadIdx.x / POOL_THREADS;
    size_t row = (size_t)run * (size_t)pool.images + image;
    dependency_wait();
    dependency_release();
    for (int first = 0; first < pool.channels; first += HEAD_THREADS / POOL_THREADS * WARP) {
        int channel = first + (int)(half * WARP + threadIdx.x % WARP);
        float mean = pool_channels(pool, run, image, threadIdx.x % POOL_THREADS, channel, sums + half * POOL_THREADS);
        if (threadIdx.x % POOL_THREADS < WARP && channel < pool.channels)
            features[channel] = pool.features[row * (size_t)pool.channels + (size_t)channel] = mean;
        block_barrier();
    }
    classify(linear, run, image, features);
}

CUDA_OPERATION(fused_head_forward)
{
    const struct fused_head_forward *fused = (const struct fused_head_forward *)settings;
    const struct pool_forward *pool = fused->pool;
    size_t shared = ((size_t)HEAD_THREADS + (size_t)pool->channels) * sizeof(float);
    cuda_launch(device, "head_forward", head_forward_kernel, dim3((unsigned)pool->images, (unsigned)pool->runs),
                HEAD_THREADS, shared, *pool, *fused->linear);
}

__global__ static void head_backward_kernel(struct linear_backward linear, struct pool_backward pool, norm_task norm,
                                            pool_share share)
{
    unsigned run = blockIdx.y, image = blockIdx.x;
    dependency_wait();
    dependency_release();
    if (image >= (unsigned)pool.images) {
        backward_parameters(linear, run, image - (unsigned)pool.images);
        return;
    }
    backward_input(linear, run, image);
    block_barrier(); // the block reads what it has just stored
    channel_sums sums = spread_gradient(pool, share, run, image);
    finish_sums(pool, norm, share, run, image, sums);
}

CUDA_OPERATION(fused_head_backward)
{
    const struct fused_head_backward *fused = (const struct fused_head_backward *)settings;
    pool_share share;
    if (!share_pool(device, fused->pool, &share)) return;
    cuda_launch(device, "head_backward", head_backward_kernel,
                dim3(backward_blocks(fused->linear), (unsigned)fused->pool->runs), HEAD_THREADS,
                channel_sums_space(HEAD_THREADS) * sizeof(float), *fused->linear, *fused->pool,
                norm_task_backward(fused->norm), share);
}

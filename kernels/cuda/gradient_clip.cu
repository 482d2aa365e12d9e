// gradient_clip.cu: shortens a run's gradient to the limit where it is longer. A NaN in it makes all of it NaN.
// Bound     memory: 4 bytes a value to measure, 8 to shorten.
// Launch    two: blocks of fixed shares of the values sum squares, the last one makes the norm; then a thread per value.
#include <math.h>

#include "kernels/cuda/numbers.cuh"

enum { THREADS = 256, VALUES = 16 * THREADS }; // a block's

static __device__ const double guard = 1e-6;

// space: a double for each block, then the factor, of every run.
__global__ static void gradient_norm_kernel(struct gradient_clip clip, double *space, uint32_t *counters)
{
    double *warps = (double *)shared_memory();
    unsigned run = blockIdx.y;
    double *own = space + (size_t)run * (gridDim.x + 1), sum = 0;
    dependency_wait();
    const float *gradient = part_of_run(clip.gradient, run);
    int64_t first = (int64_t)blockIdx.x * VALUES;
    for (int64_t i = first + threadIdx.x; i < clip.count && i < first + VALUES; i += THREADS)
        sum += (double)gradient[i] * (double)gradient[i];
    sum = block_sum(sum, warps);
    if (threadIdx.x == 0) own[blockIdx.x] = sum;
    if (!block_is_last(counters + run, gridDim.x, (uint32_t *)warps)) return;
    block_barrier(); // the flag has been read
    double total = 0;
    for (unsigned i = threadIdx.x; i < gridDim.x; i += THREADS) total += own[i];
    double norm = sqrt(block_sum(total, warps));
    if (threadIdx.x != 0) return;
    own[gridDim.x] = (double)clip.limit / (norm + guard);
    if (clip.norm.data != NULL) *part_of_run_out(clip.norm, run) = (float)norm;
}

__global__ static void gradient_shorten_kernel(struct gradient_clip clip, const double *space, unsigned norm_blocks)
{
    int64_t i = (int64_t)blockIdx.x * blockDim.x + threadIdx.x;
    unsigned run = blockIdx.y;
    dependency_wait();
    dependency_release();
    double factor = space[(size_t)run * (norm_blocks + 1) + norm_blocks];
    if (i >= clip.count || factor >= 1) return;
    float *gradient = part_of_run_out(clip.gradient, run) + i;
    *gradient = (float)((double)*gradient * factor);
}

CUDA_OPERATION(gradient_clip)
{
    const struct gradient_clip *clip = (const struct gradient_clip *)settings;
    unsigned blocks = blocks_for((size_t)clip->count, VALUES);
    cuda_workspace space = cuda_workspace_get(device, (size_t)clip->runs * (blocks + 1) * sizeof(double));
    if (space.memory == NULL) return;
    cuda_launch(device, "gradient_norm", gradient_norm_kernel, dim3(blocks, (unsigned)clip->runs), THREADS,
                THREADS / WARP * sizeof(double), *clip, (double *)space.memory, space.counters);
    cuda_launch(device, "gradient_shorten", gradient_shorten_kernel,
                dim3(blocks_for((size_t)clip->count, THREADS), (unsigned)clip->runs), THREADS, 0, *clip,
                (const double *)space.memory, blocks);
}

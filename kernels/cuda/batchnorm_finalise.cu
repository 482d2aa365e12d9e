// batchnorm_finalise.cu: statistics become the affine map of the next prologue, and the running statistics move. In recorded
// steps the convolution that makes the statistics does this (fusion.h).
// Bound     the launch: a few values per channel.
// Launch    one thread per channel and run.
#include "kernels/cuda/batchnorm.cuh"

__global__ static void batchnorm_finalise_kernel(struct batchnorm_finalise norm)
{
    unsigned channel = blockIdx.x * blockDim.x + threadIdx.x, run = blockIdx.y;
    dependency_wait();
    dependency_release();
    if (channel < (unsigned)norm.channels) finalise_channel(norm, run, channel);
}

CUDA_OPERATION(batchnorm_finalise)
{
    const struct batchnorm_finalise *norm = (const struct batchnorm_finalise *)settings;
    cuda_launch(device, "batchnorm_finalise", batchnorm_finalise_kernel,
                dim3(blocks_for((size_t)norm->channels, 64), (unsigned)norm->runs), 64, 0, *norm);
}

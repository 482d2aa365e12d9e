// batchnorm_backward.cu: two sums per channel become the gradients of gain and offset, and the three factors by which the
// next kernel turns (gradient, raw input) into the gradient before the norm. In recorded steps the kernel that makes the
// sums does this (fusion.h).
// Bound     the launch: a few values per channel.
// Launch    one thread per channel and run.
#include "kernels/cuda/batchnorm.cuh"

__global__ static void batchnorm_backward_kernel(struct batchnorm_backward norm)
{
    unsigned channel = blockIdx.x * blockDim.x + threadIdx.x, run = blockIdx.y;
    dependency_wait();
    dependency_release();
    if (channel < (unsigned)norm.channels) backward_channel(norm, run, channel);
}

CUDA_OPERATION(batchnorm_backward)
{
    const struct batchnorm_backward *norm = (const struct batchnorm_backward *)settings;
    cuda_launch(device, "batchnorm_backward", batchnorm_backward_kernel,
                dim3(blocks_for((size_t)norm->channels, 64), (unsigned)norm->runs), 64, 0, *norm);
}

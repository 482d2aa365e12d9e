// sgd_update.cu: SGD with Nesterov momentum, in double as the reference, velocity and parameter rounded once each.
// Bound     memory: 20 bytes a parameter (g, v, p in; v, p out).
// Launch    a thread per parameter, all runs at once.
#include "kernels/cuda/filter_packs.h"
#include "kernels/cuda/numbers.cuh"

__global__ static void sgd_update_kernel(struct sgd_update sgd)
{
    int64_t i = (int64_t)blockIdx.x * blockDim.x + threadIdx.x;
    unsigned run = blockIdx.y;
    dependency_wait();
    dependency_release();
    if (i >= sgd.count) return;
    float *velocity = part_of_run_out(sgd.velocity, run) + i, *parameter = part_of_run_out(sgd.parameter, run) + i;
    double rate = (double)part_of_run(sgd.rates, run)[sgd.states[run].step], momentum = (double)sgd.momentum;
    double p = (double)*parameter, g = (double)part_of_run(sgd.gradient, run)[i] + (double)sgd.weight_decay * p;
    double v = momentum * (double)*velocity + g;
    *velocity = (float)v;
    *parameter = (float)(p - rate * (g + momentum * v));
}

CUDA_OPERATION(sgd_update)
{
    const struct sgd_update *sgd = (const struct sgd_update *)settings;
    cuda_launch(device, "sgd_update", sgd_update_kernel, dim3(blocks_for((size_t)sgd->count, 256), (unsigned)sgd->runs),
                256, 0, *sgd);
    filter_packs_follow(device, &sgd->parameter, (size_t)sgd->count, sgd->runs);
}

// adamw_update.cu: Adam with decoupled weight decay, in double, moments and parameter rounded once each.
// Bound     memory: 28 bytes a parameter (g, m, v, p in; m, v, p out).
// Launch    a thread per parameter, all runs at once; one thread of a block forms the bias corrections.
#include <math.h>

#include "kernels/cuda/filter_packs.h"
#include "kernels/cuda/numbers.cuh"

__global__ static void adamw_update_kernel(struct adamw_update adamw)
{
    double *corrections = (double *)shared_memory();
    int64_t i = (int64_t)blockIdx.x * blockDim.x + threadIdx.x;
    unsigned run = blockIdx.y;
    dependency_wait();
    dependency_release();
    int64_t step = adamw.states[run].step;
    if (threadIdx.x == 0) {
        corrections[0] = 1 - pow(adamw.beta1, (double)(step + 1));
        corrections[1] = 1 - pow(adamw.beta2, (double)(step + 1));
    }
    block_barrier();
    if (i >= adamw.count) return;
    float *first_moment = part_of_run_out(adamw.first_moment, run) + i;
    float *second_moment = part_of_run_out(adamw.second_moment, run) + i;
    float *parameter = part_of_run_out(adamw.parameter, run) + i;
    double rate = (double)part_of_run(adamw.rates, run)[step], g = (double)part_of_run(adamw.gradient, run)[i];
    double m = adamw.beta1 * (double)*first_moment + (1 - adamw.beta1) * g;
    double v = adamw.beta2 * (double)*second_moment + (1 - adamw.beta2) * g * g;
    *first_moment = (float)m;
    *second_moment = (float)v;
    double decayed = (double)*parameter * (1 - rate * adamw.weight_decay);
    double denominator = sqrt(v / corrections[1]) + adamw.epsilon;
    *parameter = (float)(decayed - rate * (m / corrections[0]) / denominator);
}

CUDA_OPERATION(adamw_update)
{
    const struct adamw_update *adamw = (const struct adamw_update *)settings;
    cuda_launch(device, "adamw_update", adamw_update_kernel,
                dim3(blocks_for((size_t)adamw->count, 256), (unsigned)adamw->runs), 256, 2 * sizeof(double), *adamw);
    filter_packs_follow(device, &adamw->parameter, (size_t)adamw->count, adamw->runs);
}

// step_advance.cu: ends a step: the counters in device memory move on.
// Launch    a thread per run.
#include "kernels/cuda/numbers.cuh"

__global__ static void step_advance_kernel(struct step_advance advance)
{
    unsigned run = blockIdx.x * blockDim.x + threadIdx.x;
    dependency_wait();
    dependency_release();
    if (run >= (unsigned)advance.runs) return;
    if (advance.count_step) advance.states[run].step++;
    advance.states[run].position += advance.images;
}

CUDA_OPERATION(step_advance)
{
    const struct step_advance *advance = (const struct step_advance *)settings;
    cuda_launch(device, "step_advance", step_advance_kernel, dim3(blocks_for((size_t)advance->runs, WARP)), WARP, 0,
                *advance);
}

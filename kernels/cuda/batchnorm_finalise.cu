// batchnorm_finalise.cu: statistics become the affine map of the next prologue, and the running statistics move.
// Bound     the launch: a few values per channel.
// Launch    one thread per channel and run.
#include <math.h>

#include "kernels/cuda/numbers.cuh"

__global__ static void batchnorm_finalise_kernel(struct batchnorm_finalise norm)
{
    unsigned channel = blockIdx.x * blockDim.x + threadIdx.x, run = blockIdx.y;
    dependency_wait();
    dependency_release();
    if (channel >= (unsigned)norm.channels) return;
    double mean, variance, count = (double)norm.count;
    if (norm.mode == BATCHNORM_FROZEN) {
        mean = (double)part_of_run(norm.running_mean, run)[channel];
        variance = (double)part_of_run(norm.running_variance, run)[channel];
    } else {
        const statistics_cuda *record = (const statistics_cuda *)norm.statistics + run * norm.channels + channel;
        mean = record->first / count;
        variance = record->second / count - mean * mean;
        if (variance < 0) variance = 0;
    }
    if (norm.mode == BATCHNORM_BATCH_UPDATE) {
        double momentum = (double)norm.momentum;
        double unbiased = norm.count > 1 ? variance * count / (count - 1) : variance;
        float *running_mean = part_of_run_out(norm.running_mean, run) + channel;
        float *running_variance = part_of_run_out(norm.running_variance, run) + channel;
        *running_mean = (float)((1 - momentum) * (double)*running_mean + momentum * mean);
        *running_variance = (float)((1 - momentum) * (double)*running_variance + momentum * unbiased);
    }
    double inverse_deviation = 1 / sqrt(variance + (double)norm.epsilon);
    float *affine = part_of_run_out(norm.affine, run), *moments = part_of_run_out(norm.moments, run);
    float scale = (float)((double)part_of_run(norm.gamma, run)[channel] * inverse_deviation);
    affine[channel] = scale;
    affine[norm.channels + channel] = (float)((double)part_of_run(norm.beta, run)[channel] - mean * (double)scale);
    moments[channel] = (float)mean;
    moments[norm.channels + channel] = (float)inverse_deviation;
}

CUDA_OPERATION(batchnorm_finalise)
{
    const struct batchnorm_finalise *norm = (const struct batchnorm_finalise *)settings;
    cuda_launch(device, "batchnorm_finalise", batchnorm_finalise_kernel,
                dim3(blocks_for((size_t)norm->channels, 64), (unsigned)norm->runs), 64, 0, *norm);
}

// batchnorm_backward.cu: two sums per channel become the gradients of gain and offset, and the three factors by which the
// next kernel turns (gradient, raw input) into the gradient before the norm.
// Bound     the launch: a few values per channel.
// Launch    one thread per channel and run.
#include "kernels/cuda/numbers.cuh"

__global__ static void batchnorm_backward_kernel(struct batchnorm_backward norm)
{
    unsigned channel = blockIdx.x * blockDim.x + threadIdx.x, run = blockIdx.y;
    dependency_wait();
    dependency_release();
    if (channel >= (unsigned)norm.channels) return;
    statistics_cuda sum = ((const statistics_cuda *)norm.sums)[run * norm.channels + channel];
    const float *moments = part_of_run(norm.moments, run);
    double mean = (double)moments[channel], inverse_deviation = (double)moments[norm.channels + channel];
    double grad_beta = sum.first, grad_gamma = (sum.second - mean * sum.first) * inverse_deviation;
    double scale = (double)part_of_run(norm.gamma, run)[channel] * inverse_deviation, count = (double)norm.count;
    float factor_raw = 0, offset = 0;
    if (norm.mode != BATCHNORM_FROZEN) {
        factor_raw = (float)(-scale * inverse_deviation * grad_gamma / count);
        offset = (float)(-scale * grad_beta / count - mean * (double)factor_raw); // the factor as rounded
    }
    float *coefficients = part_of_run_out(norm.coefficients, run);
    coefficients[channel] = (float)scale;
    coefficients[norm.channels + channel] = factor_raw;
    coefficients[2 * norm.channels + channel] = offset;
    if (norm.grad_gamma.data != NULL) part_of_run_out(norm.grad_gamma, run)[channel] = (float)grad_gamma;
    if (norm.grad_beta.data != NULL) part_of_run_out(norm.grad_beta, run)[channel] = (float)grad_beta;
}

CUDA_OPERATION(batchnorm_backward)
{
    const struct batchnorm_backward *norm = (const struct batchnorm_backward *)settings;
    cuda_launch(device, "batchnorm_backward", batchnorm_backward_kernel,
                dim3(blocks_for((size_t)norm->channels, 64), (unsigned)norm->runs), 64, 0, *norm);
}

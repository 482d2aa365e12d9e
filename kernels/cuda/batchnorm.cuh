// batchnorm.cuh: what becomes of a channel's two sums: forward the affine map of the next prologue, backward the gradients of
// gain and offset and the three factors of the next prologue. In double, rounded once. Done by a kernel of its own, or by
// the last block of the kernel that makes the sums (fusion.h).
#ifndef KERNELS_CUDA_BATCHNORM_CUH
#define KERNELS_CUDA_BATCHNORM_CUH

#include <math.h>

#include "kernels/cuda/numbers.cuh"

DEVICE void finalise_channel(const struct batchnorm_finalise &norm, unsigned run, unsigned channel)
{
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

DEVICE void backward_channel(const struct batchnorm_backward &norm, unsigned run, unsigned channel)
{
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

// What the last block does with the sums of its channels.
enum norm_task_kind { NORM_TASK_NONE, NORM_TASK_FINALISE, NORM_TASK_BACKWARD };
struct norm_task {
    enum norm_task_kind kind;
    union {
        struct batchnorm_finalise finalise;
        struct batchnorm_backward backward;
    };
};

// Of NULL: nothing to do.
static inline norm_task norm_task_finalise(const struct batchnorm_finalise *norm)
{
    norm_task task = norm_task();
    if (norm == NULL) return task;
    task.kind = NORM_TASK_FINALISE;
    task.finalise = *norm;
    return task;
}

static inline norm_task norm_task_backward(const struct batchnorm_backward *norm)
{
    norm_task task = norm_task();
    if (norm == NULL) return task;
    task.kind = NORM_TASK_BACKWARD;
    task.backward = *norm;
    return task;
}

// By all threads of a block that sees the records of `count` channels from `first` on.
DEVICE void norm_task_do(const norm_task &task, unsigned run, unsigned first, int count)
{
    for (int i = (int)threadIdx.x; i < count; i += (int)blockDim.x) {
        if (task.kind == NORM_TASK_FINALISE) finalise_channel(task.finalise, run, first + (unsigned)i);
        if (task.kind == NORM_TASK_BACKWARD) backward_channel(task.backward, run, first + (unsigned)i);
    }
}

#endif

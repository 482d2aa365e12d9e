// batchnorm_backward.c: the two sums per channel become the gradients of gain and offset, and the three factors by
// which the next kernel turns (gradient, raw input) into the gradient before the norm.
#include "kernels/reference/pointwise.h"
#include "kernels/reference/reference.h"

static void backward_channel(const struct batchnorm_backward *norm, int run, int channel)
{
    const struct statistics_reference *sums = norm->sums;
    struct statistics_reference sum = sums[run * norm->channels + channel];
    const float *moments = per_run_part(norm->moments, run);
    double mean = (double)moments[channel], inverse_deviation = (double)moments[norm->channels + channel];
    double grad_beta = sum.first, grad_gamma = (sum.second - mean * sum.first) * inverse_deviation;
    double scale = (double)per_run_part(norm->gamma, run)[channel] * inverse_deviation, count = (double)norm->count;

    float *coefficients = per_run_part(norm->coefficients, run);
    float *factor_gradient = coefficients + channel, *factor_raw = factor_gradient + norm->channels;
    float *offset = factor_raw + norm->channels;
    *factor_gradient = (float)scale;
    *factor_raw = *offset = 0;
    if (norm->mode != BATCHNORM_FROZEN) {
        *factor_raw = (float)(-scale * inverse_deviation * grad_gamma / count);
        *offset = (float)(-scale * grad_beta / count - mean * (double)*factor_raw); // the factor as rounded
    }
    if (norm->grad_gamma.data != NULL) per_run_part(norm->grad_gamma, run)[channel] = (float)grad_gamma;
    if (norm->grad_beta.data != NULL) per_run_part(norm->grad_beta, run)[channel] = (float)grad_beta;
}

void batchnorm_backward_reference(struct device *device, const void *settings)
{
    (void)device;
    const struct batchnorm_backward *norm = settings;
    for (int run = 0; run < norm->runs; run++)
        for (int channel = 0; channel < norm->channels; channel++) backward_channel(norm, run, channel);
}

// batchnorm_finalise.c: statistics become the affine map of the next prologue, and the running statistics move.
#include <math.h>

#include "kernels/reference/pointwise.h"
#include "kernels/reference/reference.h"

static void move_running(const struct batchnorm_finalise *norm, int run, int channel, double mean, double variance)
{
    double momentum = (double)norm->momentum;
    // One value has no unbiased variance; its biased one, zero, is kept.
    double unbiased = norm->count > 1 ? variance * (double)norm->count / (double)(norm->count - 1) : variance;
    float *running_mean = per_run_part(norm->running_mean, run) + channel;
    float *running_variance = per_run_part(norm->running_variance, run) + channel;
    *running_mean = (float)((1 - momentum) * (double)*running_mean + momentum * mean);
    *running_variance = (float)((1 - momentum) * (double)*running_variance + momentum * unbiased);
}

static void finalise_channel(const struct batchnorm_finalise *norm, int run, int channel)
{
    double mean, variance;
    if (norm->mode == BATCHNORM_FROZEN) {
        mean = (double)per_run_part(norm->running_mean, run)[channel];
        variance = (double)per_run_part(norm->running_variance, run)[channel];
    } else {
        const struct statistics_reference *statistics = norm->statistics;
        mean = statistics[run * norm->channels + channel].first;
        variance = statistics[run * norm->channels + channel].second / (double)norm->count;
        if (norm->mode == BATCHNORM_BATCH_UPDATE) move_running(norm, run, channel, mean, variance);
    }
    double inverse_deviation = 1 / sqrt(variance + (double)norm->epsilon);
    float *affine = per_run_part(norm->affine, run), *moments = per_run_part(norm->moments, run);
    float scale = (float)((double)per_run_part(norm->gamma, run)[channel] * inverse_deviation);
    affine[channel] = scale;
    // With the scale as rounded: scale * x + shift is then beta at x = mean, however large the mean.
    affine[norm->channels + channel] = (float)((double)per_run_part(norm->beta, run)[channel] - mean * (double)scale);
    moments[channel] = (float)mean;
    moments[norm->channels + channel] = (float)inverse_deviation;
}

void batchnorm_finalise_reference(struct device *device, const void *settings)
{
    (void)device;
    const struct batchnorm_finalise *norm = settings;
    for (int run = 0; run < norm->runs; run++)
        for (int channel = 0; channel < norm->channels; channel++) finalise_channel(norm, run, channel);
}

// batchnorm_finalise.c: sums become the affine map of the next prologue. A few values per channel: not worth threads.
#include <math.h>

#include "kernels/cpu/cpu.h"
#include "kernels/device.h"

struct channel_moments {
    double mean, variance; // biased
};

static struct channel_moments batch_moments(const struct batchnorm_finalise *norm, int run, int channel)
{
    const struct channel_sums *sums = norm->statistics;
    struct channel_sums sum = sums[run * norm->channels + channel];
    double count = (double)norm->count, mean = sum.first / count, variance = sum.second / count - mean * mean;
    // Rounding may leave a constant channel a hair below zero; NaN stays NaN.
    return (struct channel_moments){mean, variance < 0 ? 0 : variance};
}

static void move_running(const struct batchnorm_finalise *norm, int run, int channel, struct channel_moments batch)
{
    double momentum = (double)norm->momentum, count = (double)norm->count;
    double unbiased = norm->count > 1 ? batch.variance * count / (count - 1) : batch.variance;
    float *mean = per_run_part(norm->running_mean, run) + channel;
    float *variance = per_run_part(norm->running_variance, run) + channel;
    *mean = (float)((1 - momentum) * (double)*mean + momentum * batch.mean);
    *variance = (float)((1 - momentum) * (double)*variance + momentum * unbiased);
}

static struct channel_moments running_moments(const struct batchnorm_finalise *norm, int run, int channel)
{
    return (struct channel_moments){(double)per_run_part(norm->running_mean, run)[channel],
                                    (double)per_run_part(norm->running_variance, run)[channel]};
}

static void finalise_channel(const struct batchnorm_finalise *norm, int run, int channel)
{
    struct channel_moments moments =
        norm->mode == BATCHNORM_FROZEN ? running_moments(norm, run, channel) : batch_moments(norm, run, channel);
    if (norm->mode == BATCHNORM_BATCH_UPDATE) move_running(norm, run, channel, moments);
    double inverse_deviation = 1 / sqrt(moments.variance + (double)norm->epsilon);
    double gamma = (double)per_run_part(norm->gamma, run)[channel];
    double beta = (double)per_run_part(norm->beta, run)[channel];
    float *affine = per_run_part(norm->affine, run) + channel;
    float *saved = per_run_part(norm->moments, run) + channel;
    affine[0] = (float)(gamma * inverse_deviation);
    // With the scale as rounded: scale * x + shift is then beta at x = mean, however large the mean.
    affine[norm->channels] = (float)(beta - moments.mean * (double)affine[0]);
    saved[0] = (float)moments.mean;
    saved[norm->channels] = (float)inverse_deviation;
}

void batchnorm_finalise_cpu(struct device *device, const void *settings)
{
    (void)device;
    const struct batchnorm_finalise *norm = settings;
    for (int run = 0; run < norm->runs; run++)
        for (int channel = 0; channel < norm->channels; channel++) finalise_channel(norm, run, channel);
}

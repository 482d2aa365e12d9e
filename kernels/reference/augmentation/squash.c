// squash.c: raw numbers become parameters within a range, in double.
#include <math.h>

#include "kernels/reference/reference.h"

static double squash_value(struct squash_range range, double raw)
{
    const double low = (double)range.low, width = (double)range.high - low;
    const double share = ((double)range.start - low) / width;
    return low + width / (1 + exp(-(raw + log(share / (1 - share)))));
}

void squash_forward_reference(struct device *device, const void *settings)
{
    (void)device;
    const struct squash_forward *squash = settings;
    const size_t count = (size_t)squash->runs * (size_t)squash->rows * (size_t)squash->columns;
    for (size_t i = 0; i < count; i++)
        squash->value[i] = (float)squash_value(squash->ranges[i % (size_t)squash->columns], (double)squash->raw[i]);
}

void squash_backward_reference(struct device *device, const void *settings)
{
    (void)device;
    const struct squash_backward *squash = settings;
    const size_t count = (size_t)squash->runs * (size_t)squash->rows * (size_t)squash->columns;
    for (size_t i = 0; i < count; i++) {
        const struct squash_range range = squash->ranges[i % (size_t)squash->columns];
        const double low = (double)range.low, high = (double)range.high, value = (double)squash->value[i];
        squash->grad_raw[i] = (float)((double)squash->grad_value[i] * (value - low) * (high - value) / (high - low));
    }
}

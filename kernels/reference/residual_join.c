// residual_join.c: batch norm's backward written out, plus the gradient of the other branch.
#include "kernels/reference/pointwise.h"
#include "kernels/reference/reference.h"

void residual_join_reference(struct device *device, const void *settings)
{
    (void)device;
    const struct residual_join *join = settings;
    const float *gradient = join->gradient, *raw = join->raw, *addend = join->addend;
    float *output = join->output;
    size_t at = 0;
    for (int run = 0; run < join->runs; run++) {
        const float *coefficients = per_run_part(join->coefficients, run);
        for (int64_t position = 0; position < join->positions; position++)
            for (int channel = 0; channel < join->channels; channel++, at++) {
                float value = coefficients_value(coefficients, join->channels, channel, gradient[at], raw[at]);
                output[at] = addend == NULL ? value : value + addend[at];
            }
    }
}

// gate.c: relaxed Bernoulli gates, in double.
//
// With x = (log u - log(1 - u) + logit) / temperature the gate is 1 / (1 + e^-x) and its slope in x is
// e^-|x| / (1 + e^-|x|)^2, which keeps its digits where the gate is all but 0 or 1.
#include <math.h>

#include "kernels/reference/pointwise.h"
#include "kernels/reference/reference.h"

static double gate_argument(double uniform, double logit, double temperature)
{
    return (log(uniform) - log1p(-uniform) + logit) / temperature;
}

void gate_forward_reference(struct device *device, const void *settings)
{
    (void)device;
    const struct gate_forward *gate = settings;
    for (int run = 0; run < gate->runs; run++) {
        const double logit = (double)*per_run_part(gate->logit, run);
        for (int image = 0; image < gate->images; image++) {
            const size_t i = (size_t)run * (size_t)gate->images + (size_t)image;
            gate->gate[i] =
                (float)(1 / (1 + exp(-gate_argument((double)gate->uniforms[i], logit, (double)gate->temperature))));
        }
    }
}

void gate_backward_reference(struct device *device, const void *settings)
{
    (void)device;
    const struct gate_backward *gate = settings;
    const double temperature = (double)gate->temperature;
    for (int run = 0; run < gate->runs; run++) {
        const double logit = (double)*per_run_part(gate->logit, run);
        double sum = 0;
        for (int image = 0; image < gate->images; image++) {
            const size_t i = (size_t)run * (size_t)gate->images + (size_t)image;
            const double tail = exp(-fabs(gate_argument((double)gate->uniforms[i], logit, temperature)));
            sum += (double)gate->grad_gate[i] * (tail / ((1 + tail) * (1 + tail)));
        }
        *per_run_part(gate->grad_logit, run) = (float)(sum / temperature);
    }
}

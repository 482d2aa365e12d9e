// sgd_update.c: SGD with Nesterov momentum, float32, over the flat array of all parameters.
// Bound     memory: 20 bytes (g, v, p in; v, p out) and 7 flops each.
#include "kernels/cpu/cpu.h"
#include "kernels/device.h"

static void sgd_run(const struct sgd_update *sgd, int run, int threads)
{
    const float *gradient = per_run_part(sgd->gradient, run);
    float *velocity = per_run_part(sgd->velocity, run);
    float *parameter = per_run_part(sgd->parameter, run);
    float rate = per_run_part(sgd->rates, run)[sgd->states[run].step];
    float momentum = sgd->momentum, weight_decay = sgd->weight_decay;
#pragma omp parallel for simd num_threads(threads) schedule(static)
    for (int64_t i = 0; i < sgd->count; i++) {
        float g = gradient[i] + weight_decay * parameter[i];
        float v = momentum * velocity[i] + g;
        velocity[i] = v;
        parameter[i] -= rate * (g + momentum * v);
    }
}

void sgd_update_cpu(struct device *device, const void *settings)
{
    const struct sgd_update *sgd = settings;
    for (int run = 0; run < sgd->runs; run++) sgd_run(sgd, run, device->threads);
}

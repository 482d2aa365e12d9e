// adamw_update.c: the reference's arithmetic, in double, shared out among threads. The same bits as the reference's.
// Bound     a division and a root in double per parameter; 28 bytes (g, m, v, p in; m, v, p out).
#include <math.h>

#include "kernels/cpu/cpu.h"
#include "kernels/device.h"

static void adamw_run(const struct adamw_update *adamw, int run, int threads)
{
    const float *gradient = per_run_part(adamw->gradient, run);
    float *first_moment = per_run_part(adamw->first_moment, run);
    float *second_moment = per_run_part(adamw->second_moment, run);
    float *parameter = per_run_part(adamw->parameter, run);
    const int64_t step = adamw->states[run].step;
    const double rate = (double)per_run_part(adamw->rates, run)[step];
    const double beta1 = adamw->beta1, beta2 = adamw->beta2, epsilon = adamw->epsilon;
    const double correction1 = 1 - pow(beta1, (double)(step + 1)), correction2 = 1 - pow(beta2, (double)(step + 1));
    const double decay = 1 - rate * adamw->weight_decay;
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int64_t i = 0; i < adamw->count; i++) {
        const double g = (double)gradient[i];
        const double m = beta1 * (double)first_moment[i] + (1 - beta1) * g;
        const double v = beta2 * (double)second_moment[i] + (1 - beta2) * g * g;
        first_moment[i] = (float)m;
        second_moment[i] = (float)v;
        const double denominator = sqrt(v / correction2) + epsilon;
        parameter[i] = (float)((double)parameter[i] * decay - rate * (m / correction1) / denominator);
    }
}

void adamw_update_cpu(struct device *device, const void *settings)
{
    const struct adamw_update *adamw = settings;
    for (int run = 0; run < adamw->runs; run++) adamw_run(adamw, run, device->threads);
}

// adamw_update.c: Adam with decoupled weight decay, in double, moments and parameter rounded once each.
#include <math.h>

#include "kernels/reference/pointwise.h"
#include "kernels/reference/reference.h"

static void adamw_run(const struct adamw_update *adamw, int run)
{
    const float *gradient = per_run_part(adamw->gradient, run);
    float *first_moment = per_run_part(adamw->first_moment, run);
    float *second_moment = per_run_part(adamw->second_moment, run);
    float *parameter = per_run_part(adamw->parameter, run);
    int64_t step = adamw->states[run].step;
    double rate = (double)per_run_part(adamw->rates, run)[step];
    double correction1 = 1 - pow(adamw->beta1, (double)(step + 1));
    double correction2 = 1 - pow(adamw->beta2, (double)(step + 1));
    for (int64_t i = 0; i < adamw->count; i++) {
        double g = (double)gradient[i];
        double m = adamw->beta1 * (double)first_moment[i] + (1 - adamw->beta1) * g;
        double v = adamw->beta2 * (double)second_moment[i] + (1 - adamw->beta2) * g * g;
        first_moment[i] = (float)m;
        second_moment[i] = (float)v;
        double decayed = (double)parameter[i] * (1 - rate * adamw->weight_decay);
        double denominator = sqrt(v / correction2) + adamw->epsilon;
        parameter[i] = (float)(decayed - rate * (m / correction1) / denominator);
    }
}

void adamw_update_reference(struct device *device, const void *settings)
{
    (void)device;
    const struct adamw_update *adamw = settings;
    for (int run = 0; run < adamw->runs; run++) adamw_run(adamw, run);
}

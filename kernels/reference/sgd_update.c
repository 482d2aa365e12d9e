// sgd_update.c: SGD with Nesterov momentum, in double, velocity and parameter rounded once each.
#include "kernels/reference/pointwise.h"
#include "kernels/reference/reference.h"

static void sgd_run(const struct sgd_update *sgd, int run)
{
    const float *gradient = per_run_part(sgd->gradient, run);
    float *velocity = per_run_part(sgd->velocity, run), *parameter = per_run_part(sgd->parameter, run);
    double rate = (double)per_run_part(sgd->rates, run)[sgd->states[run].step];
    double momentum = (double)sgd->momentum, weight_decay = (double)sgd->weight_decay;
    for (int64_t i = 0; i < sgd->count; i++) {
        double g = (double)gradient[i] + weight_decay * (double)parameter[i];
        double v = momentum * (double)velocity[i] + g;
        velocity[i] = (float)v;
        parameter[i] = (float)((double)parameter[i] - rate * (g + momentum * v));
    }
}

void sgd_update_reference(struct device *device, const void *settings)
{
    (void)device;
    const struct sgd_update *sgd = settings;
    for (int run = 0; run < sgd->runs; run++) sgd_run(sgd, run);
}

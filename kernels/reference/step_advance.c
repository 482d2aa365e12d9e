// step_advance.c: moves the counters of every run at the end of a step.
#include "kernels/reference/reference.h"

void step_advance_reference(struct device *device, const void *settings)
{
    (void)device;
    const struct step_advance *advance = settings;
    for (int run = 0; run < advance->runs; run++) {
        advance->states[run].step += advance->count_step;
        advance->states[run].position += advance->images;
    }
}

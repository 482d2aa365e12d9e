// gradient_clip.c: shortens a run's gradient to the limit where it is longer. A NaN in it makes all of it NaN.
#include <math.h>

#include "kernels/reference/pointwise.h"
#include "kernels/reference/reference.h"

static const double guard = 1e-6;

static void clip_run(const struct gradient_clip *clip, int run)
{
    float *gradient = per_run_part(clip->gradient, run);
    double sum = 0;
    for (int64_t i = 0; i < clip->count; i++) sum += (double)gradient[i] * (double)gradient[i];
    double norm = sqrt(sum), factor = (double)clip->limit / (norm + guard);
    for (int64_t i = 0; !(factor >= 1) && i < clip->count; i++) gradient[i] = (float)((double)gradient[i] * factor);
    if (clip->norm.data != NULL) *per_run_part(clip->norm, run) = (float)norm;
}

void gradient_clip_reference(struct device *device, const void *settings)
{
    (void)device;
    const struct gradient_clip *clip = settings;
    for (int run = 0; run < clip->runs; run++) clip_run(clip, run);
}

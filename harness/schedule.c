// schedule.c: cosine learning rates with a linear warm-up. Tests: tests/schedule_test.c, tests/golden_schedule_test.c.
#include "harness/schedule.h"

#include <math.h>

double schedule_rate(const struct schedule *schedule, int64_t step)
{
    const double epoch = (double)step / schedule->steps_per_epoch;
    const double warmup = schedule->warmup_epochs;
    if (schedule->warmup_epochs > 0 && epoch <= warmup) return schedule->rate * epoch / warmup;
    const double period = schedule->epochs - (schedule->warmup == SCHEDULE_WARMUP_ADJUSTED ? warmup : 0);
    const double cosine = cos(M_PI * (epoch - warmup) / period);
    return schedule->rate_minimum + (schedule->rate - schedule->rate_minimum) / 2 * (1 + cosine);
}

// schedule.h: the learning rate of every step, computed once, in double.
#ifndef HARNESS_SCHEDULE_H
#define HARNESS_SCHEDULE_H

#include <stdint.h>

enum schedule_warmup {
    SCHEDULE_WARMUP_PLAIN, // the cosine runs over all epochs, beginning where the warm-up ends: it does not reach its minimum
    SCHEDULE_WARMUP_ADJUSTED, // the cosine runs over the epochs that the warm-up leaves
};

struct schedule {
    double rate, rate_minimum;
    int epochs, steps_per_epoch;
    int warmup_epochs;
    enum schedule_warmup warmup;
};

// Rate of step `step` (from 0), at the fractional epoch e = step / steps_per_epoch:
//   e <= warmup_epochs (and warmup_epochs > 0):  rate * e / warmup_epochs
//   otherwise  rate_minimum + (rate - rate_minimum) / 2 * (1 + cos(pi * (e - warmup_epochs) / period)),
// period = epochs (plain) or epochs - warmup_epochs (adjusted). Golden data: training/optim.
double schedule_rate(const struct schedule *schedule, int64_t step);

#endif

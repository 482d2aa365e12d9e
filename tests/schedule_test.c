// schedule_test.c: properties of the learning rates that need no reference data.
#include "harness/schedule.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>

Test(schedule, cosine_starts_high_and_ends_at_its_minimum)
{
    const struct schedule schedule = {.rate = 0.1, .rate_minimum = 1e-6, .epochs = 30, .steps_per_epoch = 23};
    const int64_t steps = 690;
    cr_expect(epsilon_eq(dbl, schedule_rate(&schedule, 0), 0.1, 1e-15));
    cr_expect(epsilon_eq(dbl, schedule_rate(&schedule, steps / 2), (0.1 + 1e-6) / 2, 1e-15));
    cr_expect(epsilon_eq(dbl, schedule_rate(&schedule, steps), 1e-6, 1e-15));
    for (int64_t step = 0; step < steps; step++)
        cr_assert(gt(dbl, schedule_rate(&schedule, step), schedule_rate(&schedule, step + 1)), "step %d", (int)step);
}

Test(schedule, warmup_rises_in_a_line_to_the_rate)
{
    static const enum schedule_warmup kinds[] = {SCHEDULE_WARMUP_PLAIN, SCHEDULE_WARMUP_ADJUSTED};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const struct schedule schedule = {.rate = 0.2,
                                          .rate_minimum = 0.002,
                                          .epochs = 8,
                                          .steps_per_epoch = 10,
                                          .warmup_epochs = 2,
                                          .warmup = kinds[i]};
        for (int64_t step = 0; step <= 20; step++)
            cr_assert(epsilon_eq(dbl, schedule_rate(&schedule, step), 0.2 * (double)step / 20, 1e-15),
                      "kind %zu step %d", i, (int)step);
        cr_expect(lt(dbl, schedule_rate(&schedule, 21), 0.2), "kind %zu", i);
        cr_expect(gt(dbl, schedule_rate(&schedule, 21), 0.19), "kind %zu", i);
    }
}

// Six epochs of cosine remain after two of warm-up: adjusted reaches the minimum, plain stops at 6/8 of its way.
Test(schedule, plain_stops_short_of_the_minimum_and_adjusted_reaches_it)
{
    struct schedule schedule = {
        .rate = 0.2, .rate_minimum = 0.002, .epochs = 8, .steps_per_epoch = 10, .warmup_epochs = 2};
    schedule.warmup = SCHEDULE_WARMUP_ADJUSTED;
    cr_expect(epsilon_eq(dbl, schedule_rate(&schedule, 80), 0.002, 1e-15));
    schedule.warmup = SCHEDULE_WARMUP_PLAIN;
    const double expected = 0.002 + 0.198 / 2 * (1 - sqrt(0.5)); // cos(3 pi / 4)
    cr_expect(epsilon_eq(dbl, schedule_rate(&schedule, 80), expected, 1e-15));
}

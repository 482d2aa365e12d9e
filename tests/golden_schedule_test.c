// golden_schedule_test.c: learning rates against golden training/optim.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>

#include "harness/schedule.h"
#include "tests/support/golden.h"

// 1e-12 relative to the largest rate, in double: the golden README's tolerance for schedules.
static void expect_rates(struct golden_case *golden, const struct schedule *schedule, const struct golden_array *truth)
{
    cr_assert(truth->count == (size_t)schedule->epochs * (size_t)schedule->steps_per_epoch + 1, "%s/%s: %zu rates",
              golden->folder, truth->name, truth->count);
    double worst = 0;
    size_t bad = 0;
    for (size_t step = 0; step < truth->count; step++) {
        const double error = fabs(schedule_rate(schedule, (int64_t)step) - truth->truth[step]) / schedule->rate;
        if (!(error <= 1e-12)) bad++;
        if (!(error <= worst)) worst = error;
    }
    golden->tally->comparisons++;
    if (!(worst / 1e-12 <= golden->tally->worst)) golden->tally->worst = worst / 1e-12;
    cr_expect(bad == 0, "%s/%s: %zu of %zu rates are off, by %.3g of the largest", golden->folder, truth->name, bad,
              truth->count, worst);
}

static void check_cosine(struct golden_case *golden)
{
    const struct golden_array *hyper = golden_read(golden, "cosine_hyper");
    const struct schedule schedule = {
        .rate = hyper->truth[0], .rate_minimum = hyper->truth[1], .epochs = 1, .steps_per_epoch = (int)hyper->truth[2]};
    expect_rates(golden, &schedule, golden_read(golden, "cosine"));
}

static void check_warmup(struct golden_case *golden)
{
    static const struct {
        const char *name;
        enum schedule_warmup warmup;
        bool has_minimum;
    } cases[] = {{"warmup_plain_min0", SCHEDULE_WARMUP_PLAIN, false},
                 {"warmup_plain_minlr", SCHEDULE_WARMUP_PLAIN, true},
                 {"warmup_adjusted_min0", SCHEDULE_WARMUP_ADJUSTED, false},
                 {"warmup_adjusted_minlr", SCHEDULE_WARMUP_ADJUSTED, true}};
    const struct golden_array *hyper = golden_read(golden, "warmup_hyper");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct schedule schedule = {.rate = hyper->truth[0],
                                          .rate_minimum = cases[i].has_minimum ? hyper->truth[1] : 0,
                                          .epochs = (int)hyper->truth[2],
                                          .steps_per_epoch = (int)hyper->truth[3],
                                          .warmup_epochs = (int)hyper->truth[4],
                                          .warmup = cases[i].warmup};
        expect_rates(golden, &schedule, golden_read(golden, "%s", cases[i].name));
    }
}

Test(golden_schedule, cosine)
{
    golden_for_folder("training/optim", check_cosine);
}

Test(golden_schedule, warmup)
{
    golden_for_folder("training/optim", check_warmup);
}

// cuda_fusion_test.c: a recorded step in few launches has the bits of its operations one by one.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "kernels/cuda/cuda.h"
#include "tests/simt/kernels_simt.h"
#include "tests/simt/simt.h"
#include "tests/support/training_steps.h"

// A shortcut in every group, a block without one behind it, channels of every class.
static const struct steps small = {.depth = 16, .widen = 2, .images = 2, .steps = 2, .runs = 2};

static void expect_same_one_by_one(const struct kernels *kernels, struct steps steps, const char *what)
{
    struct trained fused = steps_take(kernels, 1, steps);
    steps.one_by_one = true;
    struct trained single = steps_take(kernels, 1, steps);
    steps_expect_same_bits(&fused, steps.runs, &single, 0, what);
    cr_expect(memcmp(single.start, single.parameters, single.count * sizeof(float)) != 0, "%s: nothing learned", what);
    steps_forget(&fused);
    steps_forget(&single);
}

Test(cuda_fusion, a_recorded_step_has_the_bits_of_its_operations)
{
    expect_same_one_by_one(&kernels_cuda_simt, small, "WRN-16-2, seed 70");
}

// Where blocks share the memory of their gradients, almost nothing may wait or be done on the way: what is left out shows as
// other bits, or as a race.
Test(cuda_fusion, it_moves_nothing_across_memory_that_is_used_again)
{
    struct kernels sharing = kernels_cuda_simt;
    sharing.gathers_filters = false;
    expect_same_one_by_one(&sharing, small, "WRN-16-2 with shared gradients, seed 70");
}

// Nothing is computed here, and so nothing says whether what is launched is enough: that is the test above.
Test(cuda_fusion, a_step_of_the_papers_network_is_ninety_launches_at_most)
{
    struct steps steps = {.depth = 40, .widen = 2, .images = 2, .steps = 2, .runs = 1};
    simt_switch_launches(false);
    struct trained before, after;
    uint64_t start = simt_launches();
    before = steps_take(&kernels_cuda_simt, 1, steps);
    uint64_t two = simt_launches() - start;
    steps.steps = 3;
    after = steps_take(&kernels_cuda_simt, 1, steps);
    uint64_t three = simt_launches() - start - two;
    simt_switch_launches(true);
    cr_log_info("%llu launches a step", (unsigned long long)(three - two));
    cr_expect(three - two <= 90, "%llu launches a step", (unsigned long long)(three - two));
    cr_expect(three - two >= 76, "fewer launches than convolutions forward and backward");
    steps_forget(&before);
    steps_forget(&after);
}

Test(cuda_fusion, a_device_fuses_without_changing_a_bit)
{
    const struct kernels *cuda = kernels_find("cuda");
    if (cuda == NULL) cr_skip_test("%s", cuda_check().message);
    expect_same_one_by_one(cuda, small, "WRN-16-2 on the device, seed 70");
}

// cuda_access_test.c: how well the convolutions use memory, counted by the host-side runner: passes over the banks of
// shared memory and sectors of device memory, each as a multiple of what the bytes need.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>

#include "tests/simt/kernels_simt.h"
#include "tests/simt/simt.h"
#include "tests/support/device_array.h"
#include "tests/support/random_data.h"

enum { SEED = 90, VALUES = 16 * 16 * 64, WEIGHTS = 9 * 64 * 64 };

static const struct conv_shape shape = {1, 1, 16, 16, 64, 64, 3, 1};

struct ratios {
    double of[2];    // transactions / the least: of device memory, of shared memory
    double worst[2]; // the same of the instruction that wastes most
    const void *worst_instruction[2];
};

static struct ratios ratios_of_launches(void)
{
    const struct simt_access *accesses;
    struct ratios ratios = {0};
    double done[2] = {0, 0}, least[2] = {0, 0}, wasted[2] = {0, 0};
    size_t count = simt_accesses(&accesses);
    for (size_t i = 0; i < count; i++) {
        done[accesses[i].shared] += (double)accesses[i].transactions;
        least[accesses[i].shared] += (double)accesses[i].least;
    }
    for (size_t i = 0; i < count; i++) {
        int kind = accesses[i].shared;
        double waste = (double)(accesses[i].transactions - accesses[i].least);
        if (waste <= wasted[kind]) continue;
        wasted[kind] = waste;
        ratios.worst[kind] = (double)accesses[i].transactions / (double)accesses[i].least;
        ratios.worst_instruction[kind] = accesses[i].instruction;
    }
    cr_assert(least[0] > 0 && least[1] > 0, "nothing was counted");
    for (int kind = 0; kind < 2; kind++) ratios.of[kind] = done[kind] / least[kind];
    return ratios;
}

static void *put_random(struct device *device, uint32_t index, size_t count)
{
    float *values = random_floats(SEED, index, count, -1, 1);
    void *memory = device_put_floats(device, values, count);
    free(values);
    return memory;
}

static void run_forward(struct device *device)
{
    const struct conv_forward conv = {.shape = shape,
                                      .input = put_random(device, 1, VALUES),
                                      .affine = {put_random(device, 2, 128), 128},
                                      .filter = {put_random(device, 3, WEIGHTS), WEIGHTS},
                                      .residual = put_random(device, 4, VALUES),
                                      .output = device_make_floats(device, VALUES),
                                      .statistics = device_make_statistics(device, 64)};
    conv_forward(device, &conv);
}

static void run_backward_data(struct device *device)
{
    const struct conv_backward_data conv = {.shape = shape,
                                            .gradient = put_random(device, 1, VALUES),
                                            .raw = put_random(device, 2, VALUES),
                                            .coefficients = {put_random(device, 3, 192), 192},
                                            .filter = {put_random(device, 4, WEIGHTS), WEIGHTS},
                                            .mask_input = put_random(device, 5, VALUES),
                                            .affine = {put_random(device, 6, 128), 128},
                                            .output = device_make_floats(device, VALUES),
                                            .sums = device_make_statistics(device, 64)};
    conv_backward_data(device, &conv);
}

static void run_backward_filter(struct device *device)
{
    const struct conv_backward_filter conv = {.shape = shape,
                                              .input = put_random(device, 1, VALUES),
                                              .affine = {put_random(device, 2, 128), 128},
                                              .gradient = put_random(device, 3, VALUES),
                                              .raw = put_random(device, 4, VALUES),
                                              .coefficients = {put_random(device, 5, 192), 192},
                                              .grad_filter = {device_make_floats(device, WEIGHTS), WEIGHTS}};
    conv_backward_filter(device, &conv);
}

// Shared memory costs a tenth more than its bytes at most; device memory's sectors are used whole but for halos, constants
// and partial sums.
static void expect_thrift(void (*run)(struct device *device), const char *name, double shared_limit,
                          double device_limit)
{
    struct device *device = device_for_test(&kernels_cuda_simt, 1);
    char place[200];
    simt_forget_accesses();
    simt_count_accesses(true);
    run(device);
    simt_count_accesses(false);
    struct ratios ratios = ratios_of_launches();
    for (int shared = 0; shared < 2; shared++) {
        simt_describe_place(ratios.worst_instruction[shared], place, sizeof place);
        cr_expect(ratios.of[shared] <= (shared ? shared_limit : device_limit),
                  "%s: %s memory takes %.3f times what its bytes need; most is lost at %s, which takes %.2f times",
                  name, shared ? "shared" : "device", ratios.of[shared], place, ratios.worst[shared]);
    }
    device_end_test(device);
}

Test(cuda_access, convolutions_use_banks_and_sectors_well)
{
    expect_thrift(run_forward, "conv_forward", 1.1, 1.25);
    expect_thrift(run_backward_data, "conv_backward_data", 1.1, 1.45); // packing reads sectors by halves, once a step
    expect_thrift(run_backward_filter, "conv_backward_filter", 1.1, 1.25);
}

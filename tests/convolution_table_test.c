// convolution_table_test.c: which algorithm a CPU backend takes, and what it says of it.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "kernels/kernels.h"

static struct algorithm algorithm_of(const struct kernels *kernels, enum convolution_choice choice,
                                     struct conv_shape shape)
{
    struct device *device = NULL;
    struct status status = device_open(kernels, (struct device_settings){.threads = 1, .convolution = choice}, &device);
    cr_assert(eq(int, status.code, STATUS_OK));
    struct algorithm algorithm =
        device_algorithm(device, OPERATION_CONV_FORWARD, &(struct conv_forward){.shape = shape});
    device_close(device);
    return algorithm;
}

static bool is_cpu(const struct kernels *kernels)
{
    return strncmp(kernels->name, "cpu-", 4) == 0;
}

Test(convolution_table, every_cpu_backend_takes_winograd_for_the_networks_blocks)
{
    for (const struct kernels *const *kernels = kernels_available(); *kernels != NULL; kernels++) {
        if (!is_cpu(*kernels)) continue;
        for (int channels = 16, side = 32; channels <= 128; channels *= 2, side = side > 8 ? side / 2 : side) {
            struct conv_shape shape = {1, 2, side, side, channels, channels, 3, 1};
            struct algorithm algorithm = algorithm_of(*kernels, CONVOLUTION_BY_TABLE, shape);
            cr_expect(eq(str, (char *)algorithm.name, "winograd-4x4"), "%s, %d channels", (*kernels)->name, channels);
            cr_expect(epsilon_eq(dbl, algorithm.multiply_fraction, 0.25, 1e-12));
        }
    }
}

Test(convolution_table, what_winograd_cannot_serve_is_direct)
{
    const struct conv_shape shapes[] = {
        {1, 2, 32, 32, 32, 64, 3, 2}, // stride
        {1, 2, 32, 32, 32, 64, 1, 1}, // kernel
        {1, 2, 32, 32, 3, 16, 3, 1},  // channels
        {1, 2, 16, 16, 16, 18, 3, 1},
    };
    for (const struct kernels *const *kernels = kernels_available(); *kernels != NULL; kernels++)
        for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
            for (int choice = CONVOLUTION_BY_TABLE; choice <= CONVOLUTION_WINOGRAD_4X4; choice++) {
                struct algorithm algorithm = algorithm_of(*kernels, (enum convolution_choice)choice, shapes[i]);
                cr_expect(eq(str, (char *)algorithm.name, "direct"), "%s, shape %zu", (*kernels)->name, i);
                cr_expect(eq(dbl, algorithm.multiply_fraction, 1));
            }
}

Test(convolution_table, tiles_over_the_edge_count_whole)
{
    struct conv_shape shape = {1, 2, 5, 8, 32, 32, 3, 1};
    for (const struct kernels *const *kernels = kernels_available(); *kernels != NULL; kernels++) {
        if (!is_cpu(*kernels)) continue;
        struct algorithm four = algorithm_of(*kernels, CONVOLUTION_WINOGRAD_4X4, shape);
        struct algorithm two = algorithm_of(*kernels, CONVOLUTION_WINOGRAD_2X2, shape);
        cr_expect(epsilon_eq(dbl, four.multiply_fraction, 2 * 2 * 36 / (9.0 * 5 * 8), 1e-12));
        cr_expect(epsilon_eq(dbl, two.multiply_fraction, 3 * 4 * 16 / (9.0 * 5 * 8), 1e-12));
        struct algorithm direct = algorithm_of(*kernels, CONVOLUTION_DIRECT, shape);
        cr_expect(eq(str, (char *)direct.name, "direct"));
    }
}

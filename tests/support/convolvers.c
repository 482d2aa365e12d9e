// convolvers.c: see convolvers.h.
#include "tests/support/convolvers.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/device_array.h"
#include "tests/support/widened_kernels.h"

enum { CONVOLVERS_LIMIT = 32 };

static const struct {
    enum convolution_choice convolution;
    const char *name;
} choices[] = {
    {CONVOLUTION_BY_TABLE, "by table"},
    {CONVOLUTION_DIRECT, "direct"},
    {CONVOLUTION_WINOGRAD_2X2, "winograd-2x2"},
    {CONVOLUTION_WINOGRAD_4X4, "winograd-4x4"},
};

enum { CHOICES = sizeof choices / sizeof choices[0] };

struct convolver convolver_by_table(const struct kernels *kernels)
{
    struct convolver convolver = {.kernels = kernels, .convolution = CONVOLUTION_BY_TABLE};
    snprintf(convolver.name, sizeof convolver.name, "%s", kernels->name);
    return convolver;
}

const struct convolver *convolvers_under_test(void)
{
    static struct convolver convolvers[CONVOLVERS_LIMIT];
    size_t count = 0;
    for (const struct kernels *const *kernels = backends_under_test(); *kernels != NULL; kernels++) {
        cr_assert(count + CHOICES < CONVOLVERS_LIMIT, "more backends than this list has room for");
        if (strncmp((*kernels)->name, "cpu", 3) != 0) {
            convolvers[count++] = convolver_by_table(*kernels);
            continue;
        }
        for (size_t i = 0; i < CHOICES; i++) {
            struct convolver *convolver = &convolvers[count++];
            convolver->kernels = *kernels;
            convolver->convolution = choices[i].convolution;
            snprintf(convolver->name, sizeof convolver->name, "%s %s", (*kernels)->name, choices[i].name);
        }
    }
    convolvers[count] = (struct convolver){.kernels = NULL};
    return convolvers;
}

struct device *convolver_open(const struct convolver *convolver, int threads)
{
    const struct device_settings settings = {.threads = threads, .convolution = convolver->convolution};
    struct device *device = NULL;
    struct status status = device_open(widened_kernels(convolver->kernels), settings, &device);
    cr_assert(status.code == STATUS_OK, "%s: %s", convolver->name, status.message);
    return device;
}

int convolver_tile_outputs(const struct convolver *convolver, const struct conv_shape *shape)
{
    if (strncmp(convolver->kernels->name, "cpu", 3) != 0 || shape->kernel != 3 || shape->stride != 1) return 1;
    switch (convolver->convolution) {
    case CONVOLUTION_DIRECT: return 1;
    case CONVOLUTION_WINOGRAD_2X2: return 2;
    default: return 4;
    }
}

bool convolver_spreads_taps(const struct convolver *convolver, const struct conv_shape *shape)
{
    return convolver_tile_outputs(convolver, shape) > 1 || strncmp(convolver->kernels->name, "cuda", 4) == 0;
}

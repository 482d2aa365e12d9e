// device_array.c: see device_array.h.
#include "tests/support/device_array.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/convolvers.h"
#include "tests/support/memory.h"
#ifdef HAVE_SIMT
#include "tests/simt/kernels_simt.h"
#endif

enum { BACKENDS_LIMIT = 16 };

// Those of this build and machine, and the CUDA kernels on the host-side runner, which only tests know.
static const struct kernels *const *all_backends(void)
{
    static const struct kernels *all[BACKENDS_LIMIT];
    size_t count = 0;
    for (const struct kernels *const *kernels = kernels_available(); *kernels != NULL; kernels++)
        all[count++] = *kernels;
#ifdef HAVE_SIMT
    all[count++] = &kernels_cuda_simt;
#endif
    cr_assert(count < BACKENDS_LIMIT);
    all[count] = NULL;
    return all;
}

const struct kernels *const *backends_under_test(void)
{
    static const struct kernels *chosen[2];
    const char *name = getenv("TRANSINV_BACKEND");
    const struct kernels *const *all = all_backends();
    if (name == NULL || name[0] == '\0') return all;
    for (chosen[0] = strcmp(name, "cpu") == 0 ? kernels_find("cpu") : NULL; chosen[0] == NULL && *all != NULL; all++)
        if (strcmp((*all)->name, name) == 0) chosen[0] = *all;
    cr_assert(chosen[0] != NULL, "TRANSINV_BACKEND=%s: no such backend in this build on this machine", name);
    return chosen;
}

const struct kernels *const *host_backends_under_test(void)
{
    static const struct kernels *host[BACKENDS_LIMIT];
    size_t count = 0;
    for (const struct kernels *const *kernels = backends_under_test(); *kernels != NULL; kernels++)
        if (strncmp((*kernels)->name, "cuda", 4) != 0) host[count++] = *kernels;
    host[count] = NULL;
    if (count == 0) cr_skip_test("no backend of this processor is under test");
    return host;
}

struct device *device_for_test(const struct kernels *kernels, int threads)
{
    const struct convolver convolver = convolver_by_table(kernels);
    return convolver_open(&convolver, threads);
}

void device_end_test(struct device *device)
{
    struct status status = device_synchronise(device);
    cr_expect(status.code == STATUS_OK, "%s", status.message);
    device_close(device);
}

double by_precision(const struct device *device, double fp32, double bf16)
{
    return device_kernels(device)->precision == PRECISION_FP32 ? fp32 : bf16;
}

bool device_rounds_factors(const struct device *device)
{
    return strncmp(device_kernels(device)->name, "cuda", 4) == 0;
}

void *device_put(struct device *device, const void *values, size_t bytes)
{
    void *memory = NULL;
    struct status status = device_allocate(device, bytes, &memory);
    cr_assert(status.code == STATUS_OK, "%s", status.message);
    device_upload(device, memory, values, bytes);
    return memory;
}

float *device_put_floats(struct device *device, const float *values, size_t count)
{
    return device_put(device, values, count * sizeof *values);
}

struct per_run device_put_per_run(struct device *device, const float *values, int runs, size_t stride)
{
    return (struct per_run){device_put_floats(device, values, (size_t)runs * stride), stride};
}

void *device_make(struct device *device, size_t bytes)
{
    void *ones = test_allocate(bytes);
    memset(ones, 0xff, bytes);
    void *memory = device_put(device, ones, bytes);
    free(ones);
    return memory;
}

float *device_make_floats(struct device *device, size_t count)
{
    return device_make(device, count * sizeof(float));
}

struct per_run device_make_per_run(struct device *device, int runs, size_t stride)
{
    return (struct per_run){device_make_floats(device, (size_t)runs * stride), stride};
}

void *device_make_statistics(struct device *device, size_t count)
{
    return device_make(device, count * device_kernels(device)->statistics_bytes);
}

void device_get(struct device *device, const void *memory, void *values, size_t bytes)
{
    struct status status = device_synchronise(device);
    cr_assert(status.code == STATUS_OK, "%s", status.message);
    device_download(device, values, memory, bytes);
}

float *device_get_floats(struct device *device, const void *memory, size_t count)
{
    float *values = test_allocate(count * sizeof *values);
    device_get(device, memory, values, count * sizeof *values);
    return values;
}

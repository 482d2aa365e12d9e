// device_array.c: see device_array.h.
#include "tests/support/device_array.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/convolvers.h"
#include "tests/support/memory.h"

const struct kernels *const *backends_under_test(void)
{
    static const struct kernels *chosen[2];
    const char *name = getenv("TRANSINV_BACKEND");
    if (name == NULL || name[0] == '\0') return kernels_available();
    chosen[0] = kernels_find(name);
    cr_assert(chosen[0] != NULL, "TRANSINV_BACKEND=%s: no such backend in this build on this machine", name);
    return chosen;
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

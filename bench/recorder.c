// recorder.c: see recorder.h. Tests: tests/bench_cases_test.c.
#include "bench/recorder.h"

#include <stdlib.h>

#include "kernels/host_memory.h"

enum { PLACEHOLDER_BYTES = 64 }; // an address of its own for every tensor, however large

static struct status allocate_address(struct device *device, size_t bytes, void **memory)
{
    (void)bytes;
    return host_memory_allocate(device, PLACEHOLDER_BYTES, memory);
}

static void ignore_transfer(struct device *device, void *to, const void *from, size_t bytes)
{
    (void)device, (void)to, (void)from, (void)bytes;
}

static void ignore_zero(struct device *device, void *memory, size_t bytes)
{
    (void)device, (void)memory, (void)bytes;
}

static void ignore_operation(struct device *device, const void *settings)
{
    (void)device, (void)settings;
}

// Sizes as on the CPU in float32; only the network's own sums of bytes depend on them.
static struct kernels recorder = {.name = "recorder",
                                  .statistics_bytes = 2 * sizeof(double),
                                  .activation_bytes = sizeof(float),
                                  .open = host_memory_open,
                                  .close = host_memory_close,
                                  .allocate = allocate_address,
                                  .release = host_memory_release,
                                  .upload = ignore_transfer,
                                  .download = ignore_transfer,
                                  .zero = ignore_zero,
                                  .synchronise = host_memory_synchronise};

struct status recorder_open(recorder_function *function, void *context, struct device **device)
{
    for (int i = 0; i < OPERATION_COUNT; i++) recorder.operations[i] = ignore_operation;
    struct status status = device_open(&recorder, (struct device_settings){.threads = 1}, device);
    if (status.code == STATUS_OK)
        device_set_observer(*device, (struct device_observer){.before = function, .context = context});
    return status;
}

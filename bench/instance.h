// instance.h: a case made live on a device: its tensors allocated, filled and, after a run, read back. Knows devices and
// cases, nothing of time.
#ifndef BENCH_INSTANCE_H
#define BENCH_INSTANCE_H

#include "bench/case.h"

struct instance {
    struct device *device;
    struct bench_case bench_case; // its settings point into the device's memory
    struct field fields[FIELD_LIMIT];
    int field_count;
    void *memory[FIELD_LIMIT];
};

// Allocates and fills every tensor of `bench_case`. Tensors of several images repeat after `period` of them (1 or more), so
// that what `period` images give tells what all must. Separate memory for each, also where a network works in place: such an
// operation can then be repeated. STATUS_NO_MEMORY, or the device's error. *instance is the caller's to destroy, also on error.
struct status instance_create(struct device *device, const struct bench_case *bench_case, int period,
                              struct instance *instance);
void instance_destroy(struct instance *instance); // leaves it empty; accepts an empty one

// Enqueues the operation once.
static inline void instance_run(const struct instance *instance)
{
    device_execute(instance->device, instance->bench_case.operation, &instance->bench_case.settings);
}

// Waits for field number `index` and copies it out as numbers, whatever it is made of. Statistics come as what batch norm
// makes of them: mean and 1 / deviation, or the sums of g * x and g; `parts` is 2 then, else 1. *values (*count of them)
// is the caller's to free.
struct status instance_read(const struct instance *instance, int index, double **values, size_t *count, int *parts);

// Statistics records on a device: `field` tells of how many channels and values.
struct status statistics_produce(struct device *device, const struct field *field, uint32_t index, void *records);
// 2 x channels: see instance_read.
struct status statistics_read(struct device *device, const struct field *field, const void *records, float *numbers);

#endif

// device_array.h: devices and arrays on them, for tests. Whatever goes wrong fails the running test.
#ifndef TESTS_SUPPORT_DEVICE_ARRAY_H
#define TESTS_SUPPORT_DEVICE_ARRAY_H

#include <stddef.h>

#include "kernels/kernels.h"

// The backends under test, NULL-terminated: the one named by TRANSINV_BACKEND, else all of this build and machine, and
// cuda-simt.
const struct kernels *const *backends_under_test(void);
// Those of them whose device is this processor: whose memory is the process's own, and which have the operations on images
// and the augmentation model, which CUDA has no kernels for yet. Skips the running test where there is none.
const struct kernels *const *host_backends_under_test(void);

// Tests give activations as float32, to a backend with another activation type through widened_kernels.h.
struct device *device_for_test(const struct kernels *kernels, int threads);
// Checks that no error stuck, closes, releases all arrays.
void device_end_test(struct device *device);
// One of two tolerances: for a device whose activations are float32, or bfloat16.
double by_precision(const struct device *device, double fp32, double bf16);
// Whether convolutions round both factors to bfloat16 even where neither is stored so: what tensor cores take.
bool device_rounds_factors(const struct device *device);

// An array holding a copy of `values`.
void *device_put(struct device *device, const void *values, size_t bytes);
float *device_put_floats(struct device *device, const float *values, size_t count);
// runs x stride floats.
struct per_run device_put_per_run(struct device *device, const float *values, int runs, size_t stride);
// An array for results, every bit set (NaN as floating point), so that what an operation leaves out shows.
void *device_make(struct device *device, size_t bytes);
float *device_make_floats(struct device *device, size_t count);
struct per_run device_make_per_run(struct device *device, int runs, size_t stride);
// `count` statistics records of the device's own kind.
void *device_make_statistics(struct device *device, size_t count);

// Waits, then copies out.
void device_get(struct device *device, const void *memory, void *values, size_t bytes);
float *device_get_floats(struct device *device, const void *memory, size_t count); // caller frees

#endif

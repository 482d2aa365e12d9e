// cuda.h: the CUDA backend, as the registry and its own files see it. Plain C.
#ifndef KERNELS_CUDA_CUDA_H
#define KERNELS_CUDA_CUDA_H

#include <stddef.h>
#include <stdint.h>

#include "kernels/kernels.h"

// Whether this machine can run the CUDA backend; STATUS_DEVICE says in a sentence why not: built without CUDA, no driver,
// driver too old, no device, device older than sm_80.
struct status cuda_check(void);

#ifdef HAVE_CUDA
extern const struct kernels kernels_cuda;
// Its cudaStream_t, for who measures it from outside.
struct CUstream_st *cuda_device_stream(const struct device *device);
#endif

#ifdef __cplusplus
extern "C" {
#endif

// One channel's record: sum and sum of squares of a convolution's rounded output; backward, sum of g and of g * x.
struct statistics_cuda {
    double first, second;
};

// Work space in device memory, 256-byte aligned, valid until the operation's launches are through; NULL after it has
// failed (the error then sticks to the device). `counters` is memory that holds zeros between operations.
struct cuda_workspace {
    void *memory;
    uint32_t *counters; // CUDA_COUNTERS
};
enum { CUDA_COUNTERS = 1 << 16 };
struct cuda_workspace cuda_workspace_get(struct device *device, size_t bytes);

// What cuda_workspace_get keeps: the first part of what device->backend points at. Memory that has become too small stays
// until the device closes, since a recorded graph may name it.
struct cuda_workspace_state {
    uint32_t *counters;
    void *memory[48]; // the last is in use; every one is at least twice the one before
    int count;
    size_t bytes;
    struct filter_packs *packs;       // filter_packs.c's
    operation_function *pack_filters; // the build's own kernel (pack_filters.cu)
};
void cuda_workspace_release(struct device *device);

// Starts a kernel on the device's stream (cuda_device.c). What goes wrong sticks to the device.
void cuda_launch_kernel(struct device *device, const char *name, const void *kernel, unsigned grid_x, unsigned grid_y,
                        unsigned grid_z, unsigned threads, size_t shared_bytes, void **arguments);

#ifdef __cplusplus
}
#endif

#endif

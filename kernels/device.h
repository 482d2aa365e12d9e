// device.h: the inside of a device, for backends only. The harness sees kernels.h.
#ifndef KERNELS_DEVICE_H
#define KERNELS_DEVICE_H

#include "kernels/kernels.h"

struct device {
    const struct kernels *kernels;
    struct status status; // the first error; operations do nothing after it
    struct device_observer observer;
    struct graph *recording; // not NULL between capture_begin and capture_end
    int threads;
    enum convolution_choice convolution;
    void **blocks; // what is allocated, so that closing releases it
    size_t block_count, block_capacity;
    void *scratch; // work space that grows and is reused (device_scratch)
    size_t scratch_bytes;
    struct device_counter
        *counter;  // not NULL: memory is counted instead of given, and kernels are not launched (counting.h)
    void *backend; // the backend's own
};

// Run r's part of `array`; NULL where the array is absent.
static inline float *per_run_part(struct per_run array, int run)
{
    return array.data == NULL ? NULL : array.data + (size_t)run * array.stride;
}

// Work space of at least `bytes`, 64-byte aligned, valid until the next call. NULL after it has failed (the error then
// sticks to the device). Host memory: for CPU backends.
void *device_scratch(struct device *device, size_t bytes);

#endif

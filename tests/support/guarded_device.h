// guarded_device.h: a backend whose tensors are unreadable and unwritable outside kernel calls, uploads, downloads and
// zeroing: whoever touches one anywhere else dies of SIGSEGV, as on a machine whose device memory is elsewhere. Each
// block also ends at an unmapped page, so kernels that read past an array die, too.
#ifndef TESTS_SUPPORT_GUARDED_DEVICE_H
#define TESTS_SUPPORT_GUARDED_DEVICE_H

#include <stdbool.h>

#include "kernels/kernels.h"

// Opens a device that computes with `kernels` (of a CPU backend) on guarded memory. One at a time in a process: the
// guard takes the device's observer and has one list of blocks. Close with device_close. What goes wrong fails the test.
struct device *guarded_device_open(const struct kernels *kernels, int threads);

// How often the guard was lifted so far: once per operation and memory function.
size_t guarded_device_lifts(void);

// Whether the byte at `memory` can be read right now; asks the operating system, so it never faults.
bool memory_is_readable(const void *memory);

#endif

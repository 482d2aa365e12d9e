// counting.h: how much device memory something takes, found by doing it on a device that counts memory instead of giving
// it. Whoever allocates goes the way it always goes, so nothing about sizes is written down twice.
#ifndef KERNELS_COUNTING_H
#define KERNELS_COUNTING_H

#include "kernels/kernels.h"

// Opens a device of `kernels` that has addresses in place of memory: what is uploaded vanishes, what is downloaded is zeros,
// operations get their work space and then launch nothing. Graphs may be launched once each. For backends whose kernels
// all start through launch.h; `kernels` must open where it runs. To be closed by device_counting_close.
struct status device_counting_open(const struct kernels *kernels, struct device **device);
void device_counting_close(struct device *device); // accepts NULL

// The most bytes that were allocated at any one time, each allocation rounded up as the device's memory pool does.
size_t device_counting_bytes(const struct device *device);

#endif

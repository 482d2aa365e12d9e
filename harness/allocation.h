// allocation.h: many pieces of device memory, one status: what makes a structure of arrays asks for all of them, and looks
// once whether it got them.
#ifndef HARNESS_ALLOCATION_H
#define HARNESS_ALLOCATION_H

#include "kernels/kernels.h"

struct allocation {
    struct device *device;
    struct status status; // of the first piece that failed
};

// `bytes` of device memory, the caller's to release; NULL after the first failure.
void *allocation_take(struct allocation *allocation, size_t bytes);

#endif

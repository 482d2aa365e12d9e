// host_memory.h: the memory functions of every backend whose device is this processor. What a backend computes is no
// business of this file.
#ifndef KERNELS_HOST_MEMORY_H
#define KERNELS_HOST_MEMORY_H

#include <stddef.h>

#include "kernels/kernels.h"

struct status host_memory_open(struct device *device);
void host_memory_close(struct device *device);
struct status host_memory_allocate(struct device *device, size_t bytes, void **memory);
void host_memory_release(struct device *device, void *memory);
void host_memory_upload(struct device *device, void *to, const void *from, size_t bytes);
void host_memory_download(struct device *device, void *to, const void *from, size_t bytes);
void host_memory_zero(struct device *device, void *memory, size_t bytes);
struct status host_memory_synchronise(struct device *device);

#endif

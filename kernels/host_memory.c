// host_memory.c: device memory that is host memory: 64-byte aligned, zero-filled, copied by memcpy. Work is done when
// the call returns, so there is nothing to wait for.
#include "kernels/host_memory.h"

#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 64 }; // a cache line, and the widest vector register

struct status host_memory_open(struct device *device)
{
    (void)device;
    return status_ok();
}

void host_memory_close(struct device *device)
{
    (void)device;
}

struct status host_memory_allocate(struct device *device, size_t bytes, void **memory)
{
    (void)device;
    *memory = NULL;
    if (bytes > SIZE_MAX - ALIGNMENT)
        return status_error(STATUS_NO_MEMORY, "allocate %zu bytes: more than an address space holds", bytes);
    size_t rounded = bytes == 0 ? ALIGNMENT : (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    *memory = aligned_alloc(ALIGNMENT, rounded);
    if (*memory == NULL) return status_error(STATUS_NO_MEMORY, "allocate %zu bytes: out of memory", bytes);
    memset(*memory, 0, rounded);
    return status_ok();
}

void host_memory_release(struct device *device, void *memory)
{
    (void)device;
    free(memory);
}

void host_memory_upload(struct device *device, void *to, const void *from, size_t bytes)
{
    (void)device;
    memcpy(to, from, bytes);
}

void host_memory_download(struct device *device, void *to, const void *from, size_t bytes)
{
    (void)device;
    memcpy(to, from, bytes);
}

void host_memory_zero(struct device *device, void *memory, size_t bytes)
{
    (void)device;
    memset(memory, 0, bytes);
}

struct status host_memory_synchronise(struct device *device)
{
    (void)device;
    return status_ok();
}

// allocation.c: see allocation.h.
#include "harness/allocation.h"

void *allocation_take(struct allocation *allocation, size_t bytes)
{
    void *memory = NULL;
    if (allocation->status.code == STATUS_OK) allocation->status = device_allocate(allocation->device, bytes, &memory);
    return memory;
}

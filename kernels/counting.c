// counting.c: see counting.h. Tests: tests/cuda_memory_test.c.
#include "kernels/counting.h"

#include <stdlib.h>
#include <string.h>

#include "kernels/device.h"

enum { ROUNDING = 512 }; // of cudaMallocAsync's pool

struct counted_block {
    uintptr_t address;
    size_t bytes;
};

struct device_counter {
    struct kernels kernels; // the backend's, but for memory
    struct counted_block *blocks;
    size_t block_count, block_capacity;
    uintptr_t next_address;
    size_t bytes, most_bytes;
};

static struct status add_block(struct device_counter *counter, struct counted_block block)
{
    if (counter->block_count == counter->block_capacity) {
        size_t capacity = counter->block_capacity == 0 ? 256 : 2 * counter->block_capacity;
        struct counted_block *blocks = realloc(counter->blocks, capacity * sizeof *blocks);
        if (blocks == NULL)
            return status_error(STATUS_NO_MEMORY, "list of %zu counted blocks: out of memory", capacity);
        counter->blocks = blocks;
        counter->block_capacity = capacity;
    }
    counter->blocks[counter->block_count++] = block;
    return status_ok();
}

// Addresses that nobody has: whoever follows one is found out.
static struct status count_allocate(struct device *device, size_t bytes, void **memory)
{
    struct device_counter *counter = device->counter;
    size_t rounded = bytes == 0 ? ROUNDING : (bytes + ROUNDING - 1) / ROUNDING * ROUNDING;
    struct counted_block block = {counter->next_address, rounded};
    struct status status = add_block(counter, block);
    *memory = status.code == STATUS_OK ? (void *)block.address : NULL; // NOLINT(performance-no-int-to-ptr)
    if (status.code != STATUS_OK) return status;
    counter->next_address += rounded;
    counter->bytes += rounded;
    if (counter->bytes > counter->most_bytes) counter->most_bytes = counter->bytes;
    return status;
}

static void count_release(struct device *device, void *memory)
{
    struct device_counter *counter = device->counter;
    for (size_t i = counter->block_count; i-- > 0;) {
        if (counter->blocks[i].address != (uintptr_t)memory) continue;
        counter->bytes -= counter->blocks[i].bytes;
        counter->blocks[i] = counter->blocks[--counter->block_count];
        return;
    }
}

static void ignore_upload(struct device *device, void *to, const void *from, size_t bytes)
{
    (void)device, (void)to, (void)from, (void)bytes;
}

static void download_zeros(struct device *device, void *to, const void *from, size_t bytes)
{
    (void)device, (void)from;
    memset(to, 0, bytes);
}

static void ignore_zero(struct device *device, void *memory, size_t bytes)
{
    (void)device, (void)memory, (void)bytes;
}

static struct status nothing_to_wait_for(struct device *device)
{
    (void)device;
    return status_ok();
}

struct status device_counting_open(const struct kernels *kernels, struct device **device)
{
    *device = NULL;
    struct device_counter *counter = calloc(1, sizeof *counter);
    if (counter == NULL) return status_error(STATUS_NO_MEMORY, "count memory: out of memory");
    counter->kernels = *kernels;
    counter->kernels.allocate = count_allocate;
    counter->kernels.release = count_release;
    counter->kernels.upload = ignore_upload;
    counter->kernels.download = download_zeros;
    counter->kernels.zero = ignore_zero;
    counter->kernels.synchronise = nothing_to_wait_for;
    counter->next_address = (uintptr_t)1 << 46;
    struct status status = device_open(&counter->kernels, (struct device_settings){.threads = 1}, device);
    if (status.code == STATUS_OK)
        (*device)->counter = counter;
    else
        free(counter);
    return status;
}

void device_counting_close(struct device *device)
{
    if (device == NULL) return;
    struct device_counter *counter = device->counter;
    device_close(device);
    free(counter->blocks);
    free(counter);
}

size_t device_counting_bytes(const struct device *device)
{
    return device->counter->most_bytes;
}

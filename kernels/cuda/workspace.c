// workspace.c: work space of the CUDA backend: grows, is used by one operation after the other, and outlives the graphs
// that name it.
#include "kernels/cuda/cuda.h"
#include "kernels/cuda/filter_packs.h"
#include "kernels/device.h"

enum { LIMIT = sizeof((struct cuda_workspace_state){0}.memory) / sizeof(void *), SMALLEST = 1 << 20 };

static struct status grow(struct device *device, struct cuda_workspace_state *state, size_t bytes)
{
    if (state->counters == NULL) {
        void *counters = NULL;
        struct status status = device->kernels->allocate(device, CUDA_COUNTERS * sizeof(uint32_t), &counters);
        if (status.code != STATUS_OK) return status;
        state->counters = counters;
    }
    if (bytes <= state->bytes && state->count > 0) return status_ok();
    if (state->count == LIMIT) return status_error(STATUS_NO_MEMORY, "work space of %zu bytes: grown too often", bytes);
    size_t wanted = bytes > 2 * state->bytes ? bytes : 2 * state->bytes;
    if (wanted < SMALLEST) wanted = SMALLEST;
    struct status status = device->kernels->allocate(device, wanted, &state->memory[state->count]);
    if (status.code != STATUS_OK) return status;
    state->count++;
    state->bytes = wanted;
    return status;
}

struct cuda_workspace cuda_workspace_get(struct device *device, size_t bytes)
{
    struct cuda_workspace_state *state = device->backend;
    struct status status = grow(device, state, bytes);
    if (status.code != STATUS_OK) {
        device_fail(device, status);
        return (struct cuda_workspace){NULL, NULL};
    }
    return (struct cuda_workspace){state->memory[state->count - 1], state->counters};
}

void cuda_workspace_release(struct device *device)
{
    struct cuda_workspace_state *state = device->backend;
    filter_packs_release(device);
    for (int i = 0; i < state->count; i++) device->kernels->release(device, state->memory[i]);
    if (state->counters != NULL) device->kernels->release(device, state->counters);
}

// device.c: opens backends, owns their memory, and passes every operation through one place, where errors stick, graphs
// record and observers look on. Computes nothing itself. Tests: tests/device_test.c.
#include "kernels/device.h"

#include <stdlib.h>

#include "base/machine.h"
#include "kernels/graph.h"

struct status device_open(const struct kernels *kernels, struct device_settings settings, struct device **device)
{
    *device = calloc(1, sizeof **device);
    if (*device == NULL) return status_error(STATUS_NO_MEMORY, "open device %s: out of memory", kernels->name);
    (*device)->kernels = kernels;
    (*device)->status = status_ok();
    (*device)->threads = settings.threads > 0 ? settings.threads : machine_thread_count();
    (*device)->convolution = settings.convolution;
    struct status status = kernels->open(*device);
    if (status.code != STATUS_OK) {
        free(*device);
        *device = NULL;
    }
    return status;
}

void device_close(struct device *device)
{
    if (device == NULL) return;
    graph_destroy(device->recording);
    for (size_t i = 0; i < device->block_count; i++) device->kernels->release(device, device->blocks[i]);
    free(device->blocks);
    free(device->scratch);
    device->kernels->close(device);
    free(device);
}

const struct kernels *device_kernels(const struct device *device)
{
    return device->kernels;
}

int device_threads(const struct device *device)
{
    return device->threads;
}

static struct status device_track_block(struct device *device, void *memory)
{
    if (device->block_count == device->block_capacity) {
        size_t capacity = device->block_capacity == 0 ? 64 : 2 * device->block_capacity;
        void **blocks = realloc(device->blocks, capacity * sizeof *blocks);
        if (blocks == NULL) return status_error(STATUS_NO_MEMORY, "list of %zu device blocks: out of memory", capacity);
        device->blocks = blocks;
        device->block_capacity = capacity;
    }
    device->blocks[device->block_count++] = memory;
    return status_ok();
}

struct status device_allocate(struct device *device, size_t bytes, void **memory)
{
    *memory = NULL;
    struct status status = device->kernels->allocate(device, bytes, memory);
    if (status.code != STATUS_OK) return status;
    status = device_track_block(device, *memory);
    if (status.code != STATUS_OK) {
        device->kernels->release(device, *memory);
        *memory = NULL;
    }
    return status;
}

void device_release(struct device *device, void *memory)
{
    if (memory == NULL) return;
    for (size_t i = device->block_count; i-- > 0;) {
        if (device->blocks[i] != memory) continue;
        device->blocks[i] = device->blocks[--device->block_count];
        device->kernels->release(device, memory);
        return;
    }
    device_fail(device, status_error(STATUS_DEVICE, "release of memory that device %s did not allocate",
                                     device->kernels->name));
}

void device_upload(struct device *device, void *to, const void *from, size_t bytes)
{
    if (device->status.code == STATUS_OK) device->kernels->upload(device, to, from, bytes);
}

void device_download(struct device *device, void *to, const void *from, size_t bytes)
{
    if (device->status.code == STATUS_OK) device->kernels->download(device, to, from, bytes);
}

void device_zero(struct device *device, void *memory, size_t bytes)
{
    if (device->status.code == STATUS_OK) device->kernels->zero(device, memory, bytes);
}

struct status device_synchronise(struct device *device)
{
    struct status status = device->kernels->synchronise(device);
    if (status.code != STATUS_OK) device_fail(device, status);
    return device->status;
}

void device_fail(struct device *device, struct status status)
{
    if (device->status.code == STATUS_OK) device->status = status;
}

void device_set_observer(struct device *device, struct device_observer observer)
{
    device->observer = observer;
}

void device_execute(struct device *device, enum operation operation, const void *settings)
{
    if (device->status.code != STATUS_OK) return;
    if (device->recording != NULL) {
        struct status status = graph_append(device->recording, operation, settings);
        if (status.code != STATUS_OK) device_fail(device, status);
        return;
    }
    if (device->kernels->operations[operation] == NULL) {
        device_fail(device, status_error(STATUS_DEVICE, "%s: the backend %s has no kernel for it yet; --device cpu has",
                                         operation_name(operation), device->kernels->name));
        return;
    }
    const struct device_observer *observer = &device->observer;
    if (observer->before != NULL) observer->before(observer->context, operation, settings);
    device->kernels->operations[operation](device, settings);
    if (observer->after != NULL) observer->after(observer->context, operation, settings);
}

struct algorithm device_algorithm(const struct device *device, enum operation operation, const void *settings)
{
    if (device->kernels->algorithm == NULL) return (struct algorithm){"direct", 1};
    return device->kernels->algorithm(device, operation, settings);
}

void device_capture_begin(struct device *device)
{
    struct status status = graph_create(&device->recording);
    if (status.code != STATUS_OK) device_fail(device, status);
}

struct status device_capture_end(struct device *device, struct graph **graph)
{
    *graph = device->recording;
    device->recording = NULL;
    if (device->status.code != STATUS_OK) {
        graph_destroy(*graph);
        *graph = NULL;
    }
    return device->status;
}

void device_graph_launch(struct device *device, const struct graph *graph)
{
    bool observed = device->observer.before != NULL || device->observer.after != NULL;
    if (device->kernels->launch_graph != NULL && !observed && device->recording == NULL) {
        if (device->status.code == STATUS_OK) device->kernels->launch_graph(device, graph);
        return;
    }
    for (size_t i = 0; i < graph_length(graph); i++) {
        struct graph_node node = graph_node(graph, i);
        device_execute(device, node.operation, node.settings);
    }
}

void *device_scratch(struct device *device, size_t bytes)
{
    if (bytes <= device->scratch_bytes) return device->scratch;
    size_t rounded = (bytes + 4095) / 4096 * 4096;
    free(device->scratch);
    device->scratch = aligned_alloc(64, rounded);
    device->scratch_bytes = device->scratch == NULL ? 0 : rounded;
    if (device->scratch == NULL)
        device_fail(device, status_error(STATUS_NO_MEMORY, "work space of %zu bytes: out of memory", rounded));
    return device->scratch;
}

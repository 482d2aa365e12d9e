// kernels_simt.c: see kernels_simt.h. Memory is the runner's; work is done when an operation returns.
#include "tests/simt/kernels_simt.h"

#include <stdlib.h>
#include <string.h>

#include "kernels/cuda/cuda.h"
#include "kernels/cuda/filter_packs.h"
#include "kernels/cuda/fusion.h"
#include "kernels/cuda/operation_list.h"
#include "kernels/device.h"
#include "kernels/graph.h"
#include "tests/simt/simt.h"

static uint64_t random_seed(void)
{
    const char *text = getenv("TRANSINV_SIMT_SEED");
    return text == NULL ? 1 : strtoull(text, NULL, 10);
}

static void begin(const struct device *device)
{
    static uint64_t operations;
    simt_reset_faults();
    if (device->threads <= 2)
        simt_set_schedule(device->threads == 1 ? SIMT_FORWARD : SIMT_REVERSE, 0);
    else
        simt_set_schedule(SIMT_RANDOM, random_seed() + operations++);
}

static void end(struct device *device, const char *name)
{
    static const char *const orders[] = {"forward", "reverse", "random"};
    const struct simt_report *report = simt_faults();
    if (report->total == 0) return;
    int order = device->threads <= 2 ? device->threads - 1 : 2;
    device_fail(device, status_error(STATUS_FAILED, "%s, threads in %s order (seed %llu): %zu faults; %s", name,
                                     orders[order], (unsigned long long)random_seed(), report->total, report->first));
}

#define DEFINE(place, name)                                                                                            \
    operation_function name##_cuda_simt;                                                                               \
    static void name##_checked(struct device *device, const void *settings)                                            \
    {                                                                                                                  \
        begin(device);                                                                                                 \
        name##_cuda_simt(device, settings);                                                                            \
        end(device, #name);                                                                                            \
    }
CUDA_OPERATION_LIST(DEFINE)
DEFINE(, fused_conv_forward)
DEFINE(, fused_conv_backward_data)
DEFINE(, fused_conv_backward_filter)
DEFINE(, fused_head_forward)
DEFINE(, fused_head_backward)

operation_function pack_filters_cuda_simt;

static const struct fused_operations fused_operations = {
    .conv_forward = fused_conv_forward_checked,
    .conv_backward_data = fused_conv_backward_data_checked,
    .conv_backward_filter = fused_conv_backward_filter_checked,
    .head_forward = fused_head_forward_checked,
    .head_backward = fused_head_backward_checked,
};

static void forget_fusion(void *prepared)
{
    fusion_destroy(prepared);
}

// As the device's, but that nothing is recorded.
static void launch_graph(struct device *device, const struct graph *graph)
{
    struct graph_preparation *preparation = graph_preparation(graph);
    struct fusion *fusion = preparation->prepared;
    if (fusion == NULL) {
        struct status status = fusion_create(graph, &fusion);
        if (status.code != STATUS_OK) device_fail(device, status);
        preparation->prepared = fusion;
        preparation->forget = forget_fusion;
    }
    if (fusion != NULL) fusion_enqueue(device, &fused_operations, fusion);
}

static struct status simt_open(struct device *device)
{
    struct cuda_workspace_state *state = calloc(1, sizeof *state);
    if (state == NULL) return status_error(STATUS_NO_MEMORY, "open cuda-simt: out of memory");
    state->pack_filters = pack_filters_cuda_simt;
    device->backend = state;
    return status_ok();
}

static void simt_close(struct device *device)
{
    cuda_workspace_release(device);
    free(device->backend);
}

static struct status allocate(struct device *device, size_t bytes, void **memory)
{
    (void)device;
    *memory = simt_allocate(bytes);
    if (*memory == NULL) return status_error(STATUS_NO_MEMORY, "the runner's memory: no room for %zu bytes", bytes);
    return status_ok();
}

static void release(struct device *device, void *memory)
{
    filter_packs_forget(device, memory);
    simt_release(memory);
}

static void upload(struct device *device, void *to, const void *from, size_t bytes)
{
    filter_packs_touch(device, to, bytes);
    memcpy(to, from, bytes);
}

static void download(struct device *device, void *to, const void *from, size_t bytes)
{
    (void)device;
    memcpy(to, from, bytes);
}

static void zero(struct device *device, void *memory, size_t bytes)
{
    filter_packs_touch(device, memory, bytes);
    memset(memory, 0, bytes);
}

static struct status synchronise(struct device *device)
{
    (void)device;
    return status_ok();
}

static void memory_left(struct device *device, size_t *left_bytes, size_t *total_bytes)
{
    (void)device;
    simt_memory_left(left_bytes, total_bytes);
}

#define ENTRY(place, name) [place] = name##_checked,
const struct kernels kernels_cuda_simt = {
    .name = "cuda-simt",
    .precision = PRECISION_BF16,
    .arithmetic = "bf16-cuda-1",
    .statistics_bytes = sizeof(struct statistics_cuda),
    .activation_bytes = sizeof(uint16_t),
    .open = simt_open,
    .close = simt_close,
    .allocate = allocate,
    .release = release,
    .upload = upload,
    .download = download,
    .zero = zero,
    .synchronise = synchronise,
    .memory_left = memory_left,
    .launch_graph = launch_graph,
    .gathers_filters = true,
    .operations = {CUDA_OPERATION_LIST(ENTRY)},
};

// cuda_device.c: the CUDA backend: one device, one stream, the driver's memory pool, recorded steps as CUDA graphs. Knows
// no kernel; those start through cuda_launch_kernel. In the build where the Makefile finds nvcc.
#include <cuda_runtime_api.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/cuda/cuda.h"
#include "kernels/cuda/filter_packs.h"
#include "kernels/cuda/fusion.h"
#include "kernels/cuda/operation_list.h"
#include "kernels/device.h"
#include "kernels/graph.h"

enum { OLDEST_MAJOR = 8, OVERLAP_MAJOR = 9, OVERLAP_DRIVER = 12030, PLAIN_SHARED_BYTES = 48 << 10 };

operation_function pack_filters_cuda, fused_conv_forward_cuda, fused_conv_backward_data_cuda;
operation_function fused_conv_backward_filter_cuda, fused_head_forward_cuda, fused_head_backward_cuda;

static const struct fused_operations fused_operations = {
    .conv_forward = fused_conv_forward_cuda,
    .conv_backward_data = fused_conv_backward_data_cuda,
    .conv_backward_filter = fused_conv_backward_filter_cuda,
    .head_forward = fused_head_forward_cuda,
    .head_backward = fused_head_backward_cuda,
};

struct cuda_state {
    struct cuda_workspace_state workspace; // first: workspace.c finds it so
    cudaStream_t stream;
    int most_shared_bytes; // that a block may ask for
    bool overlaps;         // launches may begin before the one before has ended (programmatic dependent launch)
};

static struct cuda_state *state_of(const struct device *device)
{
    return device->backend;
}

struct CUstream_st *cuda_device_stream(const struct device *device)
{
    return state_of(device)->stream;
}

static struct status status_from_cuda(cudaError_t error, const char *what)
{
    if (error == cudaSuccess) return status_ok();
    return status_error(error == cudaErrorMemoryAllocation ? STATUS_NO_MEMORY : STATUS_DEVICE, "CUDA: %s: %s", what,
                        cudaGetErrorString(error));
}

static bool failed(struct device *device, cudaError_t error, const char *what)
{
    if (error != cudaSuccess) device_fail(device, status_from_cuda(error, what));
    return error != cudaSuccess;
}

// ---- is there a device? ------------------------------------------------------------------------------------------

static struct status check_driver(void)
{
    int driver = 0, runtime = 0;
    cudaDriverGetVersion(&driver);
    cudaRuntimeGetVersion(&runtime);
    if (driver == 0) return status_error(STATUS_DEVICE, "CUDA: no NVIDIA driver is installed");
    if (driver / 1000 < runtime / 1000)
        return status_error(STATUS_DEVICE, "CUDA: the driver supports CUDA %d.%d, this build needs %d.0 or newer",
                            driver / 1000, driver % 1000 / 10, runtime / 1000);
    return status_ok();
}

static struct status check_capability(int number)
{
    int major = 0, minor = 0;
    struct cudaDeviceProp properties;
    cudaError_t error = cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, number);
    if (error == cudaSuccess) error = cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, number);
    if (error == cudaSuccess) error = cudaGetDeviceProperties(&properties, number);
    if (error != cudaSuccess) return status_from_cuda(error, "query the device");
    if (major < OLDEST_MAJOR)
        return status_error(STATUS_DEVICE, "CUDA: %s has compute capability %d.%d; expected %d.0 (Ampere) or newer",
                            properties.name, major, minor, OLDEST_MAJOR);
    return status_ok();
}

static struct status check_device(void)
{
    int count = 0;
    struct status status = check_driver();
    if (status.code != STATUS_OK) return status;
    cudaError_t error = cudaGetDeviceCount(&count);
    if (error == cudaErrorNoDevice || (error == cudaSuccess && count == 0))
        return status_error(STATUS_DEVICE, "CUDA: a driver, but no device that this process may use");
    if (error != cudaSuccess) return status_from_cuda(error, "count the devices");
    return check_capability(0);
}

// Asked once: the driver takes its time.
struct status cuda_check(void)
{
    static struct status known;
    static bool asked;
    if (!asked) known = check_device();
    asked = true;
    return known;
}

// ---- opening -----------------------------------------------------------------------------------------------------

// Memory that is released stays with the pool, so that allocating again is quick.
static cudaError_t keep_memory(void)
{
    cudaMemPool_t pool;
    uint64_t everything = UINT64_MAX;
    cudaError_t error = cudaDeviceGetDefaultMemPool(&pool, 0);
    if (error != cudaSuccess) return error;
    return cudaMemPoolSetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &everything);
}

static struct status cuda_open(struct device *device)
{
    struct status status = cuda_check();
    if (status.code != STATUS_OK) return status;
    struct cuda_state *state = calloc(1, sizeof *state);
    if (state == NULL) return status_error(STATUS_NO_MEMORY, "open cuda: out of memory");
    device->backend = state;
    state->workspace.pack_filters = pack_filters_cuda;
    int major = 0, driver = 0;
    cudaError_t error = cudaSetDevice(0);
    if (error == cudaSuccess) error = cudaDriverGetVersion(&driver);
    if (error == cudaSuccess) error = cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, 0);
    if (error == cudaSuccess)
        error = cudaDeviceGetAttribute(&state->most_shared_bytes, cudaDevAttrMaxSharedMemoryPerBlockOptin, 0);
    if (error == cudaSuccess) error = keep_memory();
    if (error == cudaSuccess) error = cudaStreamCreateWithFlags(&state->stream, cudaStreamNonBlocking);
    if (error != cudaSuccess) free(state);
    state = error != cudaSuccess ? NULL : state;
    if (state != NULL) state->overlaps = major >= OVERLAP_MAJOR && driver >= OVERLAP_DRIVER;
    return status_from_cuda(error, "open the device");
}

static void cuda_close(struct device *device)
{
    struct cuda_state *state = state_of(device);
    cuda_workspace_release(device);
    cudaStreamSynchronize(state->stream);
    cudaStreamDestroy(state->stream);
    free(state);
}

// ---- memory ------------------------------------------------------------------------------------------------------

// What the driver has free and what its pool keeps for us, less what the driver will want for itself: kernels are loaded
// when they first run, and graphs take a little.
static void cuda_memory_left(struct device *device, size_t *left_bytes, size_t *total_bytes)
{
    const size_t reserve_bytes = (size_t)64 << 20;
    cudaMemPool_t pool;
    uint64_t reserved = 0, used = 0;
    *left_bytes = *total_bytes = 0;
    cudaStreamSynchronize(state_of(device)->stream); // what was released is free from then on
    cudaMemGetInfo(left_bytes, total_bytes);
    if (cudaDeviceGetDefaultMemPool(&pool, 0) == cudaSuccess) {
        cudaMemPoolGetAttribute(pool, cudaMemPoolAttrReservedMemCurrent, &reserved);
        cudaMemPoolGetAttribute(pool, cudaMemPoolAttrUsedMemCurrent, &used);
    }
    *left_bytes += reserved - used;
    *left_bytes = *left_bytes > reserve_bytes ? *left_bytes - reserve_bytes : 0;
}

static struct status explain_no_memory(struct device *device, size_t bytes)
{
    size_t left_bytes = 0, total_bytes = 0;
    cudaGetLastError(); // the refusal is told here
    cuda_memory_left(device, &left_bytes, &total_bytes);
    const double mebi = 1 << 20;
    return status_error(STATUS_NO_MEMORY,
                        "GPU memory: %.1f MiB more were wanted, %.1f of %.1f MiB are left; a smaller "
                        "training.batch_size needs less",
                        (double)bytes / mebi, (double)left_bytes / mebi, (double)total_bytes / mebi);
}

static struct status cuda_allocate(struct device *device, size_t bytes, void **memory)
{
    cudaStream_t stream = state_of(device)->stream;
    *memory = NULL;
    cudaError_t error = cudaMallocAsync(memory, bytes == 0 ? 1 : bytes, stream);
    if (error == cudaErrorMemoryAllocation) return explain_no_memory(device, bytes);
    if (error != cudaSuccess) return status_from_cuda(error, "allocate");
    error = cudaMemsetAsync(*memory, 0, bytes == 0 ? 1 : bytes, stream);
    if (error != cudaSuccess) {
        cudaFreeAsync(*memory, stream);
        *memory = NULL;
    }
    return status_from_cuda(error, "clear new memory");
}

static void cuda_release(struct device *device, void *memory)
{
    filter_packs_forget(device, memory);
    if (memory != NULL) cudaFreeAsync(memory, state_of(device)->stream);
}

// The caller may reuse `from` at once.
static void cuda_upload(struct device *device, void *to, const void *from, size_t bytes)
{
    cudaStream_t stream = state_of(device)->stream;
    filter_packs_touch(device, to, bytes);
    cudaError_t error = cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, stream);
    if (error == cudaSuccess) error = cudaStreamSynchronize(stream);
    failed(device, error, "upload");
}

static void cuda_download(struct device *device, void *to, const void *from, size_t bytes)
{
    cudaStream_t stream = state_of(device)->stream;
    cudaError_t error = cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, stream);
    if (error == cudaSuccess) error = cudaStreamSynchronize(stream);
    failed(device, error, "download");
}

static void cuda_zero(struct device *device, void *memory, size_t bytes)
{
    filter_packs_touch(device, memory, bytes);
    if (bytes == 0) return;
    failed(device, cudaMemsetAsync(memory, 0, bytes, state_of(device)->stream), "clear memory");
}

static struct status cuda_synchronise(struct device *device)
{
    return status_from_cuda(cudaStreamSynchronize(state_of(device)->stream), "compute");
}

// ---- launches ----------------------------------------------------------------------------------------------------

// More than a kernel gets unasked. Always the same: a smaller number for a later launch would also hold for the ones that a
// graph has recorded.
static bool allow_shared(struct device *device, const char *name, const void *kernel, size_t shared_bytes)
{
    const int most = state_of(device)->most_shared_bytes;
    if (shared_bytes <= PLAIN_SHARED_BYTES) return true;
    if (shared_bytes <= (size_t)most)
        return !failed(device, cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, most), name);
    device_fail(device, status_error(STATUS_DEVICE, "%s: needs %zu bytes of shared memory a block, this device has %d",
                                     name, shared_bytes, most));
    return false;
}

void cuda_launch_kernel(struct device *device, const char *name, const void *kernel, unsigned grid_x, unsigned grid_y,
                        unsigned grid_z, unsigned threads, size_t shared_bytes, void **arguments)
{
    struct cuda_state *state = state_of(device);
    cudaLaunchAttribute overlap = {.id = cudaLaunchAttributeProgrammaticStreamSerialization};
    overlap.val.programmaticStreamSerializationAllowed = 1;
    const cudaLaunchConfig_t launch = {.gridDim = {grid_x, grid_y, grid_z},
                                       .blockDim = {threads, 1, 1},
                                       .dynamicSmemBytes = shared_bytes,
                                       .stream = state->stream,
                                       .attrs = &overlap,
                                       .numAttrs = state->overlaps ? 1 : 0};
    if (device->status.code != STATUS_OK || !allow_shared(device, name, kernel, shared_bytes)) return;
    failed(device, cudaLaunchKernelExC(&launch, kernel, arguments), name);
}

// ---- graphs ------------------------------------------------------------------------------------------------------

struct recorded_step {
    struct fusion *fusion;
    cudaGraphExec_t graph; // NULL: not recorded yet
    uint64_t generation;   // of the packed filters that it knows
};

static void forget_step(void *prepared)
{
    struct recorded_step *step = prepared;
    if (step->graph != NULL) cudaGraphExecDestroy(step->graph);
    fusion_destroy(step->fusion);
    free(step);
}

static struct recorded_step *prepare(struct device *device, const struct graph *graph)
{
    struct graph_preparation *preparation = graph_preparation(graph);
    struct recorded_step *step = calloc(1, sizeof *step);
    struct status status =
        step == NULL ? status_error(STATUS_NO_MEMORY, "graph: out of memory") : fusion_create(graph, &step->fusion);
    if (status.code != STATUS_OK) {
        free(step);
        device_fail(device, status);
        return NULL;
    }
    preparation->prepared = step;
    preparation->forget = forget_step;
    return step;
}

// Relaxed: work space may still be allocated while the operations are being recorded.
static cudaGraphExec_t record(struct device *device, const struct fusion *fusion)
{
    cudaStream_t stream = state_of(device)->stream;
    cudaGraph_t recorded = NULL;
    cudaGraphExec_t prepared = NULL;
    if (failed(device, cudaStreamBeginCapture(stream, cudaStreamCaptureModeRelaxed), "record a graph")) return NULL;
    const int workspaces = state_of(device)->workspace.count;
    fusion_enqueue(device, &fused_operations, fusion);
    if (failed(device, cudaStreamEndCapture(stream, &recorded), "record a graph")) return NULL;
    // Memory that is allocated while recording is the graph's own; the launch before has seen to it that there is none.
    if (state_of(device)->workspace.count != workspaces)
        device_fail(device, status_error(STATUS_DEVICE, "CUDA: record a graph: work space grew meanwhile"));
    if (device->status.code == STATUS_OK)
        failed(device, cudaGraphInstantiate(&prepared, recorded, 0), "prepare a graph");
    cudaGraphDestroy(recorded);
    return prepared;
}

// The first launch runs kernel by kernel, so that work space has grown before it is recorded; the second records. Packed
// filters are up to date before that, or it would hold their renewal; and one that came later, say for another graph's
// gradient of the same parameters, must be renewed by this one's optimiser too, so it is recorded anew.
static void cuda_launch_graph(struct device *device, const struct graph *graph)
{
    struct recorded_step *step = graph_preparation(graph)->prepared;
    if (step == NULL) {
        step = prepare(device, graph);
        if (step != NULL) fusion_enqueue(device, &fused_operations, step->fusion);
        return;
    }
    filter_packs_refresh(device);
    if (step->graph != NULL && step->generation != filter_packs_generation(device)) {
        cudaStreamSynchronize(state_of(device)->stream); // it may still run
        cudaGraphExecDestroy(step->graph);
        step->graph = NULL;
    }
    if (step->graph == NULL) {
        step->graph = record(device, step->fusion);
        step->generation = filter_packs_generation(device);
    }
    if (step->graph != NULL) failed(device, cudaGraphLaunch(step->graph, state_of(device)->stream), "launch a graph");
}

// ---- the table ---------------------------------------------------------------------------------------------------

#define DECLARE(place, name) operation_function name##_cuda;
CUDA_OPERATION_LIST(DECLARE)

#define ENTRY(place, name) [place] = name##_cuda,
const struct kernels kernels_cuda = {
    .name = "cuda",
    .precision = PRECISION_BF16,
    .arithmetic = "bf16-cuda-1",
    .statistics_bytes = sizeof(struct statistics_cuda),
    .activation_bytes = sizeof(uint16_t),
    .open = cuda_open,
    .close = cuda_close,
    .allocate = cuda_allocate,
    .release = cuda_release,
    .upload = cuda_upload,
    .download = cuda_download,
    .zero = cuda_zero,
    .synchronise = cuda_synchronise,
    .memory_left = cuda_memory_left,
    .launch_graph = cuda_launch_graph,
    .gathers_filters = true,
    .operations = {CUDA_OPERATION_LIST(ENTRY)},
};

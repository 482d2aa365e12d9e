// probe.cu: measures what the CUDA kernels' plan assumes of a device: the time of an empty graph node, with and without
// overlapping launches; the bandwidth of a large copy and of one that fits the L2 cache; the rate of bfloat16 matrix
// instructions. A program of its own, a few seconds, one line a figure; bench/gpu-check.sh runs it.
#include <cuda_runtime.h>
#include <stdio.h>
#include <stdlib.h>

#include "kernels/cuda/ptx.h"

static void check(cudaError_t error, const char *what)
{
    if (error == cudaSuccess) return;
    fprintf(stderr, "probe: %s: %s\n", what, cudaGetErrorString(error));
    exit(4);
}

// Median of nine times of `work`, in microseconds.
template <class WORK> static double microseconds(cudaStream_t stream, const WORK &work)
{
    enum { TIMES = 9 };
    float times[TIMES];
    cudaEvent_t begin, end;
    check(cudaEventCreate(&begin), "event");
    check(cudaEventCreate(&end), "event");
    work();
    for (int i = 0; i < TIMES; i++) {
        check(cudaEventRecord(begin, stream), "event");
        work();
        check(cudaEventRecord(end, stream), "event");
        check(cudaEventSynchronize(end), "wait");
        check(cudaEventElapsedTime(&times[i], begin, end), "event");
    }
    for (int i = 1; i < TIMES; i++)
        for (int j = i; j > 0 && times[j] < times[j - 1]; j--) {
            float other = times[j];
            times[j] = times[j - 1];
            times[j - 1] = other;
        }
    return (double)times[TIMES / 2] * 1e3;
}

__global__ static void empty_kernel(int *unused)
{
    dependency_wait();
    dependency_release();
    if (unused != NULL && blockIdx.x == 1u << 30) *unused = 0;
}

static double node_microseconds(cudaStream_t stream, bool overlaps)
{
    enum { NODES = 200 };
    cudaGraph_t graph;
    cudaGraphExec_t prepared;
    int *nothing = NULL;
    void *arguments[] = {&nothing};
    cudaLaunchAttribute attribute;
    attribute.id = cudaLaunchAttributeProgrammaticStreamSerialization;
    attribute.val.programmaticStreamSerializationAllowed = 1;
    cudaLaunchConfig_t launch = {};
    launch.gridDim = dim3(128);
    launch.blockDim = dim3(128);
    launch.stream = stream;
    launch.attrs = &attribute;
    launch.numAttrs = overlaps ? 1 : 0;
    check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeRelaxed), "record");
    for (int i = 0; i < NODES; i++)
        check(cudaLaunchKernelExC(&launch, (const void *)empty_kernel, arguments), "launch");
    check(cudaStreamEndCapture(stream, &graph), "record");
    check(cudaGraphInstantiate(&prepared, graph, 0), "graph");
    double time = microseconds(stream, [&] { check(cudaGraphLaunch(prepared, stream), "graph"); });
    check(cudaGraphExecDestroy(prepared), "graph");
    check(cudaGraphDestroy(graph), "graph");
    return time / NODES;
}

__global__ static void copy_kernel(const uint4 *from, uint4 *to, size_t count)
{
    for (size_t i = (size_t)blockIdx.x * blockDim.x + threadIdx.x; i < count; i += (size_t)gridDim.x * blockDim.x)
        to[i] = from[i];
}

// Bytes read and written.
static double copy_gigabytes(cudaStream_t stream, size_t bytes, unsigned blocks)
{
    enum { TIMES = 4 };
    uint4 *from = NULL, *to = NULL;
    check(cudaMalloc(&from, bytes), "allocate");
    check(cudaMalloc(&to, bytes), "allocate");
    check(cudaMemset(from, 1, bytes), "clear");
    double time = microseconds(stream, [&] {
        for (int i = 0; i < TIMES; i++) copy_kernel<<<blocks, 512, 0, stream>>>(from, to, bytes / 16);
    });
    check(cudaGetLastError(), "copy");
    check(cudaFree(from), "release");
    check(cudaFree(to), "release");
    return 2.0 * TIMES * (double)bytes / time * 1e-3;
}

enum { MATRIX_ROUNDS = 2000, MATRIX_SUMS = 8 };

__global__ static void matrix_kernel(float *result)
{
    sums4 sums[MATRIX_SUMS] = {};
    words4 a = {{threadIdx.x, 0x3f803f80u, threadIdx.x * 7, 0x3f803f80u}};
    for (int round = 0; round < MATRIX_ROUNDS; round++)
#pragma unroll
        for (int i = 0; i < MATRIX_SUMS; i++) matrix_multiply(sums[i], a, 0x3f803f80u, (uint32_t)i);
    float sum = 0;
    for (int i = 0; i < MATRIX_SUMS; i++) sum += sums[i].value[0];
    if (sum == 1.5f) *result = sum;
}

static double matrix_teraflops(cudaStream_t stream, unsigned blocks)
{
    float *result = NULL;
    check(cudaMalloc(&result, sizeof *result), "allocate");
    double time = microseconds(stream, [&] { matrix_kernel<<<blocks, 256, 0, stream>>>(result); });
    check(cudaGetLastError(), "matrix instructions");
    check(cudaFree(result), "release");
    return 2.0 * 16 * 8 * 16 * MATRIX_ROUNDS * MATRIX_SUMS * 8 * blocks / time * 1e-6;
}

int main()
{
    cudaDeviceProp device;
    cudaStream_t stream;
    int driver = 0, runtime = 0;
    check(cudaGetDeviceProperties(&device, 0), "find a device");
    check(cudaDriverGetVersion(&driver), "driver");
    check(cudaRuntimeGetVersion(&runtime), "runtime");
    check(cudaStreamCreate(&stream), "stream");
    unsigned processors = (unsigned)device.multiProcessorCount;
    printf("device                         %s, compute capability %d.%d, %u multiprocessors\n", device.name,
           device.major, device.minor, processors);
    printf("driver, runtime                %d.%d, %d.%d\n", driver / 1000, driver % 1000 / 10, runtime / 1000,
           runtime % 1000 / 10);
    printf("memory, L2 cache               %.0f MiB, %.0f MiB\n", (double)device.totalGlobalMem / (1 << 20),
           (double)device.l2CacheSize / (1 << 20));
    printf("graph node                     %.2f us\n", node_microseconds(stream, false));
    if (device.major >= 9) printf("graph node, overlapping        %.2f us\n", node_microseconds(stream, true));
    printf("copy of 1 GiB                  %.0f GB/s\n", copy_gigabytes(stream, (size_t)1 << 30, 16 * processors));
    printf("copy of 8 MiB                  %.0f GB/s\n", copy_gigabytes(stream, (size_t)8 << 20, 4 * processors));
    printf("matrix instructions, bfloat16  %.0f TFLOP/s\n", matrix_teraflops(stream, 4 * processors));
    return 0;
}

// probe.cu: measures what the CUDA kernels assume of a device, or would have to: the time of an empty graph node, with and
// without overlapping launches; the bandwidth of a large copy and of one that fits the L2 cache; what integer atomics cost that
// add up a batch norm's sums; the rate of bfloat16 matrix instructions, those of a warp and (compute capability 9.0) those of
// four warps by their width, and whether the latter can begin 16 bytes further, as the taps of a convolution want.
// A program of its own, a few seconds, one line a figure; bench/gpu-check.sh runs it.
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

// ---- integer atomics -----------------------------------------------------------------------------------------------

enum { ATOMIC_BLOCKS = 256, ATOMIC_THREADS = 256, ATOMIC_REPLICAS = 8 };

// Every block adds `sums` numbers of 64 bits to its replica; a kernel without sums is what the launch costs.
__global__ static void atomic_kernel(unsigned long long *totals, unsigned sums, unsigned replicas)
{
    unsigned replica = blockIdx.x % replicas;
    if (threadIdx.x < sums) atomicAdd(&totals[replica * ATOMIC_THREADS + threadIdx.x], threadIdx.x + 1);
}

static double atomic_microseconds(cudaStream_t stream, unsigned sums, unsigned replicas)
{
    enum { TIMES = 50 };
    unsigned long long *totals = NULL;
    check(cudaMalloc(&totals, ATOMIC_REPLICAS * ATOMIC_THREADS * sizeof *totals), "allocate");
    check(cudaMemset(totals, 0, ATOMIC_REPLICAS * ATOMIC_THREADS * sizeof *totals), "clear");
    double time = microseconds(stream, [&] {
        for (int i = 0; i < TIMES; i++)
            atomic_kernel<<<ATOMIC_BLOCKS, ATOMIC_THREADS, 0, stream>>>(totals, sums, replicas);
    });
    check(cudaGetLastError(), "atomics");
    check(cudaFree(totals), "release");
    return time / TIMES;
}

// ---- matrix instructions of four warps (compute capability 9.0) ------------------------------------------------------

// 64 x 16 by 16 x WIDTH, both in shared memory, in planes [k / 8][row][8 numbers]: a row is 16 bytes, eight rows are a core
// matrix. PTX ISA, "wgmma.mma_async": descriptors without swizzling.
enum { GROUP_THREADS = 128, GROUP_ROWS = 64, GROUP_DEPTH = 16, GROUP_ROUNDS = 500, GROUP_TIMES = 8 };

__device__ static uint64_t describe_matrix(uint32_t address, uint32_t plane_bytes, uint32_t core_bytes)
{
    return (uint64_t)(address >> 4 & 0x3fff) | (uint64_t)(plane_bytes >> 4) << 16 | (uint64_t)(core_bytes >> 4) << 32;
}

#define SUMS4(i) "+f"(sums[i]), "+f"(sums[(i) + 1]), "+f"(sums[(i) + 2]), "+f"(sums[(i) + 3])
#define SUMS16(i) SUMS4(i), SUMS4((i) + 4), SUMS4((i) + 8), SUMS4((i) + 12)
#define NAMES16 "%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15"
#define NAMES32 NAMES16 ",%16,%17,%18,%19,%20,%21,%22,%23,%24,%25,%26,%27,%28,%29,%30,%31"
#define NAMES64                                                                                                        \
    NAMES32 ",%32,%33,%34,%35,%36,%37,%38,%39,%40,%41,%42,%43,%44,%45,%46,%47,%48,%49,%50,%51,%52,%53,%54,%55,%56,"    \
            "%57,%58,%59,%60,%61,%62,%63"

template <int WIDTH> __device__ static void group_multiply(float (&sums)[WIDTH / 2], uint64_t a, uint64_t b)
{
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
    if constexpr (WIDTH == 32)
        asm volatile("wgmma.mma_async.sync.aligned.m64n32k16.f32.bf16.bf16 {" NAMES16 "}, %16, %17, 1, 1, 1, 0, 0;"
                     : SUMS16(0)
                     : "l"(a), "l"(b));
    if constexpr (WIDTH == 64)
        asm volatile("wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 {" NAMES32 "}, %32, %33, 1, 1, 1, 0, 0;"
                     : SUMS16(0), SUMS16(16)
                     : "l"(a), "l"(b));
    if constexpr (WIDTH == 128)
        asm volatile("wgmma.mma_async.sync.aligned.m64n128k16.f32.bf16.bf16 {" NAMES64 "}, %64, %65, 1, 1, 1, 0, 0;"
                     : SUMS16(0), SUMS16(16), SUMS16(32), SUMS16(48)
                     : "l"(a), "l"(b));
#else
    (void)sums, (void)a, (void)b;
#endif
}

__device__ static void group_begin()
{
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
    asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
#endif
}

__device__ static void group_end()
{
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
    asm volatile("wgmma.commit_group.sync.aligned;\n\twgmma.wait_group.sync.aligned 0;" ::: "memory");
#endif
}

// What ordinary stores wrote to shared memory becomes visible to the matrix unit.
__device__ static void publish_shared()
{
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
    asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
#endif
    __syncthreads();
}

template <int WIDTH> __global__ static void group_rate_kernel(float *result)
{
    __shared__ alignas(128) unsigned char left[GROUP_ROWS * GROUP_DEPTH * 2], right[WIDTH * GROUP_DEPTH * 2];
    float sums[WIDTH / 2] = {}, sum = 0;
    for (unsigned i = threadIdx.x; i < sizeof left / 4; i += GROUP_THREADS) ((uint32_t *)left)[i] = 0x3f803f80u;
    for (unsigned i = threadIdx.x; i < sizeof right / 4; i += GROUP_THREADS) ((uint32_t *)right)[i] = 0x3f803f80u;
    publish_shared();
    uint64_t a = describe_matrix((uint32_t)__cvta_generic_to_shared(left), GROUP_ROWS * 16, 128);
    uint64_t b = describe_matrix((uint32_t)__cvta_generic_to_shared(right), WIDTH * 16, 128);
    for (int round = 0; round < GROUP_ROUNDS; round++) {
        group_begin();
        for (int i = 0; i < GROUP_TIMES; i++) group_multiply<WIDTH>(sums, a, b);
        group_end();
    }
    for (int i = 0; i < WIDTH / 2; i++) sum += sums[i];
    if (sum == 1.5f) *result = sum;
}

template <int WIDTH> static double group_teraflops(cudaStream_t stream, unsigned blocks)
{
    float *result = NULL;
    check(cudaMalloc(&result, sizeof *result), "allocate");
    double time = microseconds(stream, [&] { group_rate_kernel<WIDTH><<<blocks, GROUP_THREADS, 0, stream>>>(result); });
    check(cudaGetLastError(), "matrix instructions of four warps");
    check(cudaFree(result), "release");
    return 2.0 * GROUP_ROWS * GROUP_DEPTH * WIDTH * GROUP_ROUNDS * GROUP_TIMES * blocks / time * 1e-6;
}

// Small whole numbers, so that sums are exact.
__device__ static int left_number(int row, int k)
{
    return (row * 3 + k * 5) % 7 - 3;
}

__device__ static int right_number(int column, int k)
{
    return (column * 2 + k * 3) % 5 - 2;
}

__device__ static void put_bfloat16(unsigned char *matrix, int rows, int row, int k, int value)
{
    ((uint16_t *)matrix)[(k / 8 * rows + row) * 8 + k % 8] = (uint16_t)(__float_as_uint((float)value) >> 16);
}

// Counts sums that are not those of the rows from `first` on.
__global__ static void group_shift_kernel(int first, unsigned *wrong)
{
    enum { WIDTH = 32, ROWS = GROUP_ROWS + 8 };
    __shared__ alignas(128) unsigned char left[ROWS * GROUP_DEPTH * 2], right[WIDTH * GROUP_DEPTH * 2];
    float sums[WIDTH / 2] = {};
    int thread = (int)threadIdx.x, lane = thread % 32;
    for (int i = thread; i < ROWS * GROUP_DEPTH; i += GROUP_THREADS)
        put_bfloat16(left, ROWS, i / GROUP_DEPTH, i % GROUP_DEPTH, left_number(i / GROUP_DEPTH, i % GROUP_DEPTH));
    for (int i = thread; i < WIDTH * GROUP_DEPTH; i += GROUP_THREADS)
        put_bfloat16(right, WIDTH, i / GROUP_DEPTH, i % GROUP_DEPTH, right_number(i / GROUP_DEPTH, i % GROUP_DEPTH));
    publish_shared();
    uint32_t start = (uint32_t)__cvta_generic_to_shared(left) + (uint32_t)first * 16;
    group_begin();
    group_multiply<WIDTH>(sums, describe_matrix(start, ROWS * 16, 128),
                          describe_matrix((uint32_t)__cvta_generic_to_shared(right), WIDTH * 16, 128));
    group_end();
    for (int i = 0; i < WIDTH / 2; i++) {
        int row = thread / 32 * 16 + lane / 4 + i / 2 % 2 * 8, column = i / 4 * 8 + lane % 4 * 2 + i % 2, expected = 0;
        for (int k = 0; k < GROUP_DEPTH; k++) expected += left_number(first + row, k) * right_number(column, k);
        if (!(sums[i] == (float)expected)) atomicAdd(wrong, 1);
    }
}

static unsigned count_wrong_sums(cudaStream_t stream, int first)
{
    unsigned *wrong = NULL, count = 0;
    check(cudaMalloc(&wrong, sizeof *wrong), "allocate");
    check(cudaMemset(wrong, 0, sizeof *wrong), "clear");
    check(cudaDeviceSynchronize(), "clear");
    group_shift_kernel<<<1, GROUP_THREADS, 0, stream>>>(first, wrong);
    check(cudaGetLastError(), "matrix instructions of four warps");
    check(cudaStreamSynchronize(stream), "matrix instructions of four warps");
    check(cudaMemcpy(&count, wrong, sizeof count, cudaMemcpyDeviceToHost), "read");
    check(cudaFree(wrong), "release");
    return count;
}

static void probe_groups(cudaStream_t stream, unsigned processors)
{
    printf("four warps' matrix instruction 64x32x16: %.0f TFLOP/s, 64x64x16: %.0f, 64x128x16: %.0f\n",
           group_teraflops<32>(stream, 2 * processors), group_teraflops<64>(stream, 2 * processors),
           group_teraflops<128>(stream, 2 * processors));
    for (int first = 0; first <= 3; first++) {
        unsigned wrong = count_wrong_sums(stream, first);
        printf("  beginning %2d bytes further    %s (%u of %d sums wrong)\n", first * 16,
               wrong == 0 ? "right" : "WRONG", wrong, GROUP_ROWS * 32);
    }
}

// ---- all figures -----------------------------------------------------------------------------------------------------

int main()
{
    cudaDeviceProp device;
    cudaStream_t stream;
    int driver = 0, runtime = 0;
    check(cudaDriverGetVersion(&driver), "driver");
    if (driver == 0) {
        fprintf(stderr, "probe: no NVIDIA driver is installed\n");
        return 4;
    }
    check(cudaGetDeviceProperties(&device, 0), "find a device");
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
    double launch = atomic_microseconds(stream, 0, 1);
    printf(
        "kernel of 256 blocks           %.2f us; adding 64 sums a block by 64-bit atomics %+.2f us to 8 places each, "
        "%+.2f us to 1\n",
        launch, atomic_microseconds(stream, 64, ATOMIC_REPLICAS) - launch, atomic_microseconds(stream, 64, 1) - launch);
    if (device.major == 9) probe_groups(stream, processors);
    return 0;
}

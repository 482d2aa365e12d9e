// device_side.h: what a kernel sees when it is compiled for the runner: CUDA's keywords and built-in variables, and the
// calls that kernels/cuda/ptx.h makes where the device has an instruction. Values travel in registers, so that arrays of
// a kernel stay private and cost no checks.
#ifndef TESTS_SIMT_DEVICE_SIDE_H
#define TESTS_SIMT_DEVICE_SIDE_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)
#define __restrict__ __restrict

struct dim3 {
    unsigned x, y, z;
    constexpr dim3(unsigned vx = 1, unsigned vy = 1, unsigned vz = 1) : x(vx), y(vy), z(vz)
    {
    }
};
struct alignas(8) uint2 {
    uint32_t x, y;
};
struct alignas(16) uint4 {
    uint32_t x, y, z, w;
};
struct alignas(8) float2 {
    float x, y;
};
struct alignas(16) float4 {
    float x, y, z, w;
};

extern dim3 threadIdx, blockIdx, blockDim, gridDim; // of the thread that runs

// Where a call stands, for reports: defaults of wrappers' last two parameters, so that the kernel's own line shows.
struct simt_place {
    const char *file;
    int line;
};
enum simt_shuffle { SIMT_SHUFFLE_XOR, SIMT_SHUFFLE_DOWN, SIMT_SHUFFLE_INDEX };

struct simt_words {
    uint32_t word[4];
};
struct simt_sums {
    float value[4];
};

void *simt_shared_memory(void);
void simt_block_barrier(simt_place place);
void simt_warp_barrier(simt_place place);
uint64_t simt_warp_shuffle(simt_shuffle kind, uint64_t value, unsigned operand, simt_place place);
uint32_t simt_warp_ballot(bool predicate, simt_place place);
simt_words simt_warp_load_matrix(const void *row, bool transposed, simt_place place);
simt_sums simt_warp_multiply(float c0, float c1, float c2, float c3, uint64_t a01, uint64_t a23, uint64_t b01,
                             simt_place place);
simt_words simt_load_16(const void *from);
void simt_store_16(void *to, simt_words value);
uint64_t simt_load_8(const void *from);
void simt_store_8(void *to, uint64_t value);
void simt_copy_start(void *to, const void *from, unsigned bytes, bool copies, simt_place place);
void simt_copy_commit(void);
void simt_copy_wait(int still_open);
void simt_fence(bool whole_device);
void simt_dependency_wait(void);
uint32_t simt_atomic_add(uint32_t *address, uint32_t value, simt_place place);

// Runs `body(context)` once per thread of the grid. `context` is the kernel's own constant memory.
void simt_launch(const char *name, dim3 grid, unsigned threads, size_t shared_bytes, bool early, void (*body)(void *),
                 void *context, size_t context_bytes);

#endif

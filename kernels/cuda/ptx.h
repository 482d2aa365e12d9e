// ptx.h: the instructions that CUDA C++ has no portable name for, each behind a function with two implementations: PTX
// for the device, and a call of the host-side runner (tests/simt) where TRANSINV_SIMT is defined. No kernel contains
// assembly, and no kernel uses what the runner cannot execute.
//
// Every warp function is for all 32 lanes together. `block_barrier` is for all threads of the block.
#ifndef KERNELS_CUDA_PTX_H
#define KERNELS_CUDA_PTX_H

#include <stdint.h>

#ifdef TRANSINV_SIMT
#include "tests/simt/device_side.h"
#define PLACE_PARAMETER const char *file = __builtin_FILE(), int line = __builtin_LINE()
#define PLACE_PARAMETER_NEXT , PLACE_PARAMETER
#define DEVICE static __forceinline__
#define BOTH_SIDES static inline
#define CONSTANT_PARAMETER(type) const type &
#else
#include <cuda_runtime.h>
#define PLACE_PARAMETER
#define PLACE_PARAMETER_NEXT
#define DEVICE static __device__ __forceinline__
#define BOTH_SIDES static __host__ __device__ __forceinline__ // for host and kernel
// A large parameter, which stays where the launch put it and may be indexed there.
#define CONSTANT_PARAMETER(type) const __grid_constant__ type
#endif

// Four registers of packed bfloat16, or of float32 sums: what matrix instructions take and give.
struct words4 {
    uint32_t word[4];
};
struct sums4 {
    float value[4];
};

// ---- numbers -----------------------------------------------------------------------------------------------------

DEVICE float float_of_bits(uint32_t bits)
{
#ifdef TRANSINV_SIMT
    return __builtin_bit_cast(float, bits);
#else
    return __uint_as_float(bits);
#endif
}

DEVICE uint32_t bits_of_float(float value)
{
#ifdef TRANSINV_SIMT
    return __builtin_bit_cast(uint32_t, value);
#else
    return __float_as_uint(value);
#endif
}

// The lower and the upper of two packed bfloat16.
DEVICE float bf16_low(uint32_t pair)
{
    return float_of_bits(pair << 16);
}

DEVICE float bf16_high(uint32_t pair)
{
    return float_of_bits(pair & 0xffff0000u);
}

#ifdef TRANSINV_SIMT
DEVICE uint32_t bf16_bits(float value)
{
    uint32_t bits = bits_of_float(value);
    if (value != value) return 0x7fff; // as the instruction does
    return (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
}
#endif

// To the nearest, ties to even; NaN stays NaN.
DEVICE uint32_t bf16_pack(float low, float high)
{
#ifdef TRANSINV_SIMT
    return bf16_bits(low) | bf16_bits(high) << 16;
#else
    uint32_t pair;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(high), "f"(low));
    return pair;
#endif
}

// ---- shared memory, barriers, fences -----------------------------------------------------------------------------

// The block's shared memory, 128-byte aligned; its size is the launch's.
DEVICE unsigned char *shared_memory()
{
#ifdef TRANSINV_SIMT
    return (unsigned char *)simt_shared_memory();
#else
    extern __shared__ __align__(128) unsigned char memory[];
    return memory;
#endif
}

#ifndef TRANSINV_SIMT
DEVICE uint32_t shared_address(const void *pointer)
{
    return (uint32_t)__cvta_generic_to_shared(pointer);
}
#endif

DEVICE void block_barrier(PLACE_PARAMETER)
{
#ifdef TRANSINV_SIMT
    simt_block_barrier(simt_place{file, line});
#else
    __syncthreads();
#endif
}

DEVICE void warp_barrier(PLACE_PARAMETER)
{
#ifdef TRANSINV_SIMT
    simt_warp_barrier(simt_place{file, line});
#else
    __syncwarp();
#endif
}

// Orders this thread's accesses for all threads of the device.
DEVICE void device_fence()
{
#ifdef TRANSINV_SIMT
    simt_fence(true);
#else
    __threadfence();
#endif
}

// Orders them for the threads of the block alone.
DEVICE void block_fence()
{
#ifdef TRANSINV_SIMT
    simt_fence(false);
#else
    __threadfence_block();
#endif
}

// Returns the value before.
DEVICE uint32_t atomic_add(uint32_t *address, uint32_t value PLACE_PARAMETER_NEXT)
{
#ifdef TRANSINV_SIMT
    return simt_atomic_add(address, value, simt_place{file, line});
#else
    return atomicAdd(address, value);
#endif
}

// ---- wide accesses -----------------------------------------------------------------------------------------------

// One instruction for 16 or 8 bytes, aligned to as many. Wide accesses are always written so, not through pointers: a host
// compiler may split those, and what is counted and checked would not be what the device does.
DEVICE uint4 load_16(const void *from)
{
#ifdef TRANSINV_SIMT
    return __builtin_bit_cast(uint4, simt_load_16(from));
#else
    return *(const uint4 *)from;
#endif
}

DEVICE void store_16(void *to, uint4 value)
{
#ifdef TRANSINV_SIMT
    simt_store_16(to, __builtin_bit_cast(simt_words, value));
#else
    *(uint4 *)to = value;
#endif
}

DEVICE float4 load_float4(const float *from)
{
#ifdef TRANSINV_SIMT
    return __builtin_bit_cast(float4, simt_load_16(from));
#else
    return *(const float4 *)from;
#endif
}

DEVICE void store_float4(float *to, float4 value)
{
#ifdef TRANSINV_SIMT
    simt_store_16(to, __builtin_bit_cast(simt_words, value));
#else
    *(float4 *)to = value;
#endif
}

DEVICE void store_float2(float *to, float x, float y)
{
#ifdef TRANSINV_SIMT
    simt_store_8(to, bits_of_float(x) | (uint64_t)bits_of_float(y) << 32);
#else
    *(float2 *)to = make_float2(x, y);
#endif
}

// ---- launches that overlap ---------------------------------------------------------------------------------------

// Waits until the launch before has completed and its stores are visible. Every kernel does so before it touches memory
// that another launch may write; it costs nothing where launches do not overlap.
DEVICE void dependency_wait()
{
#ifdef TRANSINV_SIMT
    simt_dependency_wait();
#elif __CUDA_ARCH__ >= 900
    asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
}

// The next launch may begin: this block needs no more than it has. Only a hint.
DEVICE void dependency_release()
{
#if !defined TRANSINV_SIMT && __CUDA_ARCH__ >= 900
    asm volatile("griddepcontrol.launch_dependents;");
#endif
}

// ---- warps -------------------------------------------------------------------------------------------------------

DEVICE float warp_shuffle_xor(float value, unsigned lanes PLACE_PARAMETER_NEXT)
{
#ifdef TRANSINV_SIMT
    return float_of_bits(
        (uint32_t)simt_warp_shuffle(SIMT_SHUFFLE_XOR, bits_of_float(value), lanes, simt_place{file, line}));
#else
    return __shfl_xor_sync(0xffffffffu, value, lanes);
#endif
}

DEVICE double warp_shuffle_xor(double value, unsigned lanes PLACE_PARAMETER_NEXT)
{
#ifdef TRANSINV_SIMT
    return __builtin_bit_cast(double, simt_warp_shuffle(SIMT_SHUFFLE_XOR, __builtin_bit_cast(uint64_t, value), lanes,
                                                        simt_place{file, line}));
#else
    return __shfl_xor_sync(0xffffffffu, value, lanes);
#endif
}

DEVICE uint32_t warp_ballot(bool predicate PLACE_PARAMETER_NEXT)
{
#ifdef TRANSINV_SIMT
    return simt_warp_ballot(predicate, simt_place{file, line});
#else
    return __ballot_sync(0xffffffffu, predicate);
#endif
}

// ---- matrices ----------------------------------------------------------------------------------------------------

// Four 8 x 8 matrices of 16-bit elements: lane l gives the address of row l % 8 of matrix l / 8, 16-byte aligned, and
// receives elements (l / 4, l % 4 * 2) and the next of each.
DEVICE words4 matrix_load(const void *row PLACE_PARAMETER_NEXT)
{
    words4 m;
#ifdef TRANSINV_SIMT
    simt_words words = simt_warp_load_matrix(row, false, simt_place{file, line});
    for (int i = 0; i < 4; i++) m.word[i] = words.word[i];
#else
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(m.word[0]), "=r"(m.word[1]), "=r"(m.word[2]), "=r"(m.word[3])
                 : "r"(shared_address(row))
                 : "memory");
#endif
    return m;
}

// The same, each matrix transposed.
DEVICE words4 matrix_load_transposed(const void *row PLACE_PARAMETER_NEXT)
{
    words4 m;
#ifdef TRANSINV_SIMT
    simt_words words = simt_warp_load_matrix(row, true, simt_place{file, line});
    for (int i = 0; i < 4; i++) m.word[i] = words.word[i];
#else
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(m.word[0]), "=r"(m.word[1]), "=r"(m.word[2]), "=r"(m.word[3])
                 : "r"(shared_address(row))
                 : "memory");
#endif
    return m;
}

// sums += a * b: 16 x 16 by 16 x 8, bfloat16 in, float32 sums.
DEVICE void matrix_multiply(sums4 &sums, const words4 &a, uint32_t b0, uint32_t b1 PLACE_PARAMETER_NEXT)
{
#ifdef TRANSINV_SIMT
    simt_sums result = simt_warp_multiply(sums.value[0], sums.value[1], sums.value[2], sums.value[3],
                                          a.word[0] | (uint64_t)a.word[1] << 32, a.word[2] | (uint64_t)a.word[3] << 32,
                                          b0 | (uint64_t)b1 << 32, simt_place{file, line});
    for (int i = 0; i < 4; i++) sums.value[i] = result.value[i];
#else
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
                 "{%0, %1, %2, %3};"
                 : "+f"(sums.value[0]), "+f"(sums.value[1]), "+f"(sums.value[2]), "+f"(sums.value[3])
                 : "r"(a.word[0]), "r"(a.word[1]), "r"(a.word[2]), "r"(a.word[3]), "r"(b0), "r"(b1));
#endif
}

// ---- asynchronous copies -----------------------------------------------------------------------------------------

// 16 bytes from device to shared memory, both 16-byte aligned; zeros where `copies` is false.
DEVICE void copy_start(void *to, const void *from, bool copies PLACE_PARAMETER_NEXT)
{
#ifdef TRANSINV_SIMT
    simt_copy_start(to, from, 16, copies, simt_place{file, line});
#else
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared_address(to)), "l"(from),
                 "r"(copies ? 16 : 0)
                 : "memory");
#endif
}

// The copies since the last commit become a group.
DEVICE void copy_commit()
{
#ifdef TRANSINV_SIMT
    simt_copy_commit();
#else
    asm volatile("cp.async.commit_group;" ::: "memory");
#endif
}

// Waits until all groups of this thread but the newest OPEN have landed; other threads see them after a barrier.
template <int OPEN> DEVICE void copy_wait()
{
#ifdef TRANSINV_SIMT
    simt_copy_wait(OPEN);
#else
    asm volatile("cp.async.wait_group %0;" ::"n"(OPEN) : "memory");
#endif
}

#endif

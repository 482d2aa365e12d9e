// vector.h: one vector type for the instruction sets that this folder is compiled for (the Makefile defines ISA as
// portable, avx2, avx512 or avx512_bf16). GCC's vector extension gives + - * and comparisons; fused multiply-add differs,
// and with ACTIVATION_BF16 what an activation is in memory.
#ifndef KERNELS_CPU_SIMD_VECTOR_H
#define KERNELS_CPU_SIMD_VECTOR_H

#include <stdint.h>
#include <string.h>

#include "kernels/cpu/isa_name.h"

#if defined(__AVX512F__)
#include <immintrin.h>
enum { LANES = 16, BLOCK_PIXELS = 8 }; // 8 x 2 sums, 2 weights, 1 broadcast of 32 registers
#elif defined(__AVX2__)
#include <immintrin.h>
enum { LANES = 8, BLOCK_PIXELS = 4 }; // 4 x 2 sums, 2 weights, 1 broadcast of 16 registers
#else
enum { LANES = 4, BLOCK_PIXELS = 4 };
#endif

typedef float vector __attribute__((vector_size(4 * LANES)));
typedef float vector_unaligned __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
typedef int32_t vector_bits __attribute__((vector_size(4 * LANES)));
typedef float vector_half __attribute__((vector_size(2 * LANES)));
typedef double vector_double __attribute__((vector_size(4 * LANES))); // LANES / 2 values

static inline vector vector_load(const float *from)
{
    return *(const vector_unaligned *)from;
}

static inline void vector_store(float *to, vector value)
{
    *(vector_unaligned *)to = value;
}

static inline vector vector_broadcast(float value)
{
    return value - (vector){0};
}

// ---- activations as they lie in memory -------------------------------------------------------------------------
// Arithmetic is float32 everywhere; what kernels.h types `void *` may be narrower. A store rounds to nearest even and
// returns what it stored, for statistics that must be of the rounded values. NaN stays NaN.
#if defined(ACTIVATION_BF16)
typedef uint16_t activation; // bfloat16: the upper half of a float32; numbers below 2^-126 become 0

static inline vector activation_load(const activation *from)
{
    return (vector)_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256((const void *)from)), 16);
}

static inline vector activation_store(activation *to, vector value)
{
    __m256i bits = (__m256i)_mm512_cvtneps_pbh((__m512)value);
    _mm256_storeu_si256((void *)to, bits);
    return (vector)_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16);
}

static inline float activation_value(activation stored)
{
    return _mm_cvtss_f32(_mm_castsi128_ps(_mm_cvtsi32_si128((int)((uint32_t)stored << 16))));
}

static inline activation activation_of(float value)
{
    return (activation)_mm_extract_epi16((__m128i)_mm_cvtneps_pbh(_mm_set_ss(value)), 0);
}

// The values as a kernel of float32 reads them, or NULL where they have to be converted.
static inline const float *activation_floats(const activation *values)
{
    (void)values;
    return NULL;
}
#else
typedef float activation;

static inline vector activation_load(const activation *from)
{
    return vector_load(from);
}

static inline vector activation_store(activation *to, vector value)
{
    vector_store(to, value);
    return value;
}

static inline float activation_value(activation stored)
{
    return stored;
}

static inline activation activation_of(float value)
{
    return value;
}

static inline const float *activation_floats(const activation *values)
{
    return values;
}
#endif

// ---- arithmetic ------------------------------------------------------------------------------------------------

// a * b + c: fused where the instruction set has it, two roundings where not.
static inline vector vector_fma(vector a, vector b, vector c)
{
#if defined(__AVX512F__)
    return _mm512_fmadd_ps(a, b, c);
#elif defined(__AVX2__)
    return _mm256_fmadd_ps(a, b, c);
#else
    return a * b + c;
#endif
}

static inline float scalar_fma(float a, float b, float c)
{
#if defined(__FMA__)
    return __builtin_fmaf(a, b, c);
#else
    return a * b + c;
#endif
}

// scale * x + shift, rounded once, on every instruction set: what decides a ReLU. Prologue, mask and the tails of both use
// this pair, so forward and backward take the same decision, and portable takes the same as the others.
static inline float scalar_affine(float scale, float x, float shift)
{
#if defined(__FMA__)
    return __builtin_fmaf(scale, x, shift);
#else
    return (float)((double)scale * (double)x + (double)shift);
#endif
}

static inline vector vector_affine(vector scale, vector x, vector shift)
{
#if defined(__FMA__)
    return vector_fma(scale, x, shift);
#else
    vector result;
    for (int l = 0; l < LANES; l++) result[l] = scalar_affine(scale[l], x[l], shift[l]);
    return result;
#endif
}

// NaN stays NaN, so that a diverged run cannot look healthy.
static inline vector vector_relu(vector x)
{
    return (vector)((vector_bits)x & ~(x < (vector){0}));
}

static inline float scalar_relu(float x)
{
    return x < 0 ? 0 : x;
}

// value where decide > 0, else 0.
static inline vector vector_where_positive(vector decide, vector value)
{
    return (vector)((vector_bits)value & (decide > (vector){0}));
}

// The lower (0) or upper (1) half of x in double.
static inline vector_double vector_widen(vector x, int half)
{
    union {
        vector whole;
        vector_half halves[2];
    } parts = {x};
#if defined(__AVX512F__)
    return _mm512_cvtps_pd(parts.halves[half]); // gcc 12 makes four instructions of the portable form
#elif defined(__AVX2__)
    return _mm256_cvtps_pd(parts.halves[half]);
#else
    return __builtin_convertvector(parts.halves[half], vector_double);
#endif
}

// Lane l of the result is lane lanes[l] of first, or, from LANES on, of second. clang 14 shuffles by constants only.
static inline vector vector_pick(vector first, vector second, vector_bits lanes)
{
#if defined(__clang__)
    vector picked;
    for (int l = 0; l < LANES; l++) picked[l] = lanes[l] < LANES ? first[lanes[l]] : second[lanes[l] - LANES];
    return picked;
#else
    return __builtin_shuffle(first, second, lanes);
#endif
}

// Row i, lane j becomes row j, lane i: log2(LANES) rounds that exchange ever larger blocks.
static inline void vector_transpose(vector rows[LANES])
{
    for (int block = 1; block < LANES; block *= 2) {
        vector_bits low, high; // lanes of the pair (row, row + block) that make up the new rows
        for (int l = 0; l < LANES; l++) {
            low[l] = (l & block) == 0 ? l : l - block + LANES;
            high[l] = (l & block) == 0 ? l + block : l + LANES;
        }
#pragma GCC unroll 16
        for (int row = 0; row < LANES; row++) {
            if ((row & block) != 0) continue;
            vector first = rows[row], second = rows[row + block];
            rows[row] = vector_pick(first, second, low);
            rows[row + block] = vector_pick(first, second, high);
        }
    }
}

// ---- operands of direct convolutions ---------------------------------------------------------------------------
// Tiles and packed filters hold activations, too: vdpbf16ps adds the products of OPERAND_CHANNELS neighbouring channels in
// to every sum.
#if defined(ACTIVATION_BF16)
enum { OPERAND_CHANNELS = 2 };
typedef __m512bh operand_vector; // OPERAND_CHANNELS values a lane

static inline operand_vector operand_load(const activation *from)
{
    return (operand_vector)_mm512_loadu_si512(from);
}

// The same OPERAND_CHANNELS values in all lanes.
static inline operand_vector operand_broadcast(const activation *from)
{
    int32_t pair;
    memcpy(&pair, from, sizeof pair);
    return (operand_vector)_mm512_set1_epi32(pair);
}

static inline vector operand_fma(operand_vector a, operand_vector b, vector sum)
{
    return (vector)_mm512_dpbf16_ps((__m512)sum, a, b);
}
#else
enum { OPERAND_CHANNELS = 1 };
typedef vector operand_vector;

static inline operand_vector operand_load(const activation *from)
{
    return vector_load(from);
}

static inline operand_vector operand_broadcast(const activation *from)
{
    return vector_broadcast(*from);
}

static inline vector operand_fma(operand_vector a, operand_vector b, vector sum)
{
    return vector_fma(a, b, sum);
}
#endif

// ---- double ----------------------------------------------------------------------------------------------------

static inline vector_double vector_double_fma(vector_double a, vector_double b, vector_double c)
{
#if defined(__AVX512F__)
    return _mm512_fmadd_pd(a, b, c);
#elif defined(__AVX2__)
    return _mm256_fmadd_pd(a, b, c);
#else
    return a * b + c;
#endif
}

#endif

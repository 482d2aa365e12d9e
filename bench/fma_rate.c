// fma_rate.c: the multiply-add loops whose speed is the arithmetic ceiling. Each keeps enough independent sums to cover
// the latency of two units (4 to 6 cycles), and few enough to stay in registers: 12 of AVX2's 16, 16 of AVX-512's 32.
// Compiled with -O3: below it gcc leaves the sums in memory, at a quarter of the rate.
#include "bench/fma_rate.h"

#include <stddef.h>

#include "base/machine.h"

#ifdef HAVE_X86_ISA
#include <immintrin.h>
#endif

// sum = sum * factor + addend tends to 1: no overflow, no denormal numbers.
static const float factor = 0.999f, addend = 0.001f;

#ifdef HAVE_X86_ISA

enum { SUMS_AVX512 = 16, SUMS_AVX2 = 12 };

__attribute__((target("avx512f"))) static float fma_avx512(long rounds)
{
    const __m512 factors = _mm512_set1_ps(factor), addends = _mm512_set1_ps(addend);
    __m512 sums[SUMS_AVX512];
    for (int i = 0; i < SUMS_AVX512; i++) sums[i] = _mm512_set1_ps((float)i);
    for (long round = 0; round < rounds; round++)
        for (int i = 0; i < SUMS_AVX512; i++) sums[i] = _mm512_fmadd_ps(sums[i], factors, addends);
    __m512 total = sums[0];
    for (int i = 1; i < SUMS_AVX512; i++) total = _mm512_add_ps(total, sums[i]);
    return _mm512_cvtss_f32(total);
}

__attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16"))) static float fma_avx512_bf16(long rounds)
{
    const __m512bh factors = _mm512_cvtne2ps_pbh(_mm512_set1_ps(factor), _mm512_set1_ps(addend));
    __m512 sums[SUMS_AVX512];
    for (int i = 0; i < SUMS_AVX512; i++) sums[i] = _mm512_set1_ps((float)i);
    for (long round = 0; round < rounds; round++)
        for (int i = 0; i < SUMS_AVX512; i++) sums[i] = _mm512_dpbf16_ps(sums[i], factors, factors);
    __m512 total = sums[0];
    for (int i = 1; i < SUMS_AVX512; i++) total = _mm512_add_ps(total, sums[i]);
    return _mm512_cvtss_f32(total);
}

__attribute__((target("avx2,fma"))) static float fma_avx2(long rounds)
{
    const __m256 factors = _mm256_set1_ps(factor), addends = _mm256_set1_ps(addend);
    __m256 sums[SUMS_AVX2];
    for (int i = 0; i < SUMS_AVX2; i++) sums[i] = _mm256_set1_ps((float)i);
    for (long round = 0; round < rounds; round++)
        for (int i = 0; i < SUMS_AVX2; i++) sums[i] = _mm256_fmadd_ps(sums[i], factors, addends);
    __m256 total = sums[0];
    for (int i = 1; i < SUMS_AVX2; i++) total = _mm256_add_ps(total, sums[i]);
    return _mm256_cvtss_f32(total);
}

#endif

// Whatever vectors the compiler finds. A multiply-add only where it costs no library call.
enum { SUMS_PORTABLE = 10, LANES_PORTABLE = 4 };

static float fma_portable(long rounds)
{
    typedef float lanes __attribute__((vector_size(LANES_PORTABLE * sizeof(float))));
    lanes sums[SUMS_PORTABLE], factors, addends;
    for (int lane = 0; lane < LANES_PORTABLE; lane++) {
        factors[lane] = factor;
        addends[lane] = addend;
        for (int i = 0; i < SUMS_PORTABLE; i++) sums[i][lane] = (float)i;
    }
    for (long round = 0; round < rounds; round++)
        for (int i = 0; i < SUMS_PORTABLE; i++)
#ifdef __FP_FAST_FMAF
            for (int lane = 0; lane < LANES_PORTABLE; lane++)
                sums[i][lane] = __builtin_fmaf(sums[i][lane], factors[lane], addends[lane]);
#else
            sums[i] = sums[i] * factors + addends;
#endif
    float total = 0;
    for (int i = 0; i < SUMS_PORTABLE; i++)
        for (int lane = 0; lane < LANES_PORTABLE; lane++) total += sums[i][lane];
    return total;
}

struct fma_rate fma_rate_fp32(void)
{
#ifdef HAVE_X86_ISA
    if (machine_has_avx512()) return (struct fma_rate){"AVX-512", fma_avx512, 2.0 * SUMS_AVX512 * 16};
    if (machine_has_avx2()) return (struct fma_rate){"AVX2", fma_avx2, 2.0 * SUMS_AVX2 * 8};
#endif
    return (struct fma_rate){"portable", fma_portable, 2.0 * SUMS_PORTABLE * LANES_PORTABLE};
}

struct fma_rate fma_rate_bf16(void)
{
#ifdef HAVE_X86_ISA
    if (machine_has_avx512_bf16()) return (struct fma_rate){"AVX-512 BF16", fma_avx512_bf16, 2.0 * SUMS_AVX512 * 32};
#endif
    return (struct fma_rate){0};
}

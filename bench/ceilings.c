// ceilings.c: times the loops of fma_rate.c on all threads at once, and copies between arrays that no cache holds.
// Tests: tests/ceilings_test.c.
#include "bench/ceilings.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/machine.h"
#include "base/number.h"
#include "bench/fma_rate.h"

#ifdef HAVE_X86_ISA
#include <immintrin.h>
#endif

// ---- arithmetic ------------------------------------------------------------------------------------------------

static volatile float fma_result; // keeps the compiler from dropping the loops

static double time_rounds(const struct fma_rate *rate, int threads, long rounds)
{
    float total = 0;
    const double begun = clock_seconds();
#pragma omp parallel num_threads(threads) reduction(+ : total)
    total += rate->loop(rounds);
    const double seconds = clock_seconds() - begun;
    fma_result = total;
    return seconds;
}

// Samples of about 2 ms: long beside starting the threads, short enough to fall between two disturbances.
static double measure_fma(const struct fma_rate *rate, int threads, double seconds)
{
    const double sample_seconds = 2e-3, begun = clock_seconds();
    double best = 0;
    long rounds = 1024;
    if (rate->loop == NULL) return 0;
    do {
        const double elapsed = time_rounds(rate, threads, rounds);
        best = fmax(best, (double)threads * (double)rounds * rate->flops_per_round / elapsed);
        if (elapsed < sample_seconds / 2) rounds *= 2;
    } while (clock_seconds() - begun < seconds);
    return best;
}

// ---- memory ----------------------------------------------------------------------------------------------------

// A number such as "32768K" in a file of /sys; 0 when there is none.
static double cache_file_bytes(const char *path)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    double kilobytes = 0;
    struct status status = file_read(path, 4096, &bytes, &size);
    if (status.code == STATUS_OK) {
        bytes[strcspn((const char *)bytes, "K\n")] = '\0';
        if (!number_parse_double((const char *)bytes, &kilobytes)) kilobytes = 0;
    }
    free(bytes);
    return kilobytes * 1024;
}

// The largest cache that the first processor sees. (sysconf names the whole package's, also to a guest with a slice.)
static double last_cache_bytes(void)
{
    double largest = 0;
    for (int index = 0; index < 8; index++) {
        char path[96];
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu0/cache/index%d/size", index);
        largest = fmax(largest, cache_file_bytes(path));
    }
    return largest;
}

// Size of each of the two arrays: together four times the last cache, and never more than an eighth of the memory.
static size_t copy_array_bytes(void)
{
    const double wanted = fmin(fmax(2 * last_cache_bytes(), 32 << 20), (double)machine_memory_bytes() / 16);
    return (size_t)wanted / 4096 * 4096;
}

typedef void copy_function(void *to, const void *from, size_t bytes);

static void copy_plain(void *to, const void *from, size_t bytes)
{
    memcpy(to, from, bytes);
}

#ifdef HAVE_X86_ISA
// Stores that do not first read what they overwrite. `bytes` is a multiple of 64, both ends are aligned.
__attribute__((target("avx2"))) static void copy_streaming(void *to, const void *from, size_t bytes)
{
    const __m256i *source = from;
    __m256i *target = to;
    for (size_t i = 0; i < bytes / sizeof *source; i += 2) {
        const __m256i first = _mm256_load_si256(source + i), second = _mm256_load_si256(source + i + 1);
        _mm256_stream_si256(target + i, first);
        _mm256_stream_si256(target + i + 1, second);
    }
    _mm_sfence();
}
#endif

static copy_function *streaming_copy(void)
{
#ifdef HAVE_X86_ISA
    if (machine_has_avx2()) return copy_streaming;
#endif
    return copy_plain;
}

// Each thread copies its own part, always the same one.
static double time_copy(copy_function *copy, int threads, uint8_t *to, const uint8_t *from, size_t bytes)
{
    const size_t part = bytes / (size_t)threads / 64 * 64;
    const double begun = clock_seconds();
#pragma omp parallel for num_threads(threads) schedule(static, 1)
    for (int thread = 0; thread < threads; thread++)
        copy(to + (size_t)thread * part, from + (size_t)thread * part, part);
    return 2 * (double)part * threads / (clock_seconds() - begun);
}

static double measure_copy(int threads, size_t bytes, double seconds)
{
    double best = 0;
    uint8_t *from = aligned_alloc(64, bytes), *to = aligned_alloc(64, bytes);
    if (from != NULL && to != NULL) {
        memset(from, 1, bytes);
        memset(to, 2, bytes);
        const double begun = clock_seconds();
        do {
            best = fmax(best, time_copy(copy_plain, threads, to, from, bytes));
            best = fmax(best, time_copy(streaming_copy(), threads, to, from, bytes));
        } while (clock_seconds() - begun < seconds);
    }
    free(to);
    free(from);
    return best;
}

// ---- both ------------------------------------------------------------------------------------------------------

struct ceilings ceilings_measure(int threads, double seconds)
{
    const struct fma_rate fp32 = fma_rate_fp32(), bf16 = fma_rate_bf16();
    const size_t bytes = copy_array_bytes();
    struct ceilings ceilings = {.fma_kind = fp32.kind, .copy_megabytes = 2 * (double)bytes / 1e6};
    ceilings.fma_fp32 = measure_fma(&fp32, threads, seconds / 3);
    ceilings.fma_bf16 = measure_fma(&bf16, threads, seconds / 3);
    ceilings.copy_bandwidth = measure_copy(threads, bytes, seconds / 3);
    return ceilings;
}

double ceilings_bound_seconds(const struct ceilings *ceilings, struct operation_cost cost, double multiply_fraction,
                              bool bf16)
{
    const double rate = bf16 && ceilings->fma_bf16 > 0 ? ceilings->fma_bf16 : ceilings->fma_fp32;
    const double arithmetic = rate > 0 ? cost.flops * multiply_fraction / rate : 0;
    const double memory = ceilings->copy_bandwidth > 0 ? cost.bytes / ceilings->copy_bandwidth : 0;
    return fmax(arithmetic, memory);
}

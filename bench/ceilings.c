// ceilings.c: times the loops of fma_rate.c on all threads at once, and copies between arrays that no cache holds.
// Tests: tests/ceilings_test.c.
#include "bench/ceilings.h"

#include <ctype.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/machine.h"
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

// The first line of a file that says something about the first processor's cache `index`; "" when there is none.
static void read_cache_line(int index, const char *name, char line[256])
{
    char path[96];
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu0/cache/index%d/%s", index, name);
    FILE *file = fopen(path, "r");
    if (file == NULL || fgets(line, 256, file) == NULL) line[0] = '\0';
    if (file != NULL) fclose(file);
}

// How many processors a mask such as "00ff,00000003" names.
static int count_processors(const char *mask)
{
    int count = 0;
    for (; *mask != '\0'; mask++)
        if (isxdigit((unsigned char)*mask)) {
            const char digit[2] = {*mask, '\0'};
            count += __builtin_popcountl(strtoul(digit, NULL, 16));
        }
    return count;
}

// The largest cache that the first processor sees, as often as so many threads need not share one.
// (sysconf names the whole package's, also to a guest that has a slice of it.)
static double last_cache_bytes(int threads)
{
    double largest = 0;
    int sharing = 1;
    for (int index = 0; index < 8; index++) {
        char line[256];
        read_cache_line(index, "size", line); // "32768K"
        const double bytes = 1024 * strtod(line, NULL);
        if (!(bytes > largest)) continue;
        largest = bytes;
        read_cache_line(index, "shared_cpu_map", line);
        sharing = count_processors(line);
    }
    return largest * (sharing > 0 ? (threads + sharing - 1) / sharing : threads);
}

// Size of each of the two arrays: together four times the last caches, and never more than an eighth of the memory.
static size_t copy_array_bytes(int threads)
{
    const double wanted = fmin(fmax(2 * last_cache_bytes(threads), 32 << 20), (double)machine_memory_bytes() / 16);
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
    const size_t bytes = copy_array_bytes(threads);
    struct ceilings ceilings = {.fma_kind = fp32.kind, .copy_megabytes = 2 * (double)bytes / 1e6};
    ceilings.fma_fp32 = measure_fma(&fp32, threads, seconds / 3);
    ceilings.fma_bf16 = measure_fma(&bf16, threads, seconds / 3);
    ceilings.copy_bandwidth = measure_copy(threads, bytes, seconds / 3);
    return ceilings;
}

double ceilings_measure_fma(int threads, double seconds)
{
    const struct fma_rate fp32 = fma_rate_fp32();
    return measure_fma(&fp32, threads, seconds);
}

double ceilings_bound_seconds(const struct ceilings *ceilings, struct operation_cost cost, double multiply_fraction,
                              bool bf16)
{
    const double rate = bf16 && ceilings->fma_bf16 > 0 ? ceilings->fma_bf16 : ceilings->fma_fp32;
    const double arithmetic = rate > 0 ? cost.flops * multiply_fraction / rate : 0;
    const double memory = ceilings->copy_bandwidth > 0 ? cost.bytes / ceilings->copy_bandwidth : 0;
    return fmax(arithmetic, memory);
}

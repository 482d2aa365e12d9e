// vector_random.h: words and normals by the thousand: the bits of base/random.h, with Philox and the normal transform on
// vectors. Words are generated block after block, as a stream gives them out; each draw takes its words from that array.
// The arithmetic of normals is that of base/random_normal.c and base/random_math.c, without branches. For files that are
// compiled once per instruction set.
#ifndef KERNELS_CPU_VECTOR_RANDOM_H
#define KERNELS_CPU_VECTOR_RANDOM_H

#include <math.h>
#include <stddef.h>

#include "base/random.h"

enum { WORDS_AT_ONCE = 1024, RANDOM_BLOCKS = 16 }; // blocks of four words that are computed side by side
enum { RANDOM_WORDS = 4 * RANDOM_BLOCKS, RANDOM_NORMALS = RANDOM_WORDS / 2 };

// Philox 4x32-10 of counters first, first + 1, ...; see base/philox.c.
static inline void random_fill_blocks(const struct random_stream *stream, uint32_t first,
                                      uint32_t words[4 * RANDOM_BLOCKS])
{
    uint64_t c0[RANDOM_BLOCKS], c1[RANDOM_BLOCKS], c2[RANDOM_BLOCKS], c3[RANDOM_BLOCKS]; // 32-bit values
    uint32_t key0 = stream->key[0], key1 = stream->key[1];
    for (uint32_t i = 0; i < RANDOM_BLOCKS; i++) {
        c0[i] = first + i;
        c1[i] = stream->counter[1];
        c2[i] = stream->counter[2];
        c3[i] = stream->counter[3];
    }
    for (int round = 0; round < 10; round++, key0 += 0x9E3779B9U, key1 += 0xBB67AE85U)
        for (int i = 0; i < RANDOM_BLOCKS; i++) {
            const uint64_t product0 = (uint64_t)0xD2511F53U * (uint32_t)c0[i];
            const uint64_t product1 = (uint64_t)0xCD9E8D57U * (uint32_t)c2[i];
            c0[i] = (product1 >> 32) ^ c1[i] ^ key0;
            c1[i] = (uint32_t)product1;
            c2[i] = (product0 >> 32) ^ c3[i] ^ key1;
            c3[i] = (uint32_t)product0;
        }
    for (ptrdiff_t i = 0; i < RANDOM_BLOCKS; i++) {
        words[4 * i] = (uint32_t)c0[i];
        words[4 * i + 1] = (uint32_t)c1[i];
        words[4 * i + 2] = (uint32_t)c2[i];
        words[4 * i + 3] = (uint32_t)c3[i];
    }
}

// The next `count` words, rounded up to multiples of RANDOM_WORDS, of a stream whose blocks are all unused; draws need less
// than 2^24 blocks.
static inline void random_fill_words(struct random_stream *stream, int count, uint32_t *words)
{
    for (int i = 0; i < count; i += RANDOM_WORDS, stream->counter[0] += RANDOM_BLOCKS)
        random_fill_blocks(stream, stream->counter[0], words + i);
}

// (word + 1/2) / 2^32: the word becomes the low bits of 2^52, which is taken off again.
static inline double random_vector_uniform(uint32_t word)
{
    union {
        uint64_t bits;
        double value;
    } shifted = {.bits = 0x4330000000000000U | word};
    return (shifted.value - 0x1p52 + 0.5) * 0x1p-32;
}

static inline double random_vector_logarithm(double x)
{
    union {
        uint64_t bits;
        double value;
    } number = {.value = x}, exponent;
    const uint64_t fraction = number.bits & 0xFFFFFFFFFFFFFU;
    const uint64_t upper = (0x6A09E667F3BCCU - fraction) >> 63; // 1 from sqrt(2) on; AVX2 compares no unsigned words
    exponent.bits = 0x4330000000000000U | ((number.bits >> 52) + upper);
    number.bits = fraction | ((uint64_t)(1023 - upper) << 52);
    const double scale = exponent.value - (0x1p52 + 1023), m = number.value;
    const double f = (m - 1.0) / (m + 1.0), s = f * f;
    double sum = 1.0 / 21.0;
    sum = sum * s + 1.0 / 19.0;
    sum = sum * s + 1.0 / 17.0;
    sum = sum * s + 1.0 / 15.0;
    sum = sum * s + 1.0 / 13.0;
    sum = sum * s + 1.0 / 11.0;
    sum = sum * s + 1.0 / 9.0;
    sum = sum * s + 1.0 / 7.0;
    sum = sum * s + 1.0 / 5.0;
    sum = sum * s + 1.0 / 3.0;
    return scale * 0x1.62e42feep-1 + (scale * 0x1.a39ef35793c76p-33 + (2.0 * f + 2.0 * f * (s * sum)));
}

static inline double random_vector_sine(double x, double s)
{
    double sum = 1.0 / 355687428096000.0;
    sum = sum * s - 1.0 / 1307674368000.0;
    sum = sum * s + 1.0 / 6227020800.0;
    sum = sum * s - 1.0 / 39916800.0;
    sum = sum * s + 1.0 / 362880.0;
    sum = sum * s - 1.0 / 5040.0;
    sum = sum * s + 1.0 / 120.0;
    sum = sum * s - 1.0 / 6.0;
    return x + x * (s * sum);
}

static inline double random_vector_cosine(double s)
{
    double sum = 1.0 / 20922789888000.0;
    sum = sum * s - 1.0 / 87178291200.0;
    sum = sum * s + 1.0 / 479001600.0;
    sum = sum * s - 1.0 / 3628800.0;
    sum = sum * s + 1.0 / 40320.0;
    sum = sum * s - 1.0 / 720.0;
    sum = sum * s + 1.0 / 24.0;
    sum = sum * s - 0.5;
    return 1.0 + s * sum;
}

// Both series are summed and one is taken, by bits, since a branch would keep the loop from becoming vectors: sine in odd
// quadrants; minus in quadrants 1 and 2.
static inline double random_vector_cosine_turns(double turns)
{
    union {
        double value;
        uint64_t bits;
    } odd, even, result;
    const double quarters = 4.0 * turns;
    const int quadrant = (int)(quarters + 0.5);
    const double x = (quarters - (double)quadrant) * 0x1.921fb54442d18p+0, s = x * x;
    const uint64_t number = (uint64_t)quadrant, choose_odd = 0 - (number & 1);
    odd.value = random_vector_sine(x, s);
    even.value = random_vector_cosine(s);
    result.bits = ((odd.bits & choose_odd) | (even.bits & ~choose_odd)) ^ ((number + 1) & 2) << 62;
    return result.value;
}

// The next RANDOM_NORMALS normals.
static inline void random_next_normals(struct random_stream *stream, double normals[RANDOM_NORMALS])
{
    uint32_t words[RANDOM_WORDS];
    random_fill_words(stream, RANDOM_WORDS, words);
    for (ptrdiff_t i = 0; i < RANDOM_NORMALS; i++)
        normals[i] = sqrt(-2.0 * random_vector_logarithm(random_vector_uniform(words[2 * i]))) *
                     random_vector_cosine_turns(random_vector_uniform(words[2 * i + 1]));
}

#endif

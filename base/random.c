// random.c: streams of Philox words and the uniform draws made from them: integers, fractions, bounded integers,
// permutations. Normal and Poisson draws are in random_normal.c and random_poisson.c. Tests: as for random_normal.c.
#include "base/random.h"

struct random_stream random_stream_create(uint32_t seed, enum purpose purpose, uint32_t epoch, uint32_t index)
{
    return (struct random_stream){
        .key = {seed, (uint32_t)purpose},
        .counter = {0, index, epoch, 0},
        .words = {0, 0, 0, 0},
        .used = 4, // nothing generated yet
    };
}

uint32_t random_next_u32(struct random_stream *stream)
{
    if (stream->used == 4) {
        philox4x32_10(stream->counter, stream->key, stream->words);
        stream->used = 0;
        if (++stream->counter[0] == 0) stream->counter[3]++; // 2^34 words later the spare counter word takes the carry
    }
    return stream->words[stream->used++];
}

float random_next_uniform(struct random_stream *stream)
{
    return (float)(random_next_u32(stream) >> 8) * 0x1p-24F;
}

double random_next_uniform_open(struct random_stream *stream)
{
    return ((double)random_next_u32(stream) + 0.5) * 0x1p-32;
}

// Lemire: "Fast random integer generation in an interval" (ACM TOMACS 29, 2019). The high half of word * bound is the
// draw; it is thrown away when the low half falls among the 2^32 mod bound values that would favour some draws.
uint32_t random_next_below(struct random_stream *stream, uint32_t bound)
{
    uint64_t product = (uint64_t)random_next_u32(stream) * bound;
    if ((uint32_t)product < bound) {
        uint32_t threshold = (uint32_t)(0U - bound) % bound; // 2^32 mod bound
        while ((uint32_t)product < threshold) product = (uint64_t)random_next_u32(stream) * bound;
    }
    return (uint32_t)(product >> 32);
}

void random_permutation(struct random_stream *stream, int32_t *out, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) out[i] = (int32_t)i;
    for (uint32_t left = count; left > 1; left--) {
        uint32_t other = random_next_below(stream, left);
        int32_t kept = out[left - 1];
        out[left - 1] = out[other];
        out[other] = kept;
    }
}

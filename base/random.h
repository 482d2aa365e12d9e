// random.h: counter-based random numbers: Philox 4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as
// easy as 1, 2, 3", SC 2011). The same (seed, purpose, epoch, index, draw) gives the same bits on every backend, in
// any order, after any restart. Every caller's purpose is listed in base/purpose.h.
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stdint.h>

#include "base/purpose.h"

// The bare generator: ten rounds over `counter` under `key`. Checked against the Random123 known answers.
void philox4x32_10(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

// A sequence of draws belonging to one (seed, purpose, epoch, index): key = (seed, purpose),
// counter = (draw block, index, epoch, 0), four 32-bit words a block, used in order.
struct random_stream {
    uint32_t key[2];
    uint32_t counter[4];
    uint32_t words[4];
    int used; // words of the current block already given out
};

struct random_stream random_stream_create(uint32_t seed, enum purpose purpose, uint32_t epoch, uint32_t index);
uint32_t random_next_u32(struct random_stream *stream);

// Uniform in [0, 1): 24 bits, float exact.
float random_next_uniform(struct random_stream *stream);
// Uniform in (0, 1): 32 bits plus a half step, double exact; never 0 or 1.
double random_next_uniform_open(struct random_stream *stream);
// Uniform in 0 .. bound - 1, unbiased (Lemire's method); bound >= 1.
uint32_t random_next_below(struct random_stream *stream, uint32_t bound);
// Standard normal by inversion-free Box-Muller over our own polynomials for log, sine and cosine: fixed order of
// operations in double, no libm, no contraction, so the bits agree on every compiler and backend. One number a call,
// two words each.
double random_next_normal(struct random_stream *stream);
// Poisson counts: multiplication/inversion for small means, a rejection method for large ones; mean in [0, 1e6].
uint32_t random_next_poisson(struct random_stream *stream, double mean);
// Fisher-Yates shuffle of 0 .. count - 1.
void random_permutation(struct random_stream *stream, int32_t *out, uint32_t count);

#endif

// philox.c: the bare Philox 4x32-10 generator: a bijection of 128-bit counters for every 64-bit key (Salmon, Moraes,
// Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC 2011). What counters and keys mean is random.c's.
// Integers only, so every compiler and backend gives the same bits. Tests: tests/random_test.c.
#include "base/random.h"

// The constants of the paper's section 3.3: two multipliers and the key's Weyl increments (golden ratio, sqrt(3) - 1).
#define PHILOX_MULTIPLIER_0 0xD2511F53U
#define PHILOX_MULTIPLIER_1 0xCD9E8D57U
#define PHILOX_WEYL_0 0x9E3779B9U
#define PHILOX_WEYL_1 0xBB67AE85U

void philox4x32_10(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; round++) {
        uint64_t product0 = (uint64_t)PHILOX_MULTIPLIER_0 * c0;
        uint64_t product1 = (uint64_t)PHILOX_MULTIPLIER_1 * c2;
        c0 = (uint32_t)(product1 >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)product1;
        c2 = (uint32_t)(product0 >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)product0;
        k0 += PHILOX_WEYL_0;
        k1 += PHILOX_WEYL_1;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

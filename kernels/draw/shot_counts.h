// shot_counts.h: Poisson counts for shot noise by inversion: one word of Philox becomes one count, through thresholds
// computed once for the 5 x 256 means that occur. A fixed number of words per byte, so that any thread can draw any
// byte; random_next_poisson takes a varying number.
#ifndef KERNELS_DRAW_SHOT_COUNTS_H
#define KERNELS_DRAW_SHOT_COUNTS_H

#include <stdint.h>

#include "kernels/draw/corruption_kind.h"

// So many that a guide is mostly the answer: the loop behind it then seldom runs.
enum { SHOT_GUIDES_LOG = 8, SHOT_GUIDES = 1 << SHOT_GUIDES_LOG };

// One mean. A word w gives the count  least + (number of thresholds <= w); the guide says how many of them are certain
// from the word's upper bits. Thresholds are 2^32 * P(count <= least + i), so probabilities are exact to 2^-32, and
// counts less likely than that beyond either end do not occur.
struct shot_mean {
    uint32_t first_threshold; // in shot_counts.thresholds
    uint16_t least, thresholds;
    uint16_t guide[SHOT_GUIDES];
};

enum { SHOT_THRESHOLDS = 160000 }; // 12.6 deviations of each mean, and some; checked when filled

struct shot_counts {
    struct shot_mean means[CORRUPTION_SEVERITIES][256]; // by byte
    uint32_t thresholds[SHOT_THRESHOLDS];
    uint32_t used;
};

// Computed at the first call, from any thread; the same on every machine (base/random_math.h).
const struct shot_counts *shot_counts(void);

static inline uint16_t shot_counts_find(const struct shot_counts *counts, const struct shot_mean *mean, uint32_t word)
{
    const uint32_t *thresholds = counts->thresholds + mean->first_threshold;
    uint32_t below = mean->guide[word >> (32 - SHOT_GUIDES_LOG)];
    while (below < mean->thresholds && thresholds[below] <= word) below++;
    return (uint16_t)(mean->least + below);
}

#endif

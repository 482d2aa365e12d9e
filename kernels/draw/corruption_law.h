// corruption_law.h: what an image_corrupt is told: which corruption, how severe how often, and frost's textures.
#ifndef KERNELS_DRAW_CORRUPTION_LAW_H
#define KERNELS_DRAW_CORRUPTION_LAW_H

#include <stddef.h>
#include <stdint.h>

#include "kernels/draw/corruption_kind.h"

// Of one run: what happens to its images, and how often.
struct corruption_law {
    int32_t kind;                             // enum corruption_kind
    float weights[1 + CORRUPTION_SEVERITIES]; // relative frequency of each severity, 0 = left clean; >= 0, not all 0
};

// Every image at `severity`, 0 .. 5.
struct corruption_law corruption_law_fixed(enum corruption_kind kind, int severity);

enum { FROST_TEXTURES = 5 };

// Where frost is taken from: five RGB textures, more than 32 pixels high and wide (datasets/frost.h has them).
struct frost_textures {
    const uint8_t *pixels; // one texture behind the other, each H W C, dense; borrowed
    struct {
        int height, width;
        size_t offset; // of the first byte in `pixels`
    } textures[FROST_TEXTURES];
};

#endif

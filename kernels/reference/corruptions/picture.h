// picture.h: what all corruptions share: the final conversion to bytes, and the rules beyond the picture's border.
#ifndef KERNELS_REFERENCE_CORRUPTIONS_PICTURE_H
#define KERNELS_REFERENCE_CORRUPTIONS_PICTURE_H

#include <stdint.h>

#include "kernels/draw/corruption_kind.h"

// Every corruption ends by dropping the fraction, not by rounding.
static inline uint8_t picture_byte(double unit_value)
{
    double limited = unit_value < 0 ? 0 : unit_value > 1 ? 1 : unit_value;
    return (uint8_t)(255 * limited);
}

static inline uint8_t picture_byte_float(float unit_value)
{
    float limited = unit_value < 0 ? 0 : unit_value > 1 ? 1 : unit_value;
    return (uint8_t)(255 * limited);
}

// The index into 0 .. PICTURE_SIDE - 1 that stands for `index`, which may lie up to a side outside.
typedef int border_rule(int index);

// The nearest one.
static inline int border_clamp(int index)
{
    return index < 0 ? 0 : index >= PICTURE_SIDE ? PICTURE_SIDE - 1 : index;
}

// Mirrored, the edge repeated: -1 is 0, -2 is 1.
static inline int border_reflect(int index)
{
    int period = index % (2 * PICTURE_SIDE), place = period < 0 ? period + 2 * PICTURE_SIDE : period;
    return place < PICTURE_SIDE ? place : 2 * PICTURE_SIDE - 1 - place;
}

// Mirrored, the edge not repeated: -1 is 1, -2 is 2.
static inline int border_reflect101(int index)
{
    const int round = 2 * (PICTURE_SIDE - 1);
    int period = index % round, place = period < 0 ? period + round : period;
    return place < PICTURE_SIDE ? place : round - place;
}

#endif

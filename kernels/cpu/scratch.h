// scratch.h: cuts one block of work space into aligned pieces: ask for sizes first, then take them in the same order.
#ifndef KERNELS_CPU_SCRATCH_H
#define KERNELS_CPU_SCRATCH_H

#include <stddef.h>

static inline size_t scratch_round(size_t bytes)
{
    return (bytes + 63) / 64 * 64;
}

static inline void *scratch_take(char **cursor, size_t bytes)
{
    void *piece = *cursor;
    *cursor += scratch_round(bytes);
    return piece;
}

#endif

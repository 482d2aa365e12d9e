// memory.c: see memory.h.
#include "tests/support/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *test_allocate(size_t bytes)
{
    void *memory = malloc(bytes == 0 ? 1 : bytes);
    if (memory == NULL) {
        fprintf(stderr, "test: %zu bytes: out of memory\n", bytes);
        abort();
    }
    return memory;
}

bool same_bits(const void *a, const void *b, size_t bytes)
{
    return memcmp(a, b, bytes) == 0;
}

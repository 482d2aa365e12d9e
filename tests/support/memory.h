// memory.h: memory for tests, which have nothing to tell anybody when it runs out.
#ifndef TESTS_SUPPORT_MEMORY_H
#define TESTS_SUPPORT_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

void *test_allocate(size_t bytes); // contents undefined, never NULL; free it

// Whether arrays do not differ even by the sign of a zero.
bool same_bits(const void *a, const void *b, size_t bytes);

#endif

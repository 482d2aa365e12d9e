// memory.h: memory for tests, which have nothing to tell anybody when it runs out.
#ifndef TESTS_SUPPORT_MEMORY_H
#define TESTS_SUPPORT_MEMORY_H

#include <stddef.h>

void *test_allocate(size_t bytes); // contents undefined, never NULL; free it

#endif

// random_data.h: reproducible numbers for tests, from Philox, so the same on every machine.
#ifndef TESTS_SUPPORT_RANDOM_DATA_H
#define TESTS_SUPPORT_RANDOM_DATA_H

#include <stddef.h>
#include <stdint.h>

// `count` floats uniform in [low, high) of array number `index` under `seed`; the caller frees them.
float *random_floats(uint32_t seed, uint32_t index, size_t count, float low, float high);
float *random_normals(uint32_t seed, uint32_t index, size_t count); // mean 0, deviation 1
// `count` integers in 0 .. bound - 1.
int32_t *random_integers(uint32_t seed, uint32_t index, size_t count, uint32_t bound);
uint8_t *random_bytes(uint32_t seed, uint32_t index, size_t count);

#endif

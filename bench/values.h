// values.h: the numbers that a case's tensors begin with: the same for every backend, version and machine.
#ifndef BENCH_VALUES_H
#define BENCH_VALUES_H

#include "bench/case.h"

// Writes `count` values of `field` (the one with this index among its case's): floats, int32_t or bytes by its kind. The
// first `period` values are drawn; after them they repeat.
void values_fill_floats(const struct field *field, uint32_t index, size_t period, size_t count, float *values);
void values_fill_integers(const struct field *field, uint32_t index, size_t count, int32_t *values);
void values_fill_bytes(const struct field *field, uint32_t index, size_t count, uint8_t *values);

// Between float32 and the activation type of a device whose activations have two bytes, bfloat16; rounds to nearest,
// ties to even. A NaN stays one.
void values_to_bfloat16(const float *values, size_t count, uint16_t *rounded);
void values_from_bfloat16(const uint16_t *rounded, size_t count, float *values);

#endif

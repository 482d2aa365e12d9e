// vectors.h: inner products of float32 arrays, in double.
#ifndef TESTS_SUPPORT_VECTORS_H
#define TESTS_SUPPORT_VECTORS_H

#include <stddef.h>

double vector_dot(const float *left, const float *right, size_t count);
// Sum of the products' magnitudes: what a relative rounding of every factor can move the product by, at most.
double vector_dot_magnitude(const float *left, const float *right, size_t count);
// base + step * direction, in double, rounded once; the caller frees it.
float *vector_step(const float *base, double step, const float *direction, size_t count);

#endif

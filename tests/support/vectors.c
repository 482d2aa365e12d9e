// vectors.c: see vectors.h.
#include "tests/support/vectors.h"

#include <math.h>

#include "tests/support/memory.h"

double vector_dot(const float *left, const float *right, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += (double)left[i] * (double)right[i];
    return sum;
}

double vector_dot_magnitude(const float *left, const float *right, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += fabs((double)left[i] * (double)right[i]);
    return sum;
}

float *vector_step(const float *base, double step, const float *direction, size_t count)
{
    float *result = test_allocate(count * sizeof *result);
    for (size_t i = 0; i < count; i++) result[i] = (float)((double)base[i] + step * (double)direction[i]);
    return result;
}

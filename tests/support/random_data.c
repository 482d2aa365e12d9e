// random_data.c: see random_data.h.
#include "tests/support/random_data.h"

#include "base/random.h"
#include "tests/support/memory.h"

float *random_floats(uint32_t seed, uint32_t index, size_t count, float low, float high)
{
    struct random_stream stream = random_stream_create(seed, PURPOSE_TEST, 0, index);
    float *values = test_allocate(count * sizeof *values);
    for (size_t i = 0; i < count; i++) values[i] = low + (high - low) * random_next_uniform(&stream);
    return values;
}

float *random_normals(uint32_t seed, uint32_t index, size_t count)
{
    struct random_stream stream = random_stream_create(seed, PURPOSE_TEST, 0, index);
    float *values = test_allocate(count * sizeof *values);
    for (size_t i = 0; i < count; i++) values[i] = (float)random_next_normal(&stream);
    return values;
}

int32_t *random_integers(uint32_t seed, uint32_t index, size_t count, uint32_t bound)
{
    struct random_stream stream = random_stream_create(seed, PURPOSE_TEST, 0, index);
    int32_t *values = test_allocate(count * sizeof *values);
    for (size_t i = 0; i < count; i++) values[i] = (int32_t)random_next_below(&stream, bound);
    return values;
}

uint8_t *random_bytes(uint32_t seed, uint32_t index, size_t count)
{
    struct random_stream stream = random_stream_create(seed, PURPOSE_TEST, 0, index);
    uint8_t *values = test_allocate(count * sizeof *values);
    for (size_t i = 0; i < count; i++) values[i] = (uint8_t)random_next_below(&stream, 256);
    return values;
}

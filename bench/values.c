// values.c: see values.h. Tests: tests/bench_case_test.c.
#include "bench/values.h"

#include <math.h>
#include <string.h>

#include "base/random.h"

static struct random_stream stream_of(uint32_t index)
{
    return random_stream_create(1, PURPOSE_BENCH, 0, index);
}

// Rounds down to a multiple of 1 / steps.
static float snap(float value, float steps)
{
    return floorf(value * steps) / steps;
}

static float draw(const struct field *field, struct random_stream *stream, size_t at)
{
    const float uniform = 2 * random_next_uniform(stream) - 1;
    switch (field->values) {
    case VALUES_POSITIVE: return 1 + uniform / 2;
    case VALUES_GRID: return snap(2 * uniform, 64);
    // Half the values are scales, half are shifts; a product with the grid is a multiple of 1/1024, a shift lies between.
    case VALUES_AFFINE:
        return at < field->count / 2 ? snap(1.5F * uniform, 16) : snap(1.5F * uniform, 512) + 1.0F / 2048;
    case VALUES_SMALL: return uniform / 1000;
    case VALUES_ZERO: return 0;
    default: return uniform;
    }
}

void values_fill_floats(const struct field *field, uint32_t index, size_t period, size_t count, float *values)
{
    struct random_stream stream = stream_of(index);
    for (size_t i = 0; i < count && i < period; i++) values[i] = draw(field, &stream, i);
    for (size_t i = period; i < count; i += period)
        memcpy(values + i, values, (count - i < period ? count - i : period) * sizeof *values);
}

void values_fill_integers(const struct field *field, uint32_t index, size_t count, int32_t *values)
{
    struct random_stream stream = stream_of(index);
    for (size_t i = 0; i < count; i++)
        values[i] = field->values == VALUES_ORDER ? (int32_t)i : (int32_t)random_next_below(&stream, field->bound);
}

void values_fill_bytes(const struct field *field, uint32_t index, size_t count, uint8_t *values)
{
    struct random_stream stream = stream_of(index);
    for (size_t i = 0; i < count; i++) values[i] = (uint8_t)random_next_below(&stream, field->bound);
}

void values_to_bfloat16(const float *values, size_t count, uint16_t *rounded)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        rounded[i] =
            isnan(values[i]) ? (uint16_t)(bits >> 16 | 0x40) : (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
    }
}

void values_from_bfloat16(const uint16_t *rounded, size_t count, float *values)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t bits = (uint32_t)rounded[i] << 16;
        memcpy(&values[i], &bits, sizeof bits);
    }
}

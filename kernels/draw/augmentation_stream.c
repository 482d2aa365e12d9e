// augmentation_stream.c: see augmentation_stream.h. Tests: tests/augmentation_draw_test.c.
#include "kernels/draw/augmentation_stream.h"

struct random_stream augmentation_stream(const struct augmentation_draw *draw, int run, int place, int region)
{
    const struct training_state *state = &draw->states[run];
    const int32_t index = draw->order[(size_t)run * draw->order_stride + (size_t)(state->position + place)];
    struct random_stream stream =
        random_stream_create(state->seed, (enum purpose)draw->purpose, state->epoch, (uint32_t)index);
    stream.counter[0] = (uint32_t)region << 20;
    return stream;
}

float augmentation_uniform(uint32_t word)
{
    return ((float)(word >> 9) + 0.5F) * 0x1p-23F;
}

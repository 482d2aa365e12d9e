// crop_window.c: three words of Philox become a flip and a shift; see batch_load in kernels.h.
#include "kernels/draw/crop_window.h"

#include "base/random.h"

static int crop_shift(uint32_t word)
{
    return (int)(((uint64_t)word * (2 * CROP_PADDING + 1)) >> 32) - CROP_PADDING;
}

struct crop_window crop_window_draw(enum base_augmentation augmentation, const struct training_state *state,
                                    int32_t index)
{
    struct crop_window window = {.mirrored = false};
    if (augmentation == BASE_AUGMENTATION_NONE) return window;
    struct random_stream stream =
        random_stream_create(state->seed, PURPOSE_BASE_AUGMENTATION, state->epoch, (uint32_t)index);
    window.mirrored = (random_next_u32(&stream) & 1) != 0;
    window.row = crop_shift(random_next_u32(&stream));
    window.column = crop_shift(random_next_u32(&stream));
    return window;
}

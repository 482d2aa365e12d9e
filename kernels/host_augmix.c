// host_augmix.c: which image gets which mixtures, and on which thread. What an operation does is the backend's.
// Tests: tests/backend_augmix_test.c.
#include "kernels/host_augmix.h"

#include <string.h>

enum { VIEWS = 1 + AUGMIX_MIXTURES };

static struct status check_settings(const struct augmix_views *views)
{
    if (views->height != PICTURE_SIDE || views->width != PICTURE_SIDE || views->channels != PICTURE_CHANNELS)
        return status_error(STATUS_USAGE, "AugMix of images of %dx%dx%d: its operations are defined on 32x32x3 alone",
                            views->height, views->width, views->channels);
    if (views->severity < 1 || views->severity > AUGMIX_SEVERITIES)
        return status_error(STATUS_USAGE, "AugMix: expected a severity 1 .. %d, found %d", AUGMIX_SEVERITIES,
                            views->severity);
    return status_ok();
}

static void run_chain(const struct augmix_functions *functions, const struct augmix_mixture *mixture, int chain,
                      const uint8_t *image, uint8_t *output)
{
    uint8_t spaces[2][PICTURE_BYTES];
    const uint8_t *current = image;
    for (int place = 0; place < AUGMIX_DEPTH && mixture->operations[chain][place] != AUGMIX_NONE; place++) {
        functions->apply((enum augmix_operation)mixture->operations[chain][place], mixture->parameters[chain][place],
                         current, spaces[place % 2]);
        current = spaces[place % 2];
    }
    memcpy(output, current, PICTURE_BYTES);
}

static void view_image(const struct augmix_views *views, const struct augmix_functions *functions, int image)
{
    const int run = image / views->images, place = image % views->images;
    const struct training_state *state = &views->states[run];
    const int32_t index = views->order[(size_t)run * views->order_stride + (size_t)(state->position + place)];
    const uint8_t *input = views->input + (size_t)image * PICTURE_BYTES;
    const size_t view_bytes = PICTURE_BYTES * functions->activation_bytes;
    char *output = (char *)views->output + ((size_t)run * VIEWS * (size_t)views->images + (size_t)place) * view_bytes;
    augmix_chains chains;
    functions->normalise(input, output);
    for (int number = 0; number < AUGMIX_MIXTURES; number++) {
        const struct augmix_mixture mixture =
            augmix_draw(state->seed, state->epoch, (uint32_t)index, number, views->severity, views->all_operations);
        for (int chain = 0; chain < AUGMIX_WIDTH; chain++) run_chain(functions, &mixture, chain, input, chains[chain]);
        output += (size_t)views->images * view_bytes;
        functions->mix(&mixture, input, chains, output);
    }
}

void host_augmix_views(struct device *device, const struct augmix_views *settings,
                       const struct augmix_functions *functions, int threads)
{
    const struct status status = check_settings(settings);
    if (status.code != STATUS_OK) {
        device_fail(device, status);
        return;
    }
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int image = 0; image < settings->runs * settings->images; image++) view_image(settings, functions, image);
}

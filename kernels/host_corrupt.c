// host_corrupt.c: which image gets which corruption, how severe, and on which thread. What a corruption does is the
// backend's. Tests: tests/backend_corruption_test.c.
#include "kernels/host_corrupt.h"

#include <string.h>

static struct status check_settings(const struct image_corrupt *corrupt)
{
    if (corrupt->height != PICTURE_SIDE || corrupt->width != PICTURE_SIDE || corrupt->channels != PICTURE_CHANNELS)
        return status_error(STATUS_USAGE, "corrupt images of %dx%dx%d: corruptions are defined on 32x32x3 alone",
                            corrupt->height, corrupt->width, corrupt->channels);
    for (int run = 0; run < corrupt->runs; run++) {
        const int32_t kind = corrupt->laws[run].kind;
        if (kind < 0 || kind >= CORRUPTION_COUNT)
            return status_error(STATUS_USAGE, "corrupt the images of run %d: expected a corruption 0 .. %d, found %d",
                                run, CORRUPTION_COUNT - 1, (int)kind);
        if (kind == CORRUPTION_FROST && corrupt->textures.pixels == NULL)
            return status_error(STATUS_USAGE, "corrupt the images of run %d: frost without textures", run);
    }
    return status_ok();
}

static struct status corrupt_image(const struct image_corrupt *corrupt, const struct corruption_functions *functions,
                                   int image)
{
    const int run = image / corrupt->images, place = image % corrupt->images;
    const struct training_state *state = &corrupt->states[run];
    const int32_t index = corrupt->order[(size_t)run * corrupt->order_stride + (size_t)(state->position + place)];
    const struct corruption_key key = {state->seed, state->epoch, (uint32_t)index};
    const enum corruption_kind kind = (enum corruption_kind)corrupt->laws[run].kind;
    const uint8_t *input = corrupt->input + (size_t)image * PICTURE_BYTES;
    uint8_t *output = corrupt->output + (size_t)image * PICTURE_BYTES;
    const int severity = corruption_draw_severity(&corrupt->laws[run], key);
    union corruption_draw draw;
    if (corrupt->severities != NULL) corrupt->severities[image] = severity;
    if (severity == 0) {
        memmove(output, input, PICTURE_BYTES);
        return status_ok();
    }
    functions->draw(kind, severity, key, input, &corrupt->textures, &draw);
    return functions->apply(kind, severity, &draw, input, output);
}

void host_image_corrupt(struct device *device, const struct image_corrupt *settings,
                        const struct corruption_functions *functions, int threads)
{
    struct status status = check_settings(settings);
    if (status.code != STATUS_OK) {
        device_fail(device, status);
        return;
    }
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int image = 0; image < settings->runs * settings->images; image++) {
        struct status done = corrupt_image(settings, functions, image);
        if (done.code != STATUS_OK) {
#pragma omp critical(image_corrupt_failed)
            device_fail(device, done);
        }
    }
}

// image_corruptor.c: see image_corruptor.h. Tests: tests/corrupted_evaluation_test.c, tests/cli_corrupt_test.c.
#include "harness/image_corruptor.h"

#include <assert.h>
#include <stdlib.h>

#include "datasets/image_set.h"
#include "harness/resident_frost.h"

struct image_corruptor {
    struct device *device;
    int batch;
    uint32_t seed;
    int32_t *numbers; // of the images at hand, in host memory
    // In device memory:
    struct corruption_law *law;
    struct training_state *state;
    int32_t *order;
    uint8_t *bytes;
    struct resident_frost frost;
};

static struct status allocate(struct image_corruptor *corruptor)
{
    struct device *device = corruptor->device;
    const size_t batch = (size_t)corruptor->batch;
    struct status status = device_allocate(device, sizeof *corruptor->law, (void **)&corruptor->law);
    if (status.code == STATUS_OK)
        status = device_allocate(device, sizeof *corruptor->state, (void **)&corruptor->state);
    if (status.code == STATUS_OK)
        status = device_allocate(device, batch * sizeof *corruptor->order, (void **)&corruptor->order);
    if (status.code == STATUS_OK) status = device_allocate(device, batch * IMAGE_BYTES, (void **)&corruptor->bytes);
    corruptor->numbers = malloc(batch * sizeof *corruptor->numbers);
    if (status.code == STATUS_OK && corruptor->numbers == NULL)
        status = status_error(STATUS_NO_MEMORY, "corrupt %d images: out of memory", corruptor->batch);
    return status;
}

struct status image_corruptor_create(struct device *device, int batch, uint32_t seed, const struct frost *frost,
                                     struct image_corruptor **corruptor)
{
    struct image_corruptor *made = calloc(1, sizeof *made);
    *corruptor = NULL;
    if (made == NULL) return status_error(STATUS_NO_MEMORY, "corrupt %d images: out of memory", batch);
    *made = (struct image_corruptor){.device = device, .batch = batch, .seed = seed};
    struct status status = allocate(made);
    if (status.code == STATUS_OK) status = resident_frost_create(device, frost, &made->frost);
    if (status.code == STATUS_OK)
        *corruptor = made;
    else
        image_corruptor_destroy(made);
    return status;
}

void image_corruptor_destroy(struct image_corruptor *corruptor)
{
    if (corruptor == NULL) return;
    device_release(corruptor->device, corruptor->law);
    device_release(corruptor->device, corruptor->state);
    device_release(corruptor->device, corruptor->order);
    device_release(corruptor->device, corruptor->bytes);
    resident_frost_destroy(corruptor->device, &corruptor->frost);
    free(corruptor->numbers);
    free(corruptor);
}

void image_corruptor_enqueue(struct image_corruptor *corruptor, enum corruption_kind kind, int severity, int first,
                             const uint8_t *pixels, int count)
{
    assert(count <= corruptor->batch && severity >= 0 && severity <= CORRUPTION_SEVERITIES);
    const struct corruption_law law = corruption_law_fixed(kind, severity);
    const struct training_state state = {.seed = corruptor->seed};
    for (int i = 0; i < count; i++) corruptor->numbers[i] = first + i;
    device_upload(corruptor->device, corruptor->law, &law, sizeof law);
    device_upload(corruptor->device, corruptor->state, &state, sizeof state);
    device_upload(corruptor->device, corruptor->order, corruptor->numbers, (size_t)count * sizeof *corruptor->numbers);
    device_upload(corruptor->device, corruptor->bytes, pixels, (size_t)count * IMAGE_BYTES);
    image_corrupt(corruptor->device, &(struct image_corrupt){.runs = 1,
                                                             .images = count,
                                                             .height = IMAGE_SIDE,
                                                             .width = IMAGE_SIDE,
                                                             .channels = IMAGE_CHANNELS,
                                                             .laws = corruptor->law,
                                                             .textures = corruptor->frost.textures,
                                                             .order = corruptor->order,
                                                             .order_stride = (size_t)count,
                                                             .states = corruptor->state,
                                                             .input = corruptor->bytes,
                                                             .output = corruptor->bytes});
}

struct status image_corruptor_download(struct image_corruptor *corruptor, int count, uint8_t *pixels)
{
    device_download(corruptor->device, pixels, corruptor->bytes, (size_t)count * IMAGE_BYTES);
    return device_synchronise(corruptor->device);
}

void image_corruptor_normalise(struct image_corruptor *corruptor, int count, void *activations)
{
    image_normalise(corruptor->device, &(struct image_normalise){.runs = 1,
                                                                 .images = count,
                                                                 .height = IMAGE_SIDE,
                                                                 .width = IMAGE_SIDE,
                                                                 .channels = IMAGE_CHANNELS,
                                                                 .input = corruptor->bytes,
                                                                 .output = activations});
}

// resident_set.c: see resident_set.h. Tests: tests/training_test.c.
#include "harness/resident_set.h"

#include <stdlib.h>

static struct status upload_copy(struct device *device, const void *from, size_t bytes, void **to)
{
    struct status status = device_allocate(device, bytes, to);
    if (status.code == STATUS_OK) device_upload(device, *to, from, bytes);
    return status;
}

static struct status create_order(struct device *device, int count, int32_t **order)
{
    int32_t *host = malloc((size_t)count * sizeof *host);
    if (host == NULL) return status_error(STATUS_NO_MEMORY, "order of %d images: out of memory", count);
    for (int i = 0; i < count; i++) host[i] = i;
    struct status status = upload_copy(device, host, (size_t)count * sizeof *host, (void **)order);
    free(host);
    return status;
}

struct status resident_set_create(struct device *device, const struct image_set *images, int batch,
                                  struct resident_set *set)
{
    size_t count = (size_t)images->count;
    *set = (struct resident_set){.count = images->count};
    struct status status = upload_copy(device, images->pixels, count * IMAGE_BYTES, (void **)&set->pixels);
    if (status.code == STATUS_OK)
        status = upload_copy(device, images->labels, count * sizeof *set->labels, (void **)&set->labels);
    if (status.code == STATUS_OK) status = create_order(device, images->count, &set->order);
    if (status.code == STATUS_OK) status = device_allocate(device, sizeof *set->state, (void **)&set->state);
    if (status.code == STATUS_OK)
        status = device_allocate(device, (size_t)batch * sizeof *set->batch_labels, (void **)&set->batch_labels);
    if (status.code == STATUS_OK) status = device_allocate(device, sizeof *set->metrics, (void **)&set->metrics);
    if (status.code != STATUS_OK) resident_set_destroy(device, set);
    return status;
}

void resident_set_destroy(struct device *device, struct resident_set *set)
{
    device_release(device, set->pixels);
    device_release(device, set->labels);
    device_release(device, set->order);
    device_release(device, set->state);
    device_release(device, set->batch_labels);
    device_release(device, set->metrics);
    *set = (struct resident_set){0};
}

void resident_set_load(struct device *device, const struct resident_set *set, int images,
                       enum base_augmentation augmentation, void *output)
{
    batch_load(device, &(struct batch_load){.runs = 1,
                                            .images = images,
                                            .height = IMAGE_SIDE,
                                            .width = IMAGE_SIDE,
                                            .channels = IMAGE_CHANNELS,
                                            .augmentation = augmentation,
                                            .pixels = set->pixels,
                                            .labels = set->labels,
                                            .order = set->order,
                                            .order_stride = (size_t)set->count,
                                            .states = set->state,
                                            .output = output,
                                            .output_labels = set->batch_labels});
}

// image_loader.c: see image_loader.h. Tests: tests/image_loader_test.c.
#include "harness/image_loader.h"

static struct status upload_law(struct image_loader *loader, const struct corruption_law *law)
{
    struct status status = device_allocate(loader->device, sizeof *law, (void **)&loader->law);
    if (status.code == STATUS_OK) device_upload(loader->device, loader->law, law, sizeof *law);
    return status;
}

struct status image_loader_create(struct device *device, const struct resident_set *set,
                                  const struct image_loader_settings *settings, struct image_loader *loader)
{
    *loader = (struct image_loader){
        .device = device, .set = set, .batch = settings->batch, .augmentation = settings->augmentation};
    struct status status = device_allocate(device, (size_t)settings->batch * IMAGE_BYTES, (void **)&loader->bytes);
    if (status.code == STATUS_OK && settings->law != NULL) status = upload_law(loader, settings->law);
    if (status.code == STATUS_OK && settings->law != NULL)
        status = resident_frost_create(device, settings->frost, &loader->frost);
    if (status.code != STATUS_OK) image_loader_destroy(loader);
    return status;
}

void image_loader_destroy(struct image_loader *loader)
{
    if (loader->device == NULL) return;
    device_release(loader->device, loader->bytes);
    device_release(loader->device, loader->law);
    resident_frost_destroy(loader->device, &loader->frost);
    *loader = (struct image_loader){.device = NULL};
}

static void enqueue_corruption(const struct image_loader *loader)
{
    image_corrupt(loader->device, &(struct image_corrupt){.runs = 1,
                                                          .images = loader->batch,
                                                          .height = IMAGE_SIDE,
                                                          .width = IMAGE_SIDE,
                                                          .channels = IMAGE_CHANNELS,
                                                          .laws = loader->law,
                                                          .textures = loader->frost.textures,
                                                          .order = loader->set->order,
                                                          .order_stride = (size_t)loader->set->count,
                                                          .states = loader->set->state,
                                                          .input = loader->bytes,
                                                          .output = loader->bytes});
}

void image_loader_enqueue_bytes(const struct image_loader *loader)
{
    const struct resident_set *set = loader->set;
    batch_gather(loader->device, &(struct batch_gather){.runs = 1,
                                                        .images = loader->batch,
                                                        .height = IMAGE_SIDE,
                                                        .width = IMAGE_SIDE,
                                                        .channels = IMAGE_CHANNELS,
                                                        .augmentation = loader->augmentation,
                                                        .pixels = set->pixels,
                                                        .labels = set->labels,
                                                        .order = set->order,
                                                        .order_stride = (size_t)set->count,
                                                        .states = set->state,
                                                        .output = loader->bytes,
                                                        .output_labels = set->batch_labels});
    if (loader->law != NULL) enqueue_corruption(loader);
}

void image_loader_enqueue_normalised(const struct image_loader *loader, void *output)
{
    image_normalise(loader->device, &(struct image_normalise){.runs = 1,
                                                              .images = loader->batch,
                                                              .height = IMAGE_SIDE,
                                                              .width = IMAGE_SIDE,
                                                              .channels = IMAGE_CHANNELS,
                                                              .input = loader->bytes,
                                                              .output = output});
}

// Clean images go straight to activations: batch_load's bits are those of the longer way.
void image_loader_enqueue(const struct image_loader *loader, void *output)
{
    if (loader->law == NULL) {
        resident_set_load(loader->device, loader->set, loader->batch, loader->augmentation, output);
        return;
    }
    image_loader_enqueue_bytes(loader);
    image_loader_enqueue_normalised(loader, output);
}

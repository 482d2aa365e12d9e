// image_loader.h: how the images of a training step come out of a resident set: next of the order, base augmentation,
// then, where the run has a corruption law, the corruption; as activations or as bytes for what a method does next.
#ifndef HARNESS_IMAGE_LOADER_H
#define HARNESS_IMAGE_LOADER_H

#include "harness/resident_frost.h"
#include "harness/resident_set.h"

struct image_loader_settings {
    int batch;
    enum base_augmentation augmentation;
    const struct corruption_law *law; // NULL: images stay clean; copied
    const struct frost *frost;        // NULL where the law is not frost; copied
};

struct image_loader {
    struct device *device;
    const struct resident_set *set; // borrowed
    int batch;
    enum base_augmentation augmentation;
    uint8_t *bytes;             // batch x 32 x 32 x 3: of the step, in device memory
    struct corruption_law *law; // in device memory; NULL: clean
    struct resident_frost frost;
};

// On error nothing stays allocated. STATUS_NO_MEMORY, STATUS_DEVICE.
struct status image_loader_create(struct device *device, const struct resident_set *set,
                                  const struct image_loader_settings *settings, struct image_loader *loader);
void image_loader_destroy(struct image_loader *loader); // accepts an empty one

// Enqueue the next batch; its labels come to set->batch_labels. As activations into `output`, or into loader->bytes.
void image_loader_enqueue(const struct image_loader *loader, void *output);
void image_loader_enqueue_bytes(const struct image_loader *loader);
// Enqueues the step from loader->bytes to activations alone.
void image_loader_enqueue_normalised(const struct image_loader *loader, void *output);

#endif

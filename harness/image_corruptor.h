// image_corruptor.h: images from host memory, corrupted on a device: for files, pictures and evaluations, where every image
// has one corruption at one severity. Training draws severities on its own way.
#ifndef HARNESS_IMAGE_CORRUPTOR_H
#define HARNESS_IMAGE_CORRUPTOR_H

#include "datasets/frost.h"
#include "kernels/kernels.h"

struct image_corruptor;

// `batch` is the largest number of images at once. `frost` may be NULL where nobody asks for frost; it is copied.
// STATUS_NO_MEMORY, STATUS_DEVICE. The caller's to destroy.
struct status image_corruptor_create(struct device *device, int batch, uint32_t seed, const struct frost *frost,
                                     struct image_corruptor **corruptor);
void image_corruptor_destroy(struct image_corruptor *corruptor); // accepts NULL

// Enqueues `kind` at `severity` (0 .. 5, 0 leaves them as they are) on `count` images of 32 x 32 x 3 bytes. The first one
// has number `first` in its data set, the others follow. Random draws hang on seed, epoch 0 and that number alone, so an
// image is corrupted in the same way whatever else is.
void image_corruptor_enqueue(struct image_corruptor *corruptor, enum corruption_kind kind, int severity, int first,
                             const uint8_t *pixels, int count);

// What the last call made: back to host memory, or normalised into activations on the device.
// STATUS_USAGE for frost without textures, and what else device_synchronise says.
struct status image_corruptor_download(struct image_corruptor *corruptor, int count, uint8_t *pixels);
void image_corruptor_normalise(struct image_corruptor *corruptor, int count, void *activations);

#endif

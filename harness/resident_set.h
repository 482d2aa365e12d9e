// resident_set.h: an image set in device memory, with the order in which batch_load walks through it.
#ifndef HARNESS_RESIDENT_SET_H
#define HARNESS_RESIDENT_SET_H

#include "datasets/image_set.h"
#include "kernels/kernels.h"

struct resident_set {
    int count;
    uint8_t *pixels;
    int32_t *labels;
    int32_t *order;               // count indices; 0, 1, 2, ... until somebody writes another
    struct training_state *state; // one, zero
    int32_t *batch_labels;        // of the batch loaded last
    struct metrics *metrics;      // one
};

// `batch` is the largest batch that will be loaded. On error nothing stays allocated.
struct status resident_set_create(struct device *device, const struct image_set *images, int batch,
                                  struct resident_set *set);
void resident_set_destroy(struct device *device, struct resident_set *set); // accepts an empty one

// Enqueues the load of the next `images` images into `output`.
void resident_set_load(struct device *device, const struct resident_set *set, int images,
                       enum base_augmentation augmentation, void *output);

#endif

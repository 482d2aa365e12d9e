// resident_frost.h: frost's textures in device memory.
#ifndef HARNESS_RESIDENT_FROST_H
#define HARNESS_RESIDENT_FROST_H

#include "datasets/frost.h"
#include "kernels/kernels.h"

struct resident_frost {
    uint8_t *pixels;                // owned; NULL without textures
    struct frost_textures textures; // whose pixels these are
};

// `frost` may be NULL: no textures, for who never asks for frost. STATUS_NO_MEMORY, STATUS_DEVICE.
struct status resident_frost_create(struct device *device, const struct frost *frost, struct resident_frost *resident);
void resident_frost_destroy(struct device *device, struct resident_frost *resident); // accepts an empty one

#endif

// picture.h: PNG and JPEG files in memory become RGB bytes, through libpng and libjpeg with their defaults.
#ifndef DATASETS_PICTURE_H
#define DATASETS_PICTURE_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct picture {
    int height, width;
    uint8_t *pixels; // H W 3
};

// `name` ends in .png (8-bit RGB or RGBA, whose alpha is dropped; gamma and colour profile are ignored) or .jpg (any that
// libjpeg turns into RGB), and is for messages too. Sides up to 8192. *picture is the caller's to destroy.
// STATUS_BAD_INPUT for anything damaged or else; STATUS_NO_MEMORY.
struct status picture_decode(const char *name, const uint8_t *bytes, size_t size, struct picture *picture);
void picture_destroy(struct picture *picture); // leaves it empty; accepts an empty one

#endif

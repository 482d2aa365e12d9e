// frost.h: the five textures of the frost corruption: the pictures that CIFAR-10-C was made with, where they are in the
// data folder, otherwise ice of our own drawing. Results with one are not comparable with results with the other, so
// whoever shows a result says which it was (frost_origin_name).
#ifndef DATASETS_FROST_H
#define DATASETS_FROST_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "kernels/draw/corruption_law.h"

enum frost_origin {
    FROST_PUBLISHED,  // frost1.png .. frost5.jpg, byte for byte
    FROST_PROCEDURAL, // datasets/frost_ice.c
};

struct frost {
    enum frost_origin origin;
    uint8_t *pixels; // of all textures
    size_t bytes;
    struct frost_textures textures; // in `pixels`; a copy in device memory has the same offsets
};

// One picture as it must be.
struct frost_file {
    const char *name; // ends in .png or .jpg
    size_t bytes;
    const char *sha256;
};

extern const struct frost_file frost_published_files[FROST_TEXTURES];

// The published pictures in `folder`; where none of them is there, or folder is NULL, the procedural textures.
// Errors: STATUS_MISSING when some are there and others are not; STATUS_BAD_INPUT for a file of another size or content;
// STATUS_IO, STATUS_NO_MEMORY. After an error *frost is empty.
struct status frost_load(const char *folder, struct frost *frost);
// The same with other files (tests).
struct status frost_load_files(const char *folder, const struct frost_file files[FROST_TEXTURES], struct frost *frost);
// The same for the data folder that `asked` means (data_folder.h); where none can be named, there are no pictures.
struct status frost_find(const char *asked, struct frost *frost);
void frost_destroy(struct frost *frost); // accepts an empty one

const char *frost_origin_name(enum frost_origin origin); // "published", "procedural"

#endif

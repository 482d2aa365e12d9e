// crop_pixel.h: one byte of the base augmentation's result.
#ifndef KERNELS_REFERENCE_CROP_PIXEL_H
#define KERNELS_REFERENCE_CROP_PIXEL_H

#include "kernels/draw/crop_window.h"

struct image_shape {
    int height, width, channels;
};

// The byte at a place of the window into the mirrored image; black outside.
static inline uint8_t crop_pixel(struct image_shape shape, const uint8_t *image, struct crop_window window, int row,
                                 int column, int channel)
{
    int row_in = row + window.row, column_in = column + window.column;
    if (row_in < 0 || row_in >= shape.height || column_in < 0 || column_in >= shape.width) return 0;
    if (window.mirrored) column_in = shape.width - 1 - column_in;
    size_t position = (size_t)row_in * (size_t)shape.width + (size_t)column_in;
    return image[position * (size_t)shape.channels + (size_t)channel];
}

#endif

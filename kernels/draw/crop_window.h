// crop_window.h: the draw of the base augmentation flip_crop, the same for every backend: which part of the mirrored or
// unmirrored image is read.
#ifndef KERNELS_DRAW_CROP_WINDOW_H
#define KERNELS_DRAW_CROP_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include "kernels/kernels.h"

enum { CROP_PADDING = 4 };

// Output pixel (row, column) is pixel (row + window.row, column + window.column) of the image, mirrored first when
// `mirrored`; black outside. Shifts lie in -CROP_PADDING .. CROP_PADDING.
struct crop_window {
    bool mirrored;
    int row, column;
};

// The window of image `index` of the data set in the state's epoch; for BASE_AUGMENTATION_NONE the whole image.
struct crop_window crop_window_draw(enum base_augmentation augmentation, const struct training_state *state,
                                    int32_t index);

#endif

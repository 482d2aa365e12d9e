// panel.h: a picture of what TransInv has learned: a row for each of some training images, and in it the image, the teacher's
// corruption of it at severity 3, and the learned augmentation of it, several times.
#ifndef HARNESS_PANEL_H
#define HARNESS_PANEL_H

#include "datasets/frost.h"
#include "harness/corruption.h"
#include "harness/training.h"

enum {
    PANEL_SEVERITY = 3,
    PANEL_SCALE = 2,
    PANEL_GAP = 4
}; // pixels of a picture's pixel; white pixels between pictures

// `frost` may be NULL where the corruption is not frost. Errors as image_corruptor.h says; STATUS_IO.
struct status panel_write(struct device *device, const struct augmented_pictures *pictures,
                          const struct corruption *corruption, const struct frost *frost, const char *path);

#endif

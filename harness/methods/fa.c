// fa.c: FA, fixed augmentation: as FT, but every image is first corrupted as the teacher's training images were, at a
// severity of its own, which the preset's fa.severity_weights draw.
#include "harness/methods/method.h"

const struct method method_fa = {
    .code = "FA",
    .name = "fixed augmentation",
    .description = "cross entropy on images with the teacher's corruption, a severity drawn for each",
    .corrupts_images = true,
    .enqueue_step = supervised_step_enqueue,
};

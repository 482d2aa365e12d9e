// ft.c: FT, fine-tuning: cross entropy on the images after the base augmentation alone.
#include "harness/methods/method.h"

const struct method method_ft = {
    .code = "FT",
    .name = "fine-tuning",
    .description = "cross entropy on the clean images, no augmentation beyond the base",
    .enqueue_step = supervised_step_enqueue,
};

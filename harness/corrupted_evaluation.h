// corrupted_evaluation.h: accuracy of a network on corrupted images, one corruption and severity at a time, batch norm
// frozen.
#ifndef HARNESS_CORRUPTED_EVALUATION_H
#define HARNESS_CORRUPTED_EVALUATION_H

#include "datasets/frost.h"
#include "datasets/image_set.h"
#include "harness/training.h"
#include "kernels/draw/corruption_kind.h"

struct corrupted_evaluation_settings {
    int depth, widen, batch;                             // `batch` decides no result
    uint32_t seed;                                       // of the corruptions' draws (image_corruptor.h)
    const struct frost *frost;                           // NULL where nobody asks for frost
    const struct image_set *images;                      // borrowed
    void (*progress)(void *context, double images_done); // since the evaluator was made; may be NULL
    void *context;
};

struct corrupted_evaluator;

// `model` as network_import says. STATUS_BAD_INPUT, STATUS_USAGE, STATUS_NO_MEMORY. The caller's to destroy.
struct status corrupted_evaluator_create(struct device *device, const struct corrupted_evaluation_settings *settings,
                                         const struct state_dict *model, struct corrupted_evaluator **evaluator);
void corrupted_evaluator_destroy(struct corrupted_evaluator *evaluator); // accepts NULL

// The images corrupted by our own code at `severity`, 0 .. 5; 0: as they are. STATUS_INTERRUPTED; STATUS_USAGE for
// frost without textures.
struct status corrupted_evaluator_run(struct corrupted_evaluator *evaluator, enum corruption_kind kind, int severity,
                                      struct evaluation *evaluation);
// Other pixels with the same labels: published corruptions of the same images.
struct status corrupted_evaluator_run_pixels(struct corrupted_evaluator *evaluator, const uint8_t *pixels,
                                             struct evaluation *evaluation);

#endif

// augmentation_record.h: how a learned augmentation stands at the end of an epoch. Goes into log.jsonl and checkpoints.
#ifndef HARNESS_AUGMENTATION_RECORD_H
#define HARNESS_AUGMENTATION_RECORD_H

#include <jansson.h>
#include <stdbool.h>

#include "kernels/draw/primitive.h"

enum { AUGMENTATION_QUANTILES = 5 }; // 5, 25, 50, 75 and 95 %

struct primitive_record {
    bool present;
    double gate;                                                          // probability that the gate is open
    double quantiles[PRIMITIVE_PARAMETERS_LIMIT][AUGMENTATION_QUANTILES]; // of each parameter over the sample
};

// Means over the epoch's steps of the augmentation model, and measures on a fixed sample of training images.
struct augmentation_record {
    bool present;                               // the method learns an augmentation
    double adversarial_loss, distance;          // the two terms of the model's loss; distance without its weight
    double target_agreement, teacher_agreement; // share of images whose predicted class is that of the clean image
    double contrast_kept;                       // standard deviation of augmented images over that of the clean ones
    struct primitive_record primitives[PRIMITIVE_COUNT];
};

// {"adversarial_loss", "distance", ..., "primitives": {"contrast": {"gate", "scale": [...]}, ...}}; JSON null when absent.
json_t *augmentation_record_json(const struct augmentation_record *record);
// The same back; false when it is no such object.
bool augmentation_record_from_json(const json_t *object, struct augmentation_record *record);

// The name of a parameter: "scale", "shift"; "xx" .. "yt"; "sigma"; "sigma".
const char *primitive_parameter_name(enum primitive primitive, int parameter);

#endif

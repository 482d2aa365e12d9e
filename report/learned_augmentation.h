// learned_augmentation.h: what a run says about the augmentation it has learned, as values (harness/FORMATS.md, log.jsonl
// "augmentation"), and how far that is from changing nothing.
#ifndef REPORT_LEARNED_AUGMENTATION_H
#define REPORT_LEARNED_AUGMENTATION_H

#include <jansson.h>
#include <stdbool.h>

#include "base/status.h"

enum learned_primitive { LEARNED_CONTRAST, LEARNED_GEOMETRIC, LEARNED_BLUR, LEARNED_NOISE, LEARNED_PRIMITIVES };
enum { LEARNED_PARAMETERS = 6, LEARNED_QUANTILES = 5 }; // 5, 25, 50, 75 and 95 %

struct learned_parameter {
    const char *key; // "scale"
    double low, high, identity;
    double origin; // subtracted before it is shown: the identity for the geometric ones, else 0
    int decimals;
};
struct learned_kind {
    const char *key; // "contrast"
    int parameter_count;
    struct learned_parameter parameters[LEARNED_PARAMETERS];
};
extern const struct learned_kind learned_kinds[LEARNED_PRIMITIVES];

struct learned_part {
    bool present;
    double gate; // probability that it is open, 0 to 1
    double quantiles[LEARNED_PARAMETERS][LEARNED_QUANTILES];
};

// Numbers are NaN where the file says null: not every number is finite.
struct learned_augmentation {
    bool present;
    double adversarial_loss, distance;          // the distance without its weight
    double target_agreement, teacher_agreement; // 0 to 1
    double contrast_kept;
    struct learned_part parts[LEARNED_PRIMITIVES];
};

// `value` is the member "augmentation" of a line or a result: NULL or null leaves *learned absent. STATUS_BAD_INPUT names
// the key, expected and found. Unknown keys are passed over.
struct status learned_augmentation_read(const json_t *value, struct learned_augmentation *learned);

// How much a primitive does to images: gate x the mean absolute deviation of its parameters' quantiles from the identity.
// Each of the five quantiles counts alike, and so does each parameter (two of contrast, six geometric). The identity is
// scale 1, shift 0, xx = yy = 1 and the other geometric entries 0, blur sigma 0.1 (the lower end of its range, which
// changes nothing visible), noise sigma 0. NaN where the primitive takes no part or a number is unknown.
double learned_augmentation_magnitude(const struct learned_augmentation *learned, enum learned_primitive primitive);

#endif

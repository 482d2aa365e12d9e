// severity_curve.h: how a network's accuracy falls with the severity of one corruption: of a teacher on what it was trained
// with, of a target on its teacher's corruption. Goes into result.json.
#ifndef HARNESS_SEVERITY_CURVE_H
#define HARNESS_SEVERITY_CURVE_H

#include <jansson.h>

#include "datasets/frost.h"
#include "datasets/image_set.h"
#include "harness/corruption.h"
#include "harness/training.h"

// Draws of generated corruptions. Every network is measured on the same images; no run trains under this key, since a
// run's key is 16 * seed + the place of its corruption, and 15 is no corruption's place.
enum { SEVERITY_CURVE_SEED = 15 };

struct severity_curve_request {
    int depth, widen, batch;
    const struct corruption *corruption;
    const struct state_dict *model;
    const struct image_set *clean;     // images to be measured on
    const struct image_set *published; // the same at severity 1 .. 5: five sets; NULL: our own code corrupts `clean`
    bool official;                     // those have the published checksums
    const struct frost *frost;         // NULL where the corruption is not frost
};

struct severity_curve {
    const struct corruption *corruption;
    bool published, official;                           // official: published, and with the published checksums
    const char *frost_textures;                         // where they come from; NULL without frost
    struct evaluation cells[1 + CORRUPTION_SEVERITIES]; // by severity; 0: clean
};

// Errors as corrupted_evaluation.h says.
struct status severity_curve_measure(struct device *device, const struct severity_curve_request *request,
                                     struct severity_curve *curve);
// As FORMATS.md says; NULL when memory is exhausted.
json_t *severity_curve_json(const struct severity_curve *curve);

#endif

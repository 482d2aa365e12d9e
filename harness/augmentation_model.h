// augmentation_model.h: the learned augmentation of TransInv: up to four primitives one behind the other, each a small MLP that
// makes parameters of noise, a deformation, and a gate that blends the deformed image with the image (TeachAugment, CVPR
// 2022, with its two models replaced by the paper's four primitives). Its parameters are one flat array, as optimisers
// want them. Knows kernels and state dictionaries; what it is trained for is methods/transinv.c's.
#ifndef HARNESS_AUGMENTATION_MODEL_H
#define HARNESS_AUGMENTATION_MODEL_H

#include "base/purpose.h"
#include "harness/state_dict.h"
#include "kernels/kernels.h"

enum { AUGMENTATION_NOISE_WIDTH = 128 }; // of the noise that an MLP is fed

struct augmentation_settings {
    bool primitives[PRIMITIVE_COUNT]; // which take part
    int hidden;                       // width of the MLPs' two hidden layers
    float temperature;                // of the gates
    float gate_start;                 // probability of an open gate, in (0, 1)
    float blur_start, noise_start;    // sigmas, pixels and units of [0, 1]: near the identity, not at it, since there
                                      // gradients vanish or kink
};

struct augmentation_model;

// For batches of up to `images` images. Weights are drawn from PURPOSE_AUGMENTATION_INIT. STATUS_NO_MEMORY, STATUS_DEVICE;
// STATUS_USAGE when no primitive takes part.
struct status augmentation_model_create(struct device *device, const struct augmentation_settings *settings, int images,
                                        uint32_t seed, struct augmentation_model **model);
void augmentation_model_destroy(struct augmentation_model *model); // accepts NULL

int64_t augmentation_model_parameter_count(const struct augmentation_model *model);
struct per_run augmentation_model_parameters(const struct augmentation_model *model);
struct per_run augmentation_model_gradients(const struct augmentation_model *model);

// Any array like the parameters under names such as "contrast.w1", with `prefix` in front.
struct status augmentation_model_export(struct augmentation_model *model, struct per_run array, const char *prefix,
                                        struct state_dict *dict);
// STATUS_BAD_INPUT names a tensor that is missing or has another shape.
struct status augmentation_model_import(struct augmentation_model *model, struct per_run array, const char *prefix,
                                        const struct state_dict *dict);

// What is deformed: `images` images as bytes, with their places in an order for the draws.
struct augmentation_batch {
    int images;
    enum purpose purpose; // of the draws
    const int32_t *order; // as in struct batch_gather
    size_t order_stride;
    const struct training_state *states;
    const uint8_t *bytes;      // images x 32 x 32 x 3
    struct per_run parameters; // the model's own, or an earlier model's
};

// Enqueues draws, parameters and deformations; returns where the unit images will be (images x 32 x 32 x 3), valid until
// the next forward.
const float *augmentation_model_forward(struct augmentation_model *model, const struct augmentation_batch *batch);
// Enqueues the way back of the last forward, whose batch it was: the gradients are overwritten. `grad_images` is the
// gradient of those unit images, and is overwritten.
void augmentation_model_backward(struct augmentation_model *model, const struct augmentation_batch *batch,
                                 float *grad_images);

// Of the last forward, for whoever measures; NULL for a primitive that takes no part.
const float *augmentation_model_values(const struct augmentation_model *model, enum primitive primitive); // images x P
const float *augmentation_model_gates(const struct augmentation_model *model, enum primitive primitive);  // images
const float *augmentation_model_clean(const struct augmentation_model *model); // the unit images before

// The probability of an open gate, from its logit.
double augmentation_gate_probability(float logit);
// The gate's logit among the parameters: its place in the flat array.
size_t augmentation_model_gate_place(const struct augmentation_model *model, enum primitive primitive);

#endif

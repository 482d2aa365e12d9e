// transinv_parts.h: what TransInv keeps beside the network, shared by transinv.c (its steps), transinv_state.c (memory and
// checkpoints) and transinv_measure.c (what is reported).
#ifndef HARNESS_METHODS_TRANSINV_PARTS_H
#define HARNESS_METHODS_TRANSINV_PARTS_H

#include "harness/methods/method.h"

// Arrays are in device memory unless said otherwise.
struct transinv {
    struct device *device;
    const struct training_settings *settings;
    struct augmentation_model *model;
    // The frozen teacher twice: on clean images forward only, on augmented ones back to the image.
    struct network *teacher_clean, *teacher;
    int teacher_classes;
    struct per_run first_moment, second_moment, rates; // of AdamW
    struct training_state *optimiser;                  // its step counts the model's steps
    struct metrics *adversarial, *distance;            // sums of the epoch
    void *grad_target, *grad_teacher;                  // activations: the two terms' gradients of the augmented images
    float *grad_images;

    // The fixed sample that is measured at an epoch's end: the first images of the training set.
    int32_t *sample_order, *sample_labels;
    struct training_state *sample_state;

    // Earlier models (TeachAugment's experience replay).
    struct per_run replayed; // the one that recordings made with `replaying` take
    bool replaying;          // while steps are being recorded
    float **kept;            // in host memory, the oldest first
    int kept_count;

    struct metrics epoch_adversarial, epoch_distance; // in host memory; what `begin_epoch` begins with
};

// Puts what augmentation_model_forward gave into `network`'s input.
void transinv_enqueue_augmented(const struct training_step *step, const float *augmented, struct network *network);

struct status transinv_create(const struct training_step *step, void **companion);
void transinv_destroy(void *companion);
struct status transinv_begin_epoch(void *companion, int epoch);
int transinv_choose(void *companion, const struct training_state *state);
struct status transinv_export(void *companion, struct state_dict *tensors, json_t **rest);
struct status transinv_import(void *companion, const struct state_dict *tensors, const json_t *rest);

struct status transinv_end_epoch(const struct training_step *step, int epoch, struct augmentation_record *record);
struct status transinv_finish(const struct training_step *step, struct training_outcome *outcome);

#endif

// method.h: what a method is to the training loop: how one step's loss comes about, and what is trained beside the network.
// One file per method beside this.
#ifndef HARNESS_METHODS_METHOD_H
#define HARNESS_METHODS_METHOD_H

#include <jansson.h>

#include "harness/augmentation_record.h"
#include "harness/image_loader.h"
#include "harness/network.h"
#include "harness/training.h"

// What a method may use; owned by the training loop.
struct training_step {
    struct device *device;
    struct network *network;
    const struct training_settings *settings;
    int classes;
    const struct resident_set *train;  // its order is the epoch's, its metrics are the epoch's
    const struct image_loader *loader; // of the step's images
    const struct state_dict *start;    // the network that training began with; NULL: fresh weights
    int64_t steps;                     // of the whole training
    void *companion;                   // what the method's companion made; NULL without
};

// Something that is trained beside the network, with steps of its own behind every `period`-th step of the network, on
// the same images. Its state is `step->companion`.
struct companion {
    struct status (*create)(const struct training_step *step, void **companion); // the state is NULL on error
    void (*destroy)(void *companion);                                            // accepts NULL
    int (*period)(const struct training_settings *settings);
    void (*enqueue_step)(const struct training_step *step); // recorded once, as a method's
    // Called by the host before every step, which may then look another way than the last: an earlier state of the
    // companion, say. Returns which of the recordings to use: 0, or 1 for the one made with `replaying`.
    int (*choose)(void *companion, const struct training_state *state);
    void (*set_replaying)(void *companion, bool replaying); // while steps are being recorded
    // At an epoch's ends. `end_epoch` measures; STATUS_DIVERGED says what went wrong.
    struct status (*begin_epoch)(void *companion, int epoch);
    struct status (*end_epoch)(const struct training_step *step, int epoch, struct augmentation_record *record);
    // All that a checkpoint needs: tensors, and the rest as JSON.
    struct status (*export_state)(void *companion, struct state_dict *tensors, json_t **rest);
    struct status (*import_state)(void *companion, const struct state_dict *tensors, const json_t *rest);
    // What training leaves behind.
    struct status (*finish)(const struct training_step *step, struct training_outcome *outcome);
};

struct method {
    const char *code;        // as in the table: "FT"
    const char *name;        // "fine-tuning"
    const char *description; // one sentence for reports and --help
    bool corrupts_images;    // training images are corrupted as the teacher's were (image_loader.h)
    int views;               // images that the network sees for each image of a batch; 0: 1
    // Enqueues load, forward, loss and backward of one step; the loop appends the optimiser and step_advance. The same
    // calls every step, so that a step can be captured once.
    void (*enqueue_step)(const struct training_step *step);
    const struct companion *companion; // NULL: the network alone is trained
};

extern const struct method method_ft, method_augmix, method_fa, method_transinv;

// Enqueues load, forward, cross entropy and backward: the step of teachers, FT and FA.
void supervised_step_enqueue(const struct training_step *step);
// The same without the load: on the images that stand in the network's input.
void supervised_pass_enqueue(const struct training_step *step);

int method_views(const struct method *method); // at least 1

// All methods of this build, NULL-terminated, in the order of the paper's table.
const struct method *const *methods_available(void);
const struct method *method_find(const char *code); // exact code; NULL when unknown

#endif

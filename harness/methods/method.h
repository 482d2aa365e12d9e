// method.h: what a method is to the training loop: how one step's loss comes about. One file per method beside this.
#ifndef HARNESS_METHODS_METHOD_H
#define HARNESS_METHODS_METHOD_H

#include "harness/image_loader.h"
#include "harness/network.h"
#include "harness/training.h"

// What a step may use; owned by the training loop.
struct training_step {
    struct device *device;
    struct network *network;
    const struct training_settings *settings;
    int classes;
    const struct resident_set *train;  // its order is the epoch's, its metrics are the epoch's
    const struct image_loader *loader; // of the step's images
};

struct method {
    const char *code;        // as in the table: "FT"
    const char *name;        // "fine-tuning"
    const char *description; // one sentence for reports and --help
    bool corrupts_images;    // training images are corrupted as the teacher's were (image_loader.h)
    // Enqueues load, forward, loss and backward of one step; the loop appends the optimiser and step_advance. The same
    // calls every step, so that a step can be captured once.
    void (*enqueue_step)(const struct training_step *step);
};

extern const struct method method_ft, method_fa;

// Enqueues load, forward, cross entropy and backward: the step of teachers, FT and FA.
void supervised_step_enqueue(const struct training_step *step);

// All methods of this build, NULL-terminated, in the order of the paper's table.
const struct method *const *methods_available(void);
const struct method *method_find(const char *code); // exact code; NULL when unknown

#endif

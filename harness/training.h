// training.h: trains one network and measures it. Knows devices, networks, methods and image sets; knows nothing of
// presets, run folders or the matrix, which hand everything over in training_settings.
#ifndef HARNESS_TRAINING_H
#define HARNESS_TRAINING_H

#include "datasets/image_set.h"
#include "harness/network.h"
#include "harness/schedule.h"

struct method;
struct frost;

struct training_settings {
    int depth, widen;
    int batch_size; // the last, partial batch of an epoch is dropped
    int epochs;
    double learning_rate, learning_rate_minimum;
    int warmup_epochs;
    enum schedule_warmup warmup;
    float momentum, weight_decay, label_smoothing;
    enum base_augmentation base_augmentation;
    bool corrupts; // training images, after the base augmentation, as `law` says
    struct corruption_law law;
    uint32_t seed;
    int evaluate_every; // epochs between test evaluations for the curves; 0: only after the last epoch
    const struct method *method;
};

struct evaluation {
    double accuracy; // in 0 .. 1
    double loss;     // mean cross entropy
    int64_t correct, images;
};

struct epoch_record {
    int epoch;            // from 1
    int64_t steps;        // since the start
    double learning_rate; // of the epoch's last step
    double train_loss, train_accuracy;
    bool evaluated;
    struct evaluation test; // when evaluated
    double seconds;         // training alone, without the evaluation
    double images_per_second;
};

struct training_job {
    const struct training_settings *settings;
    const struct image_set *train, *test;
    const struct frost *frost;      // NULL where the law is not frost
    const struct state_dict *start; // NULL: fresh weights; else a trained network whose classifier is replaced
    const char *checkpoint_path;    // NULL: none. Read when it exists; removed by the caller when all is done
    double checkpoint_seconds;      // between two checkpoints, at any step; an interrupt writes one at once
    void (*epoch_done)(void *context, const struct epoch_record *record);     // may be NULL; also replayed on resume
    void (*progress)(void *context, double images_done, double images_total); // may be NULL
    void *context;
};

struct training_outcome {
    struct evaluation test;
    struct epoch_record last;
    bool resumed;   // from a checkpoint
    double seconds; // of this call
};

// Trains to the end. *model (parameters and running statistics) belongs to the caller on success.
// STATUS_DIVERGED names the epoch whose loss was NaN or infinite. STATUS_INTERRUPTED leaves a checkpoint behind; a run
// continued from one, however the process ended, gives the same bits as one never stopped. STATUS_BAD_INPUT when the
// checkpoint belongs to other settings or data.
struct status training_run(struct device *device, const struct training_job *job, struct training_outcome *outcome,
                           struct state_dict *model);

// Accuracy of `model` on `images`, batch norm frozen. `logits` (count x classes, may be NULL) receives every logit.
struct status training_evaluate(struct device *device, int depth, int widen, const struct state_dict *model,
                                const struct image_set *images, int batch_size, struct evaluation *evaluation,
                                float *logits);

#endif

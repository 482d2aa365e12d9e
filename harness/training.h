// training.h: trains one network and measures it. Knows devices, networks, methods and image sets; knows nothing of
// presets, run folders or the matrix, which hand everything over in training_settings.
#ifndef HARNESS_TRAINING_H
#define HARNESS_TRAINING_H

#include "datasets/image_set.h"
#include "harness/augmentation_model.h"
#include "harness/augmentation_record.h"
#include "harness/network.h"
#include "harness/schedule.h"

struct method;
struct frost;

struct augmix_settings {
    int severity;        // 1 .. 10
    bool all_operations; // those too that test sets of corruptions repeat
};

enum transinv_distance { // of the teacher's view of an augmented image from its view of the clean one
    TRANSINV_COSINE,
    TRANSINV_NORMALISED_SQUARE,
    TRANSINV_KL, // of the teacher's softmax
};

// The augmentation model minimises  adversarial loss + lambda * distance,  one step every `inner_steps` steps of the network.
struct transinv_settings {
    struct augmentation_settings augmentation;
    enum transinv_distance distance;
    float lambda, label_smoothing; // of the adversarial loss
    int inner_steps;
    double learning_rate; // AdamW's, constant
    float weight_decay, clip;
    int replay_epochs; // every so many epochs the model is kept, and trains the network on with the others; 0: never
};

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
    struct augmix_settings augmix;     // of AM alone
    struct transinv_settings transinv; // of TransInv alone
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
    struct augmentation_record augmentation; // where the method learns one
};

struct training_job {
    const struct training_settings *settings;
    const struct image_set *train, *test;
    const struct frost *frost;      // NULL where the law is not frost
    const struct state_dict *start; // NULL: fresh weights; else a trained network whose classifier is replaced
    const char *checkpoint_path;    // NULL: none. Read when it exists; removed by the caller when all is done
    double checkpoint_seconds;      // between two checkpoints, at any step; an interrupt and the end write one at once
    void (*epoch_done)(void *context, const struct epoch_record *record);     // may be NULL; also replayed on resume
    void (*progress)(void *context, double images_done, double images_total); // may be NULL
    void *context;
};

// What a learned augmentation makes of the first images of the training set: `rows` images, each `columns` times.
struct augmented_pictures {
    int rows, columns;
    uint8_t *clean;     // rows x 32 x 32 x 3; NULL without a learned augmentation
    uint8_t *augmented; // rows x columns x 32 x 32 x 3
};

struct training_outcome {
    struct evaluation test;
    struct epoch_record last;
    bool resumed;                       // from a checkpoint
    double seconds;                     // of this call
    struct state_dict augmentation;     // the learned augmentation's parameters; empty without
    struct augmented_pictures pictures; // likewise
};

void training_outcome_destroy(struct training_outcome *outcome); // its arrays; accepts one without

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

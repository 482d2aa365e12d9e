// preset_keys.c: the table of all keys of a preset: type, range, meaning, and whether it decides results. Reading and
// writing values is preset_value.c's. Tests: tests/preset_test.c.
#include "harness/preset_keys.h"

#include <assert.h>
#include <string.h>

#include "harness/nearest_word.h"

#define FIELD(member) offsetof(struct preset_values, member)

static const char *const sources[] = {"synthetic", "cifar", NULL};                  // enum preset_source
static const char *const corrupted_sources[] = {"generated", "published", NULL};    // enum preset_corrupted_source
static const char *const augmix_operations[] = {"standard", "all", NULL};           // enum preset_augmix_operations
static const char *const distances[] = {"cosine", "normalised_square", "kl", NULL}; // enum transinv_distance
static const char *const warmup_kinds[] = {"plain", "adjusted", NULL};              // enum schedule_warmup
static const char *const precisions[] = {"fp32", "bf16", NULL};                     // enum precision
static const char *const base_augmentations[] = {"none", "flip_crop", NULL};        // enum base_augmentation

// The sizes of the embedded set decide nothing by themselves: the checksum of the images takes part in the hash.
static const struct preset_key keys[] = {
    {"data.source", PRESET_CHOICE, 0, 0, sources, false, FIELD(data.source),
     "where images come from: the embedded synthetic set, or CIFAR archives"},
    {"data.corrupted_source", PRESET_CHOICE, 0, 0, corrupted_sources, true, FIELD(data.corrupted_source),
     "what corrupts a teacher's training images: this program, or CIFAR-10-C as published"},
    {"data.synthetic_train_images_teacher", PRESET_INTEGER, 10, 1000000, NULL, false,
     FIELD(data.synthetic_train_images_teacher), "training images of the embedded 10-class set"},
    {"data.synthetic_train_images_target", PRESET_INTEGER, 100, 1000000, NULL, false,
     FIELD(data.synthetic_train_images_target), "training images of the embedded 100-class set"},
    {"data.synthetic_test_images_teacher", PRESET_INTEGER, 10, 1000000, NULL, false,
     FIELD(data.synthetic_test_images_teacher), "test images of the embedded 10-class set"},
    {"data.synthetic_test_images_target", PRESET_INTEGER, 100, 1000000, NULL, false,
     FIELD(data.synthetic_test_images_target), "test images of the embedded 100-class set"},
    {"network.depth", PRESET_INTEGER, 10, 1000, NULL, true, FIELD(network.depth), "depth d of WideResNet-d-k: 6 n + 4"},
    {"network.widen", PRESET_INTEGER, 1, 64, NULL, true, FIELD(network.widen), "width factor k of WideResNet-d-k"},
    {"training.batch_size", PRESET_INTEGER, 1, 65536, NULL, true, FIELD(training.batch_size),
     "images per step; an epoch's last, partial batch is dropped"},
    {"training.momentum", PRESET_REAL, 0, 0.9999, NULL, true, FIELD(training.momentum), "Nesterov momentum of SGD"},
    {"training.weight_decay", PRESET_REAL, 0, 1, NULL, true, FIELD(training.weight_decay),
     "weight decay, on all parameters"},
    {"training.label_smoothing", PRESET_REAL, 0, 0.99, NULL, true, FIELD(training.label_smoothing),
     "share of the label spread evenly over all classes"},
    {"training.learning_rate_minimum", PRESET_REAL, 0, 1000, NULL, true, FIELD(training.learning_rate_minimum),
     "rate at which the cosine schedule ends"},
    {"training.warmup_epochs", PRESET_INTEGER, 0, 100000, NULL, true, FIELD(training.warmup_epochs),
     "epochs over which the rate first rises from 0"},
    {"training.warmup_kind", PRESET_CHOICE, 0, 0, warmup_kinds, true, FIELD(training.warmup_kind),
     "which epochs the cosine spans: those that the warm-up leaves (adjusted) or all (plain)"},
    {"training.base_augmentation", PRESET_CHOICE, 0, 0, base_augmentations, true, FIELD(training.base_augmentation),
     "what every method does to training images first"},
    {"training.precision", PRESET_CHOICE, 0, 0, precisions, true, FIELD(training.precision),
     "what activations are stored in; bf16 needs a processor with AVX512_BF16"},
    {"training.evaluate_every", PRESET_INTEGER, 0, 100000, NULL, false, FIELD(training.evaluate_every),
     "epochs between the learning curve's test evaluations; 0: after the last epoch only"},
    {"teacher.epochs", PRESET_INTEGER, 1, 100000, NULL, true, FIELD(teacher.epochs), "epochs of a teacher"},
    {"teacher.learning_rate", PRESET_REAL, 1e-9, 1e6, NULL, true, FIELD(teacher.learning_rate),
     "rate at which a teacher's schedule begins"},
    {"teacher.severity_weights", PRESET_WEIGHTS, 0, 1e6, NULL, true, FIELD(teacher_severities),
     "how often a teacher's training image has severity 0 (clean), 1, ... 5: six relative weights"},
    {"target.epochs", PRESET_INTEGER, 1, 100000, NULL, true, FIELD(target.epochs), "epochs of a target"},
    {"target.learning_rate", PRESET_REAL, 1e-9, 1e6, NULL, true, FIELD(target.learning_rate),
     "rate at which a target's schedule begins"},
    {"augmix.severity", PRESET_INTEGER, 1, 10, NULL, true, FIELD(augmix.severity),
     "AM: how strong AugMix's image operations may be"},
    {"augmix.operations", PRESET_CHOICE, 0, 0, augmix_operations, true, FIELD(augmix.operations),
     "AM: the nine operations that test sets of corruptions do not repeat (standard), or all 13"},
    {"fa.severity_weights", PRESET_WEIGHTS, 0, 1e6, NULL, true, FIELD(fa.severities),
     "how often FA's training image has severity 0 (clean), 1, ... 5: six relative weights"},
    {"transinv.primitives", PRESET_PRIMITIVES, 0, 0, NULL, true, FIELD(transinv.primitives),
     "TransInv: which of contrast, geometric, blur and noise the augmentation is made of, or all"},
    {"transinv.distance", PRESET_CHOICE, 0, 0, distances, true, FIELD(transinv.distance),
     "TransInv: how far the teacher's view of an augmented image is from that of the clean one"},
    {"transinv.lambda", PRESET_REAL, 0, 1e9, NULL, true, FIELD(transinv.lambda),
     "TransInv: weight of that distance beside the adversarial loss"},
    {"transinv.inner_steps", PRESET_INTEGER, 1, 100000, NULL, true, FIELD(transinv.inner_steps),
     "TransInv: steps of the network for one step of the augmentation"},
    {"transinv.learning_rate", PRESET_REAL, 1e-9, 10, NULL, true, FIELD(transinv.learning_rate),
     "TransInv: constant rate of the augmentation's AdamW"},
    {"transinv.weight_decay", PRESET_REAL, 0, 1, NULL, true, FIELD(transinv.weight_decay),
     "TransInv: weight decay of that AdamW"},
    {"transinv.clip", PRESET_REAL, 1e-6, 1e9, NULL, true, FIELD(transinv.clip),
     "TransInv: largest norm of the augmentation's gradient"},
    {"transinv.label_smoothing", PRESET_REAL, 0, 0.99, NULL, true, FIELD(transinv.label_smoothing),
     "TransInv: label smoothing of the adversarial loss"},
    {"transinv.hidden", PRESET_INTEGER, 1, 4096, NULL, true, FIELD(transinv.hidden),
     "TransInv: width of the hidden layers that make parameters of noise"},
    {"transinv.temperature", PRESET_REAL, 0.001, 10, NULL, true, FIELD(transinv.temperature),
     "TransInv: temperature of the gates"},
    {"transinv.gate_start", PRESET_REAL, 0.001, 0.999, NULL, true, FIELD(transinv.gate_start),
     "TransInv: probability of an open gate at the start"},
    {"transinv.blur_start", PRESET_REAL, 0.11, 1.99, NULL, true, FIELD(transinv.blur_start),
     "TransInv: sigma of the blur at the start, in pixels"},
    {"transinv.noise_start", PRESET_REAL, 0.0001, 0.299, NULL, true, FIELD(transinv.noise_start),
     "TransInv: sigma of the noise at the start, in units of the range of values"},
    {"transinv.replay_epochs", PRESET_INTEGER, 0, 100000, NULL, true, FIELD(transinv.replay_epochs),
     "TransInv: epochs after which an augmentation is kept to train on with later; 0: none is"},
    {"matrix.corruptions", PRESET_CORRUPTIONS, 0, 0, NULL, false, FIELD(matrix.corruptions),
     "columns of the table: codes, or all"},
    {"matrix.methods", PRESET_METHODS, 0, 0, NULL, false, FIELD(matrix.methods),
     "rows of the table: codes, or all that this program has"},
    {"matrix.seeds", PRESET_SEEDS, 0, PRESET_SEED_MAXIMUM, NULL, false, FIELD(matrix.seeds),
     "every cell is trained once with each"},
    {"report.delta_cell", PRESET_REAL, 1e-3, 100, NULL, false, FIELD(report.delta_cell),
     "margin of equivalence of one cell, percentage points"},
    {"report.delta_mean", PRESET_REAL, 1e-3, 100, NULL, false, FIELD(report.delta_mean),
     "margin of equivalence of a row's mean, percentage points"},
};

enum { KEY_COUNT = sizeof keys / sizeof keys[0] };
static_assert((int)KEY_COUNT <= (int)PRESET_KEY_LIMIT, "struct preset has room for every key");

int preset_key_count(void)
{
    return KEY_COUNT;
}

const struct preset_key *preset_key_at(int place)
{
    assert(place >= 0 && place < KEY_COUNT);
    return &keys[place];
}

int preset_key_find(const char *name)
{
    for (int i = 0; i < KEY_COUNT; i++)
        if (strcmp(keys[i].name, name) == 0) return i;
    return -1;
}

const char *preset_key_nearest(const char *name)
{
    const char *names[KEY_COUNT];
    for (int i = 0; i < KEY_COUNT; i++) names[i] = keys[i].name;
    const char *nearest = nearest_word(name, names, KEY_COUNT);
    for (int i = 0; nearest == NULL && strchr(name, '.') == NULL && i < KEY_COUNT; i++)
        if (strcmp(strchr(keys[i].name, '.') + 1, name) == 0) // the section was left out
            nearest = keys[i].name;
    return nearest;
}

// preset.h: a preset is a named, complete set of hyper-parameters; each carries a mark, `stated` (by the paper) or
// `chosen` (by us), and where or why. Knows values and their ranges; what is done with them is the harness's business.
//
// A file has one line per key, none may be missing:
//     [training]
//     batch_size = 128 | chosen | as AugMix
// The table of all keys is preset_keys.c.
#ifndef HARNESS_PRESET_H
#define HARNESS_PRESET_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "harness/corruption.h"
#include "harness/methods/method.h"

enum preset_mark {
    PRESET_STATED,   // the paper says so
    PRESET_CHOSEN,   // it does not; the reason is ours
    PRESET_OVERRIDE, // the command line replaced the preset's value
};

enum preset_source { PRESET_SOURCE_SYNTHETIC, PRESET_SOURCE_CIFAR };

// Where a teacher's corrupted training images come from.
enum preset_corrupted_source {
    PRESET_CORRUPTED_GENERATED, // our own code corrupts the training images, anew in every epoch
    PRESET_CORRUPTED_PUBLISHED, // CIFAR-10-C, but for its held-out images (published_teacher.h)
};

enum {
    PRESET_KEY_LIMIT = 64,
    PRESET_METHOD_LIMIT = 16,
    PRESET_SEED_LIMIT = 64,
    PRESET_SEED_MAXIMUM = (int)(UINT32_MAX / 16), // 16 * seed + corruption is a run's random key (run.h)
    PRESET_NAME_SIZE = 41,
    PRESET_TEXT_SIZE = 1024, // any value as text
};

enum preset_augmix_operations { PRESET_AUGMIX_STANDARD, PRESET_AUGMIX_ALL };

struct preset_corruptions {
    int count;
    const struct corruption *items[CORRUPTION_COUNT]; // in the table's order, each once
};
struct preset_methods {
    int count;
    const struct method *items[PRESET_METHOD_LIMIT]; // in the table's order, each once
};
struct preset_seeds {
    int count;
    uint32_t items[PRESET_SEED_LIMIT]; // as given, each once
};

struct preset_weights {
    double items[1 + CORRUPTION_SEVERITIES]; // as in struct corruption_law
};

struct preset_primitives {
    bool items[PRIMITIVE_COUNT]; // which of the augmentation model's primitives take part
};

struct preset_training { // one section, [teacher] or [target]
    int epochs;
    double learning_rate;
};

// Choices are stored as int: the value of the enum that the comment names.
struct preset_values {
    struct {
        int source;           // enum preset_source
        int corrupted_source; // enum preset_corrupted_source
        int synthetic_train_images_teacher, synthetic_train_images_target;
        int synthetic_test_images_teacher, synthetic_test_images_target;
    } data;
    struct {
        int depth, widen;
    } network;
    struct {
        int batch_size;
        double momentum, weight_decay, label_smoothing;
        double learning_rate_minimum;
        int warmup_epochs;
        int warmup_kind;       // enum schedule_warmup
        int base_augmentation; // enum base_augmentation
        int precision;         // enum precision
        int evaluate_every;
    } training;
    struct preset_training teacher, target;
    struct preset_weights teacher_severities;
    struct {
        int severity;
        int operations; // enum preset_augmix_operations
    } augmix;
    struct {
        struct preset_weights severities;
    } fa;
    struct {
        struct preset_primitives primitives;
        int distance; // enum transinv_distance
        double lambda;
        int inner_steps;
        double learning_rate, weight_decay, clip, label_smoothing;
        int hidden;
        double temperature, gate_start, blur_start, noise_start;
        int replay_epochs;
    } transinv;
    struct {
        struct preset_corruptions corruptions;
        struct preset_methods methods;
        struct preset_seeds seeds;
    } matrix;
    struct {
        double delta_cell, delta_mean;
    } report;
};

struct preset_origin {
    bool given;
    enum preset_mark mark;
    char *reason; // where it is stated, or why it was chosen
};

struct preset {
    char name[PRESET_NAME_SIZE]; // a-z, 0-9, '-' and '_': names folders
    struct preset_values values;
    struct preset_origin origins[PRESET_KEY_LIMIT]; // by the key's place in the table
};

// A preset of this program by name, or the file at a path (recognised by a '/' or the ending .ini).
// STATUS_USAGE says file, line, key, expected and found; STATUS_MISSING or STATUS_IO for a file. On success *preset is
// the caller's to destroy.
struct status preset_load(const char *name_or_path, struct preset *preset);
// The same from memory; `file` only serves error messages.
struct status preset_parse(const char *name, const char *file, const char *text, size_t size, struct preset *preset);
void preset_destroy(struct preset *preset); // leaves it empty; accepts an empty one

// Applies "section.key=value" with the mark `override`. Whether the values then fit together is for preset_check.
struct status preset_override(struct preset *preset, const char *assignment, const char *reason);
// What no single key can tell: depth = 6 n + 4, a warm-up shorter than the training, and the like. preset_load has done it.
struct status preset_check(const struct preset *preset);

// {"section.key": {"value": ..., "mark": ..., "reason": ...}}; NULL when memory is exhausted.
json_t *preset_to_json(const struct preset *preset);

#endif

// preset_keys.h: what keys a preset has, and how one value is read and written. Internal to preset.c and
// configuration_hash.c (and their tests); use preset.h.
#ifndef HARNESS_PRESET_KEYS_H
#define HARNESS_PRESET_KEYS_H

#include "harness/preset.h"

enum preset_type {
    PRESET_INTEGER,     // int
    PRESET_REAL,        // double
    PRESET_CHOICE,      // int: place in `choices`
    PRESET_CORRUPTIONS, // struct preset_corruptions
    PRESET_METHODS,     // struct preset_methods
    PRESET_SEEDS,       // struct preset_seeds
    PRESET_WEIGHTS,     // struct preset_weights
    PRESET_PRIMITIVES,  // struct preset_primitives
};

struct preset_key {
    const char *name; // "section.key"
    enum preset_type type;
    double minimum, maximum;    // inclusive; of integers and reals
    const char *const *choices; // NULL-terminated; of a choice
    bool decides;               // takes part in the configuration hash
    size_t offset;              // of its field in struct preset_values
    const char *documentation;
};

int preset_key_count(void);
const struct preset_key *preset_key_at(int place);
int preset_key_find(const char *name);            // -1 when unknown
const char *preset_key_nearest(const char *name); // the key that was probably meant, or NULL

// Reads `text` into the key's field. STATUS_USAGE: "expected ..., found ...".
struct status preset_value_parse(const struct preset_key *key, const char *text, struct preset_values *values);
// The one text that stands for the value, whichever way it was written; reads back as the same value.
void preset_value_format(const struct preset_key *key, const struct preset_values *values, char text[PRESET_TEXT_SIZE]);
json_t *preset_value_json(const struct preset_key *key, const struct preset_values *values);

#endif

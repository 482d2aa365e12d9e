// pickle_values.h: what a pickle is made of, in flat arrays with numbers in place of pointers. For use in pickle_reader.c
// and pickle_machine.c alone.
#ifndef DATASETS_PICKLE_VALUES_H
#define DATASETS_PICKLE_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum pickle_kind {
    PICKLE_NONE,
    PICKLE_BOOL,
    PICKLE_INTEGER,
    PICKLE_STRING,
    PICKLE_TUPLE,
    PICKLE_LIST,
    PICKLE_DICTIONARY, // children: key, value, key, value, ...
    PICKLE_NAME,       // of NumPy: _reconstruct, ndarray or dtype
    PICKLE_TYPE,       // dtype uint8
    PICKLE_ARRAY,      // children once built: shape, data; integer: 1 for column-major
    PICKLE_MARK,
};

struct pickle_value {
    enum pickle_kind kind;
    int64_t integer;      // of PICKLE_BOOL and PICKLE_INTEGER
    const uint8_t *bytes; // of PICKLE_STRING and PICKLE_NAME; they point into the file
    size_t size;
    size_t first, count; // children
};

struct pickle_numbers { // a growing array of places in `values`
    uint32_t *items;
    size_t count, capacity;
};

struct pickle {
    const char *name;
    struct pickle_value *values;
    size_t count, capacity;
    struct pickle_numbers children;
    uint32_t root;
};

// Runs the opcodes. *pickle was zeroed but for its name; on error it holds what pickle_destroy can release.
struct status pickle_machine_run(struct pickle *pickle, const uint8_t *bytes, size_t size);

#endif

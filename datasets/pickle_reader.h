// pickle_reader.h: the part of Python's pickle format that CIFAR's python archives are written in (protocol 2 of Python 2):
// a dictionary of strings, lists of integers or strings, and NumPy arrays of uint8. Nothing is ever called or built:
// three names of NumPy are known, and any other opcode or name is refused. Takes memory.
#ifndef DATASETS_PICKLE_READER_H
#define DATASETS_PICKLE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct pickle;

// Reads the whole of `bytes`, which must stay while the pickle is used. `name` is for messages; borrowed.
// STATUS_BAD_INPUT names the byte, expected and found; STATUS_NO_MEMORY. *pickle is the caller's to destroy, NULL on error.
struct status pickle_decode(const char *name, const uint8_t *bytes, size_t size, struct pickle **pickle);
void pickle_destroy(struct pickle *pickle); // accepts NULL

// The array under `key`, which must have two dimensions and uint8 values.
struct pickle_array {
    size_t rows, columns;
    bool column_major;    // NumPy's Fortran order: the first index runs fastest
    const uint8_t *bytes; // rows x columns
};
struct status pickle_get_array(const struct pickle *pickle, const char *key, struct pickle_array *array);

// The list under `key`: exactly `count` integers in 0 .. limit - 1.
struct status pickle_get_integers(const struct pickle *pickle, const char *key, size_t count, int32_t limit,
                                  int32_t *values);

#endif

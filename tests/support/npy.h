// npy.h: reads NumPy's .npy files (format versions 1 and 2), strictly: little endian, C order, six element types.
#ifndef TESTS_SUPPORT_NPY_H
#define TESTS_SUPPORT_NPY_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum npy_type { NPY_FLOAT32, NPY_FLOAT64, NPY_INT32, NPY_UINT8, NPY_INT8, NPY_UINT16 }; // <f4 <f8 <i4 |u1 |i1 <u2

enum { NPY_DIMENSIONS_LIMIT = 8 };

struct npy {
    enum npy_type type;
    int dimensions;
    size_t shape[NPY_DIMENSIONS_LIMIT];
    size_t count; // product of the shape; 1 for a scalar without dimensions
    void *values; // `count` elements of `type`
};

// Reads `path`; *array is the caller's to destroy. Errors: STATUS_MISSING, STATUS_IO, STATUS_NO_MEMORY; STATUS_BAD_INPUT
// for any other format, and for a file shorter or longer than its header says.
struct status npy_read(const char *path, struct npy *array);
void npy_destroy(struct npy *array); // leaves it empty; accepts an empty one

#endif

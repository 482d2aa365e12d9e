// npy.h: arrays as NumPy files.
#ifndef CLI_NPY_H
#define CLI_NPY_H

#include <stdint.h>

#include "base/status.h"

enum { NPY_HEADER_BYTES = 128 }; // a multiple of 64, so that the data is aligned

#define NPY_UINT8_TYPE "|u1"

// The header, in format version 1.0, of an array in C order; values follow in its place. `type` is NumPy's code; at most
// four dimensions.
void npy_fill_header(const char *type, int dimensions, const int64_t *shape, uint8_t header[NPY_HEADER_BYTES]);

// Writes rows x columns float32 values, row by row; atomically.
struct status npy_write_matrix(const char *path, const float *values, int rows, int columns);

#endif

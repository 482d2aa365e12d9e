// npy.h: a matrix as a NumPy file.
#ifndef CLI_NPY_H
#define CLI_NPY_H

#include "base/status.h"

// Writes rows x columns float32 values, row by row, in format version 1.0; atomically.
struct status npy_write_matrix(const char *path, const float *values, int rows, int columns);

#endif

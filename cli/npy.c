// npy.c: a matrix as a NumPy file (format: numpy.org/doc/stable/reference/generated/numpy.lib.format.html).
// Tests: tests/cli_test.c.
#include "cli/npy.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

enum { NPY_HEADER_BYTES = 128 }; // magic 6, version 2, length 2, text; a multiple of 64, so that the data is aligned

static const char order = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? '<' : '>';

static void fill_header(uint8_t header[NPY_HEADER_BYTES], int rows, int columns)
{
    static const uint8_t start[] = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, NPY_HEADER_BYTES - 10, 0};
    char text[NPY_HEADER_BYTES];
    memset(header, ' ', NPY_HEADER_BYTES);
    memcpy(header, start, sizeof start);
    int length = snprintf(text, sizeof text, "{'descr': '%cf4', 'fortran_order': False, 'shape': (%d, %d), }", order,
                          rows, columns);
    memcpy(header + sizeof start, text, (size_t)length);
    header[NPY_HEADER_BYTES - 1] = '\n';
}

struct status npy_write_matrix(const char *path, const float *values, int rows, int columns)
{
    size_t data_bytes = (size_t)rows * (size_t)columns * sizeof *values;
    uint8_t *bytes = malloc(NPY_HEADER_BYTES + data_bytes);
    if (bytes == NULL)
        return status_error(STATUS_NO_MEMORY, "write %s: no memory for %d x %d values", path, rows, columns);
    fill_header(bytes, rows, columns);
    memcpy(bytes + NPY_HEADER_BYTES, values, data_bytes);
    struct status status = file_write_atomic(path, bytes, NPY_HEADER_BYTES + data_bytes);
    free(bytes);
    return status;
}

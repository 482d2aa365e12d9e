// npy.c: arrays as NumPy files (format: numpy.org/doc/stable/reference/generated/numpy.lib.format.html).
// Tests: tests/cli_test.c, tests/npy_reader_test.c.
#include "cli/npy.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

#define FLOAT32_TYPE (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? "<f4" : ">f4")

// Magic 6, version 2, length 2, then the text and blanks up to a line end.
void npy_fill_header(const char *type, int dimensions, const int64_t *shape, uint8_t header[NPY_HEADER_BYTES])
{
    static const uint8_t start[] = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, NPY_HEADER_BYTES - 10, 0};
    char text[NPY_HEADER_BYTES - sizeof start];
    int length = snprintf(text, sizeof text, "{'descr': '%s', 'fortran_order': False, 'shape': (", type);
    for (int d = 0; d < dimensions; d++)
        length += snprintf(text + length, sizeof text - (size_t)length, "%s%" PRId64, d == 0 ? "" : ", ", shape[d]);
    length += snprintf(text + length, sizeof text - (size_t)length, "%s), }", dimensions == 1 ? "," : "");
    assert(length < (int)sizeof text);
    memset(header, ' ', NPY_HEADER_BYTES);
    memcpy(header, start, sizeof start);
    memcpy(header + sizeof start, text, (size_t)length);
    header[NPY_HEADER_BYTES - 1] = '\n';
}

struct status npy_write_matrix(const char *path, const float *values, int rows, int columns)
{
    const int64_t shape[] = {rows, columns};
    uint8_t header[NPY_HEADER_BYTES];
    struct file_writer *writer = NULL;
    npy_fill_header(FLOAT32_TYPE, 2, shape, header);
    struct status status = file_writer_open(path, &writer);
    if (status.code == STATUS_OK) status = file_writer_append(writer, header, sizeof header);
    if (status.code == STATUS_OK)
        status = file_writer_append(writer, values, (size_t)rows * (size_t)columns * sizeof *values);
    if (status.code == STATUS_OK) status = file_writer_commit(writer);
    file_writer_destroy(writer);
    return status;
}

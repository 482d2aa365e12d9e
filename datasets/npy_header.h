// npy_header.h: the header of a NumPy file, versions 1 and 2: what its values are and where they begin. Takes memory;
// files are npy_reader.c's.
#ifndef DATASETS_NPY_HEADER_H
#define DATASETS_NPY_HEADER_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum npy_element { NPY_ELEMENT_UINT8, NPY_ELEMENT_INT32, NPY_ELEMENT_INT64 };

enum { NPY_SHAPE_LIMIT = 4, NPY_PREAMBLE_BYTES = 12, NPY_TEXT_LIMIT = 1 << 16 };

struct npy_layout {
    enum npy_element element; // little endian
    int dimensions;           // 0 .. NPY_SHAPE_LIMIT
    uint64_t shape[NPY_SHAPE_LIMIT];
    uint64_t data_offset, data_bytes; // where the values begin, and their size: what the shape says
};

int npy_element_bytes(enum npy_element element);
const char *npy_element_name(enum npy_element element); // "uint8", "int32", "int64"

// Where the header's text lies, from the first bytes of the file: `size` of them, NPY_PREAMBLE_BYTES or the whole file.
// `name` is for messages, here and below. STATUS_BAD_INPUT for another format or version, and for a text of more than
// NPY_TEXT_LIMIT bytes.
struct status npy_preamble_decode(const char *name, const uint8_t *bytes, size_t size, size_t *text_offset,
                                  size_t *text_size);

// The text: a Python dictionary with 'descr', 'fortran_order' and 'shape', each once. STATUS_BAD_INPUT names the byte of
// the file, expected and found, for anything else, and for values that are not little-endian uint8, int32 or int64 in C
// order, more than NPY_SHAPE_LIMIT dimensions, and shapes beyond 2^62 bytes.
struct status npy_text_decode(const char *name, const char *text, size_t text_offset, size_t text_size,
                              struct npy_layout *layout);

#endif

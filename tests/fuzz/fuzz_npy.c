// fuzz_npy.c: the header of a NumPy file, as npy_reader.c reads it: the preamble, then the text that it announces.
#include <stdlib.h>

#include "datasets/npy_header.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    size_t offset = 0, text = 0;
    struct npy_layout layout;
    size_t preamble = size < NPY_PREAMBLE_BYTES ? size : NPY_PREAMBLE_BYTES;
    struct status status = npy_preamble_decode("fuzz.npy", bytes, preamble, &offset, &text);
    if (status.code != STATUS_OK || offset > size || text > size - offset) return 0;
    status = npy_text_decode("fuzz.npy", (const char *)bytes + offset, offset, text, &layout);
    if (status.code != STATUS_OK) return 0;
    uint64_t bytes_of_shape = (uint64_t)npy_element_bytes(layout.element);
    for (int d = 0; d < layout.dimensions; d++)
        if (__builtin_mul_overflow(bytes_of_shape, layout.shape[d], &bytes_of_shape)) abort();
    if (bytes_of_shape != layout.data_bytes || layout.data_offset != offset + text) abort();
    return 0;
}

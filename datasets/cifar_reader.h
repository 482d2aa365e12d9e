// cifar_reader.h: the record format of the CIFAR binary archives (cs.toronto.edu/~kriz/cifar.html), in memory.
#ifndef DATASETS_CIFAR_READER_H
#define DATASETS_CIFAR_READER_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct cifar_format {
    const char *dataset;
    int label_bytes;    // 1: the class; 2: coarse class, then the class
    int coarse_classes; // of the first of two label bytes; 0 where there is only one
    int classes;
    int record_bytes; // label_bytes + 3072: 32 x 32 planes of R, G, B
};

// "cifar-10" or "cifar-100"; NULL for any other name.
const struct cifar_format *cifar_format_find(const char *dataset);

// Decodes a whole member: exactly `records` records.
//   archive, member  in   names for messages
//   bytes            in   size = records x record_bytes
//   pixels           out  records x 32 x 32 x 3, R G B; the caller's
//   labels           out  records values in 0 .. classes - 1; the caller's
// STATUS_BAD_INPUT for another size or a label out of range, naming record and byte offset in the member, expected and
// found; the outputs then hold no meaning.
struct status cifar_decode_records(const struct cifar_format *format, const char *archive, const char *member,
                                   const uint8_t *bytes, size_t size, int records, uint8_t *pixels, int32_t *labels);

#endif

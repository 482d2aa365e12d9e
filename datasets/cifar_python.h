// cifar_python.h: the batches of CIFAR's python archives: pickled dictionaries with `data` (count x 3072 bytes: planes of
// R, G, B) and `labels` or `fine_labels`.
#ifndef DATASETS_CIFAR_PYTHON_H
#define DATASETS_CIFAR_PYTHON_H

#include "datasets/cifar_reader.h"

// As cifar_decode_records, from a pickle: exactly `records` images.
struct status cifar_decode_python(const struct cifar_format *format, const char *archive, const char *member,
                                  const uint8_t *bytes, size_t size, int records, uint8_t *pixels, int32_t *labels);

// Bytes that such a batch may have at most: the images, and for each its file name and labels.
size_t cifar_python_limit(int records);

#endif

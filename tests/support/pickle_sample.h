// pickle_sample.h: batches in the form of CIFAR's python archives, written opcode by opcode as Python 2 did.
#ifndef TESTS_SUPPORT_PICKLE_SAMPLE_H
#define TESTS_SUPPORT_PICKLE_SAMPLE_H

#include "datasets/catalog.h"
#include "tests/support/archive.h"

struct pickle_sample {
    const char *labels_key;         // "labels" or "fine_labels"
    const uint8_t *planes, *labels; // count x 3072, count
    int count;
    bool column_major;
    bool coarse; // also "coarse_labels", all 0
};
struct archive pickle_sample_make(const struct pickle_sample *sample);

// The images of a sample entry (cifar_sample.h), member by member as pickles in a tar archive with the names of `python`.
struct archive pickle_sample_tar(const struct catalog_entry *binary, const struct catalog_entry *python);

#endif

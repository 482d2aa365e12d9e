// cifar_sample.h: CIFAR archives with a handful of invented records, and the catalogue entries that describe them.
#ifndef TESTS_SUPPORT_CIFAR_SAMPLE_H
#define TESTS_SUPPORT_CIFAR_SAMPLE_H

#include "datasets/catalog.h"
#include "datasets/image_set.h"
#include "tests/support/archive.h"

// Entries of three and two members: 3 + 2 training and 2 test records; 4 training and 3 test records. Sizes and
// checksums are not those of a file: tests that need them fill them in.
extern const struct catalog_entry sample_cifar_10, sample_cifar_100;

// The bytes of the entry's member, always the same: labels and pixels drawn from a fixed seed.
struct archive sample_member(const struct catalog_entry *entry, size_t member);
// A whole tar archive: the folder, a note nobody asked for, then the members, the last first.
struct archive sample_tar(const struct catalog_entry *entry);

// Fails the test unless the data set holds what the entry's members say, in the entry's order.
void expect_sample(const struct catalog_entry *entry, const struct dataset *dataset, const char *place);

#endif

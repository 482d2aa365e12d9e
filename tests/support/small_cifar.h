// small_cifar.h: an unpacked CIFAR-10 of a few dozen drawn images with the catalogue that describes it, for tests of the
// program; also a CIFAR-100 and a CIFAR-10-C to it.
#ifndef TESTS_SUPPORT_SMALL_CIFAR_H
#define TESTS_SUPPORT_SMALL_CIFAR_H

enum { SMALL_CIFAR_TRAIN = 10, SMALL_CIFAR_TEST = 30 };

// Writes catalog.json and cifar-10-batches-bin/ into `folder`.
void small_cifar_write(const char *folder);
// The same with cifar-100-binary/, and CIFAR-10-C/ with one corruption, whose images are the clean ones at all severities.
void small_cifar_write_published(const char *folder, const char *corruption);

#endif

// corrupted_archive.h: CIFAR-10-C and CIFAR-100-C as they are published: for each corruption a file NAME.npy with the test
// images at severity 1, then at severity 2, ... up to 5, and labels.npy, in a folder or in a tar archive of it. Parts of
// it on demand; whole corruptions with their checksum are corrupted_set.h's.
#ifndef DATASETS_CORRUPTED_ARCHIVE_H
#define DATASETS_CORRUPTED_ARCHIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "datasets/image_set.h"
#include "datasets/npy_reader.h"

enum { CORRUPTED_SEVERITIES = 5, CORRUPTED_BASE_IMAGES = 10000 }; // as published

struct corrupted_request {
    const char *dataset; // "cifar-10" or "cifar-100": whose test images were corrupted
    const char *folder;  // where archives lie; NULL: as in struct dataset_request
    int base_images;     // how many of them; 0: CORRUPTED_BASE_IMAGES
};

struct corrupted_archive {
    char path[480];      // the folder or the archive
    bool packed;         // it is the archive
    const char *title;   // "CIFAR-10-C": the folder's name
    const char *dataset; // of the request, a constant
    int base_images, classes;
};

// CIFAR-10-C.tar, else the folder CIFAR-10-C/, in the data folder. STATUS_MISSING names both and the folder;
// STATUS_USAGE for another data set, which has no published files.
struct status corrupted_archive_find(const struct corrupted_request *request, struct corrupted_archive *archive);

// One array of it, such as "frost" or "labels"; errors as npy_reader.h says. To be closed.
struct status corrupted_archive_open(const struct corrupted_archive *archive, const char *name,
                                     struct npy_reader *reader);

// Images first .. first + count - 1 at `severity`, 1 .. 5, into count x 32 x 32 x 3 bytes. The array must have the shape
// (5 * base_images, 32, 32, 3) and bytes in it. STATUS_USAGE for another severity or images that are not there;
// STATUS_BAD_INPUT, STATUS_MISSING and STATUS_IO as npy_reader.h says.
struct status corrupted_archive_read(const struct corrupted_archive *archive, const char *corruption, int severity,
                                     int first, int count, uint8_t *pixels);

// The labels of the base images, `base_images` of them. The array has them five times, as uint8, int32 or int64.
// STATUS_BAD_INPUT when they are out of range, or differ between severities.
struct status corrupted_archive_read_labels(const struct corrupted_archive *archive, int32_t *labels);

// Whether those are the labels of `images`, `base_images` of them: others mean other images, or another order.
// STATUS_BAD_INPUT names the first that differs; else as corrupted_archive_read_labels.
struct status corrupted_archive_check_labels(const struct corrupted_archive *archive, const struct image_set *images);

#endif

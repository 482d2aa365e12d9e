// corrupted_set.h: one corruption of CIFAR-10-C or CIFAR-100-C in memory, checked against the published checksums; and
// which of its base images are held out. For training with `corrupted_source = published` and for evaluation.
#ifndef DATASETS_CORRUPTED_SET_H
#define DATASETS_CORRUPTED_SET_H

#include "datasets/corrupted_archive.h"
#include "datasets/image_set.h"

struct corrupted_set {
    int base_images;
    struct image_set
        images;       // 5 x base_images: all at severity 1, in the order of the test images, then at severity 2, ...
    char source[560]; // folder or archive, and the array's name
    bool official;    // this array and the labels have the published MD5
    char remark[160]; // why not official: one sentence; "" when official
};

// All images of `corruption` ("frost"), with their labels; 154 MB for the published sets. Errors as
// corrupted_archive_read says. *set is the caller's to destroy, and empty on error.
struct status corrupted_set_load(const struct corrupted_archive *archive, const char *corruption,
                                 struct corrupted_set *set);
void corrupted_set_destroy(struct corrupted_set *set); // leaves it empty; accepts an empty one

// The base images at one severity, 1 .. 5, as a set of their own: image i is test image i. Borrowed: not to be destroyed.
struct image_set corrupted_set_at(const struct corrupted_set *set, int severity);

// CIFAR-10-C *is* the corrupted test set, so a teacher trained on it can be measured only on base images that it never
// saw at any severity. These are a tenth of them: the first base_images / 10 (at least 1) of the permutation that Philox
// gives for PURPOSE_HELD_OUT with seed, epoch and index 0. Of the 10,000 published ones that are 1,000, the same for all
// corruptions, teachers and seeds.
struct corrupted_split {
    int32_t *held_out, *training; // numbers of base images, ascending
    int held_out_count, training_count;
};
int corrupted_held_out_count(int base_images);
// base_images >= 2. STATUS_NO_MEMORY. The caller's to destroy.
struct status corrupted_split_create(int base_images, struct corrupted_split *split);
void corrupted_split_destroy(struct corrupted_split *split); // leaves it empty; accepts an empty one

// The published MD5 of the corrupted form of "cifar-10" or "cifar-100", 32 hex digits; "" for an array that is not
// published.
void corrupted_published_md5(const char *dataset, const char *array, char md5[33]);

#endif

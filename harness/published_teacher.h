// published_teacher.h: what a teacher trains on, and is tested on, where its corrupted images are the published ones
// (data.corrupted_source = published). CIFAR-10-C is the corrupted CIFAR-10 test set; so the teacher trains on all
// clean training images and on nine tenths of the published ones, and is tested on the base images of the last tenth,
// which it has seen at no severity (corrupted_set.h: struct corrupted_split).
#ifndef HARNESS_PUBLISHED_TEACHER_H
#define HARNESS_PUBLISHED_TEACHER_H

#include "datasets/corrupted_set.h"
#include "harness/corruption.h"
#include "harness/preset.h"

struct published_teacher {
    struct image_set train;                                 // clean training images, then published ones
    struct image_set test;                                  // clean, of the held-out base images
    struct image_set test_corrupted[CORRUPTION_SEVERITIES]; // the same at severity 1 .. 5; labels as `test`
    bool official;                                          // the published files have the published checksums
};

// Every severity with a weight above 0 takes part with all its training images, whatever the weight: the files hold
// equally many of each. Severity 0's weight has no part, since the clean training images are all there.
// Errors as corrupted_archive.h says, and STATUS_BAD_INPUT when labels are not those of the test images. *teacher is the
// caller's to destroy, and empty on error.
struct status published_teacher_load(const struct dataset *clean, const char *folder,
                                     const struct corruption *corruption, const struct preset_weights *weights,
                                     struct published_teacher *teacher);
// Whether the files for a corruption are there and fit, without reading its images: seen before hours of work, not after.
struct status published_teacher_check(const struct dataset *clean, const char *folder,
                                      const struct corruption *corruption);
void published_teacher_destroy(struct published_teacher *teacher); // accepts an empty one

// How many training images that makes.
int published_teacher_train_count(const struct dataset *clean, const struct preset_weights *weights);
int published_teacher_test_count(const struct dataset *clean);

#endif

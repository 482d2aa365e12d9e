// training_jobs.h: a small training run on the embedded set, for the tests of the training loop.
#ifndef TESTS_SUPPORT_TRAINING_JOBS_H
#define TESTS_SUPPORT_TRAINING_JOBS_H

#include "harness/training.h"

enum { SMALL_JOB_EPOCHS = 3 };

struct small_job {
    struct training_settings settings; // WRN-10-1, batch 16, SMALL_JOB_EPOCHS epochs of 6 steps
    struct image_set train, test;      // 100 and 40 images of 10 classes: 4 images of an epoch are left out
    struct training_job job;
};

void small_job_create(struct small_job *small);
// All primitives in a small model, a step of it behind every second one of the network, nothing replayed.
struct transinv_settings small_transinv_settings(void);
// Makes it a job of TransInv that starts from `teacher`, with those settings and a model kept for replay at every epoch.
void small_job_learn_augmentation(struct small_job *small, const struct state_dict *teacher);
void small_job_destroy(struct small_job *small);

// Runs it on `backend` and fails the test unless it ends well; *model is the caller's to destroy.
struct training_outcome small_job_run(const struct small_job *small, const char *backend, int threads,
                                      struct state_dict *model);

#endif

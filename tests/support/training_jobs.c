// training_jobs.c: see training_jobs.h.
#include "tests/support/training_jobs.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "datasets/synthetic.h"
#include "harness/methods/method.h"
#include "tests/support/device_array.h"

void small_job_create(struct small_job *small)
{
    *small = (struct small_job){.settings = {.depth = 10,
                                             .widen = 1,
                                             .batch_size = 16,
                                             .epochs = SMALL_JOB_EPOCHS,
                                             .learning_rate = 0.05,
                                             .learning_rate_minimum = 1e-6,
                                             .momentum = 0.9f,
                                             .weight_decay = 5e-4f,
                                             .base_augmentation = BASE_AUGMENTATION_FLIP_CROP,
                                             .seed = 3,
                                             .evaluate_every = 1,
                                             .method = &method_ft}};
    cr_assert(eq(int, synthetic_generate(1, 10, 0, 100, &small->train).code, STATUS_OK));
    cr_assert(eq(int, synthetic_generate(1, 10, 100, 40, &small->test).code, STATUS_OK));
    small->job = (struct training_job){.settings = &small->settings, .train = &small->train, .test = &small->test};
}

struct transinv_settings small_transinv_settings(void)
{
    return (struct transinv_settings){.augmentation = {.primitives = {true, true, true, true},
                                                       .hidden = 16,
                                                       .temperature = 0.05F,
                                                       .gate_start = 0.5F,
                                                       .blur_start = 0.4F,
                                                       .noise_start = 0.01F},
                                      .distance = TRANSINV_COSINE,
                                      .lambda = 1,
                                      .label_smoothing = 0.1F,
                                      .inner_steps = 2,
                                      .learning_rate = 1e-3,
                                      .weight_decay = 1e-2F,
                                      .clip = 5};
}

void small_job_learn_augmentation(struct small_job *small, const struct state_dict *teacher)
{
    small->job.start = teacher;
    small->settings.method = &method_transinv;
    small->settings.transinv = small_transinv_settings();
    small->settings.transinv.replay_epochs = 1;
}

void small_job_destroy(struct small_job *small)
{
    image_set_destroy(&small->train);
    image_set_destroy(&small->test);
}

struct training_outcome small_job_run(const struct small_job *small, const char *backend, int threads,
                                      struct state_dict *model)
{
    struct device *device = device_for_test(kernels_find(backend), threads);
    struct training_outcome outcome;
    struct status status = training_run(device, &small->job, &outcome, model);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    device_end_test(device);
    return outcome;
}

// resume_test.c: a run that is killed or interrupted at any step and started again ends with the bits of a run that was
// left alone; a checkpoint of another run is refused.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/interrupt.h"
#include "tests/support/device_array.h"
#include "tests/support/state_dicts.h"
#include "tests/support/training_jobs.h"

struct accident {
    int signal;
    double after_images;
};

static void have_accident(void *context, double done, double total)
{
    (void)total;
    const struct accident *accident = context;
    if (done >= accident->after_images) raise(accident->signal);
}

// Starts the run in a process of its own and lets it meet its accident. Returns its wait status; an orderly end exits
// with the status code.
static int run_until_accident(struct small_job *small, const char *backend, struct accident accident)
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        struct training_outcome outcome;
        struct state_dict model;
        struct device *device = NULL;
        interrupt_install();
        small->job.progress = have_accident;
        small->job.context = &accident;
        struct status status = device_open(kernels_find(backend), (struct device_settings){.threads = 1}, &device);
        if (status.code == STATUS_OK) status = training_run(device, &small->job, &outcome, &model);
        _exit((int)status.code);
    }
    int wait_status = 0;
    cr_assert(eq(int, waitpid(child, &wait_status, 0), child));
    return wait_status;
}

struct epoch_counter {
    int told;
};

static void count_epoch(void *context, const struct epoch_record *record)
{
    struct epoch_counter *counter = context;
    counter->told++;
    cr_expect(eq(int, record->epoch, counter->told), "epochs must be told again, in order, on resume");
}

struct scene {
    char folder[64], path[96];
    struct small_job small;
};

static void scene_create(struct scene *scene, double checkpoint_seconds)
{
    strcpy(scene->folder, "/tmp/transinv-resume-XXXXXX");
    cr_assert(mkdtemp(scene->folder) != NULL);
    snprintf(scene->path, sizeof scene->path, "%s/checkpoint.safetensors", scene->folder);
    small_job_create(&scene->small);
    scene->small.job.checkpoint_path = scene->path;
    scene->small.job.checkpoint_seconds = checkpoint_seconds;
}

static void scene_destroy(struct scene *scene)
{
    unlink(scene->path);
    rmdir(scene->folder);
    small_job_destroy(&scene->small);
}

static void expect_same_end(struct scene *scene, const char *backend, double after_images, int signal,
                            int expected_code)
{
    struct state_dict model;
    struct epoch_counter counter = {0};
    int wait_status = run_until_accident(&scene->small, backend, (struct accident){signal, after_images});
    bool killed = WIFSIGNALED(wait_status) && WTERMSIG(wait_status) == SIGKILL;
    if (signal == SIGKILL)
        cr_expect(killed, "wait status %d", wait_status);
    else
        cr_expect(eq(int, WEXITSTATUS(wait_status), expected_code), "after %g images", after_images);
    cr_expect(file_exists(scene->path), "no checkpoint after %g images", after_images);
    scene->small.job.epoch_done = count_epoch;
    scene->small.job.context = &counter;
    struct training_outcome outcome = small_job_run(&scene->small, backend, 1, &model);
    cr_expect(outcome.resumed);
    cr_expect(eq(int, counter.told, SMALL_JOB_EPOCHS));
    unlink(scene->path);
    scene->small.job.epoch_done = NULL;
    struct state_dict untouched;
    struct training_outcome straight = small_job_run(&scene->small, backend, 1, &untouched);
    cr_expect(not(straight.resumed));
    cr_expect(state_dicts_equal(&model, &untouched, NULL), "another end after %g images and signal %d", after_images,
              signal);
    cr_expect(eq(dbl, outcome.last.train_loss, straight.last.train_loss));
    cr_expect(eq(i64, outcome.test.correct, straight.test.correct));
    cr_expect(eq(dbl, outcome.last.augmentation.distance, straight.last.augmentation.distance));
    unlink(scene->path);
    training_outcome_destroy(&outcome);
    training_outcome_destroy(&straight);
    state_dict_destroy(&model);
    state_dict_destroy(&untouched);
}

// 18 steps of 16 images: in the first epoch, at an epoch's last step, in the middle, just before the end.
Test(resume, a_killed_run_ends_with_the_same_bits)
{
    static const double places[] = {2 * 16, 6 * 16, 9 * 16, 17 * 16};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        struct scene scene;
        scene_create(&scene, 0);
        expect_same_end(&scene, "cpu", places[i], SIGKILL, 0);
        scene_destroy(&scene);
    }
}

Test(resume, a_killed_run_on_corrupted_images_ends_with_the_same_bits)
{
    struct scene scene;
    scene_create(&scene, 0);
    scene.small.settings.corrupts = true;
    scene.small.settings.law = (struct corruption_law){.kind = CORRUPTION_MOTION_BLUR, .weights = {1, 1, 1, 1, 1, 1}};
    expect_same_end(&scene, "cpu", 9 * 16, SIGKILL, 0);
    scene_destroy(&scene);
}

// The augmentation, its optimiser, and the models kept for replay come back too.
Test(resume, a_killed_run_of_transinv_ends_with_the_same_bits, .timeout = 120)
{
    static const double places[] = {2 * 16, 9 * 16, 17 * 16};
    struct small_job first;
    struct state_dict teacher = {0};
    small_job_create(&first);
    small_job_run(&first, "cpu", 1, &teacher);
    small_job_destroy(&first);
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        struct scene scene;
        scene_create(&scene, 0);
        small_job_learn_augmentation(&scene.small, &teacher);
        expect_same_end(&scene, "cpu", places[i], SIGKILL, 0);
        scene_destroy(&scene);
    }
    state_dict_destroy(&teacher);
}

Test(resume, a_killed_run_in_bfloat16_ends_with_the_same_bits)
{
    const struct kernels *kernels = NULL;
    struct status status = kernels_choose(kernels_available(), "cpu", PRECISION_BF16, &kernels);
    if (status.code != STATUS_OK) cr_skip_test("%s", status.message);
    struct scene scene;
    scene_create(&scene, 0);
    expect_same_end(&scene, kernels->name, 9 * 16, SIGKILL, 0);
    scene_destroy(&scene);
}

Test(resume, an_interrupted_run_leaves_a_checkpoint_at_once)
{
    static const double places[] = {1 * 16, 6 * 16, 12 * 16};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        struct scene scene;
        scene_create(&scene, 1e9);
        expect_same_end(&scene, "cpu", places[i], SIGINT, STATUS_INTERRUPTED);
        scene_destroy(&scene);
    }
}

static void count_step(void *context, double done, double total)
{
    int *steps = context;
    (void)done;
    (void)total;
    ++*steps;
}

// An interrupt may also meet what is measured after the training.
Test(resume, a_trained_run_is_not_trained_again, .timeout = 120)
{
    struct scene scene;
    struct state_dict teacher = {0}, model = {0}, again = {0};
    int steps = 0;
    scene_create(&scene, 1e9);
    scene.small.job.checkpoint_path = NULL;
    small_job_run(&scene.small, "cpu", 1, &teacher);
    scene.small.job.checkpoint_path = scene.path;
    small_job_learn_augmentation(&scene.small, &teacher);
    scene.small.job.progress = count_step;
    scene.small.job.context = &steps;
    struct training_outcome first = small_job_run(&scene.small, "cpu", 1, &model);
    cr_assert(eq(int, steps, 18));
    struct training_outcome second = small_job_run(&scene.small, "cpu", 1, &again);
    cr_expect(second.resumed);
    cr_expect(eq(int, steps, 18), "steps were repeated");
    cr_expect(state_dicts_equal(&model, &again, NULL));
    cr_expect(state_dicts_equal(&first.augmentation, &second.augmentation, NULL));
    cr_expect(eq(dbl, second.last.train_loss, first.last.train_loss));
    cr_expect(eq(i64, second.test.correct, first.test.correct));
    const size_t pictures = (size_t)first.pictures.rows * (size_t)first.pictures.columns * IMAGE_BYTES;
    cr_expect(memcmp(first.pictures.augmented, second.pictures.augmented, pictures) == 0, "other pictures");
    training_outcome_destroy(&first);
    training_outcome_destroy(&second);
    state_dict_destroy(&teacher);
    state_dict_destroy(&model);
    state_dict_destroy(&again);
    scene_destroy(&scene);
}

Test(resume, a_checkpoint_of_another_run_or_a_damaged_one_is_refused)
{
    struct scene scene;
    struct training_outcome outcome;
    struct state_dict model;
    scene_create(&scene, 0);
    run_until_accident(&scene.small, "cpu", (struct accident){SIGKILL, 5 * 16});
    struct device *device = device_for_test(kernels_find("cpu"), 1);

    scene.small.settings.seed++;
    struct status status = training_run(device, &scene.small.job, &outcome, &model);
    cr_expect(eq(int, status.code, STATUS_BAD_INPUT));
    cr_expect(strstr(status.message, "seed") != NULL, "%s", status.message);
    scene.small.settings.seed--;

    cr_assert(eq(int, truncate(scene.path, 1000), 0));
    status = training_run(device, &scene.small.job, &outcome, &model);
    cr_expect(eq(int, status.code, STATUS_BAD_INPUT));
    cr_expect(strstr(status.message, scene.path) != NULL, "%s", status.message);
    device_end_test(device);
    scene_destroy(&scene);
}

Test(resume, a_target_whose_teacher_changed_is_refused)
{
    struct scene scene;
    struct training_outcome outcome;
    struct state_dict teacher, model;
    scene_create(&scene, 0);
    scene.small.job.checkpoint_path = NULL;
    small_job_run(&scene.small, "cpu", 1, &teacher);
    scene.small.job.checkpoint_path = scene.path;
    scene.small.job.start = &teacher;
    run_until_accident(&scene.small, "cpu", (struct accident){SIGKILL, 5 * 16});
    struct device *device = device_for_test(kernels_find("cpu"), 1);
    float *weight = &teacher.tensors[3].values[0], kept = *weight;
    *weight = kept + 1;
    struct status status = training_run(device, &scene.small.job, &outcome, &model);
    cr_expect(eq(int, status.code, STATUS_BAD_INPUT));
    cr_expect(strstr(status.message, "another start") != NULL, "%s", status.message);
    *weight = kept;
    status = training_run(device, &scene.small.job, &outcome, &model);
    cr_expect(eq(int, status.code, STATUS_OK), "%s", status.message);
    device_end_test(device);
    state_dict_destroy(&teacher);
    state_dict_destroy(&model);
    scene_destroy(&scene);
}

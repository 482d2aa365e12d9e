// run.h: one run, teacher or target, from its plan to its result.json. Knows training and run folders; which runs
// there are, and in what order, is matrix.c's or the command line's.
#ifndef HARNESS_RUN_H
#define HARNESS_RUN_H

#include "harness/preset.h"
#include "harness/run_folder.h"

enum run_role { RUN_TEACHER, RUN_TARGET };

enum { RUN_NAME_SIZE = 128 };

// Which run: what is decided before anything is read or trained. Everything is borrowed.
struct run_plan {
    enum run_role role;
    const struct preset *preset;
    const struct corruption *corruption; // the teacher's; NULL for a single training outside the matrix
    const struct method *method;         // of a target; NULL for a teacher
    uint32_t seed;                       // 0 .. PRESET_SEED_MAXIMUM
    const struct dataset *data;          // that it trains on and is tested on
    const char *configuration_hash;      // configuration_hash.h
    const char *teacher_run;             // a target's: its teacher's run name; NULL when it starts from any model
    const char *teacher_images;          // run_teacher_images(); NULL when unknown
    char name[RUN_NAME_SIZE];            // FORMATS.md; run_plan_name fills it
};

void run_plan_name(struct run_plan *plan);

// The seed of all draws of a run: 16 * seed + the corruption's place (15: none). A teacher and all its targets share
// their draws, so methods are compared under the same ones; different corruptions do not, so the columns of the table
// are independent samples, as the statistics over columns suppose.
uint32_t run_random_key(const struct run_plan *plan);

// What teachers of a preset see: "clean" without a corruption, else "clean+corrupted" or "clean+published".
const char *run_teacher_images(const struct preset *preset, bool corrupted);

// Whether this run trains on published corrupted images (published_teacher.h) instead of plan->data alone.
bool run_uses_published(const struct run_plan *plan);
// What it trains and is tested on.
int run_train_count(const struct run_plan *plan);
int run_test_count(const struct run_plan *plan);

struct training_settings run_training_settings(const struct run_plan *plan);
double run_training_images(const struct run_plan *plan); // images that the whole training will see

struct run_job {
    const struct run_plan *plan;
    struct device *device;
    const char *folder;        // the run's own
    const char *start_path;    // a target's: model file to start from
    const char *start_sha256;  // its expected SHA-256
    const char *data_folder;   // where published corrupted images lie, as in struct dataset_request; may be NULL
    const struct frost *frost; // needed where the plan has a corruption
    double checkpoint_seconds;
    bool *unofficial_told; // whether it was said that published images are not official; NULL: say it every time
    bool retry;            // forget a failed or diverged attempt
    void (*progress)(void *context, double images_done); // of this run; may be NULL
    void *context;
};

enum run_action {
    RUN_TRAINED, // now
    RUN_SKIPPED, // it had a result
    RUN_BUSY,    // another process is training it
};

struct run_outcome {
    enum run_action action;
    struct run_summary summary;        // RUN_BUSY: message says who
    double seconds, images_per_second; // of what was trained now
};

// Trains the run unless it has a result. OK when a result is there, be it done, diverged or failed. An error is one
// that the next run would meet too (disk, memory, device), wrong usage, or STATUS_INTERRUPTED: no result is written
// then, and the same call continues the run.
struct status run_execute(const struct run_job *job, struct run_outcome *outcome);

// Records that the run cannot be trained: status "failed" with `message`. A run that has a result keeps it, unless it
// is to be tried again.
struct status run_give_up(const struct run_job *job, const char *message, struct run_outcome *outcome);

#endif

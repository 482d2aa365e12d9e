// training_session.h: the inside of a training run, shared by training.c (the loop), training_checkpoint.c, and whoever
// looks at a training step from outside (bench/training_profile.c).
#ifndef HARNESS_TRAINING_SESSION_H
#define HARNESS_TRAINING_SESSION_H

#include "harness/image_loader.h"
#include "harness/methods/method.h"
#include "harness/network.h"
#include "harness/resident_set.h"
#include "harness/training.h"

struct training_session {
    struct device *device;
    const struct training_job *job;
    struct network *network;
    struct resident_set train, test;
    struct image_loader loader; // of `train`
    struct per_run rates, velocity;
    struct training_step step; // what the method works with
    // Recorded training steps: by whether the companion's choice is 1, then by whether its step follows. Without a
    // companion there is one, recordings[0][0].
    struct graph *recordings[2][2];
    int steps_per_epoch;

    // Where the run stands, in host memory. state.position counts images of the current epoch.
    struct training_state state;
    struct metrics epoch_metrics; // of the current epoch; valid when a checkpoint is read or about to be written
    double epoch_seconds;         // spent in the current epoch before this process took over
    struct epoch_record *records; // of finished epochs, settings->epochs at most
    int record_count;
};

// Everything a run needs before its first step, the recorded step included (training.c). To be destroyed in any case.
struct status training_session_create(struct device *device, const struct training_job *job,
                                      struct training_session *session);
void training_session_destroy(struct training_session *session);

// Writes the whole state atomically. STATUS_IO and friends.
struct status training_checkpoint_write(struct training_session *session);
// Reads it back. *found is false when there is no checkpoint. STATUS_BAD_INPUT names what does not fit.
struct status training_checkpoint_read(struct training_session *session, bool *found);

#endif

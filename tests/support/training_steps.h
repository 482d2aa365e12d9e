// training_steps.h: a few SGD steps of a WideResNet on the embedded set, recorded once, without the training loop around
// them: load, forward, cross entropy, backward, update. For the tests of backends whose steps become graphs.
#ifndef TESTS_SUPPORT_TRAINING_STEPS_H
#define TESTS_SUPPORT_TRAINING_STEPS_H

#include "kernels/kernels.h"

enum { STEPS_SEED = 70, STEPS_RUNS_LIMIT = 3, STEPS_LIMIT = 3 };

struct steps {
    int depth, widen, images; // of a run's batch
    int steps;                // up to STEPS_LIMIT
    int first_run, runs;      // up to STEPS_RUNS_LIMIT; run r is the same whoever keeps it company
    bool one_by_one;          // the recorded operations one by one, not as the backend's graph
};

// What the runs hold afterwards.
struct trained {
    size_t count; // of a run's parameters
    float *start, *parameters, *velocity;
    struct metrics metrics[STEPS_RUNS_LIMIT];
};

struct trained steps_take(const struct kernels *kernels, int threads, struct steps wanted);
void steps_forget(struct trained *trained);

// The runs of `part` against as many of `whole`, from `first_run` on.
void steps_expect_same_bits(const struct trained *part, int runs, const struct trained *whole, int first_run,
                            const char *what);

#endif

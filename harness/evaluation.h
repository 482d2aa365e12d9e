// evaluation.h: accuracy of a network on a resident set, batch norm frozen, images as they are.
#ifndef HARNESS_EVALUATION_H
#define HARNESS_EVALUATION_H

#include "harness/network.h"
#include "harness/resident_set.h"
#include "harness/training.h"

// Walks through the whole set in batches of at most `batch`. `logits` (count x classes, host memory) may be NULL.
struct status evaluation_run(struct device *device, struct network *network, int classes,
                             const struct resident_set *set, int batch, struct evaluation *evaluation, float *logits);

#endif

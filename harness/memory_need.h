// memory_need.h: why a training did not fit into its device's memory, in a sentence that helps.
#ifndef HARNESS_MEMORY_NEED_H
#define HARNESS_MEMORY_NEED_H

#include "harness/training.h"

// What a training with `batch_size` images a step allocates on a device of `kernels` at most, by going through its
// set-up and one of each kind of step on a device that counts (kernels/counting.h). STATUS_DEVICE when it uses an operation
// without a kernel there.
struct status memory_need_count(const struct kernels *kernels, const struct training_job *job, int batch_size,
                                size_t *bytes);

// What a device can still give; total_bytes is 0 where that is not known.
struct memory_room {
    size_t left_bytes, total_bytes;
};
struct memory_room memory_room_ask(struct device *device);

// Why the job was refused. `refusal` as it is, unless it is STATUS_NO_MEMORY and the job needs more than the room there was
// before; then STATUS_NO_MEMORY with both figures and the largest batch that fits.
struct status memory_need_explain(const struct device *device, const struct training_job *job, struct memory_room room,
                                  struct status refusal);

#endif

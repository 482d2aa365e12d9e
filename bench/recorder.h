// recorder.h: a device that computes nothing and has no memory, and remembers what it was asked to do: how bench learns
// from the network itself which operations it consists of, at any size, at once.
#ifndef BENCH_RECORDER_H
#define BENCH_RECORDER_H

#include "bench/case.h"

// Called for every operation that the recorder is asked for.
typedef void recorder_function(void *context, enum operation operation, const void *settings);

struct status recorder_open(recorder_function *function, void *context, struct device **device);

#endif

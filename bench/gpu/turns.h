// turns.h: several ways to do one thing on a CUDA device, timed by turns: each as a CUDA graph of many calls that walk through
// sets of data larger than the device's cache, between two events.
#ifndef BENCH_GPU_TURNS_H
#define BENCH_GPU_TURNS_H

#include <cuda_runtime_api.h>

#include "base/status.h"

enum { TURN_SAMPLES_LIMIT = 101 };

struct turn {
    struct status (*enqueue)(void *context, int set); // one call on the stream, with the data of set 0, 1, ...
    void *context;
    cudaGraphExec_t graph;
    int calls;                          // in the graph
    double seconds[TURN_SAMPLES_LIMIT]; // a call, sample by sample; sorted at the end
    double median, first_quartile, third_quartile;
};

// Calls it once for every set, then records about a millisecond of calls. What went wrong on a device of ours is told by
// device_synchronise.
struct status turn_prepare(struct turn *turn, cudaStream_t stream, int sets);
void turn_release(struct turn *turn);

// `samples` rounds; in each every turn's graph is launched once, beginning with another one each time.
struct status turns_measure(struct turn *const *turns, int count, cudaStream_t stream, int samples);

struct status turns_status(cudaError_t error, const char *action);

#endif

// profile.h: where the time of a recorded step goes: time, work and bound of every operation and shape, what the rest of
// the step costs, and how much of the threads' time is lost. Knows devices and graphs; which step it is, is the caller's.
// For backends that work in place on host memory: a device that works behind the caller's back needs clocks of its own.
#ifndef BENCH_PROFILE_H
#define BENCH_PROFILE_H

#include "bench/ceilings.h"

// All calls of one operation with one shape and algorithm. Everything is per step.
struct profile_row {
    enum operation operation;
    char shape[80];
    struct algorithm algorithm;
    int calls;
    double seconds;
    double one_thread_seconds; // on a single thread; NAN where the device has no more than one
    struct operation_cost cost;
    double bound_seconds; // ceilings_bound_seconds of every call
    bool memory_bound;    // more of it from memory than from arithmetic
};

struct profile {
    struct profile_row *rows; // longest first
    int row_count;
    struct ceilings ceilings;  // before the steps; bounds follow from these
    double fma_fp32_after;     // one of them after the steps: on a shared machine it may have moved
    int threads, calls, steps; // steps measured with all threads
    bool bf16;
    double step_seconds;            // wall time of a step
    double kernel_seconds;          // of it inside operations: the sum of the rows
    double one_thread_step_seconds; // NAN as above
    double processor_share;         // processor time of the process / (threads x wall time). Threads that wait spin, so
                                    // well below 1 says that others took the processors, not that threads waited
};

struct profile_request {
    struct device *device;
    const struct graph *step;
    void (*before_step)(void *context); // untimed; may be NULL
    void *context;
    double seconds; // to measure for, ceilings included; three steps are measured however long they take
};

// Steps with all threads and with one take turns, so that both meet the same machine. Times are means over the middle
// half of the steps by duration, so that the rows, and what is outside of them, add up to the step.
// The device's observer is taken and left empty. STATUS_DEVICE where operations go on after they return (CUDA);
// STATUS_INTERRUPTED, STATUS_NO_MEMORY, and the device's errors. On
// success *profile is the caller's to destroy.
struct status profile_measure(const struct profile_request *request, struct profile *profile);
void profile_destroy(struct profile *profile); // leaves it empty; accepts an empty one

// The share of the threads' time that the work does not need: 1 - one_thread_seconds / (threads x seconds), NAN without
// one_thread_seconds. It holds waiting for others, parts that one thread does alone, work done twice, and the loss from
// sharing memory and caches; it is negative where several caches hold what one does not. (Counting processor time would
// tell less: a thread that waits for others spins.)
double profile_idle_share(int threads, double seconds, double one_thread_seconds);

#endif

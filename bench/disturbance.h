// disturbance.h: what else the machine did while we measured: processors taken away from this process or from this
// machine, and the state it is in.
#ifndef BENCH_DISTURBANCE_H
#define BENCH_DISTURBANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Counters that only rise.
struct disturbance {
    int64_t switches; // times that a thread of this process was taken off its processor
    int64_t
        steal_ticks; // time that a hypervisor gave our processors to others, in clock ticks (usually 10 ms) over all
};
struct disturbance disturbance_read(void);

// The steal ticks in the text of /proc/stat; 0 where there are none.
int64_t disturbance_parse_steal(const char *stat);

// The machine as it is now. Unknown is "" or negative.
struct machine_state {
    char governor[32];          // of processor 0: "performance"
    double frequency_megahertz; // of processor 0, as the system tells it
    double load[3];             // processes ready to run, over 1, 5 and 15 minutes
    double steal_percent;       // of all processor time since the system started
    size_t last_cache_bytes;    // the largest cache of processor 0; 32 MiB when it cannot be found
};
struct machine_state machine_state_read(void);

#endif

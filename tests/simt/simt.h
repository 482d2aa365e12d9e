// simt.h: the host-side runner of CUDA kernels, as tests and the backend `cuda-simt` see it. One block at a time, every
// thread a fiber; barriers, warp-collective instructions and asynchronous copies behave as on the device, at their
// latest; every access to memory is checked. README.md tells how.
#ifndef TESTS_SIMT_SIMT_H
#define TESTS_SIMT_SIMT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum simt_fault {
    SIMT_RACE,           // two unordered accesses to the same bytes, one of them a store
    SIMT_UNINITIALISED,  // shared memory read before this block wrote it
    SIMT_OUT_OF_BOUNDS,  // outside every allocation, or beyond the block's shared memory
    SIMT_MISALIGNED,     // an access that the device would trap on
    SIMT_DIVERGENCE,     // threads wait at different barriers or warp instructions, or some have left
    SIMT_COPY_IN_FLIGHT, // an asynchronous copy's target touched before the wait, or never waited for
    SIMT_DEPENDENCY,     // memory touched before the wait for the launch before
    SIMT_FAULTS
};

enum simt_schedule { SIMT_FORWARD, SIMT_REVERSE, SIMT_RANDOM };

struct simt_report {
    size_t count[SIMT_FAULTS];
    size_t total;
    char first[400]; // the first fault in words, with the source line where it can be found; "" without one
};

const char *simt_fault_name(enum simt_fault fault);

// In which order threads and blocks run from now on. `seed` is used by SIMT_RANDOM.
void simt_set_schedule(enum simt_schedule schedule, uint64_t seed);
// Launches since the program began. While they are switched off they are counted and do nothing.
uint64_t simt_launches(void);
void simt_switch_launches(bool on);
// Faults since the last reset.
const struct simt_report *simt_faults(void);
void simt_reset_faults(void);

// "Device" memory: zero-filled, 256-byte aligned, with unmapped pages on both sides. NULL when there is none left.
void *simt_allocate(size_t bytes);
void simt_release(void *memory);
// From now on there are so many bytes in all, counted in pieces of 512 as a device's pool does; SIZE_MAX: as many as can be.
void simt_limit_memory(size_t bytes);
void simt_memory_left(size_t *left_bytes, size_t *total_bytes);

// How one instruction of a kernel used the memory: summed over its executions by whole warps.
struct simt_access {
    const void *instruction; // an address in the program; simt_describe_place gives the line
    bool shared, store;
    uint64_t executions;
    uint64_t transactions; // sectors of 32 bytes, or passes over the shared memory's banks
    uint64_t least;        // as many as the bytes asked for need
};

// Counts accesses from now on, which makes launches several times slower; `false` stops and keeps the counts.
void simt_count_accesses(bool on);
void simt_forget_accesses(void);
size_t simt_accesses(const struct simt_access **accesses);

// "conv_tile.cuh:123 in conv_tile_kernel", or the bare address where there is no debug information.
void simt_describe_place(const void *instruction, char *text, size_t size);

#ifdef __cplusplus
}
#endif

#endif

// machine.h: the inside of the runner: who runs, what is ordered, what was touched. Internal to tests/simt/.
#ifndef TESTS_SIMT_MACHINE_H
#define TESTS_SIMT_MACHINE_H

#include "tests/simt/device_side.h"
#include "tests/simt/simt.h"

enum { SIMT_WARP = 32, SIMT_THREADS = 1024, SIMT_WARPS = SIMT_THREADS / SIMT_WARP, SIMT_COPIES = 256 };
enum { SIMT_SHARED_LIMIT = 227 << 10 };

// ---- the block that runs (scheduler.cpp) -------------------------------------------------------------------------

struct simt_block {
    uint32_t serial;       // counts blocks since the program began
    uint32_t first_serial; // of this launch
    uint32_t number;       // 0 .. blocks - 1 within the launch
    uint32_t blocks;
    uint32_t epoch; // barriers passed
    uint32_t warp_epoch[SIMT_WARPS];
    size_t shared_bytes;
    bool early; // launched before the launch before it is known to be complete
    bool waited[SIMT_THREADS];
};

extern struct simt_block simt_block;
extern int simt_thread; // that runs; -1: none, and nothing is checked

bool simt_on_own_stack(const void *address);
bool simt_in_context(const void *address); // the kernel's parameters
void simt_yield_sometimes(void);           // another thread may run, under SIMT_RANDOM
uint64_t simt_random(void);

// ---- faults (faults.cpp) -----------------------------------------------------------------------------------------

// `instruction` may be NULL when `place` tells.
void simt_fault_at(enum simt_fault fault, const void *instruction, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// ---- memory (arena.cpp, shadow.cpp) ------------------------------------------------------------------------------

extern unsigned char *simt_arena; // NULL before the first allocation
extern size_t simt_arena_bytes;
extern unsigned char *simt_shared;

// The allocation that holds `address`; false outside all.
bool simt_find_allocation(const void *address, const unsigned char **begin, const unsigned char **end);

enum simt_kind { SIMT_READ, SIMT_WRITE, SIMT_ATOMIC, SIMT_COPY_TARGET, SIMT_COPY_LANDED };

// One access by thread `thread` of the block that runs.
void simt_check(const void *address, size_t bytes, enum simt_kind kind, int thread, const void *instruction);
void simt_shadow_begin_launch(uint32_t blocks);
void simt_shadow_begin_block(void);
// What fences and atomics order between blocks.
void simt_publish(int thread);
void simt_meet(const void *address);

// ---- counts (access_counts.cpp) ----------------------------------------------------------------------------------

extern bool simt_counting;
void simt_count(const void *address, size_t bytes, bool shared, bool store, int thread, const void *instruction);
void simt_count_matrix(const void *const rows[SIMT_WARP], const void *instruction);
void simt_count_end_block(void);

#endif

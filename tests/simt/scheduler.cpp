// scheduler.cpp: runs a grid, block by block, each thread a fiber on a stack of its own. A fiber runs until it waits: at
// a barrier for all threads, at a warp instruction for its 32 lanes. Who goes on is the schedule's choice.
// Warp instructions are carried out in warp.cpp, checks are elsewhere.
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "tests/simt/fiber.h"
#include "tests/simt/scheduler.h"

dim3 threadIdx, blockIdx, blockDim, gridDim;
struct simt_block simt_block;
int simt_thread = -1;

enum { STACK_BYTES = 128 << 10, GUARD_BYTES = 4096, CONTEXT_BYTES = 4096 };
enum waiting { RUNNING, AT_BARRIER, AT_WARP, LEFT };

struct thread {
    struct fiber fiber;
    unsigned char *stack;
    enum waiting waiting;
    simt_place place; // where it waits
};

static struct thread threads[SIMT_THREADS];
static struct fiber outside;
static uint32_t runnable[SIMT_WARPS]; // one bit a lane
static int thread_count, warp_count, alive, arrived;
static bool abandoned; // the block cannot go on
static void (*launch_body)(void *);
alignas(16) static unsigned char launch_context[CONTEXT_BYTES];
static uint32_t next_serial = 1;

static enum simt_schedule schedule;
static uint64_t random_state = 88172645463325252ull;

void simt_set_schedule(enum simt_schedule wanted, uint64_t seed)
{
    schedule = wanted;
    random_state = seed * 2862933555777941757ull + 3037000493ull;
    if (random_state == 0) random_state = 1;
}

uint64_t simt_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

// ---- who runs next -----------------------------------------------------------------------------------------------

static int nth_bit(uint32_t mask, int n)
{
    while (n-- > 0) mask &= mask - 1;
    return __builtin_ctz(mask);
}

static int choose_from(int warp)
{
    uint32_t mask = runnable[warp];
    if (schedule == SIMT_FORWARD) return warp * SIMT_WARP + __builtin_ctz(mask);
    if (schedule == SIMT_REVERSE) return warp * SIMT_WARP + 31 - __builtin_clz(mask);
    return warp * SIMT_WARP + nth_bit(mask, (int)(simt_random() % (uint64_t)__builtin_popcount(mask)));
}

// The warp that runs keeps running where the schedule is not random: fewer changes, and bugs that need a warp far ahead
// of the others show.
static int choose_thread(void)
{
    int first = simt_thread < 0 ? 0 : simt_thread / SIMT_WARP;
    if (schedule == SIMT_REVERSE && simt_thread < 0) first = warp_count - 1;
    if (schedule == SIMT_RANDOM) first = (int)(simt_random() % (uint64_t)warp_count);
    for (int i = 0; i < warp_count; i++) {
        int step = schedule == SIMT_REVERSE ? warp_count - i : i, warp = (first + step) % warp_count;
        if (runnable[warp] != 0) return choose_from(warp);
    }
    return -1;
}

static void switch_to(struct fiber *from, int thread)
{
    simt_thread = thread;
    if (thread < 0) {
        fiber_switch(from, &outside);
        return;
    }
    threadIdx = dim3((unsigned)thread, 0, 0);
    fiber_switch(from, &threads[thread].fiber);
}

static void explain_deadlock(void)
{
    const struct thread *first = NULL, *other = NULL;
    for (int i = 0; i < thread_count; i++) {
        if (threads[i].waiting == LEFT) continue;
        if (first == NULL) first = &threads[i];
        if (threads[i].place.file != first->place.file || threads[i].place.line != first->place.line)
            other = &threads[i];
    }
    if (first == NULL) return;
    int number = (int)(first - threads);
    if (other != NULL)
        simt_fault_at(SIMT_DIVERGENCE, NULL, "block %u: thread %d waits at %s:%d, thread %d at %s:%d",
                      simt_block.number, number, first->place.file, first->place.line, (int)(other - threads),
                      other->place.file, other->place.line);
    else
        simt_fault_at(SIMT_DIVERGENCE, NULL, "block %u: %d threads wait at %s:%d for %d others that have left",
                      simt_block.number, alive, first->place.file, first->place.line, thread_count - alive);
}

// Called by a thread that cannot go on now. Does not return where nobody can.
static void run_others(struct fiber *from)
{
    int next = choose_thread();
    if (next < 0 && alive > 0) {
        explain_deadlock();
        abandoned = true;
    }
    switch_to(from, next);
}

static void set_runnable(int thread, bool on)
{
    uint32_t bit = 1u << (thread % SIMT_WARP);
    if (on)
        runnable[thread / SIMT_WARP] |= bit;
    else
        runnable[thread / SIMT_WARP] &= ~bit;
}

static void wait_here(enum waiting waiting, simt_place place)
{
    int me = simt_thread;
    threads[me].waiting = waiting;
    threads[me].place = place;
    set_runnable(me, false);
    run_others(&threads[me].fiber);
}

void simt_yield_sometimes(void)
{
    if (schedule != SIMT_RANDOM || (simt_random() & 255) != 0) return;
    int me = simt_thread, next = choose_thread();
    if (next != me) switch_to(&threads[me].fiber, next);
}

void simt_give_up(void)
{
    abandoned = true;
    switch_to(&threads[simt_thread].fiber, -1);
}

// ---- meeting points ----------------------------------------------------------------------------------------------

static bool same_place(simt_place a, simt_place b)
{
    return a.line == b.line && (a.file == b.file || strcmp(a.file, b.file) == 0);
}

static void wake(int thread)
{
    threads[thread].waiting = RUNNING;
    set_runnable(thread, true);
}

void simt_block_barrier(simt_place place)
{
    static simt_place first_place;
    if (arrived == 0) first_place = place;
    if (!same_place(place, first_place)) {
        simt_fault_at(SIMT_DIVERGENCE, NULL, "block %u: thread %d is at the barrier %s:%d, others at %s:%d",
                      simt_block.number, simt_thread, place.file, place.line, first_place.file, first_place.line);
        simt_give_up();
    }
    if (++arrived < thread_count) {
        wait_here(AT_BARRIER, place);
        return;
    }
    arrived = 0;
    simt_block.epoch++;
    for (int i = 0; i < thread_count; i++) wake(i);
}

// Returns true to the lane that came last; the others sleep until it calls simt_warp_release.
bool simt_warp_arrive(struct simt_meeting *meeting, int kind, simt_place place)
{
    if (meeting->arrived == 0) {
        meeting->kind = kind;
        meeting->place = place;
    } else if (meeting->kind != kind || !same_place(meeting->place, place)) {
        simt_fault_at(SIMT_DIVERGENCE, NULL,
                      "block %u: thread %d is at the warp instruction %s:%d, others of its warp at %s:%d",
                      simt_block.number, simt_thread, place.file, place.line, meeting->place.file, meeting->place.line);
        simt_give_up();
    }
    if (++meeting->arrived == SIMT_WARP) return true;
    wait_here(AT_WARP, place);
    return false;
}

void simt_warp_release(struct simt_meeting *meeting)
{
    int first = simt_thread / SIMT_WARP * SIMT_WARP;
    meeting->arrived = 0;
    for (int i = first; i < first + SIMT_WARP; i++) wake(i);
}

// ---- a launch ----------------------------------------------------------------------------------------------------

static void thread_main(void)
{
    launch_body(launch_context);
    simt_copy_end_thread();
    if (simt_block.early && !simt_block.waited[simt_thread])
        simt_fault_at(SIMT_DEPENDENCY, NULL, "block %u: thread %d left without having waited for the launch before",
                      simt_block.number, simt_thread);
    int me = simt_thread;
    threads[me].waiting = LEFT;
    alive--;
    set_runnable(me, false);
    run_others(&threads[me].fiber);
}

static void prepare_thread(int number)
{
    struct thread *thread = &threads[number];
    if (thread->stack == NULL) {
        void *memory =
            mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED || mprotect(memory, GUARD_BYTES, PROT_NONE) != 0) {
            perror("simt: a thread's stack");
            abort();
        }
        thread->stack = (unsigned char *)memory;
    }
    thread->waiting = RUNNING;
    fiber_prepare(&thread->fiber, thread->stack, STACK_BYTES, thread_main);
    set_runnable(number, true);
}

bool simt_on_own_stack(const void *address)
{
    return (size_t)((const unsigned char *)address - threads[simt_thread].stack) < STACK_BYTES;
}

bool simt_in_context(const void *address)
{
    return (size_t)((const unsigned char *)address - launch_context) < CONTEXT_BYTES;
}

static void run_block(uint32_t number, dim3 grid)
{
    blockIdx = dim3(number % grid.x, number / grid.x % grid.y, number / grid.x / grid.y);
    simt_block.serial = simt_block.first_serial + number;
    simt_block.number = number;
    simt_block.epoch = 0;
    memset(simt_block.warp_epoch, 0, sizeof simt_block.warp_epoch);
    memset(simt_block.waited, 0, sizeof simt_block.waited);
    simt_shadow_begin_block();
    simt_warps_begin_block();
    arrived = 0;
    alive = thread_count;
    abandoned = false;
    for (int i = 0; i < thread_count; i++) prepare_thread(i);
    simt_thread = -1;
    switch_to(&outside, choose_thread());
    simt_thread = -1;
    if (simt_counting) simt_count_end_block();
}

static uint32_t common_divisor(uint32_t a, uint32_t b)
{
    while (b != 0) {
        uint32_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static uint64_t launches;
static bool launches_off;

uint64_t simt_launches(void)
{
    return launches;
}

void simt_switch_launches(bool on)
{
    launches_off = !on;
}

void simt_launch(const char *name, dim3 grid, unsigned threads_wanted, size_t shared_bytes, bool early,
                 void (*body)(void *), void *context, size_t context_bytes)
{
    if (threads_wanted == 0 || threads_wanted > SIMT_THREADS || threads_wanted % SIMT_WARP != 0 ||
        shared_bytes > SIMT_SHARED_LIMIT || context_bytes > CONTEXT_BYTES || grid.y > 65535 || grid.z > 65535) {
        simt_fault_at(SIMT_OUT_OF_BOUNDS, NULL,
                      "launch of %s: %u threads, %zu bytes of shared memory, %zu of parameters, grid %u x %u x %u",
                      name, threads_wanted, shared_bytes, context_bytes, grid.x, grid.y, grid.z);
        return;
    }
    launches++;
    if (launches_off) return;
    memcpy(launch_context, context, context_bytes);
    launch_body = body;
    thread_count = (int)threads_wanted;
    warp_count = thread_count / SIMT_WARP;
    blockDim = dim3(threads_wanted);
    gridDim = grid;
    uint32_t blocks = grid.x * grid.y * grid.z, start = 0, step = 1;
    simt_block.first_serial = next_serial;
    simt_block.blocks = blocks;
    simt_block.shared_bytes = shared_bytes;
    simt_block.early = early;
    next_serial += blocks;
    simt_shadow_begin_launch(blocks);
    if (schedule == SIMT_RANDOM) {
        start = (uint32_t)(simt_random() % blocks);
        step = (uint32_t)(simt_random() % blocks) + 1;
        while (common_divisor(blocks, step) != 1) step++; // then every block has its turn
    }
    for (uint32_t i = 0; i < blocks && !(abandoned && i > 0); i++) {
        uint32_t number = schedule == SIMT_REVERSE ? blocks - 1 - i : (uint32_t)((start + (uint64_t)i * step) % blocks);
        run_block(number, grid);
    }
    abandoned = false;
}

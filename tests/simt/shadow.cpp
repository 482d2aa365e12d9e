// shadow.cpp: for every four bytes of shared and device memory, who wrote them last and who read them since. Two
// accesses of one launch, one of them a store, must be ordered: by a barrier of the block, by a warp barrier within a
// warp, by being one thread's, or, between blocks, by fence and atomic on the writer's side and atomic and fence on the
// reader's. Whether they are does not hang on the schedule.
#include <stdlib.h>
#include <sys/mman.h>
#include <vector>

#include "tests/simt/scheduler.h"

namespace
{

struct stamp {
    uint32_t block; // serial; 0: never
    uint32_t epoch, warp_epoch;
    uint16_t thread;
    uint8_t bytes; // which of the four, one bit each
    uint8_t kind;  // enum simt_kind
};

struct cell {
    stamp written, read[2]; // two readers, of different threads: one of them is not the next writer
};

// How far other blocks' stores are known: everything before barrier `epoch`, and thread `thread`'s own during it.
struct publication {
    bool done;
    uint32_t epoch;
    int thread;
};

cell *shared_cells, *arena_cells;
uint32_t launch_first, launch_end, previous_first, previous_end; // serials of this launch and of the one before
std::vector<publication> publications;
std::vector<uint8_t> acquired, pending; // by block of this launch, for the block that runs
struct meeting_point {
    const void *address;
    std::vector<uint8_t> released; // blocks whose publications a later atomic here acquires
};
std::vector<meeting_point> meeting_points;

cell *reserve_cells(size_t bytes)
{
    void *memory = mmap(NULL, bytes / 4 * sizeof(cell), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) abort();
    return (cell *)memory;
}

bool known_from_elsewhere(const stamp &s)
{
    uint32_t number = s.block - simt_block.first_serial;
    if (!acquired[number]) return false;
    const publication &p = publications[number];
    return s.epoch < p.epoch || (s.epoch == p.epoch && s.thread == p.thread);
}

bool ordered(const stamp &s, int thread)
{
    if (s.block < simt_block.first_serial) return true;
    if (s.block != simt_block.serial) return known_from_elsewhere(s);
    if (s.epoch != simt_block.epoch || s.thread == thread) return true;
    return s.thread / SIMT_WARP == thread / SIMT_WARP && s.warp_epoch != simt_block.warp_epoch[thread / SIMT_WARP];
}

stamp stamp_now(int thread, uint8_t bytes, simt_kind kind)
{
    return {simt_block.serial, simt_block.epoch, simt_block.warp_epoch[thread / SIMT_WARP], (uint16_t)thread, bytes,
            (uint8_t)kind};
}

// Shared memory belongs to one block after the other.
bool in_use(const stamp &s, uint8_t bytes, bool shared)
{
    return s.block != 0 && (s.bytes & bytes) != 0 && (!shared || s.block == simt_block.serial);
}

void complain_of_race(const stamp &s, int thread, const char *now, const void *address, const void *instruction)
{
    const char *before = s.kind == SIMT_READ ? "read" : s.kind == SIMT_ATOMIC ? "atomic" : "store";
    simt_fault_at(SIMT_RACE, instruction, "block %u: %s of %p by thread %d, %s by thread %d of block %u before it",
                  simt_block.number, now, address, thread, before, s.thread, s.block - simt_block.first_serial);
}

void remember_read(cell &c, const stamp &now)
{
    stamp &first = c.read[0], &second = c.read[1];
    bool same = first.block == now.block && first.thread == now.thread && first.bytes == now.bytes;
    if (same || ordered(first, now.thread) || first.block == 0) {
        first = now;
        return;
    }
    second = now;
}

void read_cell(cell &c, uint8_t bytes, int thread, bool shared, const void *address, const void *instruction)
{
    const stamp &w = c.written;
    if (shared && w.block != simt_block.serial) {
        simt_fault_at(SIMT_UNINITIALISED, instruction,
                      "block %u: thread %d reads shared memory + %zu, which nobody wrote", simt_block.number, thread,
                      (size_t)((const unsigned char *)address - simt_shared));
        c.written = stamp_now(thread, 15, SIMT_WRITE); // say it once
        return;
    }
    if (in_use(w, bytes, shared)) {
        if (w.kind == SIMT_COPY_TARGET && w.block == simt_block.serial)
            simt_fault_at(SIMT_COPY_IN_FLIGHT, instruction,
                          "block %u: thread %d reads what thread %d's asynchronous copy has not brought yet",
                          simt_block.number, thread, w.thread);
        else if (!ordered(w, thread))
            complain_of_race(w, thread, "read", address, instruction);
    }
    remember_read(c, stamp_now(thread, bytes, SIMT_READ));
}

void write_cell(cell &c, uint8_t bytes, int thread, simt_kind kind, bool shared, const void *address,
                const void *instruction)
{
    bool atomic = kind == SIMT_ATOMIC;
    const char *now = atomic ? "atomic" : "store";
    const stamp &w = c.written;
    if (in_use(w, bytes, shared) && w.kind == SIMT_COPY_TARGET && w.block == simt_block.serial &&
        kind != SIMT_COPY_LANDED)
        simt_fault_at(SIMT_COPY_IN_FLIGHT, instruction,
                      "block %u: thread %d writes where thread %d's asynchronous copy is going to land",
                      simt_block.number, thread, w.thread);
    else if (in_use(w, bytes, shared) && !ordered(w, thread) && !(atomic && w.kind == SIMT_ATOMIC))
        complain_of_race(w, thread, now, address, instruction);
    else
        for (const stamp &r : c.read)
            if (in_use(r, bytes, shared) && !ordered(r, thread)) {
                complain_of_race(r, thread, now, address, instruction);
                break;
            }
    c.written = stamp_now(thread, bytes, kind == SIMT_COPY_LANDED ? SIMT_WRITE : kind);
}

// Before the wait only what no launch under way may still write can be read, and nothing written.
void check_dependency(const cell &c, bool store, int thread, const void *instruction)
{
    bool fresh = c.written.block >= previous_first && c.written.block < previous_end && c.written.block != 0;
    if (!store && !fresh) return;
    simt_fault_at(SIMT_DEPENDENCY, instruction, "block %u: thread %d %s before it waits for the launch before",
                  simt_block.number, thread, store ? "writes device memory" : "reads what the launch before writes");
}

void check_cells(cell *cells, size_t offset, size_t bytes, simt_kind kind, int thread, bool shared, const void *address,
                 const void *instruction)
{
    size_t end = offset + bytes;
    for (size_t i = offset / 4; i * 4 < end; i++) {
        size_t low = offset > i * 4 ? offset - i * 4 : 0, high = end < i * 4 + 4 ? end - i * 4 : 4;
        uint8_t mask = (uint8_t)((1 << high) - (1 << low));
        if (!shared && simt_block.early && !simt_block.waited[thread])
            check_dependency(cells[i], kind != SIMT_READ, thread, instruction);
        if (kind == SIMT_READ)
            read_cell(cells[i], mask, thread, shared, address, instruction);
        else
            write_cell(cells[i], mask, thread, kind, shared, address, instruction);
    }
}

void check_arena(const void *address, size_t bytes, simt_kind kind, int thread, const void *instruction)
{
    const unsigned char *begin, *end, *first = (const unsigned char *)address;
    if (!simt_find_allocation(address, &begin, &end)) {
        simt_fault_at(SIMT_OUT_OF_BOUNDS, instruction, "block %u: thread %d touches %p, which is in no allocation",
                      simt_block.number, thread, address);
        return;
    }
    if (first + bytes > end) {
        simt_fault_at(SIMT_OUT_OF_BOUNDS, instruction,
                      "block %u: thread %d touches bytes %zu to %zu of an allocation of %zu bytes", simt_block.number,
                      thread, (size_t)(first - begin), (size_t)(first - begin) + bytes, (size_t)(end - begin));
        return;
    }
    if (arena_cells == NULL) arena_cells = reserve_cells(simt_arena_bytes);
    check_cells(arena_cells, (size_t)(first - simt_arena), bytes, kind, thread, false, address, instruction);
}

void check_shared(const void *address, size_t bytes, simt_kind kind, int thread, const void *instruction)
{
    size_t offset = (size_t)((const unsigned char *)address - simt_shared);
    if (offset + bytes > simt_block.shared_bytes) {
        simt_fault_at(SIMT_OUT_OF_BOUNDS, instruction,
                      "block %u: thread %d touches shared memory + %zu to %zu, the block has %zu bytes",
                      simt_block.number, thread, offset, offset + bytes, simt_block.shared_bytes);
        return;
    }
    check_cells(shared_cells, offset, bytes, kind, thread, true, address, instruction);
}

} // namespace

unsigned char *simt_shared;

void *simt_shared_memory(void)
{
    return simt_shared;
}

// Where the program itself lies: constants, tables, the runner's own variables.
extern "C" const char __executable_start[], _end[];

void simt_check(const void *address, size_t bytes, enum simt_kind kind, int thread, const void *instruction)
{
    const unsigned char *at = (const unsigned char *)address;
    bool shared = (size_t)(at - simt_shared) < SIMT_SHARED_LIMIT;
    if (!shared && !((size_t)(at - simt_arena) < simt_arena_bytes)) {
        if (at >= (const unsigned char *)__executable_start && at < (const unsigned char *)_end) return;
        simt_fault_at(SIMT_OUT_OF_BOUNDS, instruction,
                      "block %u: thread %d touches %p, which is no memory of the device", simt_block.number, thread,
                      address);
        simt_give_up(); // rather than have the whole test die of the access
    }
    if ((bytes == 16 || bytes == 8 || bytes == 4 || bytes == 2) && (uintptr_t)at % bytes != 0)
        simt_fault_at(SIMT_MISALIGNED, instruction, "block %u: thread %d touches %zu bytes at %p", simt_block.number,
                      thread, bytes, address);
    if (shared)
        check_shared(address, bytes, kind, thread, instruction);
    else
        check_arena(address, bytes, kind, thread, instruction);
}

// ---- launches, blocks, fences ------------------------------------------------------------------------------------

void simt_shadow_begin_launch(uint32_t blocks)
{
    if (shared_cells == NULL) {
        shared_cells = reserve_cells(SIMT_SHARED_LIMIT);
        void *memory = NULL;
        if (posix_memalign(&memory, 4096, SIMT_SHARED_LIMIT) != 0) abort();
        simt_shared = (unsigned char *)memory;
    }
    previous_first = launch_first;
    previous_end = launch_end;
    launch_first = simt_block.first_serial;
    launch_end = launch_first + blocks;
    publications.assign(blocks, publication{});
    meeting_points.clear();
}

void simt_shadow_begin_block(void)
{
    acquired.assign(simt_block.blocks, 0);
    pending.assign(simt_block.blocks, 0);
    memset(simt_shared, 0xff, simt_block.shared_bytes);
}

// A device-wide fence: what this block did is published, what its atomics met is acquired.
void simt_publish(int thread)
{
    publications[simt_block.number] = {true, simt_block.epoch, thread};
    for (uint32_t i = 0; i < simt_block.blocks; i++) acquired[i] |= pending[i];
}

// An atomic: passes on what is published, and hears of what others passed on here.
void simt_meet(const void *address)
{
    meeting_point *point = NULL;
    for (meeting_point &p : meeting_points)
        if (p.address == address) point = &p;
    if (point == NULL) {
        meeting_points.push_back({address, std::vector<uint8_t>(simt_block.blocks, 0)});
        point = &meeting_points.back();
    }
    for (uint32_t i = 0; i < simt_block.blocks; i++) pending[i] |= point->released[i];
    if (publications[simt_block.number].done) point->released[simt_block.number] = 1;
    for (uint32_t i = 0; i < simt_block.blocks; i++) point->released[i] |= acquired[i];
}

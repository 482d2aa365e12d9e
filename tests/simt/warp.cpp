// warp.cpp: instructions that a warp carries out together, and asynchronous copies. The lane that arrives last computes
// for all. As on the device only a warp barrier orders memory; a shuffle or a matrix instruction does not.
#include "tests/simt/scheduler.h"

enum kind { WARP_BARRIER, SHUFFLE_XOR, SHUFFLE_DOWN, SHUFFLE_INDEX, BALLOT, LOAD_MATRIX, LOAD_TRANSPOSED, MULTIPLY };

struct lane {
    uint64_t value;
    unsigned operand;
    const void *row;
    float sums[4];
    uint64_t factors[3];
    struct simt_words words;
};

static struct warp {
    struct simt_meeting meeting;
    struct lane lanes[SIMT_WARP];
} warps[SIMT_WARPS];

static struct warp *own_warp(void)
{
    return &warps[simt_thread / SIMT_WARP];
}

static struct lane *own_lane(void)
{
    return &own_warp()->lanes[simt_thread % SIMT_WARP];
}

// ---- barrier, shuffle, ballot ------------------------------------------------------------------------------------

void simt_warp_barrier(simt_place place)
{
    struct warp *warp = own_warp();
    if (!simt_warp_arrive(&warp->meeting, WARP_BARRIER, place)) return;
    simt_block.warp_epoch[simt_thread / SIMT_WARP]++;
    simt_warp_release(&warp->meeting);
}

static unsigned shuffle_source(int kind, unsigned lane, unsigned operand)
{
    if (kind == SHUFFLE_XOR) return lane ^ operand;
    if (kind == SHUFFLE_INDEX) return operand % SIMT_WARP;
    return lane + operand < SIMT_WARP ? lane + operand : lane;
}

uint64_t simt_warp_shuffle(simt_shuffle shuffle, uint64_t value, unsigned operand, simt_place place)
{
    struct warp *warp = own_warp();
    struct lane *lane = own_lane();
    int kind = SHUFFLE_XOR + (int)shuffle;
    lane->value = value;
    lane->operand = operand;
    if (simt_warp_arrive(&warp->meeting, kind, place)) {
        uint64_t results[SIMT_WARP];
        for (unsigned i = 0; i < SIMT_WARP; i++)
            results[i] = warp->lanes[shuffle_source(kind, i, warp->lanes[i].operand) % SIMT_WARP].value;
        for (unsigned i = 0; i < SIMT_WARP; i++) warp->lanes[i].value = results[i];
        simt_warp_release(&warp->meeting);
    }
    return lane->value;
}

uint32_t simt_warp_ballot(bool predicate, simt_place place)
{
    struct warp *warp = own_warp();
    struct lane *lane = own_lane();
    lane->value = predicate;
    if (simt_warp_arrive(&warp->meeting, BALLOT, place)) {
        uint64_t votes = 0;
        for (unsigned i = 0; i < SIMT_WARP; i++) votes |= warp->lanes[i].value << i;
        for (unsigned i = 0; i < SIMT_WARP; i++) warp->lanes[i].value = votes;
        simt_warp_release(&warp->meeting);
    }
    return (uint32_t)lane->value;
}

// ---- matrices ----------------------------------------------------------------------------------------------------

// Lane l gives the address of row l % 8 of matrix l / 8; it receives two elements of each matrix.
static void load_matrices(struct warp *warp, bool transposed, const void *instruction)
{
    uint16_t matrix[4][8][8];
    const void *rows[SIMT_WARP];
    int first = simt_thread / SIMT_WARP * SIMT_WARP;
    for (int i = 0; i < SIMT_WARP; i++) {
        rows[i] = warp->lanes[i].row;
        simt_check(rows[i], 16, SIMT_READ, first + i, instruction);
        memcpy(matrix[i / 8][i % 8], rows[i], 16);
    }
    if (simt_counting) simt_count_matrix(rows, instruction);
    for (int i = 0; i < SIMT_WARP; i++)
        for (int m = 0; m < 4; m++) {
            int row = i / 4, column = i % 4 * 2;
            uint16_t low = transposed ? matrix[m][column][row] : matrix[m][row][column];
            uint16_t high = transposed ? matrix[m][column + 1][row] : matrix[m][row][column + 1];
            warp->lanes[i].words.word[m] = low | (uint32_t)high << 16;
        }
}

simt_words simt_warp_load_matrix(const void *row, bool transposed, simt_place place)
{
    struct warp *warp = own_warp();
    struct lane *lane = own_lane();
    lane->row = row;
    if (simt_warp_arrive(&warp->meeting, transposed ? LOAD_TRANSPOSED : LOAD_MATRIX, place)) {
        load_matrices(warp, transposed, __builtin_return_address(0));
        simt_warp_release(&warp->meeting);
    }
    return lane->words;
}

static float bf16(uint64_t word, int index)
{
    uint32_t bits = (uint32_t)(word >> 16 * index) << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

#ifdef __x86_64__
__attribute__((target_clones("arch=haswell", "default")))
#endif
static void
multiply(const float a[16][16], const float b[16][8], float d[16][8])
{
    for (int row = 0; row < 16; row++) {
        float sums[8] = {0};
        for (int k = 0; k < 16; k++)
            for (int column = 0; column < 8; column++) sums[column] += a[row][k] * b[k][column];
        for (int column = 0; column < 8; column++) d[row][column] += sums[column];
    }
}

// mma.m16n8k16: lane l holds rows l / 4 and l / 4 + 8, columns l % 4 * 2 and the next, of a (and 8 further), of b's rows,
// of c.
static void multiply_warp(struct warp *warp)
{
    alignas(32) float a[16][16], b[16][8], d[16][8];
    for (int i = 0; i < SIMT_WARP; i++) {
        const struct lane *lane = &warp->lanes[i];
        int row = i / 4, column = i % 4 * 2;
        for (int j = 0; j < 2; j++) {
            a[row][column + j] = bf16(lane->factors[0], j);
            a[row + 8][column + j] = bf16(lane->factors[0], 2 + j);
            a[row][column + 8 + j] = bf16(lane->factors[1], j);
            a[row + 8][column + 8 + j] = bf16(lane->factors[1], 2 + j);
            b[column + j][row] = bf16(lane->factors[2], j);
            b[column + 8 + j][row] = bf16(lane->factors[2], 2 + j);
            d[row][column + j] = lane->sums[j];
            d[row + 8][column + j] = lane->sums[2 + j];
        }
    }
    multiply(a, b, d);
    for (int i = 0; i < SIMT_WARP; i++)
        for (int j = 0; j < 4; j++) warp->lanes[i].sums[j] = d[i / 4 + j / 2 * 8][i % 4 * 2 + j % 2];
}

simt_sums simt_warp_multiply(float c0, float c1, float c2, float c3, uint64_t a01, uint64_t a23, uint64_t b01,
                             simt_place place)
{
    struct warp *warp = own_warp();
    struct lane *lane = own_lane();
    lane->sums[0] = c0;
    lane->sums[1] = c1;
    lane->sums[2] = c2;
    lane->sums[3] = c3;
    lane->factors[0] = a01;
    lane->factors[1] = a23;
    lane->factors[2] = b01;
    if (simt_warp_arrive(&warp->meeting, MULTIPLY, place)) {
        multiply_warp(warp);
        simt_warp_release(&warp->meeting);
    }
    return simt_sums{{lane->sums[0], lane->sums[1], lane->sums[2], lane->sums[3]}};
}

// ---- asynchronous copies: a target counts as in flight until the wait, when the bytes land -------------------------

struct copy {
    void *to;
    const void *from; // NULL: zeros
    unsigned bytes, group;
    const void *instruction;
};

static struct {
    struct copy copies[SIMT_COPIES];
    int count;
    unsigned group; // that is open
} queues[SIMT_THREADS];

void simt_copy_start(void *to, const void *from, unsigned bytes, bool copies, simt_place place)
{
    const void *instruction = __builtin_return_address(0);
    auto *queue = &queues[simt_thread];
    simt_check(to, bytes, SIMT_COPY_TARGET, simt_thread, instruction);
    if (queue->count == SIMT_COPIES) {
        simt_fault_at(SIMT_COPY_IN_FLIGHT, NULL, "%s:%d: more than %d copies of one thread in flight", place.file,
                      place.line, SIMT_COPIES);
        return;
    }
    queue->copies[queue->count++] = {to, copies ? from : NULL, bytes, queue->group, instruction};
}

void simt_copy_commit(void)
{
    queues[simt_thread].group++;
}

void simt_copy_wait(int still_open)
{
    auto *queue = &queues[simt_thread];
    int done = 0;
    for (; done < queue->count && queue->copies[done].group + (unsigned)still_open < queue->group; done++) {
        const struct copy *copy = &queue->copies[done];
        simt_check(copy->to, copy->bytes, SIMT_COPY_LANDED, simt_thread, copy->instruction);
        if (copy->from != NULL) {
            simt_check(copy->from, copy->bytes, SIMT_READ, simt_thread, copy->instruction);
            memcpy(copy->to, copy->from, copy->bytes);
        } else {
            memset(copy->to, 0, copy->bytes);
        }
    }
    memmove(queue->copies, queue->copies + done, (size_t)(queue->count - done) * sizeof queue->copies[0]);
    queue->count -= done;
}

void simt_copy_end_thread(void)
{
    auto *queue = &queues[simt_thread];
    if (queue->count > 0)
        simt_fault_at(SIMT_COPY_IN_FLIGHT, queue->copies[0].instruction,
                      "block %u: thread %d left with %d copies in flight", simt_block.number, simt_thread,
                      queue->count);
    queue->count = 0;
    queue->group = 0;
}

void simt_warps_begin_block(void)
{
    for (int i = 0; i < SIMT_WARPS; i++) warps[i].meeting.arrived = 0;
    for (int i = 0; i < SIMT_THREADS; i++) queues[i].count = 0, queues[i].group = 0;
}

// simt_selftest_test.c: the host-side runner itself: every planted bug is found and named in every order of threads, the
// same kernels without the bug raise no alarm, warp instructions give the known results, and accesses are counted right.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "tests/simt/planted_bugs.h"
#include "tests/support/random_data.h"
#include "tests/support/widened_kernels.h"

enum { SEED = 60 };

static const char *schedule_name(enum simt_schedule schedule)
{
    static const char *const names[] = {"forward", "reverse", "random"};
    return names[schedule];
}

static void check_bug(const struct planted_bug *bug, enum simt_schedule schedule)
{
    simt_set_schedule(schedule, SEED);
    simt_reset_faults();
    bug->run(true);
    const struct simt_report *report = simt_faults();
    cr_expect(report->count[bug->fault] > 0, "%s, %s: not found as %s; %zu faults, first: %s", bug->name,
              schedule_name(schedule), simt_fault_name(bug->fault), report->total, report->first);
    cr_expect(bug->place == NULL || strstr(report->first, bug->place) != NULL, "%s, %s: no \"%s\" in: %s", bug->name,
              schedule_name(schedule), bug->place, report->first);
}

static void check_without_bug(const struct planted_bug *bug, enum simt_schedule schedule)
{
    simt_set_schedule(schedule, SEED);
    simt_reset_faults();
    bug->run(false);
    cr_expect(eq(sz, simt_faults()->total, 0), "%s, %s, without the bug: %s", bug->name, schedule_name(schedule),
              simt_faults()->first);
}

Test(simt_selftest, planted_bugs_are_found_and_nothing_else)
{
    cr_assert(planted_bug_count >= 10);
    for (size_t i = 0; i < planted_bug_count; i++)
        for (int schedule = SIMT_FORWARD; schedule <= SIMT_RANDOM; schedule++) {
            check_without_bug(&planted_bugs[i], (enum simt_schedule)schedule);
            check_bug(&planted_bugs[i], (enum simt_schedule)schedule);
            check_without_bug(&planted_bugs[i], (enum simt_schedule)schedule); // a fault leaves nothing behind
        }
}

Test(simt_selftest, shuffles_and_ballots)
{
    uint32_t *results = simt_allocate(128 * sizeof *results);
    probe_shuffles(results);
    for (uint32_t lane = 0; lane < 32; lane++) {
        cr_expect(eq(u32, results[lane], lane ^ 5));
        cr_expect(eq(u32, results[32 + lane], 0xaaaaaaaa));
        cr_expect(eq(u32, results[64 + lane], 2 * (lane ^ 16) + 1));
        cr_expect(eq(u32, results[96 + lane], 496));
    }
}

// Element (row, column) of matrix m is 64 m + 8 row + column.
Test(simt_selftest, matrices_are_dealt_to_lanes_as_the_manual_says)
{
    uint16_t *matrices = simt_allocate(256 * sizeof *matrices);
    uint32_t *plain = simt_allocate(128 * sizeof *plain), *transposed = simt_allocate(128 * sizeof *transposed);
    for (int i = 0; i < 256; i++) matrices[i] = (uint16_t)i;
    probe_matrix_load(matrices, plain, transposed);
    for (uint32_t lane = 0; lane < 32; lane++)
        for (uint32_t m = 0; m < 4; m++) {
            uint32_t row = lane / 4, column = lane % 4 * 2, first = 64 * m + 8 * row + column;
            uint32_t turned = 64 * m + 8 * column + row;
            cr_expect(eq(u32, plain[lane * 4 + m], first | (first + 1) << 16));
            cr_expect(eq(u32, transposed[lane * 4 + m], turned | (turned + 8) << 16));
        }
}

Test(simt_selftest, matrix_products_are_products)
{
    float *left = random_floats(SEED, 1, 256, -1, 1), *right = random_floats(SEED, 2, 128, -1, 1);
    uint16_t *a = simt_allocate(256 * sizeof *a), *b = simt_allocate(128 * sizeof *b);
    float *d = simt_allocate(128 * sizeof *d);
    for (int i = 0; i < 256; i++) a[i] = bfloat16_of(left[i]);
    for (int i = 0; i < 128; i++) b[i] = bfloat16_of(right[i]);
    probe_matrix_multiply(a, b, d);
    for (int row = 0; row < 16; row++)
        for (int column = 0; column < 8; column++) {
            double sum = 0;
            for (int k = 0; k < 16; k++)
                sum += (double)bfloat16_value(a[row * 16 + k]) * (double)bfloat16_value(b[column * 16 + k]);
            cr_expect(epsilon_eq(dbl, (double)d[row * 8 + column], sum, 1e-6), "row %d, column %d", row, column);
        }
    free(left);
    free(right);
}

// 32 floats side by side lie in 4 sectors, every eighth float in a sector of its own; 32 words a bank apart collide.
static void expect_counts(int global_stride, int shared_stride, uint64_t sectors, uint64_t passes)
{
    float *from = simt_allocate(32 * 8 * sizeof *from), *to = simt_allocate(32 * sizeof *to);
    const struct simt_access *accesses;
    simt_forget_accesses();
    simt_count_accesses(true);
    probe_strides(from, to, global_stride, shared_stride);
    simt_count_accesses(false);
    size_t count = simt_accesses(&accesses);
    cr_assert(eq(sz, count, 4));
    for (size_t i = 0; i < count; i++) {
        const struct simt_access *access = &accesses[i];
        uint64_t expected = access->shared ? passes : access->store ? 4 : sectors;
        cr_expect(eq(u64, access->executions, 1));
        cr_expect(eq(u64, access->transactions, expected), "strides %d and %d", global_stride, shared_stride);
        cr_expect(eq(u64, access->least, access->shared ? 1 : 4));
    }
    simt_release(from);
    simt_release(to);
}

Test(simt_selftest, accesses_are_counted)
{
    expect_counts(1, 1, 4, 1);
    expect_counts(2, 2, 8, 2);
    expect_counts(8, 32, 32, 32);
    expect_counts(1, 33 - 16, 4, 1);
}

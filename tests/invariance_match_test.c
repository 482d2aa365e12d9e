// invariance_match_test.c: the statistic of claim C3 on magnitudes whose answer can be counted by hand.
#include "report/invariance_match.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <string.h>

#include "base/random.h"

static bool is_close(double value, double expected)
{
    return fabs(value - expected) <= 1e-12 * fmax(1, fabs(expected));
}

static const unsigned all_columns = (1U << PAPER_COLUMNS) - 1;

static unsigned columns_of(const char *const *codes)
{
    unsigned present = 0;
    for (; *codes != NULL; codes++) present |= 1U << paper_find_column(*codes);
    return present;
}

// A magnitude of 2 where the primitive is matched, else 1.
static void fill_perfect(struct invariance_magnitudes *magnitudes)
{
    for (int p = 0; p < LEARNED_PRIMITIVES; p++)
        for (int column = 0; column < PAPER_COLUMNS; column++)
            magnitudes->of[p][column] = invariance_match_has((enum learned_primitive)p, column) ? 2 : 1;
}

static struct invariance_match test(struct invariance_magnitudes *magnitudes, unsigned present)
{
    magnitudes->present = present;
    return invariance_match_test(magnitudes);
}

Test(invariance_match, map_is_that_of_the_design)
{
    // One letter per column: which primitive it matches, - for controls.
    static const char letters[] = {'c', 'g', 'b', 'n'};
    static const char expected[] = "nnnccgbbbb--cb-";
    for (int column = 0; column < PAPER_COLUMNS; column++) {
        char found = '-';
        int matches = 0;
        for (int p = 0; p < LEARNED_PRIMITIVES; p++) {
            if (!invariance_match_has((enum learned_primitive)p, column)) continue;
            found = letters[p];
            matches++;
        }
        cr_expect(found == expected[column] && matches <= 1, "%s: %c", paper_columns[column].code, found);
    }
}

Test(invariance_match, four_teachers_count_out_by_hand)
{
    static const char *const codes[] = {"GN", "Co", "ET", "DB", NULL};
    struct invariance_magnitudes magnitudes;
    fill_perfect(&magnitudes);
    struct invariance_match match = test(&magnitudes, columns_of(codes));
    cr_expect(eq(str, match.missing, ""));
    cr_expect(eq(sz, match.teachers, 4));
    // Standardised, a 2 among three 1s is 1.5 and a 1 is -0.5.
    cr_expect(is_close(match.standardised[LEARNED_NOISE][paper_find_column("GN")], 1.5));
    cr_expect(is_close(match.standardised[LEARNED_NOISE][paper_find_column("ET")], -0.5));
    cr_expect(isnan(match.standardised[LEARNED_NOISE][paper_find_column("SN")]));
    for (int p = 0; p < LEARNED_PRIMITIVES; p++) {
        const struct invariance_contrast *own = &match.primitives[p];
        cr_expect(own->present && own->matched == 1 && own->unmatched == 3, "%s", learned_kinds[p].key);
        cr_expect(is_close(own->difference, 2));
        cr_expect(is_close(own->greater, 0.25), "one of four choices"); // of the matched teacher
        cr_expect(is_close(own->less, 1));
    }
    cr_expect(match.exact);
    cr_expect(eq(sz, match.permutations, 24));
    cr_expect(match.all.matched == 4 && match.all.unmatched == 12);
    cr_expect(is_close(match.all.difference, 2));
    cr_expect(is_close(match.all.greater, 1.0 / 24), "one of 24 orders: found %g", match.all.greater);
    cr_expect(is_close(match.all.less, 1));
}

Test(invariance_match, the_opposite_is_as_improbable_on_the_other_side)
{
    static const char *const codes[] = {"GN", "Co", "ET", "DB", NULL};
    struct invariance_magnitudes magnitudes;
    fill_perfect(&magnitudes);
    for (int p = 0; p < LEARNED_PRIMITIVES; p++)
        for (int column = 0; column < PAPER_COLUMNS; column++) magnitudes.of[p][column] = -magnitudes.of[p][column];
    struct invariance_match match = test(&magnitudes, columns_of(codes));
    cr_expect(is_close(match.all.difference, -2));
    cr_expect(is_close(match.all.less, 1.0 / 24), "%g", match.all.less);
    cr_expect(is_close(match.all.greater, 1));
}

Test(invariance_match, all_fifteen_are_matched_as_the_map_says)
{
    struct invariance_magnitudes magnitudes;
    fill_perfect(&magnitudes);
    struct invariance_match match = test(&magnitudes, all_columns);
    static const size_t matched[] = {3, 1, 5, 3}, choices[] = {455, 15, 3003, 455}; // of 15
    for (int p = 0; p < LEARNED_PRIMITIVES; p++) {
        cr_expect(eq(sz, match.primitives[p].matched, matched[p]), "%s", learned_kinds[p].key);
        cr_expect(is_close(match.primitives[p].greater, 1.0 / (double)choices[p]), "%s", learned_kinds[p].key);
    }
    cr_expect(match.all.matched == 12 && match.all.unmatched == 48);
    // One order in 15! / (3! 3! 1! 5! 3!) = 50,450,400 is as good; of 100,000 it is the observed one.
    cr_expect(match.permutations == 100000 && !match.exact);
    cr_expect(is_close(match.all.greater, 1e-5), "%g", match.all.greater);
    cr_expect(is_close(match.all.less, 1));
}

Test(invariance_match, random_orders_agree_with_every_order)
{
    // With one primitive the two tests ask the same. 100,000 orders lie within 4 sqrt(p (1 - p) / 100,000) <= 0.0064.
    struct invariance_magnitudes magnitudes = {.present = all_columns};
    for (uint32_t seed = 1; seed <= 5; seed++) {
        struct random_stream stream = random_stream_create(seed, PURPOSE_TEST, 0, 0);
        for (int p = 0; p < LEARNED_PRIMITIVES; p++)
            for (int column = 0; column < PAPER_COLUMNS; column++)
                magnitudes.of[p][column] = p == LEARNED_BLUR ? random_next_normal(&stream) : NAN;
        struct invariance_match match = test(&magnitudes, all_columns);
        cr_expect(not(match.primitives[LEARNED_NOISE].present), "an unknown magnitude leaves its primitive out");
        cr_expect(is_close(match.all.difference, match.primitives[LEARNED_BLUR].difference));
        double error = fabs(match.all.greater - match.primitives[LEARNED_BLUR].greater);
        cr_expect(error <= 0.0064, "seed %u: exact %g, random %g", seed, match.primitives[LEARNED_BLUR].greater,
                  match.all.greater);
        // Both tails hold the observed order.
        cr_expect(match.primitives[LEARNED_BLUR].greater + match.primitives[LEARNED_BLUR].less > 1);
    }
}

Test(invariance_match, equal_magnitudes_say_nothing)
{
    struct invariance_magnitudes magnitudes = {.present = all_columns};
    for (int p = 0; p < LEARNED_PRIMITIVES; p++)
        for (int column = 0; column < PAPER_COLUMNS; column++) magnitudes.of[p][column] = 0.1;
    struct invariance_match match = test(&magnitudes, all_columns);
    cr_expect(eq(dbl, match.all.difference, 0));
    cr_expect(eq(dbl, match.all.greater, 1));
    cr_expect(eq(dbl, match.all.less, 1));
}

Test(invariance_match, what_is_missing_is_a_sentence)
{
    static const char *const three[] = {"GN", "Co", "ET", NULL}, *const controls[] = {"Sn", "Fr", "JC", NULL},
                             *const noises[] = {"GN", "SN", "IN", NULL};
    struct invariance_magnitudes magnitudes;
    fill_perfect(&magnitudes);
    struct invariance_match match = test(&magnitudes, 0);
    cr_expect(ne(ptr, strstr(match.missing, "at least 4 teachers; there are 0."), NULL), "%s", match.missing);
    match = test(&magnitudes, columns_of(three));
    cr_expect(ne(ptr, strstr(match.missing, "at least 4 teachers; there are 3."), NULL), "%s", match.missing);
    cr_expect(not(match.all.present));
    // Four teachers, but magnitudes of one primitive alone, which matches none of them.
    for (int column = 0; column < PAPER_COLUMNS; column++)
        magnitudes.of[LEARNED_CONTRAST][column] = magnitudes.of[LEARNED_GEOMETRIC][column] = NAN;
    match = test(&magnitudes, columns_of(controls) | columns_of(three + 2));
    cr_expect(ne(ptr, strstr(match.missing, "both matched and unmatched"), NULL), "%s", match.missing);
    match = test(&magnitudes, columns_of(controls) | columns_of(noises));
    cr_expect(eq(str, match.missing, ""));
    cr_expect(match.all.matched == 3 && match.all.unmatched == 3);
}

// corruption_test.c: the table of corruptions: order, names, look-up.
#include "harness/corruption.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <strings.h>

Test(corruption, stands_in_the_order_of_the_table)
{
    static const char *const codes[] = {"GN", "SN", "IN", "Br", "Co", "ET", "DB", "GB",
                                        "MB", "ZB", "Sn", "Fr", "Fo", "Pi", "JC"};
    cr_assert(eq(sz, sizeof codes / sizeof codes[0], CORRUPTION_COUNT));
    for (int i = 0; i < CORRUPTION_COUNT; i++) {
        cr_expect(eq(str, (char *)corruption_at(i)->code, (char *)codes[i]), "place %d", i);
        cr_expect(eq(int, corruption_place(corruption_at(i)), i));
    }
}

Test(corruption, is_found_by_exact_code_or_full_name)
{
    for (int i = 0; i < CORRUPTION_COUNT; i++) {
        cr_expect(eq(ptr, (void *)corruption_find(corruption_at(i)->code), (void *)corruption_at(i)));
        cr_expect(eq(ptr, (void *)corruption_find(corruption_at(i)->name), (void *)corruption_at(i)));
    }
    cr_expect(eq(str, (char *)corruption_find("SN")->name, "shot_noise"));
    cr_expect(eq(str, (char *)corruption_find("Sn")->name, "snow"));
    static const char *const unknown[] = {"", "sn", "gn", "Gaussian noise", "GAUSSIAN_NOISE", "GNx", "all"};
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
        cr_expect(eq(ptr, (void *)corruption_find(unknown[i]), NULL), "\"%s\"", unknown[i]);
}

Test(corruption, has_names_that_differ_without_case)
{
    for (int i = 0; i < CORRUPTION_COUNT; i++)
        for (int j = 0; j < i; j++)
            cr_expect(ne(int, strcasecmp(corruption_at(i)->name, corruption_at(j)->name), 0), "places %d and %d", j, i);
}

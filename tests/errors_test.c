// errors_test.c: the yardstick of the golden tests: known distances, and NaN never passes.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>

#include "tests/support/errors.h"

static const enum error_measure measures[] = {ERROR_L2, ERROR_MAX, ERROR_ABSOLUTE, ERROR_RELATIVE, ERROR_LOSS};
enum { MEASURES = sizeof measures / sizeof measures[0] };

Test(errors, measure_what_they_say)
{
    const float computed[] = {3, 4.5F, -1};
    const double truth[] = {3, 4, 0.0};
    const double expected[MEASURES] = {sqrt(1.25) / 5, 0.25, 1, INFINITY, 1e9};
    for (int i = 0; i < MEASURES; i++) {
        double error = error_between(measures[i], computed, truth, 3);
        cr_expect(error == expected[i] || fabs(error - expected[i]) < 1e-6 * expected[i], "%s: %g, expected %g",
                  error_measure_name(measures[i]), error, expected[i]);
    }
    cr_expect(fabs(error_cosine(computed, truth, 3) - 27 / (5 * sqrt(30.25))) < 1e-12);
}

Test(errors, not_a_number_never_passes)
{
    const float numbers[] = {NAN, INFINITY, -INFINITY};
    const double truth[] = {1, 2, 3};
    for (int place = 0; place < 3; place++)
        for (int i = 0; i < MEASURES; i++)
            for (int number = 0; number < 3; number++) {
                float computed[] = {1, 2, 3};
                computed[place] = numbers[number];
                bool passes = error_between(measures[i], computed, truth, 3) <= 1e300;
                bool aligned = error_cosine(computed, truth, 3) >= 0.9;
                cr_expect(passes == false && aligned == false, "%s, place %d, %g", error_measure_name(measures[i]),
                          place, (double)numbers[number]);
            }
    cr_expect(isnan(error_between(ERROR_MAX, NULL, NULL, 0)), "nothing was compared");
}

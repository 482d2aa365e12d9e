// bench_case_test.c: cases made live on every backend meet the reference, and what is wrong is found.
#include "bench/case.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/cases.h"
#include "bench/check.h"
#include "bench/instance.h"
#include "bench/values.h"
#include "tests/support/device_array.h"

static char there; // where a pointer must not be NULL

static struct bench_case conv_case(int images, bool options)
{
    const struct conv_forward conv = {.shape = {1, images, 8, 8, 5, 7, 3, 1},
                                      .input = &there,
                                      .affine = {options ? (float *)&there : NULL, 1},
                                      .filter = {(float *)&there, 1},
                                      .residual = options ? &there : NULL,
                                      .output = &there,
                                      .statistics = options ? &there : NULL};
    struct bench_case bench_case;
    cr_assert(eq(int, bench_case_create(OPERATION_CONV_FORWARD, &conv, &bench_case).code, STATUS_OK));
    return bench_case;
}

// ---- names and shapes ------------------------------------------------------------------------------------------

Test(bench_case, names_tell_operation_shape_and_options)
{
    const struct bench_case full = conv_case(4, true), bare = bench_case_strip(&full);
    const struct bench_case half = bench_case_resize(&full, 2);
    cr_expect(eq(str, (char *)full.name, "conv_forward 3x3/1 8x8 5>7 n4 affine+add+stats"));
    cr_expect(eq(str, (char *)bare.name, "conv_forward 3x3/1 8x8 5>7 n4"));
    cr_expect(eq(str, (char *)half.name, "conv_forward 3x3/1 8x8 5>7 n2 affine+add+stats"));
    cr_expect(eq(int, bench_case_images(&half), 2));
    struct field fields[FIELD_LIMIT];
    cr_expect(eq(int, bench_case_fields(&full, fields), 6));
    cr_expect(eq(int, bench_case_fields(&bare, fields), 3));
    cr_expect(eq(sz, fields[0].count, 4 * 8 * 8 * 5));
    cr_expect(eq(sz, fields[1].count, 9 * 5 * 7));
    cr_expect(eq(sz, fields[2].count, 4 * 8 * 8 * 7));
}

Test(bench_case, what_it_does_not_know_is_an_error)
{
    const struct kl_loss loss = {.runs = 1};
    const struct step_advance two = {.runs = 2};
    struct bench_case bench_case;
    cr_expect(eq(int, bench_case_create(OPERATION_KL_LOSS, &loss, &bench_case).code, STATUS_FAILED));
    cr_expect(eq(int, bench_case_create(OPERATION_STEP_ADVANCE, &two, &bench_case).code, STATUS_FAILED));
}

Test(bench_case, reference_images_divide_the_batch)
{
    const struct bench_case bench_case = conv_case(12, true); // 2 * 9 * 64 * 35 = 40320 flops an image
    cr_expect(eq(int, check_reference_images(&bench_case, 1), 12));
    cr_expect(eq(int, check_reference_images(&bench_case, 5 * 40320e-9), 4), "five images' time, four divide twelve");
    cr_expect(eq(int, check_reference_images(&bench_case, 0), 1));
}

// ---- values ----------------------------------------------------------------------------------------------------

Test(bench_case, values_repeat_and_decide_every_relu)
{
    enum { COUNT = 1000, PERIOD = 64 };
    static const struct field grid = {.values = VALUES_GRID, .count = COUNT};
    static const struct field affine = {.values = VALUES_AFFINE, .count = 2 * PERIOD};
    float values[COUNT], maps[2 * PERIOD];
    values_fill_floats(&grid, 3, PERIOD, COUNT, values);
    values_fill_floats(&affine, 4, 2 * PERIOD, 2 * PERIOD, maps);
    for (int i = 0; i < COUNT; i++) {
        cr_expect(eq(flt, values[i], values[i % PERIOD]), "%d", i);
        for (int c = 0; c < PERIOD; c++) {
            const double exact = (double)maps[c] * (double)values[i] + (double)maps[PERIOD + c];
            cr_expect(fabs(exact) >= 1.0 / 2048, "scale %g, shift %g, value %g", (double)maps[c],
                      (double)maps[PERIOD + c], (double)values[i]);
            cr_expect(eq(dbl, exact, (double)(maps[c] * values[i] + maps[PERIOD + c])), "two roundings change nothing");
        }
    }
}

Test(bench_case, bfloat16_rounds_to_nearest_even)
{
    static const float values[] = {1, -2.5F, 0x1.01p0F, 0x1.03p0F, 0x1.018p0F, 3e38F, INFINITY};
    static const float rounded[] = {1, -2.5F, 1, 0x1.04p0F, 0x1.02p0F, 0x1.c4p127F, INFINITY};
    uint16_t halves[7];
    float back[7];
    values_to_bfloat16(values, 7, halves);
    values_from_bfloat16(halves, 7, back);
    for (int i = 0; i < 7; i++) cr_expect(eq(flt, back[i], rounded[i]), "%a", (double)values[i]);
    const float nothing = NAN;
    values_to_bfloat16(&nothing, 1, halves);
    values_from_bfloat16(halves, 1, back);
    cr_expect(isnan(back[0]));
}

// ---- correctness -----------------------------------------------------------------------------------------------

Test(bench_case, errors_are_relative_to_the_largest_value)
{
    static const double expected[] = {1, -4, 2, 100}, values[] = {1, -4, 2.5, 110, 1, -4, 2, 100};
    cr_expect(eq(dbl, check_error(values + 4, 4, expected, 4, 1, 1), 0));
    cr_expect(epsilon_eq(dbl, check_error(values, 4, expected, 4, 1, 1), 0.1, 1e-15));
    cr_expect(epsilon_eq(dbl, check_error(values, 4, expected, 4, 1, 4), 0.25, 1e-15), "each part by itself");
    cr_expect(epsilon_eq(dbl, check_error(values, 8, expected, 4, 1, 1), 0.1, 1e-15), "expected values repeat");
    static const double doubled[] = {2, -8, 4, 200};
    cr_expect(eq(dbl, check_error(doubled, 4, expected, 4, 2, 1), 0));
    static const double broken[] = {1, NAN, 2, 100}, zeros[] = {0, 0, 0, 0};
    cr_expect(isnan(check_error(broken, 4, expected, 4, 1, 1)));
    cr_expect(isnan(check_error(expected, 4, broken, 4, 1, 1)));
    cr_expect(isinf(check_error(expected, 4, zeros, 4, 1, 1)));
    cr_expect(eq(dbl, check_error(zeros, 4, zeros, 4, 1, 1), 0));
}

// The case on `kernels`, and what a part of its images gives on the reference; `spoil` is applied to the first result.
static struct check_result check(const struct kernels *kernels, const struct bench_case *bench_case, int part_images,
                                 void (*spoil)(struct instance *instance))
{
    struct device *device = NULL, *reference = device_for_test(kernels_find("reference"), 1);
    cr_assert(eq(int, device_open(kernels, (struct device_settings){.threads = 2}, &device).code, STATUS_OK));
    struct instance tested, expected;
    struct check_result result;
    const struct bench_case part = bench_case_resize(bench_case, part_images);
    cr_assert(eq(int, instance_create(device, bench_case, bench_case_images(&part), &tested).code, STATUS_OK));
    cr_assert(eq(int, instance_create(reference, &part, bench_case_images(&part), &expected).code, STATUS_OK));
    instance_run(&tested);
    instance_run(&expected);
    if (spoil != NULL) spoil(&tested);
    cr_assert(eq(int, check_compare(&tested, &expected, &result).code, STATUS_OK));
    instance_destroy(&tested);
    instance_destroy(&expected);
    device_end_test(device);
    device_end_test(reference);
    return result;
}

// The list itself on every backend, at a batch of 2, so that its largest networks take a second.
Test(bench_case, every_case_is_right_on_every_backend)
{
    const struct kernels *const *backends = backends_under_test();
    struct case_list list;
    cr_assert(eq(int, case_list_create((const int[]){2}, 1, &list).code, STATUS_OK));
    for (; *backends != NULL; backends++)
        for (size_t i = 0; i < list.count; i++) {
            const struct check_result result = check(*backends, &list.items[i].bench_case, 1, NULL);
            cr_expect(result.right, "%s on %s: error %g of %g in %s", list.items[i].bench_case.name, (*backends)->name,
                      result.error, result.tolerance, result.field);
            cr_expect(ne(chr, result.field[0], '\0'), "%s compares nothing", list.items[i].bench_case.name);
        }
    case_list_destroy(&list);
}

static void spoil_last_image(struct instance *instance)
{
    float *output = (float *)instance->memory[4];
    output[instance->fields[4].count - 1] += 1;
}

static void spoil_with_nan(struct instance *instance)
{
    ((float *)instance->memory[4])[3] = NAN;
}

Test(bench_case, one_wrong_number_is_found)
{
    const struct bench_case bench_case = conv_case(4, true);
    const struct kernels *kernels = kernels_find("cpu");
    struct check_result result = check(kernels, &bench_case, 2, spoil_last_image);
    cr_expect(not(result.right));
    cr_expect(eq(str, (char *)result.field, "output"));
    cr_expect(result.error > 1e-3);
    result = check(kernels, &bench_case, 2, spoil_with_nan);
    cr_expect(not(result.right));
    cr_expect(isnan(result.error));
    result = check(kernels, &bench_case, 2, NULL);
    cr_expect(result.right);
}

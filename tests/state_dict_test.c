// state_dict_test.c: lists of named tensors: shapes, names, what is refused.
#include "harness/state_dict.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

Test(state_dict, gives_back_what_was_added)
{
    static const struct {
        const char *name;
        int dimension_count;
        int64_t dimensions[STATE_TENSOR_DIMENSIONS];
        size_t length;
    } cases[] = {{"scalar", 0, {0}, 1},
                 {"fc.bias", 1, {10}, 10},
                 {"fc.weight", 2, {10, 64}, 640},
                 {"empty", 3, {4, 0, 7}, 0},
                 {"conv1.weight", 4, {16, 3, 3, 3}, 432}};
    const size_t count = sizeof cases / sizeof cases[0];
    struct state_dict dict = {0};
    float *first = NULL;
    for (size_t i = 0; i < count; i++) {
        float *values = NULL;
        struct status status =
            state_dict_add(&dict, cases[i].name, cases[i].dimension_count, cases[i].dimensions, &values);
        cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
        for (size_t k = 0; k < cases[i].length; k++) cr_assert(eq(flt, values[k], 0), "%s[%zu]", cases[i].name, k);
        for (size_t k = 0; k < cases[i].length; k++) values[k] = (float)(i + 1);
        first = i == 0 ? values : first;
    }
    cr_expect(eq(sz, dict.count, count));
    for (size_t i = 0; i < count; i++) {
        const struct state_tensor *tensor = state_dict_find(&dict, cases[i].name);
        cr_assert(ne(ptr, (void *)tensor, NULL), "%s", cases[i].name);
        cr_expect(eq(sz, state_tensor_length(tensor), cases[i].length), "%s", cases[i].name);
        cr_expect(eq(int, tensor->dimension_count, cases[i].dimension_count), "%s", cases[i].name);
        for (size_t k = 0; k < cases[i].length; k++) cr_assert(eq(flt, tensor->values[k], (float)(i + 1)));
    }
    cr_expect(eq(ptr, first, state_dict_find(&dict, "scalar")->values), "values move when tensors are added");
    cr_expect(eq(ptr, (void *)state_dict_find(&dict, "fc"), NULL));
    state_dict_destroy(&dict);
    cr_expect(eq(sz, dict.count, 0));
    state_dict_destroy(&dict);
}

Test(state_dict, refuses_bad_names_and_shapes)
{
    char longest[64], too_long[65];
    memset(longest, 'a', sizeof longest);
    longest[63] = '\0';
    memset(too_long, 'a', sizeof too_long);
    too_long[64] = '\0';
    static const int64_t one[STATE_TENSOR_DIMENSIONS] = {1}, negative[STATE_TENSOR_DIMENSIONS] = {2, -1},
                         huge[STATE_TENSOR_DIMENSIONS] = {INT64_MAX, INT64_MAX},
                         large[STATE_TENSOR_DIMENSIONS] = {INT64_MAX};
    const struct {
        const char *name;
        int dimension_count;
        const int64_t *dimensions;
    } refused[] = {{"there", 1, one}, {"", 1, one},       {too_long, 1, one},
                   {"five", 5, one},  {"minus", -1, one}, {"negative", 2, negative},
                   {"huge", 2, huge}, {"large", 1, large}};
    struct state_dict dict = {0};
    float *values = NULL;
    cr_assert(eq(int, state_dict_add(&dict, "there", 1, one, &values).code, STATUS_OK));
    cr_assert(eq(int, state_dict_add(&dict, longest, 1, one, &values).code, STATUS_OK));
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        struct status status =
            state_dict_add(&dict, refused[i].name, refused[i].dimension_count, refused[i].dimensions, &values);
        cr_expect(eq(int, status.code, STATUS_BAD_INPUT), "case %zu: %s", i, refused[i].name);
        cr_expect(ne(str, status.message, ""), "case %zu", i);
    }
    cr_expect(eq(sz, dict.count, 2), "a refused tensor was kept");
    state_dict_destroy(&dict);
}

Test(state_dict, out_of_memory_is_a_status)
{
    static const int64_t dimensions[STATE_TENSOR_DIMENSIONS] = {INT64_MAX / 8}; // 4 EiB: no machine has them
    struct state_dict dict = {0};
    float *values = NULL;
    struct status status = state_dict_add(&dict, "vast", 1, dimensions, &values);
    cr_expect(eq(int, status.code, STATUS_NO_MEMORY));
    cr_expect(ne(ptr, strstr(status.message, "vast"), NULL), "%s", status.message);
    cr_expect(eq(sz, dict.count, 0));
    state_dict_destroy(&dict);
}

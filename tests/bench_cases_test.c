// bench_cases_test.c: the list of cases is complete against the networks and against training itself.
#include "bench/cases.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#include "datasets/synthetic.h"
#include "harness/methods/method.h"
#include "harness/training.h"
#include "tests/support/device_array.h"

static struct case_list create_list(const int *batches, int count)
{
    struct case_list list;
    struct status status = case_list_create(batches, count, &list);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    return list;
}

static bool has_case(const struct case_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i].bench_case.name, name) == 0) return true;
    return false;
}

// ---- against training ------------------------------------------------------------------------------------------

// Names of operations since the last whole step; evaluation comes after all steps and never becomes one.
struct watch {
    const struct case_list *list;
    char pending[200][CASE_NAME_SIZE];
    int pending_count, steps;
};

static void watch_operation(void *context, enum operation operation, const void *settings)
{
    struct watch *watch = context;
    struct bench_case bench_case;
    cr_assert(eq(int, bench_case_create(operation, settings, &bench_case).code, STATUS_OK));
    cr_assert(watch->pending_count < 200);
    memcpy(watch->pending[watch->pending_count++], bench_case.name, CASE_NAME_SIZE);
    if (operation != OPERATION_STEP_ADVANCE || !((const struct step_advance *)settings)->count_step) return;
    for (int i = 0; i < watch->pending_count; i++)
        cr_expect(has_case(watch->list, watch->pending[i]), "training does \"%s\", which is no case",
                  watch->pending[i]);
    watch->pending_count = 0;
    watch->steps++;
}

Test(bench_cases, every_operation_of_a_training_step_is_listed)
{
    const struct training_settings settings = {.depth = 10,
                                               .widen = 1,
                                               .batch_size = 20,
                                               .epochs = 1,
                                               .learning_rate = 0.05,
                                               .momentum = 0.9F,
                                               .seed = 3,
                                               .method = &method_ft};
    struct case_list list = create_list((const int[]){20}, 1);
    struct image_set train, test;
    cr_assert(eq(int, synthetic_generate(1, 100, 0, 100, &train).code, STATUS_OK));
    cr_assert(eq(int, synthetic_generate(1, 100, 100, 100, &test).code, STATUS_OK));
    struct device *device = device_for_test(kernels_find("cpu"), 1);
    struct watch watch = {.list = &list};
    device_set_observer(device, (struct device_observer){.before = watch_operation, .context = &watch});
    struct training_outcome outcome;
    struct state_dict model;
    const struct training_job job = {.settings = &settings, .train = &train, .test = &test};
    cr_assert(eq(int, training_run(device, &job, &outcome, &model).code, STATUS_OK));
    cr_expect(eq(int, watch.steps, 5));
    state_dict_destroy(&model);
    image_set_destroy(&train);
    image_set_destroy(&test);
    device_set_observer(device, (struct device_observer){.context = NULL});
    device_end_test(device);
    case_list_destroy(&list);
}

// ---- against the networks' known sizes -------------------------------------------------------------------------

static int count_calls(const struct case_list *list, enum operation operation, int step)
{
    int calls = 0;
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].bench_case.operation == operation) calls += list->items[i].calls[step];
    return calls;
}

Test(bench_cases, calls_are_those_of_the_networks)
{
    // Blocks: 18 of WRN-40-2, 3 of WRN-10-1, two convolutions each, a stem, shortcuts where the width changes: 3 and 2.
    static const struct {
        const char *name;
        int convolutions, norms, joins;
    } steps[] = {{"wrn-40-2 n32", 40, 37, 19},
                 {"wrn-40-2 n128", 40, 37, 19},
                 {"wrn-10-1 n32", 9, 7, 4},
                 {"wrn-10-1 n128", 9, 7, 4}};
    struct case_list list = create_list((const int[]){32, 128}, 2);
    cr_assert(eq(int, list.step_count, 4));
    for (int s = 0; s < 4; s++) {
        cr_expect(eq(str, list.steps[s], (char *)steps[s].name));
        cr_expect(eq(int, count_calls(&list, OPERATION_CONV_FORWARD, s), steps[s].convolutions), "%s", steps[s].name);
        cr_expect(eq(int, count_calls(&list, OPERATION_CONV_BACKWARD_FILTER, s), steps[s].convolutions));
        cr_expect(eq(int, count_calls(&list, OPERATION_CONV_BACKWARD_DATA, s), steps[s].convolutions - 1));
        cr_expect(eq(int, count_calls(&list, OPERATION_BATCHNORM_FINALISE, s), steps[s].norms), "%s", steps[s].name);
        cr_expect(eq(int, count_calls(&list, OPERATION_BATCHNORM_BACKWARD, s), steps[s].norms));
        cr_expect(eq(int, count_calls(&list, OPERATION_SGD_UPDATE, s), 1));
        cr_expect(eq(int, count_calls(&list, OPERATION_SOFTMAX_CROSS_ENTROPY, s), 1));
        cr_expect(eq(int, count_calls(&list, OPERATION_STEP_ADVANCE, s), 1));
        cr_expect(eq(int, count_calls(&list, OPERATION_BATCH_LOAD, s), 1));
    }
    for (size_t i = 0; i < list.count; i++) {
        for (size_t j = 0; j < i; j++)
            cr_expect(ne(str, list.items[i].bench_case.name, list.items[j].bench_case.name), "listed twice");
        if (i > 0)
            cr_expect(le(int, (int)list.items[i - 1].bench_case.operation, (int)list.items[i].bench_case.operation));
        cr_expect(strlen(list.items[i].bench_case.name) < 78, "%s", list.items[i].bench_case.name);
    }
    cr_expect(has_case(&list, "conv_forward 3x3/1 32x32 3>16 n32 stats"));
    cr_expect(has_case(&list, "conv_backward_data 3x3/1 8x8 128>128 n128 coef+mask+sums"));
    cr_expect(has_case(&list, "linear_backward 64>100 n32"));
    case_list_destroy(&list);
}

Test(bench_cases, filter_keeps_what_matches)
{
    struct case_list list = create_list((const int[]){8}, 1);
    cr_expect(eq(int, case_list_filter(&list, "^conv_forward 3x3/1 .* n8 affine\\+add").code, STATUS_OK));
    cr_expect(list.count >= 3);
    for (size_t i = 0; i < list.count; i++)
        cr_expect(ne(ptr, strstr(list.items[i].bench_case.name, "affine+add"), NULL), "%s",
                  list.items[i].bench_case.name);
    cr_expect(eq(int, case_list_filter(&list, "conv[").code, STATUS_USAGE));
    cr_expect(eq(int, case_list_filter(&list, "deconvolution").code, STATUS_USAGE));
    case_list_destroy(&list);
}

// device_test.c: what a device promises whatever its backend: errors stick, captured work is a list that can be replayed,
// observers see every operation, memory belongs to it.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "kernels/device.h"
#include "tests/support/device_array.h"

static struct step_advance advance_of(struct training_state *states, int images)
{
    return (struct step_advance){.runs = 1, .images = images, .count_step = true, .states = states};
}

static struct training_state state_of(struct device *device, const void *memory)
{
    struct training_state state;
    device_get(device, memory, &state, sizeof state);
    return state;
}

Test(device, backends_are_found_by_name_and_cpu_is_the_best)
{
    const struct kernels *const *available = kernels_available();
    cr_assert(available[0] != NULL);
    for (size_t i = 0; available[i] != NULL; i++) {
        cr_expect(kernels_find(available[i]->name) == available[i], "%s", available[i]->name);
        for (size_t j = 0; j < i; j++) cr_expect(strcmp(available[i]->name, available[j]->name) != 0);
        bool unfinished = strcmp(available[i]->name, "cuda") == 0; // kernels/cuda/operation_list.h
        for (int o = 0; !unfinished && o < OPERATION_COUNT; o++)
            cr_expect(available[i]->operations[o] != NULL, "%s lacks %s", available[i]->name, operation_name(o));
    }
    cr_expect(kernels_find("cpu") == available[0]);
    cr_expect(kernels_find("abacus") == NULL);
}

Test(device, the_first_error_sticks_and_later_work_does_nothing)
{
    struct device *device = NULL;
    struct training_state *states = NULL;
    cr_assert(eq(int, device_open(kernels_find("reference"), (struct device_settings){.threads = 1}, &device).code,
                 STATUS_OK));
    cr_assert(eq(int, device_allocate(device, sizeof *states, (void **)&states).code, STATUS_OK));
    device_fail(device, status_error(STATUS_DEVICE, "first"));
    device_fail(device, status_error(STATUS_NO_MEMORY, "second"));
    struct step_advance advance = advance_of(states, 5);
    step_advance(device, &advance);
    struct status status = device_synchronise(device);
    cr_expect(eq(int, status.code, STATUS_DEVICE));
    cr_expect(eq(str, status.message, "first"));
    cr_expect(eq(i64, states->position, 0), "an operation ran after an error");
    device_close(device);
}

Test(device, memory_it_did_not_allocate_is_an_error)
{
    struct device *device = NULL;
    char foreign;
    cr_assert(eq(int, device_open(kernels_find("reference"), (struct device_settings){.threads = 1}, &device).code,
                 STATUS_OK));
    device_release(device, NULL);
    cr_expect(eq(int, device_synchronise(device).code, STATUS_OK));
    device_release(device, &foreign);
    cr_expect(eq(int, device_synchronise(device).code, STATUS_DEVICE));
    device_close(device);
}

Test(device, a_captured_operation_runs_when_launched_with_its_own_copy_of_the_settings)
{
    struct device *device = device_for_test(kernels_find("reference"), 1);
    struct training_state zero = {0}, *states = device_put(device, &zero, sizeof zero);
    struct graph *graph = NULL;
    struct step_advance advance = advance_of(states, 5);
    device_capture_begin(device);
    step_advance(device, &advance);
    step_advance(device, &advance);
    cr_assert(eq(int, device_capture_end(device, &graph).code, STATUS_OK));
    advance.images = 1000;
    cr_expect(eq(sz, graph_length(graph), 2));
    cr_expect(eq(i64, state_of(device, states).position, 0), "capture ran the operation");
    for (int i = 0; i < 3; i++) device_graph_launch(device, graph);
    cr_expect(eq(i64, state_of(device, states).position, 30));
    cr_expect(eq(i64, state_of(device, states).step, 6));
    graph_destroy(graph);
    device_end_test(device);
}

struct seen {
    int before, after;
    enum operation last;
};

static void see_before(void *context, enum operation operation, const void *settings)
{
    struct seen *seen = context;
    const struct step_advance *advance = settings;
    cr_expect(eq(int, advance->images, 7));
    cr_expect(eq(int, seen->before, seen->after), "an operation began before the last one ended");
    seen->before++;
    seen->last = operation;
}

static void see_after(void *context, enum operation operation, const void *settings)
{
    (void)settings;
    struct seen *seen = context;
    seen->after++;
    cr_expect(eq(int, operation, seen->last));
}

Test(device, an_observer_sees_every_operation_of_a_launch)
{
    struct device *device = device_for_test(kernels_find("reference"), 1);
    struct training_state zero = {0}, *states = device_put(device, &zero, sizeof zero);
    struct step_advance advance = advance_of(states, 7);
    struct graph *graph = NULL;
    struct seen seen = {0};
    device_set_observer(device, (struct device_observer){see_before, see_after, &seen});
    device_capture_begin(device);
    step_advance(device, &advance);
    cr_assert(eq(int, device_capture_end(device, &graph).code, STATUS_OK));
    cr_expect(eq(int, seen.before, 0), "capturing counted as running");
    device_graph_launch(device, graph);
    step_advance(device, &advance);
    cr_expect(eq(int, seen.before, 2));
    cr_expect(eq(int, seen.after, 2));
    cr_expect(eq(int, seen.last, OPERATION_STEP_ADVANCE));
    graph_destroy(graph);
    device_end_test(device);
}

Test(device, work_space_grows_is_aligned_and_reused)
{
    struct device *device = device_for_test(kernels_find("reference"), 1);
    void *small = device_scratch(device, 10), *again = device_scratch(device, 100);
    cr_expect(small == again);
    char *large = device_scratch(device, 1 << 20);
    cr_assert(large != NULL);
    cr_expect(eq(sz, (uintptr_t)large % 64, 0));
    memset(large, 1, 1 << 20);
    device_end_test(device);
}

Test(device, memory_is_zero_at_first)
{
    for (const struct kernels *const *k = backends_under_test(); *k != NULL; k++) {
        struct device *device = device_for_test(*k, 1);
        unsigned char bytes[1000], *memory = NULL;
        cr_assert(eq(int, device_allocate(device, sizeof bytes, (void **)&memory).code, STATUS_OK));
        device_get(device, memory, bytes, sizeof bytes);
        for (size_t i = 0; i < sizeof bytes; i++) cr_assert(eq(int, bytes[i], 0), "%s, byte %zu", (*k)->name, i);
        device_end_test(device);
    }
}

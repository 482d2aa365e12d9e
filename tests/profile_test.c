// profile_test.c: a profile lists every call of a step once, adds up, leaves the device as it was; and profile.json can
// be read back. How long anything takes decides nothing here.
#include "bench/profile.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/training_profile.h"
#include "report/step_profile.h"
#include "tests/support/device_array.h"
#include "tests/support/temporary_folder.h"
#ifdef HAVE_SIMT
#include "tests/simt/kernels_simt.h"
#endif

static void load_tiny_preset(struct preset *preset)
{
    cr_assert(eq(int, preset_load("quick", preset).code, STATUS_OK));
    cr_assert(eq(int, preset_override(preset, "training.batch_size=4", "test").code, STATUS_OK));
}

static void expect_rows(const struct profile *profile)
{
    double seconds = 0;
    int calls = 0;
    for (int i = 0; i < profile->row_count; i++) {
        const struct profile_row *row = &profile->rows[i];
        const char *name = operation_name(row->operation);
        cr_expect(row->seconds > 0 && isfinite(row->seconds), "%s %s", name, row->shape);
        cr_expect(row->cost.flops > 0 && row->cost.bytes > 0 && row->bound_seconds > 0, "%s %s", name, row->shape);
        cr_expect(row->shape[0] != '\0' && row->algorithm.name != NULL, "%s", name);
        cr_expect(i == 0 || row->seconds <= row[-1].seconds, "the longest first");
        for (int j = 0; j < i; j++)
            cr_expect(profile->rows[j].operation != row->operation || strcmp(profile->rows[j].shape, row->shape) != 0 ||
                          strcmp(profile->rows[j].algorithm.name, row->algorithm.name) != 0,
                      "%s %s stands twice", name, row->shape);
        seconds += row->seconds;
        calls += row->calls;
    }
    cr_expect(eq(int, calls, profile->calls));
    cr_expect(fabs(seconds - profile->kernel_seconds) <= 1e-9 * seconds);
    cr_expect(profile->kernel_seconds <= profile->step_seconds, "%g s inside, %g s in all", profile->kernel_seconds,
              profile->step_seconds);
}

static int calls_of(const struct profile *profile, enum operation operation)
{
    int calls = 0;
    for (int i = 0; i < profile->row_count; i++)
        if (profile->rows[i].operation == operation) calls += profile->rows[i].calls;
    return calls;
}

Test(profile, lists_every_call_of_the_training_step)
{
    struct preset preset;
    struct profile profile;
    load_tiny_preset(&preset);
    for (int threads = 1; threads <= 2; threads++) {
        struct device *device = device_for_test(kernels_find("cpu"), threads);
        const struct training_profile_request request = {
            .preset = &preset, .method = &method_ft, .device = device, .seconds = 0.1};
        struct status status = training_profile_measure(&request, &profile);
        cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
        expect_rows(&profile);
        // WRN-10-1: a stem, three blocks of two, two shortcuts.
        cr_expect(eq(int, calls_of(&profile, OPERATION_CONV_FORWARD), 9));
        cr_expect(eq(int, calls_of(&profile, OPERATION_CONV_BACKWARD_FILTER), 9));
        cr_expect(eq(int, calls_of(&profile, OPERATION_SGD_UPDATE), 1));
        cr_expect(eq(int, calls_of(&profile, OPERATION_STEP_ADVANCE), 1));
        cr_expect(ge(int, profile.steps, 3));
        cr_expect(eq(int, isfinite(profile.one_thread_step_seconds) != 0, threads > 1));
        cr_expect(eq(int, isfinite(profile.rows[0].one_thread_seconds) != 0, threads > 1));
        profile_destroy(&profile);
        device_end_test(device);
    }
    preset_destroy(&preset);
}

struct count {
    int calls;
};

static void count_step(void *context)
{
    ((struct count *)context)->calls++;
}

// The caller's hook comes before every step, and the device's observer is empty afterwards.
#ifdef HAVE_SIMT
Test(profile, refuses_a_device_whose_operations_go_on_after_they_return)
{
    struct device *device = NULL;
    struct profile profile;
    cr_assert(
        eq(int, device_open(&kernels_cuda_simt, (struct device_settings){.threads = 1}, &device).code, STATUS_OK));
    const struct profile_request request = {.device = device, .seconds = 0.02};
    struct status status = profile_measure(&request, &profile);
    cr_expect(eq(int, status.code, STATUS_DEVICE));
    cr_expect(strstr(status.message, "gpu-check") != NULL, "%s", status.message);
    device_end_test(device);
}
#endif

Test(profile, prepares_every_step)
{
    float value = 1;
    struct device *device = device_for_test(kernels_find("reference"), 1);
    float *gradient = device_put_floats(device, &value, 1);
    struct graph *graph = NULL;
    struct count count = {0};
    struct profile profile;
    device_capture_begin(device);
    gradient_clip(device, &(struct gradient_clip){.runs = 1, .count = 1, .limit = 5, .gradient = {gradient, 1}});
    gradient_clip(device, &(struct gradient_clip){.runs = 1, .count = 1, .limit = 5, .gradient = {gradient, 1}});
    cr_assert(eq(int, device_capture_end(device, &graph).code, STATUS_OK));
    const struct profile_request request = {
        .device = device, .step = graph, .before_step = count_step, .context = &count, .seconds = 0.02};
    struct status status = profile_measure(&request, &profile);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    cr_expect(eq(int, profile.row_count, 1), "calls of one shape share a row");
    cr_expect(eq(int, profile.rows[0].calls, 2));
    cr_expect(eq(dbl, profile.rows[0].cost.flops, 6));
    cr_expect(ge(int, count.calls, profile.steps));
    const int before = count.calls;
    device_graph_launch(device, graph);
    cr_expect(eq(int, count.calls, before));
    profile_destroy(&profile);
    graph_destroy(graph);
    device_end_test(device);
}

Test(profile, idle_share_is_what_one_thread_would_not_need)
{
    cr_expect(eq(dbl, profile_idle_share(2, 1, 2), 0));
    cr_expect(eq(dbl, profile_idle_share(2, 1, 1), 0.5), "one thread does it all");
    cr_expect(eq(dbl, profile_idle_share(4, 1, 1), 0.75));
    cr_expect(lt(dbl, profile_idle_share(2, 1, 2.5), 0), "two caches");
    cr_expect(isnan(profile_idle_share(1, 1, NAN)));
}

Test(profile, is_written_and_read_back)
{
    struct preset preset;
    struct step_profile read;
    char folder[TEMPORARY_PATH_SIZE], path[TEMPORARY_PATH_SIZE + 16];
    temporary_folder_create(folder);
    snprintf(path, sizeof path, "%s/%s", folder, STEP_PROFILE_FILE);
    load_tiny_preset(&preset);
    struct device *device = device_for_test(kernels_find("cpu"), 2);
    const struct training_profile_request request = {
        .preset = &preset, .method = &method_ft, .device = device, .seconds = 0.1};
    struct status status = training_profile_write(&request, "0123abcd", path);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    cr_assert(eq(int, step_profile_read(folder, NULL, &read).code, STATUS_OK));
    cr_assert(ne(ptr, read.root, NULL), "%s", read.absent);
    cr_expect(eq(str, (char *)read.configuration_hash, "0123abcd"));
    cr_expect(eq(str, (char *)read.method, "FT"));
    cr_expect(eq(dbl, read.images, 4));
    cr_expect(eq(dbl, read.threads, 2));
    cr_expect(read.fma_gflops > 0 && read.copy_gigabytes_per_second > 0);
    double calls = 0, share = 0;
    for (size_t i = 0; i < read.operation_count; i++) {
        calls += read.operations[i].calls;
        share += step_profile_time_share(&read, &read.operations[i]);
    }
    cr_expect(eq(dbl, calls, read.calls));
    cr_expect(fabs(share - step_profile_kernel_share(&read)) < 0.01, "%g of %g", share,
              step_profile_kernel_share(&read));
    step_profile_destroy(&read);
    snprintf(path, sizeof path, "%s/absent/x.json", folder);
    cr_expect(eq(int, training_profile_write(&request, "0123abcd", path).code, STATUS_MISSING));
    device_end_test(device);
    preset_destroy(&preset);
    temporary_folder_remove(folder);
}

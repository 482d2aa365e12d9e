// cuda_memory_test.c: a training that does not fit a device says what it needs, what there is and the largest batch that
// fits, to the byte. On the host-side runner, whose memory can be limited.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "harness/memory_need.h"
#include "kernels/counting.h"
#include "tests/simt/kernels_simt.h"
#include "tests/simt/simt.h"
#include "tests/support/training_jobs.h"

enum { PIECE = 512 };

// One step of `batch` of four images, WRN-10-1.
static void job_of_four(struct small_job *small, int batch)
{
    small_job_create(small);
    small->train.count = 4;
    small->test.count = 2;
    small->settings.epochs = 1;
    small->settings.batch_size = batch;
}

static struct device *open_device(const struct kernels *kernels)
{
    struct device *device = NULL;
    cr_assert(eq(int, device_open(kernels, (struct device_settings){.threads = 1}, &device).code, STATUS_OK));
    return device;
}

static size_t need(const struct small_job *small, int batch)
{
    size_t bytes = 0;
    struct status status = memory_need_count(&kernels_cuda_simt, &small->job, batch, &bytes);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    return bytes;
}

static struct status train_within(size_t bytes, int batch)
{
    struct small_job small;
    struct training_outcome outcome;
    struct state_dict model;
    struct device *device = open_device(&kernels_cuda_simt);
    job_of_four(&small, batch);
    simt_limit_memory(bytes);
    struct status status = training_run(device, &small.job, &outcome, &model);
    simt_limit_memory(SIZE_MAX);
    state_dict_destroy(&model);
    training_outcome_destroy(&outcome);
    device_close(device);
    small_job_destroy(&small);
    return status;
}

static void expect_advice(const struct status *status, const char *advice)
{
    cr_expect(eq(int, status->code, STATUS_NO_MEMORY));
    cr_expect(eq(int, status_exit_code(status->code), 4));
    cr_expect(strstr(status->message, advice) != NULL, "expected \"%s\" in: %s", advice, status->message);
}

Test(cuda_memory, what_is_counted_is_what_a_training_takes)
{
    struct small_job small;
    job_of_four(&small, 3);
    size_t bytes = need(&small, 3);
    small_job_destroy(&small);
    struct status fits = train_within(bytes, 3), misses = train_within(bytes - PIECE, 3);
    cr_expect(eq(int, fits.code, STATUS_OK), "with the %zu bytes counted: %s", bytes, fits.message);
    expect_advice(&misses, "the largest that fits is 2");
}

Test(cuda_memory, the_sentence_has_need_and_rest_and_the_largest_batch)
{
    struct small_job small;
    char expected[160];
    job_of_four(&small, 4);
    const double mebi = 1 << 20;
    size_t wanted = need(&small, 4), there = need(&small, 2);
    small_job_destroy(&small);
    cr_expect(wanted > there);
    struct status status = train_within(there, 4);
    snprintf(
        expected, sizeof expected,
        "batches of 4 (training.batch_size) needs %.2f MiB, %.2f MiB of %.2f MiB were left; the largest that fits is 2",
        (double)wanted / mebi, (double)there / mebi, (double)there / mebi);
    expect_advice(&status, expected);
    status = train_within((size_t)1 << 20, 4);
    expect_advice(&status, "not even one of 1 fits");
}

Test(cuda_memory, other_reasons_are_left_alone)
{
    struct small_job small;
    struct device *device = open_device(&kernels_cuda_simt);
    struct status host = status_error(STATUS_NO_MEMORY, "list: out of memory");
    struct status other = status_error(STATUS_DEVICE, "fell off the bus");
    job_of_four(&small, 4);
    struct status status = memory_need_explain(device, &small.job, memory_room_ask(device), host);
    cr_expect(eq(str, status.message, host.message), "the device has enough");
    status = memory_need_explain(device, &small.job, memory_room_ask(device), other);
    cr_expect(eq(str, status.message, other.message));
    device_close(device);
    device = open_device(kernels_find("reference"));
    status = memory_need_explain(device, &small.job, memory_room_ask(device), host);
    cr_expect(eq(str, status.message, host.message), "a device whose memory nobody knows");
    device_close(device);
    small_job_destroy(&small);
}

Test(cuda_memory, a_counting_device_keeps_the_highest_mark_and_gives_zeros)
{
    struct device *device = NULL;
    void *first = NULL, *second = NULL, *third = NULL;
    unsigned char bytes[4] = {1, 2, 3, 4};
    cr_assert(eq(int, device_counting_open(&kernels_cuda_simt, &device).code, STATUS_OK));
    cr_assert(eq(int, device_allocate(device, 1, &first).code, STATUS_OK));
    cr_assert(eq(int, device_allocate(device, PIECE, &second).code, STATUS_OK));
    cr_expect(eq(sz, device_counting_bytes(device), 2 * PIECE));
    device_release(device, second);
    cr_assert(eq(int, device_allocate(device, PIECE + 1, &third).code, STATUS_OK));
    cr_expect(first != third && second != third);
    cr_expect(eq(sz, device_counting_bytes(device), 3 * PIECE));
    device_release(device, third);
    cr_expect(eq(sz, device_counting_bytes(device), 3 * PIECE));
    device_upload(device, first, bytes, sizeof bytes);
    device_download(device, bytes, first, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++) cr_expect(eq(int, bytes[i], 0));
    device_counting_close(device);
    device_counting_close(NULL);
}

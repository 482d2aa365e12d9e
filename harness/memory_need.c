// memory_need.c: see memory_need.h. Tests: tests/cuda_memory_test.c.
#include "harness/memory_need.h"

#include <stdio.h>

#include "harness/evaluation.h"
#include "harness/training_session.h"
#include "kernels/counting.h"

static struct status count_steps(struct training_session *session, const struct training_job *job)
{
    struct evaluation evaluation;
    for (int i = 0; i < 4; i++) {
        const struct graph *recording = session->recordings[i / 2][i % 2];
        if (recording != NULL) device_graph_launch(session->device, recording);
    }
    return evaluation_run(session->device, session->network, job->test->classes, &session->test,
                          job->settings->batch_size, &evaluation, NULL);
}

struct status memory_need_count(const struct kernels *kernels, const struct training_job *job, int batch_size,
                                size_t *bytes)
{
    struct device *device = NULL;
    struct training_session session;
    struct training_settings settings = *job->settings;
    struct training_job counted = *job;
    settings.batch_size = batch_size;
    counted.settings = &settings;
    *bytes = 0;
    struct status status = device_counting_open(kernels, &device);
    if (status.code != STATUS_OK) return status;
    status = training_session_create(device, &counted, &session);
    if (status.code == STATUS_OK) status = count_steps(&session, &counted);
    training_session_destroy(&session);
    *bytes = device_counting_bytes(device);
    device_counting_close(device);
    return status;
}

// The largest batch, below one that does not fit; 0: none.
static struct status find_largest(const struct kernels *kernels, const struct training_job *job, size_t left_bytes,
                                  int *largest)
{
    struct status status = status_ok();
    int too_large = job->settings->batch_size;
    *largest = 0;
    while (status.code == STATUS_OK && too_large - *largest > 1) {
        int middle = *largest + (too_large - *largest) / 2;
        size_t bytes = 0;
        status = memory_need_count(kernels, job, middle, &bytes);
        if (bytes <= left_bytes)
            *largest = middle;
        else
            too_large = middle;
    }
    return status;
}

struct memory_room memory_room_ask(struct device *device)
{
    const struct kernels *kernels = device_kernels(device);
    struct memory_room room = {0, 0};
    if (kernels->memory_left != NULL) kernels->memory_left(device, &room.left_bytes, &room.total_bytes);
    return room;
}

struct bytes_text {
    char text[24];
};

static struct bytes_text text_of(size_t bytes)
{
    struct bytes_text text;
    const bool small = bytes < (size_t)1 << 30;
    snprintf(text.text, sizeof text.text, "%.2f %s", (double)bytes / (small ? 1 << 20 : 1 << 30),
             small ? "MiB" : "GiB");
    return text;
}

struct status memory_need_explain(const struct device *device, const struct training_job *job, struct memory_room room,
                                  struct status refusal)
{
    const struct kernels *kernels = device_kernels(device);
    size_t needed_bytes = 0;
    int largest = 0;
    char advice[64] = "not even one of 1 fits";
    if (refusal.code != STATUS_NO_MEMORY || room.total_bytes == 0) return refusal;
    struct status status = memory_need_count(kernels, job, job->settings->batch_size, &needed_bytes);
    if (status.code == STATUS_OK && needed_bytes > room.left_bytes)
        status = find_largest(kernels, job, room.left_bytes, &largest);
    if (status.code != STATUS_OK || needed_bytes <= room.left_bytes) return refusal; // the reason is another
    if (largest > 0) snprintf(advice, sizeof advice, "the largest that fits is %d", largest);
    return status_error(STATUS_NO_MEMORY,
                        "memory of the device %s: training with batches of %d (training.batch_size) needs %s, %s of %s "
                        "were left; %s",
                        kernels->name, job->settings->batch_size, text_of(needed_bytes).text,
                        text_of(room.left_bytes).text, text_of(room.total_bytes).text, advice);
}

// corrupted_evaluation.c: batch by batch from host memory through corruption and network.
// Tests: tests/corrupted_evaluation_test.c.
#include "harness/corrupted_evaluation.h"

#include <stdlib.h>

#include "base/interrupt.h"
#include "harness/image_corruptor.h"

struct corrupted_evaluator {
    struct device *device;
    struct corrupted_evaluation_settings settings;
    struct network *network;
    struct image_corruptor *corruptor;
    int32_t *labels;         // in device memory, of all images
    struct metrics *metrics; // in device memory
    double images_done;
};

static struct status create_parts(struct corrupted_evaluator *evaluator, const struct state_dict *model)
{
    const struct corrupted_evaluation_settings *settings = &evaluator->settings;
    const struct network_shape shape = {.depth = settings->depth,
                                        .widen = settings->widen,
                                        .classes = settings->images->classes,
                                        .side = IMAGE_SIDE,
                                        .channels = IMAGE_CHANNELS,
                                        .runs = 1,
                                        .images = settings->batch};
    const size_t label_bytes = (size_t)settings->images->count * sizeof *evaluator->labels;
    struct device *device = evaluator->device;
    struct status status = network_create(device, &shape, false, &evaluator->network);
    if (status.code == STATUS_OK) status = network_import(evaluator->network, 0, model, true);
    if (status.code == STATUS_OK)
        status =
            image_corruptor_create(device, settings->batch, settings->seed, settings->frost, &evaluator->corruptor);
    if (status.code == STATUS_OK) status = device_allocate(device, label_bytes, (void **)&evaluator->labels);
    if (status.code == STATUS_OK)
        status = device_allocate(device, sizeof *evaluator->metrics, (void **)&evaluator->metrics);
    if (status.code == STATUS_OK) device_upload(device, evaluator->labels, settings->images->labels, label_bytes);
    return status;
}

struct status corrupted_evaluator_create(struct device *device, const struct corrupted_evaluation_settings *settings,
                                         const struct state_dict *model, struct corrupted_evaluator **evaluator)
{
    struct corrupted_evaluator *made = calloc(1, sizeof *made);
    *evaluator = NULL;
    if (made == NULL) return status_error(STATUS_NO_MEMORY, "evaluate corrupted images: out of memory");
    *made = (struct corrupted_evaluator){.device = device, .settings = *settings};
    struct status status = create_parts(made, model);
    if (status.code == STATUS_OK)
        *evaluator = made;
    else
        corrupted_evaluator_destroy(made);
    return status;
}

void corrupted_evaluator_destroy(struct corrupted_evaluator *evaluator)
{
    if (evaluator == NULL) return;
    network_destroy(evaluator->network);
    image_corruptor_destroy(evaluator->corruptor);
    device_release(evaluator->device, evaluator->labels);
    device_release(evaluator->device, evaluator->metrics);
    free(evaluator);
}

static void enqueue_batch(struct corrupted_evaluator *evaluator, enum corruption_kind kind, int severity, int first,
                          const uint8_t *pixels, int count)
{
    image_corruptor_enqueue(evaluator->corruptor, kind, severity, first, pixels + (size_t)first * IMAGE_BYTES, count);
    image_corruptor_normalise(evaluator->corruptor, count, network_input(evaluator->network));
    network_forward(evaluator->network, count, BATCHNORM_FROZEN);
    softmax_cross_entropy(evaluator->device,
                          &(struct softmax_cross_entropy){.runs = 1,
                                                          .images = count,
                                                          .classes = evaluator->settings.images->classes,
                                                          .logits = network_logits(evaluator->network),
                                                          .labels = evaluator->labels + first,
                                                          .metrics = evaluator->metrics});
}

static struct status run(struct corrupted_evaluator *evaluator, enum corruption_kind kind, int severity,
                         const uint8_t *pixels, struct evaluation *evaluation)
{
    const struct corrupted_evaluation_settings *settings = &evaluator->settings;
    struct metrics metrics = {0};
    device_zero(evaluator->device, evaluator->metrics, sizeof metrics);
    for (int first = 0, count; first < settings->images->count; first += count) {
        count = settings->images->count - first < settings->batch ? settings->images->count - first : settings->batch;
        enqueue_batch(evaluator, kind, severity, first, pixels, count);
        evaluator->images_done += count;
        if (settings->progress != NULL) settings->progress(settings->context, evaluator->images_done);
        if (interrupt_requested()) return interrupt_status();
    }
    device_download(evaluator->device, &metrics, evaluator->metrics, sizeof metrics);
    struct status status = device_synchronise(evaluator->device);
    if (status.code != STATUS_OK) return status;
    *evaluation = (struct evaluation){.accuracy = (double)metrics.correct / (double)metrics.images,
                                      .loss = metrics.loss_sum / (double)metrics.images,
                                      .correct = metrics.correct,
                                      .images = metrics.images};
    return status;
}

struct status corrupted_evaluator_run(struct corrupted_evaluator *evaluator, enum corruption_kind kind, int severity,
                                      struct evaluation *evaluation)
{
    return run(evaluator, kind, severity, evaluator->settings.images->pixels, evaluation);
}

// Severity 0 of any corruption leaves the pixels as they are.
struct status corrupted_evaluator_run_pixels(struct corrupted_evaluator *evaluator, const uint8_t *pixels,
                                             struct evaluation *evaluation)
{
    return run(evaluator, CORRUPTION_GAUSSIAN_NOISE, 0, pixels, evaluation);
}

// evaluation.c: see evaluation.h; and training_evaluate, which brings network and set of its own.
// Tests: tests/training_test.c.
#include "harness/evaluation.h"

#include "base/interrupt.h"

static void enqueue_batch(struct device *device, struct network *network, int classes, const struct resident_set *set,
                          int images)
{
    resident_set_load(device, set, images, BASE_AUGMENTATION_NONE, network_input(network));
    network_forward(network, images, BATCHNORM_FROZEN);
    softmax_cross_entropy(device, &(struct softmax_cross_entropy){.runs = 1,
                                                                  .images = images,
                                                                  .classes = classes,
                                                                  .logits = network_logits(network),
                                                                  .labels = set->batch_labels,
                                                                  .metrics = set->metrics});
    step_advance(device, &(struct step_advance){.runs = 1, .images = images, .states = set->state});
}

struct status evaluation_run(struct device *device, struct network *network, int classes,
                             const struct resident_set *set, int batch, struct evaluation *evaluation, float *logits)
{
    device_zero(device, set->state, sizeof *set->state);
    device_zero(device, set->metrics, sizeof *set->metrics);
    for (int first = 0; first < set->count; first += batch) {
        int images = set->count - first < batch ? set->count - first : batch;
        enqueue_batch(device, network, classes, set, images);
        if (logits != NULL)
            device_download(device, logits + (size_t)first * (size_t)classes, network_logits(network),
                            (size_t)images * (size_t)classes * sizeof *logits);
        if (interrupt_requested()) return interrupt_status();
    }
    struct metrics metrics = {0};
    device_download(device, &metrics, set->metrics, sizeof metrics);
    struct status status = device_synchronise(device);
    if (status.code != STATUS_OK) return status;
    *evaluation = (struct evaluation){.accuracy = (double)metrics.correct / (double)metrics.images,
                                      .loss = metrics.loss_sum / (double)metrics.images,
                                      .correct = metrics.correct,
                                      .images = metrics.images};
    return status;
}

struct status training_evaluate(struct device *device, int depth, int widen, const struct state_dict *model,
                                const struct image_set *images, int batch_size, struct evaluation *evaluation,
                                float *logits)
{
    struct network *network = NULL;
    struct resident_set set = {0};
    struct network_shape shape = {.depth = depth,
                                  .widen = widen,
                                  .classes = images->classes,
                                  .side = IMAGE_SIDE,
                                  .channels = IMAGE_CHANNELS,
                                  .runs = 1,
                                  .images = batch_size};
    struct status status = network_create(device, &shape, false, &network);
    if (status.code == STATUS_OK) status = network_import(network, 0, model, true);
    if (status.code == STATUS_OK) status = resident_set_create(device, images, batch_size, &set);
    if (status.code == STATUS_OK)
        status = evaluation_run(device, network, images->classes, &set, batch_size, evaluation, logits);
    resident_set_destroy(device, &set);
    network_destroy(network);
    return status;
}

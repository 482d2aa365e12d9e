// ft.c: FT, fine-tuning: cross entropy on the images after the base augmentation alone. Teachers train this way too.
#include "harness/methods/method.h"

static void enqueue_step(const struct training_step *step)
{
    int images = step->settings->batch_size;
    resident_set_load(step->device, step->train, images, step->settings->base_augmentation,
                      network_input(step->network));
    network_forward(step->network, images, BATCHNORM_BATCH_UPDATE);
    softmax_cross_entropy(step->device,
                          &(struct softmax_cross_entropy){.runs = 1,
                                                          .images = images,
                                                          .classes = step->classes,
                                                          .label_smoothing = step->settings->label_smoothing,
                                                          .logits = network_logits(step->network),
                                                          .labels = step->train->batch_labels,
                                                          .grad_logits = network_grad_logits(step->network),
                                                          .metrics = step->train->metrics});
    network_backward(step->network, images, BATCHNORM_BATCH_UPDATE, NETWORK_PARAMETER_GRADIENTS, NULL);
}

const struct method method_ft = {
    .code = "FT",
    .name = "fine-tuning",
    .description = "cross entropy on the clean images, no augmentation beyond the base",
    .enqueue_step = enqueue_step,
};

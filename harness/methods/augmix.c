// augmix.c: AM, AugMix (Hendrycks et al., ICLR 2020): cross entropy on the clean image and 12 times the Jensen-Shannon divergence of
// its prediction from those of two mixtures, all three in one pass with one batch norm.
#include "harness/methods/method.h"

enum { VIEWS = 3 }; // clean, first, second

static void enqueue_views(const struct training_step *step)
{
    const struct training_settings *settings = step->settings;
    augmix_views(step->device, &(struct augmix_views){.runs = 1,
                                                      .images = settings->batch_size,
                                                      .height = IMAGE_SIDE,
                                                      .width = IMAGE_SIDE,
                                                      .channels = IMAGE_CHANNELS,
                                                      .severity = settings->augmix.severity,
                                                      .all_operations = settings->augmix.all_operations,
                                                      .order = step->train->order,
                                                      .order_stride = (size_t)step->train->count,
                                                      .states = step->train->state,
                                                      .input = step->loader->bytes,
                                                      .output = network_input(step->network)});
}

static void enqueue_step(const struct training_step *step)
{
    const int images = step->settings->batch_size;
    image_loader_enqueue_bytes(step->loader);
    enqueue_views(step);
    network_forward(step->network, VIEWS * images, BATCHNORM_BATCH_UPDATE);
    augmix_loss(step->device, &(struct augmix_loss){.runs = 1,
                                                    .images = images,
                                                    .classes = step->classes,
                                                    .logits = network_logits(step->network),
                                                    .labels = step->train->batch_labels,
                                                    .grad_logits = network_grad_logits(step->network),
                                                    .metrics = step->train->metrics});
    network_backward(step->network, VIEWS * images, BATCHNORM_BATCH_UPDATE, NETWORK_PARAMETER_GRADIENTS, NULL);
}

const struct method method_augmix = {
    .code = "AM",
    .name = "AugMix",
    .description = "cross entropy on the clean image, and agreement with two random mixtures of image operations",
    .views = VIEWS,
    .enqueue_step = enqueue_step,
};

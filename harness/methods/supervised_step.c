// supervised_step.c: cross entropy on the images that the loader gives, clean or corrupted: teachers, FT and FA train so;
// and on images that a method has made itself.
#include "harness/methods/method.h"

void supervised_pass_enqueue(const struct training_step *step)
{
    const int images = step->settings->batch_size;
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

void supervised_step_enqueue(const struct training_step *step)
{
    image_loader_enqueue(step->loader, network_input(step->network));
    supervised_pass_enqueue(step);
}

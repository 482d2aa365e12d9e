// kl_loss.c: KL(softmax(first) || softmax(second)), and its gradient (q - p) / images with respect to the second.
#include "kernels/reference/reference.h"
#include "kernels/reference/softmax.h"

static void kl_row(const struct kl_loss *loss, int run, size_t row)
{
    size_t first = row * (size_t)loss->classes;
    struct softmax p = softmax_of_row(loss->first + first, loss->classes);
    struct softmax q = softmax_of_row(loss->second + first, loss->classes);
    double sum = 0;
    for (int class = 0; class < loss->classes; class ++) {
        double probability = softmax_probability(&p, class);
        sum += softmax_divergence_term(probability, softmax_log_probability(&p, class),
                                       softmax_log_probability(&q, class));
        if (loss->grad_second != NULL)
            loss->grad_second[first + (size_t) class] =
                (float)((softmax_probability(&q, class) - probability) / loss->images);
    }
    loss_record_row(loss->row_loss, loss->metrics, run, row, sum, 0);
}

void kl_loss_reference(struct device *device, const void *settings)
{
    (void)device;
    const struct kl_loss *loss = settings;
    for (int run = 0; run < loss->runs; run++)
        for (int image = 0; image < loss->images; image++)
            kl_row(loss, run, (size_t)run * (size_t)loss->images + (size_t)image);
}

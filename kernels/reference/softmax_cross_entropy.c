// softmax_cross_entropy.c: -sum t log p with label smoothing, and its gradient (p - t) / images.
#include "kernels/reference/reference.h"
#include "kernels/reference/softmax.h"

static void cross_entropy_row(const struct softmax_cross_entropy *loss, int run, size_t row)
{
    size_t first = row * (size_t)loss->classes;
    struct softmax softmax = softmax_of_row(loss->logits + first, loss->classes);
    int32_t label = loss->labels[row];
    double sum = 0;
    for (int class = 0; class < loss->classes; class ++) {
        double target = smoothed_target(class, label, loss->label_smoothing, loss->classes);
        if (target != 0) // a class without weight may have log p = -infinity
            sum -= target * softmax_log_probability(&softmax, class);
        if (loss->grad_logits != NULL)
            loss->grad_logits[first + (size_t) class] =
                (float)((softmax_probability(&softmax, class) - target) / loss->images);
    }
    loss_record_row(loss->row_loss, loss->metrics, run, row, sum, softmax.largest == label);
}

void softmax_cross_entropy_reference(struct device *device, const void *settings)
{
    (void)device;
    const struct softmax_cross_entropy *loss = settings;
    for (int run = 0; run < loss->runs; run++)
        for (int image = 0; image < loss->images; image++)
            cross_entropy_row(loss, run, (size_t)run * (size_t)loss->images + (size_t)image);
}

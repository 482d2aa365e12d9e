// non_saturating_loss.c: -sum t log(1 - p + 1e-12), which pushes the probability of the label down.
//
// Gradient, with r_k = t_k p_k / (1 - p_k + 1e-12):  (r_k - p_k * sum r) / images. A confident network has 1 - p far below
// the spacing of numbers near 1, so the largest class takes 1 - p as the sum of the others, and its
// gradient in the form  r (1 - p) - p * (the others' r),  where the large terms have already cancelled.
#include <math.h>

#include "kernels/reference/reference.h"
#include "kernels/reference/softmax.h"

static const double guard = 1e-12;

static double log_complement(const struct softmax *softmax, int class)
{
    if (class == softmax->largest) return log(softmax_complement(softmax, class) + guard);
    return log1p(guard - softmax_probability(softmax, class));
}

static double ratio(const struct non_saturating_loss *loss, const struct softmax *softmax, int class, int32_t label)
{
    double target = smoothed_target(class, label, loss->label_smoothing, loss->classes);
    return target * softmax_probability(softmax, class) / (softmax_complement(softmax, class) + guard);
}

static void differentiate_row(const struct non_saturating_loss *loss, const struct softmax *softmax, int32_t label,
                              float *grad)
{
    double rest = 0; // sum of r over all classes but the largest
    for (int class = 0; class < loss->classes; class ++)
        if (class != softmax->largest) rest += ratio(loss, softmax, class, label);
    double peak = ratio(loss, softmax, softmax->largest, label);
    for (int class = 0; class < loss->classes; class ++) {
        double probability = softmax_probability(softmax, class);
        double slope = class == softmax->largest ? peak * softmax_complement(softmax, class) - probability * rest
                                                 : ratio(loss, softmax, class, label) - probability * (rest + peak);
        grad[class] = (float)(slope / loss->images);
    }
}

static void non_saturating_row(const struct non_saturating_loss *loss, int run, size_t row)
{
    size_t first = row * (size_t)loss->classes;
    struct softmax softmax = softmax_of_row(loss->logits + first, loss->classes);
    int32_t label = loss->labels[row];
    double sum = 0;
    for (int class = 0; class < loss->classes; class ++)
        sum -= smoothed_target(class, label, loss->label_smoothing, loss->classes) * log_complement(&softmax, class);
    if (loss->grad_logits != NULL) differentiate_row(loss, &softmax, label, loss->grad_logits + first);
    loss_record_row(loss->row_loss, loss->metrics, run, row, sum, softmax.largest == label);
}

void non_saturating_loss_reference(struct device *device, const void *settings)
{
    (void)device;
    const struct non_saturating_loss *loss = settings;
    for (int run = 0; run < loss->runs; run++)
        for (int image = 0; image < loss->images; image++)
            non_saturating_row(loss, run, (size_t)run * (size_t)loss->images + (size_t)image);
}

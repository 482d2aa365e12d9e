// non_saturating_loss.cu: -sum t log(1 - p + 1e-12); reference/non_saturating_loss.c says why the largest class is treated
// apart.
// Bound     the launch.
// Launch    a warp per row, eight rows a block (losses.cuh).
#include "kernels/cuda/losses.cuh"

#define GUARD 1e-12

DEVICE double ratio(const struct non_saturating_loss &loss, const row_softmax &s, int label, int32_t truth)
{
    double target = smoothed(label, truth, loss.label_smoothing, loss.classes);
    return target * row_probability(s, label) / (row_complement(s, label) + GUARD);
}

DEVICE double log_complement(const row_softmax &s, int label)
{
    if (label == s.largest) return log(row_complement(s, label) + GUARD);
    return log1p(GUARD - row_probability(s, label));
}

DEVICE loss_row loss_of_row(const struct non_saturating_loss &loss, unsigned run, int image, unsigned lane)
{
    size_t row = (size_t)run * (size_t)loss.images + (size_t)image, first = row * (size_t)loss.classes;
    row_softmax s = row_softmax_of(loss.logits + first, loss.classes, lane);
    int32_t truth = loss.labels[row];
    double sum = 0, rest = 0, peak = ratio(loss, s, s.largest, truth);
    for (int i = (int)lane; i < loss.classes; i += WARP) {
        sum -= smoothed(i, truth, loss.label_smoothing, loss.classes) * log_complement(s, i);
        if (i != s.largest) rest += ratio(loss, s, i, truth);
    }
    rest = warp_sum(rest);
    for (int i = (int)lane; loss.grad_logits != NULL && i < loss.classes; i += WARP) {
        double probability = row_probability(s, i);
        double slope = i == s.largest ? peak * row_complement(s, i) - probability * rest
                                      : ratio(loss, s, i, truth) - probability * (rest + peak);
        loss.grad_logits[first + (size_t)i] = (float)(slope / loss.images);
    }
    return row_result(warp_sum(sum), s.largest == truth);
}

CUDA_OPERATION(non_saturating_loss)
{
    const struct non_saturating_loss *loss = (const struct non_saturating_loss *)settings;
    loss_launch(device, "non_saturating_loss", loss, loss_outputs{loss->row_loss, loss->metrics, NULL});
}

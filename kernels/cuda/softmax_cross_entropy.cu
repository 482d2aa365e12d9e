// softmax_cross_entropy.cu: -sum t log p with label smoothing, and its gradient (p - t) / images.
// Bound     the launch.
// Launch    a warp per row, eight rows a block (losses.cuh).
#include "kernels/cuda/losses.cuh"

DEVICE loss_row loss_of_row(const struct softmax_cross_entropy &loss, unsigned run, int image, unsigned lane)
{
    size_t row = (size_t)run * (size_t)loss.images + (size_t)image, first = row * (size_t)loss.classes;
    row_softmax s = row_softmax_of(loss.logits + first, loss.classes, lane);
    int32_t truth = loss.labels[row];
    double sum = 0;
    for (int i = (int)lane; i < loss.classes; i += WARP) {
        double target = smoothed(i, truth, loss.label_smoothing, loss.classes);
        if (target != 0) sum -= target * row_log_probability(s, i); // else log p may be -infinity
        if (loss.grad_logits != NULL)
            loss.grad_logits[first + (size_t)i] = (float)((row_probability(s, i) - target) / loss.images);
    }
    return row_result(warp_sum(sum), s.largest == truth);
}

CUDA_OPERATION(softmax_cross_entropy)
{
    const struct softmax_cross_entropy *loss = (const struct softmax_cross_entropy *)settings;
    loss_launch(device, "softmax_cross_entropy", loss, loss_outputs{loss->row_loss, loss->metrics, NULL});
}

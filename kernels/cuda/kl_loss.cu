// kl_loss.cu: KL(softmax(first) || softmax(second)), and its gradient (q - p) / images with respect to the second.
// Bound     the launch.
// Launch    a warp per row, eight rows a block (losses.cuh).
#include "kernels/cuda/losses.cuh"

DEVICE loss_row loss_of_row(const struct kl_loss &loss, unsigned run, int image, unsigned lane)
{
    size_t first = ((size_t)run * (size_t)loss.images + (size_t)image) * (size_t)loss.classes;
    row_softmax p = row_softmax_of(loss.first + first, loss.classes, lane);
    row_softmax q = row_softmax_of(loss.second + first, loss.classes, lane);
    double sum = 0;
    for (int i = (int)lane; i < loss.classes; i += WARP) {
        double probability = row_probability(p, i);
        sum += divergence_term(probability, row_log_probability(p, i), row_log_probability(q, i));
        if (loss.grad_second != NULL)
            loss.grad_second[first + (size_t)i] = (float)((row_probability(q, i) - probability) / loss.images);
    }
    return row_result(warp_sum(sum), false);
}

CUDA_OPERATION(kl_loss)
{
    const struct kl_loss *loss = (const struct kl_loss *)settings;
    loss_launch(device, "kl_loss", loss, loss_outputs{loss->row_loss, loss->metrics, NULL});
}

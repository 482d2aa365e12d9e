// augmix_loss.cu: cross entropy on the clean view plus 12 times the mean divergence of three views from their mixture;
// formulas as in reference/augmix_loss.c.
// Bound     the launch.
// Launch    a warp per image, eight images a block (losses.cuh).
#include "kernels/cuda/losses.cuh"

enum { VIEWS = 3 };
#define MIXTURE_FLOOR 1e-7
#define DIVERGENCE_WEIGHT 12.0

struct mixture {
    double log_limited;
    int limited; // 1 where the mixture lies below the floor
};

DEVICE mixture mixture_of(const row_softmax views[VIEWS], int label)
{
    double mean = 0;
#pragma unroll
    for (int view = 0; view < VIEWS; view++) mean += row_probability(views[view], label);
    mean /= VIEWS;
    if (mean < MIXTURE_FLOOR) return mixture{log(MIXTURE_FLOOR), 1};
    return mixture{mean > 1 ? 0 : log(mean), 0};
}

// p * q of one class, without the weight; 0 where p is 0 and log p therefore -infinity.
DEVICE double slope_of(const row_softmax &view, const mixture &mixed, int label)
{
    return divergence_term(row_probability(view, label), row_log_probability(view, label),
                           mixed.log_limited - mixed.limited);
}

DEVICE loss_row loss_of_row(const struct augmix_loss &loss, unsigned run, int image, unsigned lane)
{
    size_t row = (size_t)run * (size_t)loss.images + (size_t)image, first[VIEWS];
    int32_t truth = loss.labels[row];
    row_softmax views[VIEWS];
#pragma unroll
    for (int view = 0; view < VIEWS; view++) {
        first[view] =
            (((size_t)run * VIEWS + (size_t)view) * (size_t)loss.images + (size_t)image) * (size_t)loss.classes;
        views[view] = row_softmax_of(loss.logits + first[view], loss.classes, lane);
    }
    double weight = DIVERGENCE_WEIGHT / VIEWS / loss.images, divergence[VIEWS], slopes[VIEWS];
#pragma unroll
    for (int view = 0; view < VIEWS; view++) {
        divergence[view] = slopes[view] = 0;
        for (int i = (int)lane; i < loss.classes; i += WARP) {
            mixture mixed = mixture_of(views, i);
            divergence[view] += divergence_term(row_probability(views[view], i), row_log_probability(views[view], i),
                                                mixed.log_limited);
            slopes[view] += weight * slope_of(views[view], mixed, i);
        }
        divergence[view] = warp_sum(divergence[view]);
        slopes[view] = warp_sum(slopes[view]);
        for (int i = (int)lane; loss.grad_logits != NULL && i < loss.classes; i += WARP) {
            double probability = row_probability(views[view], i);
            double slope = weight * slope_of(views[view], mixture_of(views, i), i) - probability * slopes[view];
            if (view == 0) slope += (probability - (i == truth)) / loss.images;
            loss.grad_logits[first[view] + (size_t)i] = (float)slope;
        }
    }
    double cross_entropy = -row_log_probability(views[0], truth);
    double sum = divergence[0] + divergence[1] + divergence[2];
    return loss_row{cross_entropy + DIVERGENCE_WEIGHT * sum / VIEWS,
                    {cross_entropy, divergence[0], divergence[1], divergence[2]},
                    views[0].largest == truth};
}

CUDA_OPERATION(augmix_loss)
{
    const struct augmix_loss *loss = (const struct augmix_loss *)settings;
    loss_launch(device, "augmix_loss", loss, loss_outputs{loss->row_loss, loss->metrics, loss->components});
}

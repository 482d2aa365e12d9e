// feature_distance_loss.cu: how far the second's features point away from the first's; formulas as in
// reference/feature_distance_loss.c.
// Bound     the launch.
// Launch    a warp per row, eight rows a block (losses.cuh).
#include "kernels/cuda/losses.cuh"

DEVICE double row_norm(const float *row, int count, unsigned lane)
{
    double sum = 0;
    for (int i = (int)lane; i < count; i += WARP) sum += (double)row[i] * (double)row[i];
    return sqrt(warp_sum(sum));
}

DEVICE double unit(float value, double norm)
{
    return norm == 0 ? 0 : (double)value / norm;
}

DEVICE loss_row loss_of_row(const struct feature_distance_loss &loss, unsigned run, int image, unsigned lane)
{
    size_t start = ((size_t)run * (size_t)loss.images + (size_t)image) * (size_t)loss.features;
    const float *first = loss.first + start, *second = loss.second + start;
    double norm_first = row_norm(first, loss.features, lane), norm_second = row_norm(second, loss.features, lane);
    double cosine = 0, factor = loss.distance == FEATURE_DISTANCE_COSINE ? 1 : 2;
    for (int i = (int)lane; i < loss.features; i += WARP)
        cosine += unit(first[i], norm_first) * unit(second[i], norm_second);
    cosine = warp_sum(cosine);
    for (int i = (int)lane; loss.grad_second != NULL && i < loss.features; i += WARP) {
        double across = unit(first[i], norm_first) - cosine * unit(second[i], norm_second);
        loss.grad_second[start + (size_t)i] =
            norm_second == 0 ? 0 : (float)(-factor * across / (norm_second * loss.images));
    }
    return row_result(factor * (1 - cosine), false);
}

CUDA_OPERATION(feature_distance_loss)
{
    const struct feature_distance_loss *loss = (const struct feature_distance_loss *)settings;
    loss_launch(device, "feature_distance_loss", loss, loss_outputs{loss->row_loss, loss->metrics, NULL});
}

// feature_distance_loss.c: how far the second's features point away from the first's.
//   cosine             d = 1 - c                  with u, v the rows divided by their norms, c = u . v
//   normalised square  d = |u - v|^2 = 2 (1 - c)
// Gradient of the mean of d with respect to the second: -(u - c v) / (norm of the second * images), twice that for the
// square. A row of zeros has no direction: it counts as perpendicular, with gradient 0.
#include <math.h>

#include "kernels/reference/reference.h"
#include "kernels/reference/softmax.h"

static double norm_of(const float *row, int count)
{
    double sum = 0;
    for (int i = 0; i < count; i++) sum += (double)row[i] * (double)row[i];
    return sqrt(sum);
}

static double unit(const float *row, int i, double norm)
{
    return norm == 0 ? 0 : (double)row[i] / norm;
}

static void distance_row(const struct feature_distance_loss *loss, int run, size_t row)
{
    size_t start = row * (size_t)loss->features;
    const float *first = loss->first + start, *second = loss->second + start;
    double norm_first = norm_of(first, loss->features), norm_second = norm_of(second, loss->features);
    double cosine = 0;
    for (int i = 0; i < loss->features; i++) cosine += unit(first, i, norm_first) * unit(second, i, norm_second);
    double factor = loss->distance == FEATURE_DISTANCE_COSINE ? 1 : 2;
    for (int i = 0; loss->grad_second != NULL && i < loss->features; i++) {
        double across = unit(first, i, norm_first) - cosine * unit(second, i, norm_second);
        loss->grad_second[start + (size_t)i] =
            norm_second == 0 ? 0 : (float)(-factor * across / (norm_second * loss->images));
    }
    loss_record_row(loss->row_loss, loss->metrics, run, row, factor * (1 - cosine), 0);
}

void feature_distance_loss_reference(struct device *device, const void *settings)
{
    (void)device;
    const struct feature_distance_loss *loss = settings;
    for (int run = 0; run < loss->runs; run++)
        for (int image = 0; image < loss->images; image++)
            distance_row(loss, run, (size_t)run * (size_t)loss->images + (size_t)image);
}

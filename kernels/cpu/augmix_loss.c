// augmix_loss.c: the reference's arithmetic, in double, with each exponential and logarithm computed once instead of up to
// eight times and the rows shared out among threads. The same bits as the reference's.
// Bound     arithmetic: three exponentials and one logarithm per class and image.
// Parallel  over rows; a row's numbers have a slot of their own, and the slots are added in the order of the images.
#include <math.h>
#include <omp.h>
#include <string.h>

#include "kernels/cpu/cpu.h"
#include "kernels/cpu/scratch.h"
#include "kernels/device.h"
#include "kernels/reference/softmax.h"

enum { VIEWS = 3, THREADED_LOGITS = 1024 }; // see softmax_cross_entropy.c

static const double mixture_floor = 1e-7;
static const double divergence_weight = 12;

// One row of one view, and what the three of them share.
struct view {
    double *probabilities, *log_probabilities;
    int largest;
};

struct mixture {
    double *logarithms; // of the limited mixture
    double *limits;     // 1 where the mixture lies below the floor
};

struct row_result {
    double cross_entropy, divergences[VIEWS];
    int hit;
};

static void open_view(const float *logits, int classes, struct view *view)
{
    double others = 0;
    view->largest = 0;
    for (int class = 1; class < classes; class ++)
        if (logits[class] > logits[view->largest]) view->largest = class;
    for (int class = 0; class < classes; class ++) {
        view->log_probabilities[class] = (double)logits[class] - (double)logits[view->largest];
        view->probabilities[class] = exp(view->log_probabilities[class]);
        if (class != view->largest) others += view->probabilities[class];
    }
    const double logarithm = log1p(others);
    for (int class = 0; class < classes; class ++) {
        view->probabilities[class] /= 1 + others;
        view->log_probabilities[class] -= logarithm;
    }
}

static void mix_views(const struct view views[VIEWS], int classes, struct mixture mixture)
{
    for (int class = 0; class < classes; class ++) {
        double mean = 0;
        for (int view = 0; view < VIEWS; view++) mean += views[view].probabilities[class];
        mean /= VIEWS;
        mixture.limits[class] = mean < mixture_floor;
        mixture.logarithms[class] = mean < mixture_floor ? log(mixture_floor) : mean > 1 ? 0 : log(mean);
    }
}

static double divergence(const struct view *view, int classes, struct mixture mixture)
{
    double sum = 0;
    for (int class = 0; class < classes; class ++)
        sum += softmax_divergence_term(view->probabilities[class], view->log_probabilities[class],
                                       mixture.logarithms[class]);
    return sum;
}

// Overwrites the view's log probabilities with p * q.
static void differentiate_view(const struct augmix_loss *loss, struct view *view, struct mixture mixture, int label,
                               float *grad)
{
    const double weight = divergence_weight / VIEWS / loss->images;
    double *slopes = view->log_probabilities, total = 0;
    for (int class = 0; class < loss->classes; class ++) {
        slopes[class] = weight * softmax_divergence_term(view->probabilities[class], view->log_probabilities[class],
                                                         mixture.logarithms[class] - mixture.limits[class]);
        total += slopes[class];
    }
    for (int class = 0; class < loss->classes; class ++) {
        double slope = slopes[class] - view->probabilities[class] * total;
        if (label >= 0) slope += (view->probabilities[class] - (class == label)) / loss->images;
        grad[class] = (float)slope;
    }
}

// `space` holds 2 * VIEWS + 2 rows of doubles.
static struct row_result augmix_row(const struct augmix_loss *loss, size_t row, double *space)
{
    const size_t classes = (size_t)loss->classes, images = (size_t)loss->images, run = row / images;
    const int label = loss->labels[row];
    const struct mixture mixture = {space, space + classes};
    struct view views[VIEWS];
    struct row_result result;
    size_t first[VIEWS];
    for (size_t view = 0; view < VIEWS; view++) {
        first[view] = ((run * VIEWS + view) * images + row % images) * classes;
        views[view].probabilities = space + (2 + 2 * view) * classes;
        views[view].log_probabilities = space + (3 + 2 * view) * classes;
        open_view(loss->logits + first[view], loss->classes, &views[view]);
    }
    mix_views(views, loss->classes, mixture);
    result.cross_entropy = -views[0].log_probabilities[label];
    result.hit = views[0].largest == label;
    for (size_t view = 0; view < VIEWS; view++) {
        result.divergences[view] = divergence(&views[view], loss->classes, mixture);
        if (loss->grad_logits != NULL)
            differentiate_view(loss, &views[view], mixture, view == 0 ? label : -1, loss->grad_logits + first[view]);
    }
    return result;
}

static void record_row(const struct augmix_loss *loss, size_t row, const struct row_result *result)
{
    const size_t run = row / (size_t)loss->images;
    double *components = loss->components == NULL ? NULL : loss->components + run * (VIEWS + 1), sum = 0;
    if (components != NULL) components[0] += result->cross_entropy / loss->images;
    for (int view = 0; view < VIEWS; view++) {
        sum += result->divergences[view];
        if (components != NULL) components[1 + view] += result->divergences[view] / loss->images;
    }
    loss_record_row(loss->row_loss, loss->metrics, (int)run, row,
                    result->cross_entropy + divergence_weight * sum / VIEWS, result->hit);
}

void augmix_loss_cpu(struct device *device, const void *settings)
{
    const struct augmix_loss *loss = settings;
    const size_t rows = (size_t)loss->runs * (size_t)loss->images;
    const int threads = VIEWS * rows * (size_t)loss->classes < THREADED_LOGITS ? 1 : device->threads;
    const size_t result_bytes = rows * sizeof(struct row_result);
    const size_t space_bytes = scratch_round((2 * VIEWS + 2) * (size_t)loss->classes * sizeof(double)); // of one thread
    char *cursor = device_scratch(device, scratch_round(result_bytes) + (size_t)threads * space_bytes);
    if (cursor == NULL) return;
    struct row_result *results = scratch_take(&cursor, result_bytes);
    if (loss->components != NULL)
        memset(loss->components, 0, (size_t)loss->runs * (VIEWS + 1) * sizeof *loss->components);
#pragma omp parallel for num_threads(threads) schedule(static)
    for (size_t row = 0; row < rows; row++)
        results[row] = augmix_row(loss, row, (double *)(cursor + (size_t)omp_get_thread_num() * space_bytes));
    for (size_t row = 0; row < rows; row++) record_row(loss, row, &results[row]);
}

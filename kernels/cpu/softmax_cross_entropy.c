// softmax_cross_entropy.c: the reference's arithmetic, in double, with each exponential computed once instead of twice and
// the rows shared out among threads. The same bits as the reference's.
// Bound     arithmetic: one exponential per logit, images * classes of them.
// Parallel  over rows; a row's loss has a slot of its own, and the slots are added in the order of the images.
#include <math.h>
#include <omp.h>

#include "kernels/cpu/cpu.h"
#include "kernels/cpu/scratch.h"
#include "kernels/device.h"
#include "kernels/reference/softmax.h"

enum { THREADED_LOGITS = 1024 }; // seven microseconds of exponentials; waking a thread takes one or two

struct row_result {
    double loss;
    int hit;
};

// Exponentials relative to the largest logit, 1 for itself; returns the sum of the others.
static double exponentials(const float *logits, int classes, int largest, double *values)
{
    double others = 0;
    for (int class = 0; class < classes; class ++) {
        values[class] = exp((double)logits[class] - (double)logits[largest]);
        if (class != largest) others += values[class];
    }
    return others;
}

static int largest_of(const float *logits, int classes)
{
    int largest = 0;
    for (int class = 1; class < classes; class ++)
        if (logits[class] > logits[largest]) largest = class;
    return largest;
}

static struct row_result cross_entropy_row(const struct softmax_cross_entropy *loss, size_t row, double *values)
{
    const float *logits = loss->logits + row * (size_t)loss->classes;
    float *gradient = loss->grad_logits == NULL ? NULL : loss->grad_logits + row * (size_t)loss->classes;
    const int label = loss->labels[row], largest = largest_of(logits, loss->classes);
    const double others = exponentials(logits, loss->classes, largest, values), logarithm = log1p(others);
    double sum = 0;
    for (int class = 0; class < loss->classes; class ++) {
        double target = smoothed_target(class, label, loss->label_smoothing, loss->classes);
        if (target != 0) // a class without weight may have log p = -infinity
            sum -= target * ((double)logits[class] - (double)logits[largest] - logarithm);
        if (gradient != NULL) gradient[class] = (float)((values[class] / (1 + others) - target) / loss->images);
    }
    return (struct row_result){sum, largest == label};
}

void softmax_cross_entropy_cpu(struct device *device, const void *settings)
{
    const struct softmax_cross_entropy *loss = settings;
    const size_t rows = (size_t)loss->runs * (size_t)loss->images;
    const int threads = rows * (size_t)loss->classes < THREADED_LOGITS ? 1 : device->threads;
    const size_t result_bytes = rows * sizeof(struct row_result);
    const size_t value_bytes = scratch_round((size_t)loss->classes * sizeof(double)); // of one thread
    char *cursor = device_scratch(device, scratch_round(result_bytes) + (size_t)threads * value_bytes);
    if (cursor == NULL) return;
    struct row_result *results = scratch_take(&cursor, result_bytes);
#pragma omp parallel for num_threads(threads) schedule(static)
    for (size_t row = 0; row < rows; row++)
        results[row] = cross_entropy_row(loss, row, (double *)(cursor + (size_t)omp_get_thread_num() * value_bytes));
    for (size_t row = 0; row < rows; row++)
        loss_record_row(loss->row_loss, loss->metrics, (int)(row / (size_t)loss->images), row, results[row].loss,
                        results[row].hit);
}

// softmax.c: see softmax.h.
#include "kernels/reference/softmax.h"

#include <math.h>

struct softmax softmax_of_row(const float *logits, int classes)
{
    struct softmax softmax = {.logits = logits, .classes = classes};
    for (int class = 1; class < classes; class ++)
        if (logits[class] > logits[softmax.largest]) softmax.largest = class;
    for (int class = 0; class < classes; class ++)
        if (class != softmax.largest) softmax.others += exp((double)logits[class] - (double)logits[softmax.largest]);
    return softmax;
}

double softmax_log_probability(const struct softmax *softmax, int class)
{
    return (double)softmax->logits[class] - (double)softmax->logits[softmax->largest] - log1p(softmax->others);
}

double softmax_probability(const struct softmax *softmax, int class)
{
    return exp((double)softmax->logits[class] - (double)softmax->logits[softmax->largest]) / (1 + softmax->others);
}

double softmax_complement(const struct softmax *softmax, int class)
{
    if (class == softmax->largest) return softmax->others / (1 + softmax->others);
    return 1 - softmax_probability(softmax, class); // at most 1/2 is taken away: nothing cancels
}

double softmax_divergence_term(double probability, double log_probability, double other)
{
    return probability == 0 ? 0 : probability * (log_probability - other);
}

double smoothed_target(int class, int32_t label, float smoothing, int classes)
{
    return (class == label ? 1 - (double)smoothing : 0) + (double)smoothing / classes;
}

void loss_record_row(float *row_loss, struct metrics *metrics, int run, size_t row, double loss, int hit)
{
    if (row_loss != NULL) row_loss[row] = (float)loss;
    if (metrics != NULL) {
        metrics[run].loss_sum += loss;
        metrics[run].correct += hit;
        metrics[run].images++;
    }
}

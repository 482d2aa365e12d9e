// softmax.h: the softmax of one row of logits, in a form that neither overflows nor cancels: nothing is stored per class,
// probabilities are formed when asked for. And how a row's loss enters the metrics.
#ifndef KERNELS_REFERENCE_SOFTMAX_H
#define KERNELS_REFERENCE_SOFTMAX_H

#include <stddef.h>
#include <stdint.h>

#include "kernels/kernels.h"

struct softmax {
    const float *logits; // the row, borrowed
    int classes;
    int largest;   // the first class with the largest logit
    double others; // sum over all other classes of exp(logit - largest logit)
};

struct softmax softmax_of_row(const float *logits, int classes);
double softmax_log_probability(const struct softmax *softmax, int class);
double softmax_probability(const struct softmax *softmax, int class);
// 1 - probability, to full relative precision also where the probability is close to 1.
double softmax_complement(const struct softmax *softmax, int class);

// p * (log p - other), the term of a divergence; 0 log 0 = 0.
double softmax_divergence_term(double probability, double log_probability, double other);

// t_k = (1 - smoothing) * [k = label] + smoothing / classes
double smoothed_target(int class, int32_t label, float smoothing, int classes);

// Row `row` of run `run` had this loss: into row_loss and metrics, either of which may be NULL. hit: 1 where the
// prediction was right.
void loss_record_row(float *row_loss, struct metrics *metrics, int run, size_t row, double loss, int hit);

#endif

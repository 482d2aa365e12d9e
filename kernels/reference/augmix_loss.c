// augmix_loss.c: cross entropy on the clean view plus 12 times the mean divergence of three views from their mixture.
//
// Per row, with M the limited mixture:  q_v = 4 / images * (log p_v - log M + [mixture < 1e-7]),
//   gradient of view v = p_v * (q_v - sum p_v q_v), plus (p_1 - onehot) / images on the clean view.
// Where the limit is inactive the 1 from differentiating p log p cancels against the derivative of log M; where it is
// active it stays.
#include <math.h>

#include "kernels/reference/reference.h"
#include "kernels/reference/softmax.h"

enum { VIEWS = 3 };

static const double mixture_floor = 1e-7;
static const double divergence_weight = 12;

struct mixture {
    double log_limited;
    int limited; // 1 where the mixture lies below the floor
};

static struct mixture mixture_of(const struct softmax views[VIEWS], int class)
{
    double mean = 0;
    for (int view = 0; view < VIEWS; view++) mean += softmax_probability(&views[view], class);
    mean /= VIEWS;
    if (mean < mixture_floor) return (struct mixture){log(mixture_floor), 1};
    return (struct mixture){mean > 1 ? 0 : log(mean), 0};
}

static double divergence(const struct softmax views[VIEWS], int view)
{
    double sum = 0;
    for (int class = 0; class < views[view].classes; class ++)
        sum +=
            softmax_divergence_term(softmax_probability(&views[view], class),
                                    softmax_log_probability(&views[view], class), mixture_of(views, class).log_limited);
    return sum;
}

// p * q of one class; 0 where p is 0 and log p therefore -infinity.
static double weighted_slope(const struct softmax views[VIEWS], int view, int class, double weight)
{
    struct mixture mixture = mixture_of(views, class);
    return weight * softmax_divergence_term(softmax_probability(&views[view], class),
                                            softmax_log_probability(&views[view], class),
                                            mixture.log_limited - mixture.limited);
}

static void differentiate_view(const struct softmax views[VIEWS], int view, int32_t label, int images, float *grad)
{
    double weight = divergence_weight / VIEWS / images, total = 0;
    for (int class = 0; class < views[view].classes; class ++) total += weighted_slope(views, view, class, weight);
    for (int class = 0; class < views[view].classes; class ++) {
        double probability = softmax_probability(&views[view], class);
        double slope = weighted_slope(views, view, class, weight) - probability * total;
        if (view == 0) slope += (probability - (class == label)) / images;
        grad[class] = (float)slope;
    }
}

static void augmix_row(const struct augmix_loss *loss, int run, int image)
{
    size_t row = (size_t)run * (size_t)loss->images + (size_t)image;
    int32_t label = loss->labels[row];
    struct softmax views[VIEWS];
    size_t first[VIEWS];
    for (int view = 0; view < VIEWS; view++) {
        first[view] =
            (((size_t)run * VIEWS + (size_t)view) * (size_t)loss->images + (size_t)image) * (size_t)loss->classes;
        views[view] = softmax_of_row(loss->logits + first[view], loss->classes);
    }
    double cross_entropy = -softmax_log_probability(&views[0], label), sum = 0;
    if (loss->components != NULL) loss->components[(size_t)run * (VIEWS + 1)] += cross_entropy / loss->images;
    for (int view = 0; view < VIEWS; view++) {
        double part = divergence(views, view);
        sum += part;
        if (loss->components != NULL)
            loss->components[(size_t)run * (VIEWS + 1) + 1 + (size_t)view] += part / loss->images;
        if (loss->grad_logits != NULL)
            differentiate_view(views, view, label, loss->images, loss->grad_logits + first[view]);
    }
    loss_record_row(loss->row_loss, loss->metrics, run, row, cross_entropy + divergence_weight * sum / VIEWS,
                    views[0].largest == label);
}

void augmix_loss_reference(struct device *device, const void *settings)
{
    (void)device;
    const struct augmix_loss *loss = settings;
    for (int run = 0; run < loss->runs; run++) {
        for (int part = 0; loss->components != NULL && part < VIEWS + 1; part++)
            loss->components[(size_t)run * (VIEWS + 1) + (size_t)part] = 0;
        for (int image = 0; image < loss->images; image++) augmix_row(loss, run, image);
    }
}

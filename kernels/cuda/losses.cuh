// losses.cuh: what all losses share: a warp computes one row (an image of a run) in double, block by block of rows; the
// last block of a run adds the rows up in a fixed order into the metrics.
#ifndef KERNELS_CUDA_LOSSES_CUH
#define KERNELS_CUDA_LOSSES_CUH

#include <math.h>

#include "kernels/cuda/numbers.cuh"

enum { LOSS_PARTS = 4, LOSS_ROWS = 8 }; // components that a loss may report; rows of a block

struct loss_row {
    double loss, parts[LOSS_PARTS];
    int64_t hit; // the label's logit is the largest
};

// ---- softmax of one row, held by the lanes together; as reference/softmax.h ----------------------------------------

struct row_softmax {
    const float *logits;
    int classes, largest; // the first of the largest
    double peak, others;  // the largest logit; sum of exp(logit - peak) over the other classes
};

DEVICE row_softmax row_softmax_of(const float *logits, int classes, unsigned lane)
{
    float best = -INFINITY;
    int place = classes;
    for (int i = (int)lane; i < classes; i += WARP)
        if (place == classes || logits[i] > best) {
            best = logits[i];
            place = i;
        }
#pragma unroll
    for (unsigned lanes = WARP / 2; lanes > 0; lanes /= 2) {
        float other = warp_shuffle_xor(best, lanes);
        int other_place = (int)warp_shuffle_xor((float)place, lanes); // exact: classes are few
        bool better =
            other_place < classes && (place == classes || other > best || (other == best && other_place < place));
        if (better) {
            best = other;
            place = other_place;
        }
    }
    row_softmax s = {logits, classes, place, (double)logits[place], 0};
    for (int i = (int)lane; i < classes; i += WARP)
        if (i != place) s.others += exp((double)logits[i] - s.peak);
    s.others = warp_sum(s.others);
    return s;
}

DEVICE double row_log_probability(const row_softmax &s, int label)
{
    return (double)s.logits[label] - s.peak - log1p(s.others);
}

DEVICE double row_probability(const row_softmax &s, int label)
{
    return exp((double)s.logits[label] - s.peak) / (1 + s.others);
}

DEVICE double row_complement(const row_softmax &s, int label)
{
    if (label == s.largest) return s.others / (1 + s.others);
    return 1 - row_probability(s, label);
}

DEVICE double divergence_term(double probability, double log_probability, double other)
{
    return probability == 0 ? 0 : probability * (log_probability - other);
}

DEVICE double smoothed(int label, int32_t truth, float smoothing, int classes)
{
    return (label == truth ? 1 - (double)smoothing : 0) + (double)smoothing / classes;
}

DEVICE loss_row row_result(double loss, bool hit)
{
    return loss_row{loss, {0, 0, 0, 0}, hit};
}

// ---- the kernel --------------------------------------------------------------------------------------------------

// Where results go that the rows do not write themselves; any may be NULL.
struct loss_outputs {
    float *row_loss;
    struct metrics *metrics;
    double *components; // LOSS_PARTS a run, overwritten: means of the parts
};

// Lane-wise sums over the rows in steps of a warp, then across lanes: the order hangs on the number of rows alone.
DEVICE void add_rows(const loss_row *rows, int images, unsigned run, const loss_outputs &out)
{
    double loss = 0, hits = 0, parts[LOSS_PARTS] = {0, 0, 0, 0};
    for (int i = (int)threadIdx.x; i < images; i += WARP) {
        loss += rows[i].loss;
        hits += (double)rows[i].hit;
        for (int p = 0; p < LOSS_PARTS; p++) parts[p] += rows[i].parts[p];
    }
    loss = warp_sum(loss);
    hits = warp_sum(hits);
    for (int p = 0; p < LOSS_PARTS; p++) parts[p] = warp_sum(parts[p]);
    if (threadIdx.x != 0) return;
    for (int p = 0; out.components != NULL && p < LOSS_PARTS; p++)
        out.components[run * LOSS_PARTS + p] = parts[p] / images;
    if (out.metrics == NULL) return;
    out.metrics[run].loss_sum += loss;
    out.metrics[run].correct += (int64_t)hits;
    out.metrics[run].images += images;
}

// LOSS has a function loss_of_row(loss, run, image, lane), which writes the row's gradient too.
template <class LOSS>
__global__ static void loss_kernel(LOSS loss, loss_outputs out, loss_row *rows, uint32_t *counters)
{
    uint32_t *flag = (uint32_t *)shared_memory();
    unsigned lane = threadIdx.x % WARP, run = blockIdx.y;
    int image = (int)(blockIdx.x * LOSS_ROWS + threadIdx.x / WARP);
    loss_row *own = rows + (size_t)run * (size_t)loss.images;
    dependency_wait();
    dependency_release();
    if (image < loss.images) { // the same for all lanes
        loss_row row = loss_of_row(loss, run, image, lane);
        if (lane == 0) own[image] = row;
        if (lane == 0 && out.row_loss != NULL)
            out.row_loss[(size_t)run * (size_t)loss.images + (size_t)image] = (float)row.loss;
    }
    if (out.metrics == NULL && out.components == NULL) return;
    if (block_is_last(counters + run, gridDim.x, flag) && threadIdx.x < WARP) add_rows(own, loss.images, run, out);
}

template <class LOSS>
static void loss_launch(struct device *device, const char *name, const LOSS *loss, loss_outputs out)
{
    cuda_workspace space = cuda_workspace_get(device, (size_t)loss->runs * (size_t)loss->images * sizeof(loss_row));
    if (space.memory == NULL) return;
    cuda_launch(device, name, loss_kernel<LOSS>,
                dim3(blocks_for((size_t)loss->images, LOSS_ROWS), (unsigned)loss->runs), LOSS_ROWS * WARP,
                sizeof(uint32_t), *loss, out, (loss_row *)space.memory, space.counters);
}

#endif

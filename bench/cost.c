// cost.c: one function per operation counts from its settings what kernels.h promises; cost_augmentation.c has those of
// AugMix and the augmentation model. Tests: tests/cost_test.c.
#include "bench/cost.h"

#include "bench/cost_augmentation.h"

enum { FLOAT_BYTES = sizeof(float), METRICS_BYTES = 2 * sizeof(struct metrics) }; // metrics are added to

// ---- convolutions ----------------------------------------------------------------------------------------------

// Sizes of one convolution in numbers of values, over all runs.
struct conv_sizes {
    double input, touched; // touched: the part of the input that some tap looks at
    double output, filter, taps;
};

static struct conv_sizes conv_sizes(const struct conv_shape *shape)
{
    const double batch = (double)shape->runs * shape->images;
    const int height_out = (shape->height + shape->stride - 1) / shape->stride;
    const int width_out = (shape->width + shape->stride - 1) / shape->stride;
    const double window = (double)shape->kernel * shape->kernel;
    struct conv_sizes sizes = {.input = batch * shape->height * shape->width * shape->channels_in,
                               .output = batch * height_out * width_out * shape->channels_out,
                               .filter = window * shape->channels_in * shape->channels_out * shape->runs};
    sizes.touched = shape->kernel > 1 ? sizes.input : batch * height_out * width_out * shape->channels_in;
    sizes.taps = sizes.output * window * shape->channels_in;
    return sizes;
}

static struct operation_cost cost_conv_forward(const struct kernels *kernels, const void *settings)
{
    const struct conv_forward *conv = settings;
    const struct conv_sizes sizes = conv_sizes(&conv->shape);
    const double runs = conv->shape.runs, statistics = (double)kernels->statistics_bytes;
    double activations = sizes.touched + sizes.output, rest = sizes.filter * FLOAT_BYTES;
    if (conv->residual != NULL) activations += sizes.output;
    if (conv->affine.data != NULL) rest += runs * 2 * conv->shape.channels_in * FLOAT_BYTES;
    if (conv->statistics != NULL) rest += runs * conv->shape.channels_out * statistics;
    return (struct operation_cost){2 * sizes.taps, activations * (double)kernels->activation_bytes + rest};
}

// Without an addend the output is zero wherever no tap reaches, whatever the mask.
static struct operation_cost cost_conv_backward_data(const struct kernels *kernels, const void *settings)
{
    const struct conv_backward_data *conv = settings;
    const struct conv_sizes sizes = conv_sizes(&conv->shape);
    const double runs = conv->shape.runs, statistics = (double)kernels->statistics_bytes;
    double activations = sizes.output + sizes.input, rest = sizes.filter * FLOAT_BYTES;
    if (conv->coefficients.data != NULL) {
        activations += sizes.output;
        rest += runs * 3 * conv->shape.channels_out * FLOAT_BYTES;
    }
    if (conv->addend != NULL) activations += sizes.input;
    if (conv->mask_input != NULL) {
        activations += conv->addend != NULL ? sizes.input : sizes.touched;
        rest += runs * 2 * conv->shape.channels_in * FLOAT_BYTES;
    }
    if (conv->sums != NULL) rest += runs * conv->shape.channels_in * statistics;
    return (struct operation_cost){2 * sizes.taps, activations * (double)kernels->activation_bytes + rest};
}

static struct operation_cost cost_conv_backward_filter(const struct kernels *kernels, const void *settings)
{
    const struct conv_backward_filter *conv = settings;
    const struct conv_sizes sizes = conv_sizes(&conv->shape);
    const double runs = conv->shape.runs;
    double activations = sizes.touched + sizes.output, rest = sizes.filter * FLOAT_BYTES;
    if (conv->affine.data != NULL) rest += runs * 2 * conv->shape.channels_in * FLOAT_BYTES;
    if (conv->coefficients.data != NULL) {
        activations += sizes.output;
        rest += runs * 3 * conv->shape.channels_out * FLOAT_BYTES;
    }
    return (struct operation_cost){2 * sizes.taps, activations * (double)kernels->activation_bytes + rest};
}

// ---- images, batch norm, head ----------------------------------------------------------------------------------

static struct operation_cost cost_batch_load(const struct kernels *kernels, const void *settings)
{
    const struct batch_load *load = settings;
    const double images = (double)load->runs * load->images;
    const double values = images * load->height * load->width * load->channels;
    const double state = (double)load->runs * (double)sizeof(struct training_state);
    return (struct operation_cost){2 * values, // byte * factor - 1
                                   values * (1 + (double)kernels->activation_bytes) +
                                       images * (double)(3 * sizeof(int32_t)) + state};
}

static struct operation_cost cost_batchnorm_finalise(const struct kernels *kernels, const void *settings)
{
    const struct batchnorm_finalise *norm = settings;
    const double channels = (double)norm->runs * norm->channels;
    const bool batch = norm->mode != BATCHNORM_FROZEN, update = norm->mode == BATCHNORM_BATCH_UPDATE;
    double bytes = 6 * FLOAT_BYTES; // gamma and beta in, affine and moments out
    if (batch) bytes += (double)kernels->statistics_bytes;
    if (!batch) bytes += 2 * FLOAT_BYTES;
    if (update) bytes += 4 * FLOAT_BYTES;
    return (struct operation_cost){channels * (6 + (batch ? 4 : 0) + (update ? 7 : 0)), channels * bytes};
}

static struct operation_cost cost_batchnorm_backward(const struct kernels *kernels, const void *settings)
{
    const struct batchnorm_backward *norm = settings;
    const double channels = (double)norm->runs * norm->channels;
    double bytes = (double)kernels->statistics_bytes + 6 * FLOAT_BYTES; // gamma and moments in, three factors out
    if (norm->grad_gamma.data != NULL) bytes += FLOAT_BYTES;
    if (norm->grad_beta.data != NULL) bytes += FLOAT_BYTES;
    return (struct operation_cost){channels * 12, channels * bytes};
}

static struct operation_cost cost_residual_join(const struct kernels *kernels, const void *settings)
{
    const struct residual_join *join = settings;
    const double values = (double)join->runs * (double)join->positions * join->channels;
    const double extra = join->addend != NULL ? 1 : 0;
    return (struct operation_cost){values * (4 + extra), values * (3 + extra) * (double)kernels->activation_bytes +
                                                             (double)join->runs * 3 * join->channels * FLOAT_BYTES};
}

static struct operation_cost cost_pool_forward(const struct kernels *kernels, const void *settings)
{
    const struct pool_forward *pool = settings;
    const double features = (double)pool->runs * pool->images * pool->channels, values = features * pool->positions;
    const bool affine = pool->affine.data != NULL;
    const double maps = affine ? (double)pool->runs * 2 * pool->channels * FLOAT_BYTES : 0;
    return (struct operation_cost){values * (affine ? 3 : 1) + features,
                                   values * (double)kernels->activation_bytes + features * FLOAT_BYTES + maps};
}

static struct operation_cost cost_pool_backward(const struct kernels *kernels, const void *settings)
{
    const struct pool_backward *pool = settings;
    const double features = (double)pool->runs * pool->images * pool->channels, values = features * pool->positions;
    const double channels = (double)pool->runs * pool->channels;
    double flops = features, activations = values, rest = features * FLOAT_BYTES;
    if (pool->mask_input != NULL) {
        flops += 2 * values;
        activations += values;
        rest += channels * 2 * FLOAT_BYTES;
    }
    if (pool->sums != NULL) {
        flops += 3 * values;
        rest += channels * (double)kernels->statistics_bytes;
    }
    return (struct operation_cost){flops, activations * (double)kernels->activation_bytes + rest};
}

static struct operation_cost cost_linear_forward(const struct kernels *kernels, const void *settings)
{
    (void)kernels;
    const struct linear_forward *linear = settings;
    const double rows = (double)linear->runs * linear->images, outputs = rows * linear->classes;
    const double weights = (double)linear->runs * linear->classes * (linear->features + 1); // the bias among them
    return (struct operation_cost){2 * outputs * linear->features,
                                   (rows * linear->features + weights + outputs) * FLOAT_BYTES};
}

static struct operation_cost cost_linear_backward(const struct kernels *kernels, const void *settings)
{
    (void)kernels;
    const struct linear_backward *linear = settings;
    const double rows = (double)linear->runs * linear->images, outputs = rows * linear->classes;
    const double inputs = rows * linear->features, biases = (double)linear->runs * linear->classes;
    double flops = 0, values = outputs;
    if (linear->grad_input != NULL) {
        flops += 2 * outputs * linear->features;
        values += biases * linear->features + inputs;
    }
    if (linear->grad_weight.data != NULL) {
        flops += 2 * outputs * linear->features;
        values += inputs + biases * linear->features;
    }
    if (linear->grad_bias.data != NULL) {
        flops += outputs;
        values += biases;
    }
    return (struct operation_cost){flops, values * FLOAT_BYTES};
}

// ---- losses ----------------------------------------------------------------------------------------------------

// Over rows of `width` values: `inputs` such matrices read; what each optional output adds. Flops are per value.
struct loss_cost {
    int runs, rows, width, inputs;
    double flops_loss, flops_gradient;
    const float *row_loss, *gradient;
    const struct metrics *metrics;
    double labels_bytes;
};

static struct operation_cost loss_cost(const struct loss_cost *loss)
{
    const double rows = (double)loss->runs * loss->rows, values = rows * loss->width;
    struct operation_cost cost = {values * loss->flops_loss, values * loss->inputs * FLOAT_BYTES + loss->labels_bytes};
    if (loss->row_loss != NULL) cost.bytes += rows * FLOAT_BYTES;
    if (loss->metrics != NULL) cost.bytes += (double)loss->runs * METRICS_BYTES;
    if (loss->gradient == NULL) return cost;
    cost.flops += values * loss->flops_gradient;
    cost.bytes += values * FLOAT_BYTES;
    return cost;
}

static double label_bytes(int runs, int images)
{
    return (double)runs * images * (double)sizeof(int32_t);
}

static struct operation_cost cost_softmax_cross_entropy(const struct kernels *kernels, const void *settings)
{
    (void)kernels;
    const struct softmax_cross_entropy *loss = settings;
    return loss_cost(&(struct loss_cost){.runs = loss->runs,
                                         .rows = loss->images,
                                         .width = loss->classes,
                                         .inputs = 1,
                                         .flops_loss = 3, // minus the largest, exponential, sum
                                         .flops_gradient = 3,
                                         .row_loss = loss->row_loss,
                                         .gradient = loss->grad_logits,
                                         .metrics = loss->metrics,
                                         .labels_bytes = label_bytes(loss->runs, loss->images)});
}

static struct operation_cost cost_non_saturating_loss(const struct kernels *kernels, const void *settings)
{
    (void)kernels;
    const struct non_saturating_loss *loss = settings;
    return loss_cost(&(struct loss_cost){.runs = loss->runs,
                                         .rows = loss->images,
                                         .width = loss->classes,
                                         .inputs = 1,
                                         .flops_loss = 7,
                                         .flops_gradient = 6,
                                         .row_loss = loss->row_loss,
                                         .gradient = loss->grad_logits,
                                         .metrics = loss->metrics,
                                         .labels_bytes = label_bytes(loss->runs, loss->images)});
}

// Three views: softmax, mixture, three divergences, and the gradient through weight and mixture.
static struct operation_cost cost_augmix_loss(const struct kernels *kernels, const void *settings)
{
    (void)kernels;
    const struct augmix_loss *loss = settings;
    struct operation_cost cost = loss_cost(&(struct loss_cost){.runs = loss->runs,
                                                               .rows = 3 * loss->images,
                                                               .width = loss->classes,
                                                               .inputs = 1,
                                                               .flops_loss = 9,
                                                               .flops_gradient = 8,
                                                               .gradient = loss->grad_logits,
                                                               .metrics = loss->metrics,
                                                               .labels_bytes = label_bytes(loss->runs, loss->images)});
    if (loss->row_loss != NULL) cost.bytes += (double)loss->runs * loss->images * FLOAT_BYTES;
    if (loss->components != NULL) cost.bytes += (double)loss->runs * 4 * (double)sizeof(double);
    return cost;
}

static struct operation_cost cost_feature_distance_loss(const struct kernels *kernels, const void *settings)
{
    (void)kernels;
    const struct feature_distance_loss *loss = settings;
    return loss_cost(&(struct loss_cost){.runs = loss->runs,
                                         .rows = loss->images,
                                         .width = loss->features,
                                         .inputs = 2,
                                         .flops_loss = 6, // two norms and the product of both
                                         .flops_gradient = 4,
                                         .row_loss = loss->row_loss,
                                         .gradient = loss->grad_second,
                                         .metrics = loss->metrics});
}

static struct operation_cost cost_kl_loss(const struct kernels *kernels, const void *settings)
{
    (void)kernels;
    const struct kl_loss *loss = settings;
    return loss_cost(&(struct loss_cost){.runs = loss->runs,
                                         .rows = loss->images,
                                         .width = loss->classes,
                                         .inputs = 2,
                                         .flops_loss = 9,
                                         .flops_gradient = 2,
                                         .row_loss = loss->row_loss,
                                         .gradient = loss->grad_second,
                                         .metrics = loss->metrics});
}

// ---- optimisers ------------------------------------------------------------------------------------------------

static struct operation_cost cost_sgd_update(const struct kernels *kernels, const void *settings)
{
    (void)kernels;
    const struct sgd_update *update = settings;
    const double values = (double)update->runs * (double)update->count;
    const double step = (double)update->runs * (double)(sizeof(struct training_state) + sizeof(float));
    return (struct operation_cost){8 * values, values * 5 * FLOAT_BYTES + step};
}

static struct operation_cost cost_adamw_update(const struct kernels *kernels, const void *settings)
{
    (void)kernels;
    const struct adamw_update *update = settings;
    const double values = (double)update->runs * (double)update->count;
    const double step = (double)update->runs * (double)(sizeof(struct training_state) + sizeof(float));
    return (struct operation_cost){15 * values, values * 7 * FLOAT_BYTES + step};
}

static struct operation_cost cost_gradient_clip(const struct kernels *kernels, const void *settings)
{
    (void)kernels;
    const struct gradient_clip *clip = settings;
    const double values = (double)clip->runs * (double)clip->count;
    const double norms = clip->norm.data != NULL ? (double)clip->runs * FLOAT_BYTES : 0;
    return (struct operation_cost){3 * values, values * 2 * FLOAT_BYTES + norms};
}

static struct operation_cost cost_step_advance(const struct kernels *kernels, const void *settings)
{
    (void)kernels;
    const struct step_advance *advance = settings;
    return (struct operation_cost){2.0 * advance->runs, 2.0 * advance->runs * (double)sizeof(struct training_state)};
}

static double image_values(int runs, int images, int height, int width, int channels)
{
    return (double)runs * images * height * width * channels;
}

static struct operation_cost cost_batch_gather(const struct kernels *kernels, const void *settings)
{
    (void)kernels;
    const struct batch_gather *gather = settings;
    double values = image_values(gather->runs, gather->images, gather->height, gather->width, gather->channels);
    return (struct operation_cost){0, 2 * values};
}

// The arithmetic of a corruption hangs on its kind and severity: only the bytes of the images are counted.
static struct operation_cost cost_image_corrupt(const struct kernels *kernels, const void *settings)
{
    (void)kernels;
    const struct image_corrupt *corrupt = settings;
    double values = image_values(corrupt->runs, corrupt->images, corrupt->height, corrupt->width, corrupt->channels);
    return (struct operation_cost){0, 2 * values};
}

static struct operation_cost cost_image_normalise(const struct kernels *kernels, const void *settings)
{
    const struct image_normalise *normalise = settings;
    double values =
        image_values(normalise->runs, normalise->images, normalise->height, normalise->width, normalise->channels);
    return (struct operation_cost){2 * values, values * (1 + (double)kernels->activation_bytes)};
}

struct operation_cost operation_cost(const struct kernels *kernels, enum operation operation, const void *settings)
{
    static struct operation_cost (*const costs[OPERATION_COUNT])(const struct kernels *, const void *) = {
        [OPERATION_BATCH_LOAD] = cost_batch_load,
        [OPERATION_BATCH_GATHER] = cost_batch_gather,
        [OPERATION_IMAGE_CORRUPT] = cost_image_corrupt,
        [OPERATION_IMAGE_NORMALISE] = cost_image_normalise,
        [OPERATION_CONV_FORWARD] = cost_conv_forward,
        [OPERATION_CONV_BACKWARD_DATA] = cost_conv_backward_data,
        [OPERATION_CONV_BACKWARD_FILTER] = cost_conv_backward_filter,
        [OPERATION_BATCHNORM_FINALISE] = cost_batchnorm_finalise,
        [OPERATION_BATCHNORM_BACKWARD] = cost_batchnorm_backward,
        [OPERATION_RESIDUAL_JOIN] = cost_residual_join,
        [OPERATION_POOL_FORWARD] = cost_pool_forward,
        [OPERATION_POOL_BACKWARD] = cost_pool_backward,
        [OPERATION_LINEAR_FORWARD] = cost_linear_forward,
        [OPERATION_LINEAR_BACKWARD] = cost_linear_backward,
        [OPERATION_SOFTMAX_CROSS_ENTROPY] = cost_softmax_cross_entropy,
        [OPERATION_AUGMIX_LOSS] = cost_augmix_loss,
        [OPERATION_NON_SATURATING_LOSS] = cost_non_saturating_loss,
        [OPERATION_FEATURE_DISTANCE_LOSS] = cost_feature_distance_loss,
        [OPERATION_KL_LOSS] = cost_kl_loss,
        [OPERATION_SGD_UPDATE] = cost_sgd_update,
        [OPERATION_ADAMW_UPDATE] = cost_adamw_update,
        [OPERATION_GRADIENT_CLIP] = cost_gradient_clip,
        [OPERATION_STEP_ADVANCE] = cost_step_advance,
    };
    return costs[operation] != NULL ? costs[operation](kernels, settings)
                                    : augmentation_cost(kernels, operation, settings);
}

// network_passes.c: forward and backward of a WideResNet as a fixed sequence of operations: no memory is allocated and no
// number read back, so a step can be captured. kernels.h tells how batch norm is folded into its neighbours.
#include "harness/network_parts.h"

static const float batchnorm_momentum = 0.1f, batchnorm_epsilon = 1e-5f;

static struct conv_shape shape_of(const struct network *network, const struct conv_layer *conv, int images)
{
    return (struct conv_shape){.runs = network->shape.runs,
                               .images = images,
                               .height = conv->side,
                               .width = conv->side,
                               .channels_in = conv->channels_in,
                               .channels_out = conv->channels_out,
                               .kernel = conv->kernel,
                               .stride = conv->stride};
}

static int64_t norm_count(const struct norm_layer *norm, int images)
{
    return (int64_t)images * norm->side * norm->side;
}

// ---- forward ---------------------------------------------------------------------------------------------------

// `next` is the batch norm that reads the output, and so wants its statistics; `before` the one whose affine map the
// input goes through. Either may be NULL.
static void run_conv(struct network *network, const struct conv_layer *conv, int images, const void *input,
                     const struct norm_layer *before, const void *residual, void *output, const struct norm_layer *next)
{
    conv_forward(network->device,
                 &(struct conv_forward){.shape = shape_of(network, conv, images),
                                        .input = input,
                                        .affine = before == NULL ? (struct per_run){0} : before->affine,
                                        .filter = network_slice(network->values, conv->filter),
                                        .residual = residual,
                                        .output = output,
                                        .statistics = next == NULL ? NULL : next->statistics});
}

static void run_norm(struct network *network, const struct norm_layer *norm, int images, enum batchnorm_mode mode)
{
    batchnorm_finalise(network->device, &(struct batchnorm_finalise){
                                            .runs = network->shape.runs,
                                            .channels = norm->channels,
                                            .count = norm_count(norm, images),
                                            .mode = mode,
                                            .momentum = batchnorm_momentum,
                                            .epsilon = batchnorm_epsilon,
                                            .statistics = norm->statistics,
                                            .gamma = network_slice(network->values, norm->gamma),
                                            .beta = network_slice(network->values, norm->beta),
                                            .running_mean = network_slice(network->running, norm->running_mean),
                                            .running_variance = network_slice(network->running, norm->running_variance),
                                            .affine = norm->affine,
                                            .moments = norm->moments});
}

static void forward_block(struct network *network, const struct block *block, const struct norm_layer *next, int images,
                          enum batchnorm_mode mode)
{
    bool frozen = mode == BATCHNORM_FROZEN; // needs no statistics
    run_norm(network, &block->norm1, images, mode);
    run_conv(network, &block->conv1, images, block->input, &block->norm1, NULL, block->middle,
             frozen ? NULL : &block->norm2);
    run_norm(network, &block->norm2, images, mode);
    const void *residual = block->input;
    if (block->has_shortcut) {
        run_conv(network, &block->shortcut, images, block->input, &block->norm1, NULL, block->output, NULL);
        residual = block->output;
    }
    run_conv(network, &block->conv2, images, block->middle, &block->norm2, residual, block->output,
             frozen ? NULL : next);
}

void network_forward(struct network *network, int images, enum batchnorm_mode mode)
{
    const struct norm_layer *first = mode == BATCHNORM_FROZEN ? NULL : &network->blocks[0].norm1;
    run_conv(network, &network->stem, images, network->input, NULL, NULL, network->stem_output, first);
    for (int i = 0; i < network->block_count; i++) {
        bool last = i + 1 == network->block_count;
        forward_block(network, &network->blocks[i], last ? &network->final_norm : &network->blocks[i + 1].norm1, images,
                      mode);
    }
    const struct norm_layer *norm = &network->final_norm;
    run_norm(network, norm, images, mode);
    pool_forward(network->device, &(struct pool_forward){.runs = network->shape.runs,
                                                         .images = images,
                                                         .positions = norm->side * norm->side,
                                                         .channels = norm->channels,
                                                         .input = network->blocks[network->block_count - 1].output,
                                                         .affine = norm->affine,
                                                         .features = network->pooled});
    linear_forward(network->device,
                   &(struct linear_forward){.runs = network->shape.runs,
                                            .images = images,
                                            .features = network->features,
                                            .classes = network->shape.classes,
                                            .input = network->pooled,
                                            .weight = network_slice(network->values, network->linear_weight),
                                            .bias = network_slice(network->values, network->linear_bias),
                                            .logits = network->logits});
}

// ---- backward --------------------------------------------------------------------------------------------------

// What stays the same over one backward pass.
struct backward_pass {
    struct network *network;
    int images;
    enum batchnorm_mode mode;
    bool parameters; // whether parameter gradients are wanted
};

// A gradient as the next kernel reads it: as it is, or through the backward of `norm`, whose raw input is `raw`.
struct gradient_source {
    const void *gradient, *raw;
    const struct norm_layer *norm;
};

static struct per_run source_coefficients(const struct gradient_source *source)
{
    return source->norm == NULL ? (struct per_run){0} : source->norm->coefficients;
}

static void run_backward_filter(const struct backward_pass *pass, const struct conv_layer *conv, const void *input,
                                const struct norm_layer *before, struct gradient_source source)
{
    struct network *network = pass->network;
    if (!pass->parameters) return;
    conv_backward_filter(network->device, &(struct conv_backward_filter){
                                              .shape = shape_of(network, conv, pass->images),
                                              .input = input,
                                              .affine = before == NULL ? (struct per_run){0} : before->affine,
                                              .gradient = source.gradient,
                                              .raw = source.raw,
                                              .coefficients = source_coefficients(&source),
                                              .grad_filter = network_slice(network->gradients, conv->filter)});
}

// `before` (may be NULL) is the batch norm in front of the convolution, `raw_input` what went into that.
static void run_backward_data(const struct backward_pass *pass, const struct conv_layer *conv,
                              struct gradient_source source, const void *addend, const void *raw_input,
                              const struct norm_layer *before, void *output)
{
    struct network *network = pass->network;
    conv_backward_data(network->device,
                       &(struct conv_backward_data){.shape = shape_of(network, conv, pass->images),
                                                    .gradient = source.gradient,
                                                    .raw = source.raw,
                                                    .coefficients = source_coefficients(&source),
                                                    .filter = network_slice(network->values, conv->filter),
                                                    .addend = addend,
                                                    .mask_input = before == NULL ? NULL : raw_input,
                                                    .affine = before == NULL ? (struct per_run){0} : before->affine,
                                                    .output = output,
                                                    .sums = before == NULL ? NULL : before->statistics});
}

static void run_norm_backward(const struct backward_pass *pass, const struct norm_layer *norm)
{
    struct network *network = pass->network;
    struct per_run none = {0};
    batchnorm_backward(network->device,
                       &(struct batchnorm_backward){
                           .runs = network->shape.runs,
                           .channels = norm->channels,
                           .count = norm_count(norm, pass->images),
                           .mode = pass->mode,
                           .sums = norm->statistics,
                           .gamma = network_slice(network->values, norm->gamma),
                           .moments = norm->moments,
                           .grad_gamma = pass->parameters ? network_slice(network->gradients, norm->gamma) : none,
                           .grad_beta = pass->parameters ? network_slice(network->gradients, norm->beta) : none,
                           .coefficients = norm->coefficients});
}

static void run_join(const struct backward_pass *pass, const struct norm_layer *norm, const void *gradient,
                     const void *raw, const void *addend, void *output)
{
    residual_join(pass->network->device, &(struct residual_join){.runs = pass->network->shape.runs,
                                                                 .positions = norm_count(norm, pass->images),
                                                                 .channels = norm->channels,
                                                                 .gradient = gradient,
                                                                 .raw = raw,
                                                                 .coefficients = norm->coefficients,
                                                                 .addend = addend,
                                                                 .output = output});
}

// From the gradient of the block's output to that of its input.
static void backward_block(const struct backward_pass *pass, const struct block *block, const void *outer, void *result)
{
    void *middle_gradient = pass->network->inner_gradient[0], *input_gradient = pass->network->inner_gradient[1];
    struct gradient_source at_output = {.gradient = outer};
    struct gradient_source at_middle = {middle_gradient, block->middle, &block->norm2};

    run_backward_filter(pass, &block->conv2, block->middle, &block->norm2, at_output);
    run_backward_data(pass, &block->conv2, at_output, NULL, block->middle, &block->norm2, middle_gradient);
    run_norm_backward(pass, &block->norm2);

    run_backward_filter(pass, &block->conv1, block->input, &block->norm1, at_middle);
    const void *addend = NULL;
    if (block->has_shortcut) {
        run_backward_filter(pass, &block->shortcut, block->input, &block->norm1, at_output);
        run_backward_data(pass, &block->shortcut, at_output, NULL, NULL, NULL, input_gradient);
        addend = input_gradient;
    }
    run_backward_data(pass, &block->conv1, at_middle, addend, block->input, &block->norm1, input_gradient);
    run_norm_backward(pass, &block->norm1);
    run_join(pass, &block->norm1, input_gradient, block->input, block->has_shortcut ? NULL : outer, result);
}

static void backward_classifier(const struct backward_pass *pass)
{
    struct network *network = pass->network;
    struct per_run none = {0};
    linear_backward(
        network->device,
        &(struct linear_backward){
            .runs = network->shape.runs,
            .images = pass->images,
            .features = network->features,
            .classes = network->shape.classes,
            .grad_logits = network->grad_logits,
            .input = network->pooled,
            .weight = network_slice(network->values, network->linear_weight),
            .grad_input = network->grad_pooled,
            .grad_weight = pass->parameters ? network_slice(network->gradients, network->linear_weight) : none,
            .grad_bias = pass->parameters ? network_slice(network->gradients, network->linear_bias) : none});
}

static void backward_pool(const struct backward_pass *pass, void *result)
{
    struct network *network = pass->network;
    const struct norm_layer *norm = &network->final_norm;
    const void *raw = network->blocks[network->block_count - 1].output;
    pool_backward(network->device, &(struct pool_backward){.runs = network->shape.runs,
                                                           .images = pass->images,
                                                           .positions = norm->side * norm->side,
                                                           .channels = norm->channels,
                                                           .grad_features = network->grad_pooled,
                                                           .mask_input = raw,
                                                           .affine = norm->affine,
                                                           .output = network->inner_gradient[1],
                                                           .sums = norm->statistics});
    run_norm_backward(pass, norm);
    run_join(pass, norm, network->inner_gradient[1], raw, NULL, result);
}

void network_backward(struct network *network, int images, enum batchnorm_mode mode, unsigned wanted, void *grad_input)
{
    struct backward_pass pass = {network, images, mode, (wanted & NETWORK_PARAMETER_GRADIENTS) != 0};
    int current = 0;
    if ((wanted & NETWORK_FROM_FEATURES) == 0) backward_classifier(&pass);
    backward_pool(&pass, network->outer_gradient[current]);
    for (int i = network->block_count - 1; i >= 0; i--, current = 1 - current)
        backward_block(&pass, &network->blocks[i], network->outer_gradient[current],
                       network->outer_gradient[1 - current]);
    struct gradient_source at_stem = {.gradient = network->outer_gradient[current]};
    run_backward_filter(&pass, &network->stem, network->input, NULL, at_stem);
    if ((wanted & NETWORK_INPUT_GRADIENT) != 0)
        run_backward_data(&pass, &network->stem, at_stem, NULL, NULL, NULL, grad_input);
}

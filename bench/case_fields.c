// case_fields.c: which tensors every operation has, how large they are, and what they begin with: kernels.h as a table.
// Tests: tests/bench_case_test.c.
#include "bench/case.h"

#include <string.h>

// The fields of one case as they are being listed.
struct listing {
    const void *settings;
    struct field *fields;
    int count;
};

// A tensor that is not there has a NULL pointer, which is also the first member of struct per_run.
static void add_field(struct listing *listing, struct field field)
{
    const void *pointer = NULL;
    memcpy(&pointer, (const char *)listing->settings + field.offset, sizeof pointer);
    if (pointer != NULL) listing->fields[listing->count++] = field;
}

#define AT(operation, member) .name = #member, .offset = offsetof(struct operation, member)

// ---- convolutions ----------------------------------------------------------------------------------------------

struct conv_counts {
    size_t input, output, filter, in, out; // values; channels
    int64_t positions_in, positions_out;
};

static struct conv_counts conv_counts(const struct conv_shape *shape)
{
    const int64_t height_out = (shape->height + shape->stride - 1) / shape->stride;
    const int64_t width_out = (shape->width + shape->stride - 1) / shape->stride;
    struct conv_counts counts = {.in = (size_t)shape->channels_in, .out = (size_t)shape->channels_out};
    counts.positions_in = (int64_t)shape->images * shape->height * shape->width;
    counts.positions_out = shape->images * height_out * width_out;
    counts.input = (size_t)counts.positions_in * counts.in;
    counts.output = (size_t)counts.positions_out * counts.out;
    counts.filter = (size_t)(shape->kernel * shape->kernel) * counts.in * counts.out;
    return counts;
}

static void list_conv_forward(struct listing *listing)
{
    const struct conv_forward *conv = listing->settings;
    const struct conv_counts counts = conv_counts(&conv->shape);
    add_field(listing, (struct field){AT(conv_forward, input), counts.input, FIELD_ACTIVATIONS, FIELD_INPUT,
                                      VALUES_GRID, GROWTH_TILE});
    add_field(listing, (struct field){AT(conv_forward, affine), 2 * counts.in, FIELD_PER_RUN, .values = VALUES_AFFINE});
    add_field(listing, (struct field){AT(conv_forward, filter), counts.filter, FIELD_PER_RUN});
    add_field(listing,
              (struct field){AT(conv_forward, residual), counts.output, FIELD_ACTIVATIONS, .growth = GROWTH_TILE});
    add_field(listing, (struct field){AT(conv_forward, output), counts.output, FIELD_ACTIVATIONS, FIELD_OUTPUT,
                                      .growth = GROWTH_TILE});
    add_field(listing, (struct field){AT(conv_forward, statistics), counts.out, FIELD_STATISTICS, FIELD_OUTPUT,
                                      .positions = counts.positions_out});
}

static void list_conv_backward_data(struct listing *listing)
{
    const struct conv_backward_data *conv = listing->settings;
    const struct conv_counts counts = conv_counts(&conv->shape);
    add_field(listing, (struct field){AT(conv_backward_data, gradient), counts.output, FIELD_ACTIVATIONS,
                                      .growth = GROWTH_TILE});
    add_field(listing,
              (struct field){AT(conv_backward_data, raw), counts.output, FIELD_ACTIVATIONS, .growth = GROWTH_TILE});
    add_field(listing, (struct field){AT(conv_backward_data, coefficients), 3 * counts.out, FIELD_PER_RUN});
    add_field(listing, (struct field){AT(conv_backward_data, filter), counts.filter, FIELD_PER_RUN});
    add_field(listing,
              (struct field){AT(conv_backward_data, addend), counts.input, FIELD_ACTIVATIONS, .growth = GROWTH_TILE});
    add_field(listing, (struct field){AT(conv_backward_data, mask_input), counts.input, FIELD_ACTIVATIONS, FIELD_INPUT,
                                      VALUES_GRID, GROWTH_TILE});
    add_field(listing,
              (struct field){AT(conv_backward_data, affine), 2 * counts.in, FIELD_PER_RUN, .values = VALUES_AFFINE});
    add_field(listing, (struct field){AT(conv_backward_data, output), counts.input, FIELD_ACTIVATIONS, FIELD_OUTPUT,
                                      .growth = GROWTH_TILE});
    add_field(listing, (struct field){AT(conv_backward_data, sums), counts.in, FIELD_STATISTICS, FIELD_OUTPUT,
                                      .growth = GROWTH_SUM, .positions = counts.positions_in, .backward = true});
}

static void list_conv_backward_filter(struct listing *listing)
{
    const struct conv_backward_filter *conv = listing->settings;
    const struct conv_counts counts = conv_counts(&conv->shape);
    add_field(listing, (struct field){AT(conv_backward_filter, input), counts.input, FIELD_ACTIVATIONS, FIELD_INPUT,
                                      VALUES_GRID, GROWTH_TILE});
    add_field(listing,
              (struct field){AT(conv_backward_filter, affine), 2 * counts.in, FIELD_PER_RUN, .values = VALUES_AFFINE});
    add_field(listing, (struct field){AT(conv_backward_filter, gradient), counts.output, FIELD_ACTIVATIONS,
                                      .growth = GROWTH_TILE});
    add_field(listing,
              (struct field){AT(conv_backward_filter, raw), counts.output, FIELD_ACTIVATIONS, .growth = GROWTH_TILE});
    add_field(listing, (struct field){AT(conv_backward_filter, coefficients), 3 * counts.out, FIELD_PER_RUN});
    add_field(listing, (struct field){AT(conv_backward_filter, grad_filter), counts.filter, FIELD_PER_RUN, FIELD_OUTPUT,
                                      .growth = GROWTH_SUM});
}

// ---- images, batch norm ----------------------------------------------------------------------------------------

static void list_batch_load(struct listing *listing)
{
    const struct batch_load *load = listing->settings;
    const size_t image = (size_t)load->height * (size_t)load->width * (size_t)load->channels;
    const size_t images = (size_t)load->images, set = load->order_stride;
    add_field(listing,
              (struct field){AT(batch_load, pixels), set * image, FIELD_BYTES, .values = VALUES_BELOW, .bound = 256});
    add_field(listing,
              (struct field){AT(batch_load, labels), set, FIELD_INTEGERS, .values = VALUES_BELOW, .bound = 100});
    add_field(listing, (struct field){AT(batch_load, order), set, FIELD_INTEGERS, .values = VALUES_ORDER});
    add_field(listing, (struct field){AT(batch_load, states), 1, FIELD_STATES, .values = VALUES_ZERO});
    add_field(listing, (struct field){AT(batch_load, output), images * image, FIELD_ACTIVATIONS, FIELD_OUTPUT});
    add_field(listing, (struct field){AT(batch_load, output_labels), images, FIELD_INTEGERS, FIELD_OUTPUT});
}

static void list_batchnorm_finalise(struct listing *listing)
{
    const struct batchnorm_finalise *norm = listing->settings;
    const size_t channels = (size_t)norm->channels;
    add_field(listing,
              (struct field){AT(batchnorm_finalise, statistics), channels, FIELD_STATISTICS, .positions = norm->count});
    add_field(listing, (struct field){AT(batchnorm_finalise, gamma), channels, FIELD_PER_RUN});
    add_field(listing, (struct field){AT(batchnorm_finalise, beta), channels, FIELD_PER_RUN});
    add_field(listing, (struct field){AT(batchnorm_finalise, running_mean), channels, FIELD_PER_RUN, FIELD_UPDATED});
    add_field(listing, (struct field){AT(batchnorm_finalise, running_variance), channels, FIELD_PER_RUN, FIELD_UPDATED,
                                      VALUES_POSITIVE});
    add_field(listing, (struct field){AT(batchnorm_finalise, affine), 2 * channels, FIELD_PER_RUN, FIELD_OUTPUT});
    add_field(listing, (struct field){AT(batchnorm_finalise, moments), 2 * channels, FIELD_PER_RUN, FIELD_OUTPUT});
}

static void list_batchnorm_backward(struct listing *listing)
{
    const struct batchnorm_backward *norm = listing->settings;
    const size_t channels = (size_t)norm->channels;
    add_field(listing, (struct field){AT(batchnorm_backward, sums), channels, FIELD_STATISTICS,
                                      .positions = norm->count, .backward = true});
    add_field(listing, (struct field){AT(batchnorm_backward, gamma), channels, FIELD_PER_RUN});
    add_field(listing, (struct field){AT(batchnorm_backward, moments), 2 * channels, FIELD_PER_RUN, FIELD_INPUT,
                                      VALUES_POSITIVE});
    add_field(listing, (struct field){AT(batchnorm_backward, grad_gamma), channels, FIELD_PER_RUN, FIELD_OUTPUT});
    add_field(listing, (struct field){AT(batchnorm_backward, grad_beta), channels, FIELD_PER_RUN, FIELD_OUTPUT});
    add_field(listing, (struct field){AT(batchnorm_backward, coefficients), 3 * channels, FIELD_PER_RUN, FIELD_OUTPUT});
}

static void list_residual_join(struct listing *listing)
{
    const struct residual_join *join = listing->settings;
    const size_t channels = (size_t)join->channels, values = (size_t)join->positions * channels;
    add_field(listing, (struct field){AT(residual_join, gradient), values, FIELD_ACTIVATIONS});
    add_field(listing, (struct field){AT(residual_join, raw), values, FIELD_ACTIVATIONS});
    add_field(listing, (struct field){AT(residual_join, coefficients), 3 * channels, FIELD_PER_RUN});
    add_field(listing, (struct field){AT(residual_join, addend), values, FIELD_ACTIVATIONS});
    add_field(listing, (struct field){AT(residual_join, output), values, FIELD_ACTIVATIONS, FIELD_OUTPUT});
}

// ---- head and optimiser ----------------------------------------------------------------------------------------

static void list_pool_forward(struct listing *listing)
{
    const struct pool_forward *pool = listing->settings;
    const size_t channels = (size_t)pool->channels, features = (size_t)pool->images * channels;
    add_field(listing, (struct field){AT(pool_forward, input), features * (size_t)pool->positions, FIELD_ACTIVATIONS,
                                      FIELD_INPUT, VALUES_GRID});
    add_field(listing, (struct field){AT(pool_forward, affine), 2 * channels, FIELD_PER_RUN, .values = VALUES_AFFINE});
    add_field(listing, (struct field){AT(pool_forward, features), features, FIELD_FLOATS, FIELD_OUTPUT});
}

static void list_pool_backward(struct listing *listing)
{
    const struct pool_backward *pool = listing->settings;
    const size_t channels = (size_t)pool->channels, features = (size_t)pool->images * channels;
    const size_t values = features * (size_t)pool->positions;
    add_field(listing, (struct field){AT(pool_backward, grad_features), features, FIELD_FLOATS});
    add_field(listing,
              (struct field){AT(pool_backward, mask_input), values, FIELD_ACTIVATIONS, FIELD_INPUT, VALUES_GRID});
    add_field(listing, (struct field){AT(pool_backward, affine), 2 * channels, FIELD_PER_RUN, .values = VALUES_AFFINE});
    add_field(listing, (struct field){AT(pool_backward, output), values, FIELD_ACTIVATIONS, FIELD_OUTPUT});
    add_field(listing, (struct field){AT(pool_backward, sums), channels, FIELD_STATISTICS, FIELD_OUTPUT,
                                      .positions = (int64_t)pool->images * pool->positions, .backward = true});
}

static void list_linear_forward(struct listing *listing)
{
    const struct linear_forward *linear = listing->settings;
    const size_t images = (size_t)linear->images, classes = (size_t)linear->classes;
    const size_t features = (size_t)linear->features;
    add_field(listing, (struct field){AT(linear_forward, input), images * features, FIELD_FLOATS});
    add_field(listing, (struct field){AT(linear_forward, weight), classes * features, FIELD_PER_RUN});
    add_field(listing, (struct field){AT(linear_forward, bias), classes, FIELD_PER_RUN});
    add_field(listing, (struct field){AT(linear_forward, logits), images * classes, FIELD_FLOATS, FIELD_OUTPUT});
}

static void list_linear_backward(struct listing *listing)
{
    const struct linear_backward *linear = listing->settings;
    const size_t images = (size_t)linear->images, classes = (size_t)linear->classes;
    const size_t features = (size_t)linear->features;
    add_field(listing, (struct field){AT(linear_backward, grad_logits), images * classes, FIELD_FLOATS});
    add_field(listing, (struct field){AT(linear_backward, input), images * features, FIELD_FLOATS});
    add_field(listing, (struct field){AT(linear_backward, weight), classes * features, FIELD_PER_RUN});
    add_field(listing, (struct field){AT(linear_backward, grad_input), images * features, FIELD_FLOATS, FIELD_OUTPUT});
    add_field(listing,
              (struct field){AT(linear_backward, grad_weight), classes * features, FIELD_PER_RUN, FIELD_OUTPUT});
    add_field(listing, (struct field){AT(linear_backward, grad_bias), classes, FIELD_PER_RUN, FIELD_OUTPUT});
}

static void list_softmax_cross_entropy(struct listing *listing)
{
    const struct softmax_cross_entropy *loss = listing->settings;
    const size_t images = (size_t)loss->images, logits = images * (size_t)loss->classes;
    add_field(listing, (struct field){AT(softmax_cross_entropy, logits), logits, FIELD_FLOATS});
    add_field(listing, (struct field){AT(softmax_cross_entropy, labels), images, FIELD_INTEGERS, .values = VALUES_BELOW,
                                      .bound = (uint32_t)loss->classes});
    add_field(listing, (struct field){AT(softmax_cross_entropy, row_loss), images, FIELD_FLOATS, FIELD_OUTPUT});
    add_field(listing, (struct field){AT(softmax_cross_entropy, grad_logits), logits, FIELD_FLOATS, FIELD_OUTPUT});
    add_field(listing,
              (struct field){AT(softmax_cross_entropy, metrics), 1, FIELD_METRICS, FIELD_UPDATED, VALUES_ZERO});
}

// Small gradients and rates: a million repeats must not let the parameters run away.
static void list_sgd_update(struct listing *listing)
{
    const struct sgd_update *update = listing->settings;
    const size_t count = (size_t)update->count;
    add_field(listing, (struct field){AT(sgd_update, rates), 1, FIELD_PER_RUN, .values = VALUES_SMALL});
    add_field(listing, (struct field){AT(sgd_update, states), 1, FIELD_STATES, .values = VALUES_ZERO});
    add_field(listing, (struct field){AT(sgd_update, gradient), count, FIELD_PER_RUN, .values = VALUES_SMALL});
    add_field(listing, (struct field){AT(sgd_update, velocity), count, FIELD_PER_RUN, FIELD_UPDATED, VALUES_SMALL});
    add_field(listing, (struct field){AT(sgd_update, parameter), count, FIELD_PER_RUN, FIELD_UPDATED});
}

static void list_step_advance(struct listing *listing)
{
    add_field(listing, (struct field){AT(step_advance, states), 1, FIELD_STATES, FIELD_UPDATED, VALUES_ZERO});
}

int bench_case_fields(const struct bench_case *bench_case, struct field fields[FIELD_LIMIT])
{
    static void (*const listers[OPERATION_COUNT])(struct listing *) = {
        [OPERATION_BATCH_LOAD] = list_batch_load,
        [OPERATION_CONV_FORWARD] = list_conv_forward,
        [OPERATION_CONV_BACKWARD_DATA] = list_conv_backward_data,
        [OPERATION_CONV_BACKWARD_FILTER] = list_conv_backward_filter,
        [OPERATION_BATCHNORM_FINALISE] = list_batchnorm_finalise,
        [OPERATION_BATCHNORM_BACKWARD] = list_batchnorm_backward,
        [OPERATION_RESIDUAL_JOIN] = list_residual_join,
        [OPERATION_POOL_FORWARD] = list_pool_forward,
        [OPERATION_POOL_BACKWARD] = list_pool_backward,
        [OPERATION_LINEAR_FORWARD] = list_linear_forward,
        [OPERATION_LINEAR_BACKWARD] = list_linear_backward,
        [OPERATION_SOFTMAX_CROSS_ENTROPY] = list_softmax_cross_entropy,
        [OPERATION_SGD_UPDATE] = list_sgd_update,
        [OPERATION_STEP_ADVANCE] = list_step_advance,
    };
    struct listing listing = {&bench_case->settings, fields, 0};
    if (listers[bench_case->operation] != NULL) listers[bench_case->operation](&listing);
    return listing.count;
}

// shape_text.c: the shape of an operation in a few characters, for tables and case names. Tests: tests/cost_test.c.
#include <inttypes.h>
#include <stdio.h>

#include "bench/cost.h"

struct text {
    char *begin;
    size_t size;
};

static void conv_text(struct text text, const struct conv_shape *shape)
{
    snprintf(text.begin, text.size, "%dx%d/%d %dx%d %d>%d n%d", shape->kernel, shape->kernel, shape->stride,
             shape->height, shape->width, shape->channels_in, shape->channels_out, shape->images);
}

static void rows_text(struct text text, int width, int images)
{
    snprintf(text.begin, text.size, "c%d n%d", width, images);
}

static void values_text(struct text text, int64_t count)
{
    snprintf(text.begin, text.size, "%" PRId64 " values", count);
}

static void images_text(struct text text, int height, int width, int channels, int images)
{
    snprintf(text.begin, text.size, "%dx%d c%d n%d", height, width, channels, images);
}

static void mlp_text(struct text text, const struct mlp_shape *shape)
{
    snprintf(text.begin, text.size, "%d>%d>%d>%d n%d", shape->inputs, shape->hidden, shape->hidden, shape->outputs,
             shape->rows);
}

static void deform_text(struct text text, enum primitive primitive, int height, int width, int channels, int images)
{
    snprintf(text.begin, text.size, "%s %dx%d c%d n%d", primitive_name(primitive), height, width, channels, images);
}

// ---- one function per operation: writes the shape of one run, returns the number of runs -----------------------

static int shape_batch_load(const void *settings, struct text text)
{
    const struct batch_load *load = settings;
    images_text(text, load->height, load->width, load->channels, load->images);
    return load->runs;
}

static int shape_batch_gather(const void *settings, struct text text)
{
    const struct batch_gather *gather = settings;
    images_text(text, gather->height, gather->width, gather->channels, gather->images);
    return gather->runs;
}

static int shape_image_corrupt(const void *settings, struct text text)
{
    const struct image_corrupt *corrupt = settings;
    images_text(text, corrupt->height, corrupt->width, corrupt->channels, corrupt->images);
    return corrupt->runs;
}

static int shape_image_normalise(const void *settings, struct text text)
{
    const struct image_normalise *normalise = settings;
    images_text(text, normalise->height, normalise->width, normalise->channels, normalise->images);
    return normalise->runs;
}

static int shape_augmix_views(const void *settings, struct text text)
{
    const struct augmix_views *views = settings;
    images_text(text, views->height, views->width, views->channels, views->images);
    return views->runs;
}

static int shape_image_to_unit(const void *settings, struct text text)
{
    const struct image_to_unit *unit = settings;
    images_text(text, unit->height, unit->width, unit->channels, unit->images);
    return unit->runs;
}

static int shape_unit_to_activation(const void *settings, struct text text)
{
    const struct unit_to_activation *unit = settings;
    images_text(text, unit->height, unit->width, unit->channels, unit->images);
    return unit->runs;
}

static int shape_unit_to_activation_backward(const void *settings, struct text text)
{
    const struct unit_to_activation_backward *unit = settings;
    images_text(text, unit->height, unit->width, unit->channels, unit->images);
    return unit->runs;
}

static int shape_augmentation_draw(const void *settings, struct text text)
{
    const struct augmentation_draw *draw = settings;
    snprintf(text.begin, text.size, "%dx%d%s n%d", draw->primitives, draw->noise_width,
             draw->epsilon != NULL ? " epsilon" : "", draw->images);
    return draw->runs;
}

static int shape_mlp_forward(const void *settings, struct text text)
{
    const struct mlp_forward *mlp = settings;
    mlp_text(text, &mlp->shape);
    return mlp->shape.runs;
}

static int shape_mlp_backward(const void *settings, struct text text)
{
    const struct mlp_backward *mlp = settings;
    mlp_text(text, &mlp->shape);
    return mlp->shape.runs;
}

static int shape_squash_forward(const void *settings, struct text text)
{
    const struct squash_forward *squash = settings;
    rows_text(text, squash->columns, squash->rows);
    return squash->runs;
}

static int shape_squash_backward(const void *settings, struct text text)
{
    const struct squash_backward *squash = settings;
    rows_text(text, squash->columns, squash->rows);
    return squash->runs;
}

static int shape_gate_forward(const void *settings, struct text text)
{
    const struct gate_forward *gate = settings;
    snprintf(text.begin, text.size, "n%d", gate->images);
    return gate->runs;
}

static int shape_gate_backward(const void *settings, struct text text)
{
    const struct gate_backward *gate = settings;
    snprintf(text.begin, text.size, "n%d", gate->images);
    return gate->runs;
}

static int shape_deform_forward(const void *settings, struct text text)
{
    const struct deform_forward *deform = settings;
    deform_text(text, deform->primitive, deform->height, deform->width, deform->channels, deform->images);
    return deform->runs;
}

static int shape_deform_backward(const void *settings, struct text text)
{
    const struct deform_backward *deform = settings;
    deform_text(text, deform->primitive, deform->height, deform->width, deform->channels, deform->images);
    return deform->runs;
}

static int shape_conv_forward(const void *settings, struct text text)
{
    const struct conv_forward *conv = settings;
    conv_text(text, &conv->shape);
    return conv->shape.runs;
}

static int shape_conv_backward_data(const void *settings, struct text text)
{
    const struct conv_backward_data *conv = settings;
    conv_text(text, &conv->shape);
    return conv->shape.runs;
}

static int shape_conv_backward_filter(const void *settings, struct text text)
{
    const struct conv_backward_filter *conv = settings;
    conv_text(text, &conv->shape);
    return conv->shape.runs;
}

static int shape_batchnorm_finalise(const void *settings, struct text text)
{
    const struct batchnorm_finalise *norm = settings;
    snprintf(text.begin, text.size, "c%d", norm->channels);
    return norm->runs;
}

static int shape_batchnorm_backward(const void *settings, struct text text)
{
    const struct batchnorm_backward *norm = settings;
    snprintf(text.begin, text.size, "c%d", norm->channels);
    return norm->runs;
}

static int shape_residual_join(const void *settings, struct text text)
{
    const struct residual_join *join = settings;
    snprintf(text.begin, text.size, "%" PRId64 " positions c%d", join->positions, join->channels);
    return join->runs;
}

static int shape_pool_forward(const void *settings, struct text text)
{
    const struct pool_forward *pool = settings;
    snprintf(text.begin, text.size, "%d positions c%d n%d", pool->positions, pool->channels, pool->images);
    return pool->runs;
}

static int shape_pool_backward(const void *settings, struct text text)
{
    const struct pool_backward *pool = settings;
    snprintf(text.begin, text.size, "%d positions c%d n%d", pool->positions, pool->channels, pool->images);
    return pool->runs;
}

static int shape_linear_forward(const void *settings, struct text text)
{
    const struct linear_forward *linear = settings;
    snprintf(text.begin, text.size, "%d>%d n%d", linear->features, linear->classes, linear->images);
    return linear->runs;
}

static int shape_linear_backward(const void *settings, struct text text)
{
    const struct linear_backward *linear = settings;
    snprintf(text.begin, text.size, "%d>%d n%d", linear->features, linear->classes, linear->images);
    return linear->runs;
}

static int shape_softmax_cross_entropy(const void *settings, struct text text)
{
    const struct softmax_cross_entropy *loss = settings;
    rows_text(text, loss->classes, loss->images);
    return loss->runs;
}

static int shape_augmix_loss(const void *settings, struct text text)
{
    const struct augmix_loss *loss = settings;
    rows_text(text, loss->classes, loss->images);
    return loss->runs;
}

static int shape_non_saturating_loss(const void *settings, struct text text)
{
    const struct non_saturating_loss *loss = settings;
    rows_text(text, loss->classes, loss->images);
    return loss->runs;
}

static int shape_feature_distance_loss(const void *settings, struct text text)
{
    const struct feature_distance_loss *loss = settings;
    rows_text(text, loss->features, loss->images);
    return loss->runs;
}

static int shape_kl_loss(const void *settings, struct text text)
{
    const struct kl_loss *loss = settings;
    rows_text(text, loss->classes, loss->images);
    return loss->runs;
}

static int shape_sgd_update(const void *settings, struct text text)
{
    const struct sgd_update *update = settings;
    values_text(text, update->count);
    return update->runs;
}

static int shape_adamw_update(const void *settings, struct text text)
{
    const struct adamw_update *update = settings;
    values_text(text, update->count);
    return update->runs;
}

static int shape_gradient_clip(const void *settings, struct text text)
{
    const struct gradient_clip *clip = settings;
    values_text(text, clip->count);
    return clip->runs;
}

static int shape_step_advance(const void *settings, struct text text)
{
    const struct step_advance *advance = settings;
    snprintf(text.begin, text.size, "n%d", advance->images);
    return advance->runs;
}

static int write_shape(enum operation operation, const void *settings, struct text text)
{
    static int (*const writers[OPERATION_COUNT])(const void *, struct text) = {
        [OPERATION_BATCH_LOAD] = shape_batch_load,
        [OPERATION_BATCH_GATHER] = shape_batch_gather,
        [OPERATION_IMAGE_CORRUPT] = shape_image_corrupt,
        [OPERATION_IMAGE_NORMALISE] = shape_image_normalise,
        [OPERATION_AUGMIX_VIEWS] = shape_augmix_views,
        [OPERATION_IMAGE_TO_UNIT] = shape_image_to_unit,
        [OPERATION_UNIT_TO_ACTIVATION] = shape_unit_to_activation,
        [OPERATION_UNIT_TO_ACTIVATION_BACKWARD] = shape_unit_to_activation_backward,
        [OPERATION_AUGMENTATION_DRAW] = shape_augmentation_draw,
        [OPERATION_MLP_FORWARD] = shape_mlp_forward,
        [OPERATION_MLP_BACKWARD] = shape_mlp_backward,
        [OPERATION_SQUASH_FORWARD] = shape_squash_forward,
        [OPERATION_SQUASH_BACKWARD] = shape_squash_backward,
        [OPERATION_GATE_FORWARD] = shape_gate_forward,
        [OPERATION_GATE_BACKWARD] = shape_gate_backward,
        [OPERATION_DEFORM_FORWARD] = shape_deform_forward,
        [OPERATION_DEFORM_BACKWARD] = shape_deform_backward,
        [OPERATION_CONV_FORWARD] = shape_conv_forward,
        [OPERATION_CONV_BACKWARD_DATA] = shape_conv_backward_data,
        [OPERATION_CONV_BACKWARD_FILTER] = shape_conv_backward_filter,
        [OPERATION_BATCHNORM_FINALISE] = shape_batchnorm_finalise,
        [OPERATION_BATCHNORM_BACKWARD] = shape_batchnorm_backward,
        [OPERATION_RESIDUAL_JOIN] = shape_residual_join,
        [OPERATION_POOL_FORWARD] = shape_pool_forward,
        [OPERATION_POOL_BACKWARD] = shape_pool_backward,
        [OPERATION_LINEAR_FORWARD] = shape_linear_forward,
        [OPERATION_LINEAR_BACKWARD] = shape_linear_backward,
        [OPERATION_SOFTMAX_CROSS_ENTROPY] = shape_softmax_cross_entropy,
        [OPERATION_AUGMIX_LOSS] = shape_augmix_loss,
        [OPERATION_NON_SATURATING_LOSS] = shape_non_saturating_loss,
        [OPERATION_FEATURE_DISTANCE_LOSS] = shape_feature_distance_loss,
        [OPERATION_KL_LOSS] = shape_kl_loss,
        [OPERATION_SGD_UPDATE] = shape_sgd_update,
        [OPERATION_ADAMW_UPDATE] = shape_adamw_update,
        [OPERATION_GRADIENT_CLIP] = shape_gradient_clip,
        [OPERATION_STEP_ADVANCE] = shape_step_advance,
    };
    return writers[operation](settings, text);
}

void operation_shape_text(enum operation operation, const void *settings, char *text, size_t size)
{
    char shape[96] = "";
    const int runs = write_shape(operation, settings, (struct text){shape, sizeof shape});
    if (runs > 1)
        snprintf(text, size, "%s r%d", shape, runs);
    else
        snprintf(text, size, "%s", shape);
}

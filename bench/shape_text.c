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

// Each case writes the shape of one run and returns the number of runs.
static int write_shape(enum operation operation, const void *settings, struct text text)
{
    switch (operation) {
    case OPERATION_BATCH_LOAD: {
        const struct batch_load *load = settings;
        images_text(text, load->height, load->width, load->channels, load->images);
        return load->runs;
    }
    case OPERATION_BATCH_GATHER: {
        const struct batch_gather *gather = settings;
        images_text(text, gather->height, gather->width, gather->channels, gather->images);
        return gather->runs;
    }
    case OPERATION_IMAGE_CORRUPT: {
        const struct image_corrupt *corrupt = settings;
        images_text(text, corrupt->height, corrupt->width, corrupt->channels, corrupt->images);
        return corrupt->runs;
    }
    case OPERATION_IMAGE_NORMALISE: {
        const struct image_normalise *normalise = settings;
        images_text(text, normalise->height, normalise->width, normalise->channels, normalise->images);
        return normalise->runs;
    }
    case OPERATION_AUGMIX_VIEWS: {
        const struct augmix_views *views = settings;
        images_text(text, views->height, views->width, views->channels, views->images);
        return views->runs;
    }
    case OPERATION_IMAGE_TO_UNIT: {
        const struct image_to_unit *unit = settings;
        images_text(text, unit->height, unit->width, unit->channels, unit->images);
        return unit->runs;
    }
    case OPERATION_UNIT_TO_ACTIVATION: {
        const struct unit_to_activation *unit = settings;
        images_text(text, unit->height, unit->width, unit->channels, unit->images);
        return unit->runs;
    }
    case OPERATION_UNIT_TO_ACTIVATION_BACKWARD: {
        const struct unit_to_activation_backward *unit = settings;
        images_text(text, unit->height, unit->width, unit->channels, unit->images);
        return unit->runs;
    }
    case OPERATION_AUGMENTATION_DRAW: {
        const struct augmentation_draw *draw = settings;
        snprintf(text.begin, text.size, "%dx%d%s n%d", draw->primitives, draw->noise_width,
                 draw->epsilon != NULL ? " epsilon" : "", draw->images);
        return draw->runs;
    }
    case OPERATION_MLP_FORWARD: {
        const struct mlp_forward *mlp = settings;
        mlp_text(text, &mlp->shape);
        return mlp->shape.runs;
    }
    case OPERATION_MLP_BACKWARD: {
        const struct mlp_backward *mlp = settings;
        mlp_text(text, &mlp->shape);
        return mlp->shape.runs;
    }
    case OPERATION_SQUASH_FORWARD: {
        const struct squash_forward *squash = settings;
        rows_text(text, squash->columns, squash->rows);
        return squash->runs;
    }
    case OPERATION_SQUASH_BACKWARD: {
        const struct squash_backward *squash = settings;
        rows_text(text, squash->columns, squash->rows);
        return squash->runs;
    }
    case OPERATION_GATE_FORWARD: {
        const struct gate_forward *gate = settings;
        snprintf(text.begin, text.size, "n%d", gate->images);
        return gate->runs;
    }
    case OPERATION_GATE_BACKWARD: {
        const struct gate_backward *gate = settings;
        snprintf(text.begin, text.size, "n%d", gate->images);
        return gate->runs;
    }
    case OPERATION_DEFORM_FORWARD: {
        const struct deform_forward *deform = settings;
        deform_text(text, deform->primitive, deform->height, deform->width, deform->channels, deform->images);
        return deform->runs;
    }
    case OPERATION_DEFORM_BACKWARD: {
        const struct deform_backward *deform = settings;
        deform_text(text, deform->primitive, deform->height, deform->width, deform->channels, deform->images);
        return deform->runs;
    }
    case OPERATION_CONV_FORWARD: {
        const struct conv_forward *conv = settings;
        conv_text(text, &conv->shape);
        return conv->shape.runs;
    }
    case OPERATION_CONV_BACKWARD_DATA: {
        const struct conv_backward_data *conv = settings;
        conv_text(text, &conv->shape);
        return conv->shape.runs;
    }
    case OPERATION_CONV_BACKWARD_FILTER: {
        const struct conv_backward_filter *conv = settings;
        conv_text(text, &conv->shape);
        return conv->shape.runs;
    }
    case OPERATION_BATCHNORM_FINALISE: {
        const struct batchnorm_finalise *norm = settings;
        snprintf(text.begin, text.size, "c%d", norm->channels);
        return norm->runs;
    }
    case OPERATION_BATCHNORM_BACKWARD: {
        const struct batchnorm_backward *norm = settings;
        snprintf(text.begin, text.size, "c%d", norm->channels);
        return norm->runs;
    }
    case OPERATION_RESIDUAL_JOIN: {
        const struct residual_join *join = settings;
        snprintf(text.begin, text.size, "%" PRId64 " positions c%d", join->positions, join->channels);
        return join->runs;
    }
    case OPERATION_POOL_FORWARD: {
        const struct pool_forward *pool = settings;
        snprintf(text.begin, text.size, "%d positions c%d n%d", pool->positions, pool->channels, pool->images);
        return pool->runs;
    }
    case OPERATION_POOL_BACKWARD: {
        const struct pool_backward *pool = settings;
        snprintf(text.begin, text.size, "%d positions c%d n%d", pool->positions, pool->channels, pool->images);
        return pool->runs;
    }
    case OPERATION_LINEAR_FORWARD: {
        const struct linear_forward *linear = settings;
        snprintf(text.begin, text.size, "%d>%d n%d", linear->features, linear->classes, linear->images);
        return linear->runs;
    }
    case OPERATION_LINEAR_BACKWARD: {
        const struct linear_backward *linear = settings;
        snprintf(text.begin, text.size, "%d>%d n%d", linear->features, linear->classes, linear->images);
        return linear->runs;
    }
    case OPERATION_SOFTMAX_CROSS_ENTROPY: {
        const struct softmax_cross_entropy *loss = settings;
        rows_text(text, loss->classes, loss->images);
        return loss->runs;
    }
    case OPERATION_AUGMIX_LOSS: {
        const struct augmix_loss *loss = settings;
        rows_text(text, loss->classes, loss->images);
        return loss->runs;
    }
    case OPERATION_NON_SATURATING_LOSS: {
        const struct non_saturating_loss *loss = settings;
        rows_text(text, loss->classes, loss->images);
        return loss->runs;
    }
    case OPERATION_FEATURE_DISTANCE_LOSS: {
        const struct feature_distance_loss *loss = settings;
        rows_text(text, loss->features, loss->images);
        return loss->runs;
    }
    case OPERATION_KL_LOSS: {
        const struct kl_loss *loss = settings;
        rows_text(text, loss->classes, loss->images);
        return loss->runs;
    }
    case OPERATION_SGD_UPDATE: {
        const struct sgd_update *update = settings;
        values_text(text, update->count);
        return update->runs;
    }
    case OPERATION_ADAMW_UPDATE: {
        const struct adamw_update *update = settings;
        values_text(text, update->count);
        return update->runs;
    }
    case OPERATION_GRADIENT_CLIP: {
        const struct gradient_clip *clip = settings;
        values_text(text, clip->count);
        return clip->runs;
    }
    case OPERATION_STEP_ADVANCE: {
        const struct step_advance *advance = settings;
        snprintf(text.begin, text.size, "n%d", advance->images);
        return advance->runs;
    }
    case OPERATION_COUNT: break;
    }
    return 1;
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

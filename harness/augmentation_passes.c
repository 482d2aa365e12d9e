// augmentation_passes.c: forward and backward of the augmentation model as a fixed sequence of operations.
// Tests: tests/augmentation_model_test.c.
#include "datasets/image_set.h"
#include "harness/augmentation_parts.h"

static struct per_run slice(struct per_run array, size_t place)
{
    return (struct per_run){array.data + place, array.stride};
}

static struct mlp_shape shape_for(const struct augmentation_part *part, int images)
{
    struct mlp_shape shape = part->shape;
    shape.rows = images;
    return shape;
}

// ---- forward ---------------------------------------------------------------------------------------------------

static void enqueue_draws(const struct augmentation_model *model, const struct augmentation_batch *batch)
{
    augmentation_draw(model->device, &(struct augmentation_draw){
                                         .runs = 1,
                                         .images = batch->images,
                                         .primitives = PRIMITIVE_COUNT,
                                         .noise_width = AUGMENTATION_NOISE_WIDTH,
                                         .pixels = IMAGE_BYTES,
                                         .purpose = batch->purpose,
                                         .order = batch->order,
                                         .order_stride = batch->order_stride,
                                         .states = batch->states,
                                         .noise = model->noise,
                                         .uniforms = model->uniforms,
                                         .epsilon = model->parts[PRIMITIVE_NOISE].present ? model->epsilon : NULL});
}

static const float *noise_of(const struct augmentation_model *model, int primitive, int images)
{
    return model->noise + (size_t)primitive * (size_t)images * AUGMENTATION_NOISE_WIDTH;
}

static const float *uniforms_of(const struct augmentation_model *model, int primitive, int images)
{
    return model->uniforms + (size_t)primitive * (size_t)images;
}

static void copy_ranges(struct squash_range to[SQUASH_COLUMNS_LIMIT], const struct augmentation_part *part)
{
    for (int i = 0; i < SQUASH_COLUMNS_LIMIT; i++) to[i] = part->ranges[i];
}

static void enqueue_parameters(const struct augmentation_model *model, const struct augmentation_batch *batch, int p)
{
    const struct augmentation_part *part = &model->parts[p];
    mlp_forward(model->device, &(struct mlp_forward){.shape = shape_for(part, batch->images),
                                                     .input = noise_of(model, p, batch->images),
                                                     .parameters = slice(batch->parameters, part->mlp_place),
                                                     .saved = part->saved,
                                                     .output = part->raw});
    struct squash_forward squash = {
        .runs = 1, .rows = batch->images, .columns = part->shape.outputs, .raw = part->raw, .value = part->values};
    copy_ranges(squash.ranges, part);
    squash_forward(model->device, &squash);
    gate_forward(model->device, &(struct gate_forward){.runs = 1,
                                                       .images = batch->images,
                                                       .temperature = model->settings.temperature,
                                                       .logit = slice(batch->parameters, part->gate_place),
                                                       .uniforms = uniforms_of(model, p, batch->images),
                                                       .gate = part->gates});
}

const float *augmentation_model_forward(struct augmentation_model *model, const struct augmentation_batch *batch)
{
    const float *images = model->clean;
    enqueue_draws(model, batch);
    image_to_unit(model->device, &(struct image_to_unit){.runs = 1,
                                                         .images = batch->images,
                                                         .height = IMAGE_SIDE,
                                                         .width = IMAGE_SIDE,
                                                         .channels = IMAGE_CHANNELS,
                                                         .input = batch->bytes,
                                                         .output = model->clean});
    for (int p = 0; p < PRIMITIVE_COUNT; p++) {
        const struct augmentation_part *part = &model->parts[p];
        if (!part->present) continue;
        enqueue_parameters(model, batch, p);
        deform_forward(model->device, &(struct deform_forward){.runs = 1,
                                                               .images = batch->images,
                                                               .height = IMAGE_SIDE,
                                                               .width = IMAGE_SIDE,
                                                               .channels = IMAGE_CHANNELS,
                                                               .primitive = (enum primitive)p,
                                                               .contrast_range = CONTRAST_RANGE_CLAMP,
                                                               .parameters = part->values,
                                                               .gate = part->gates,
                                                               .epsilon = model->epsilon,
                                                               .input = images,
                                                               .output = part->deformed});
        images = part->deformed;
    }
    return images;
}

// ---- backward --------------------------------------------------------------------------------------------------

// What a primitive was applied to: the output of the one before.
static const float *input_of(const struct augmentation_model *model, int primitive)
{
    for (int p = primitive - 1; p >= 0; p--)
        if (model->parts[p].present) return model->parts[p].deformed;
    return model->clean;
}

static void enqueue_parameter_gradients(const struct augmentation_model *model, const struct augmentation_batch *batch,
                                        int p)
{
    const struct augmentation_part *part = &model->parts[p];
    gate_backward(model->device, &(struct gate_backward){.runs = 1,
                                                         .images = batch->images,
                                                         .temperature = model->settings.temperature,
                                                         .logit = slice(batch->parameters, part->gate_place),
                                                         .uniforms = uniforms_of(model, p, batch->images),
                                                         .grad_gate = part->grad_gates,
                                                         .grad_logit = slice(model->gradients, part->gate_place)});
    struct squash_backward squash = {.runs = 1,
                                     .rows = batch->images,
                                     .columns = part->shape.outputs,
                                     .value = part->values,
                                     .grad_value = part->grad_values,
                                     .grad_raw = part->raw}; // whose numbers nobody needs any more
    copy_ranges(squash.ranges, part);
    squash_backward(model->device, &squash);
    mlp_backward(model->device, &(struct mlp_backward){.shape = shape_for(part, batch->images),
                                                       .input = noise_of(model, p, batch->images),
                                                       .parameters = slice(batch->parameters, part->mlp_place),
                                                       .saved = part->saved,
                                                       .grad_output = part->raw,
                                                       .grad_parameters = slice(model->gradients, part->mlp_place)});
}

void augmentation_model_backward(struct augmentation_model *model, const struct augmentation_batch *batch,
                                 float *grad_images)
{
    float *gradient = grad_images, *next = model->grad_spare;
    for (int p = PRIMITIVE_COUNT - 1; p >= 0; p--) {
        const struct augmentation_part *part = &model->parts[p];
        const float *input = input_of(model, p);
        if (!part->present) continue;
        deform_backward(model->device, &(struct deform_backward){.runs = 1,
                                                                 .images = batch->images,
                                                                 .height = IMAGE_SIDE,
                                                                 .width = IMAGE_SIDE,
                                                                 .channels = IMAGE_CHANNELS,
                                                                 .primitive = (enum primitive)p,
                                                                 .contrast_range = CONTRAST_RANGE_CLAMP,
                                                                 .parameters = part->values,
                                                                 .gate = part->gates,
                                                                 .epsilon = model->epsilon,
                                                                 .input = input,
                                                                 .grad_output = gradient,
                                                                 .grad_input = input == model->clean ? NULL : next,
                                                                 .grad_parameters = part->grad_values,
                                                                 .grad_gate = part->grad_gates});
        enqueue_parameter_gradients(model, batch, p);
        float *swap = gradient;
        gradient = next;
        next = swap;
    }
}

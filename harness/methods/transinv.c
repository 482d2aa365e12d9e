// transinv.c: TransInv, the paper's method. The network minimises cross entropy on images that a learned augmentation has
// deformed; behind every inner_steps-th step the augmentation minimises an adversarial loss of the network (it makes images
// hard) plus lambda times a distance of a frozen teacher's features (it must not leave what the teacher is invariant to).
// Both steps see the same images under draws of their own. What a step of the augmentation costs: the teacher forward twice
// and back to the image once, the network forward and back to the image once, no gradient of any weight of either.
// Tests: tests/transinv_test.c.
#include "harness/methods/transinv_parts.h"

static struct augmentation_batch batch_of(const struct training_step *step, enum purpose purpose)
{
    const struct transinv *transinv = step->companion;
    return (struct augmentation_batch){.images = step->settings->batch_size,
                                       .purpose = purpose,
                                       .order = step->train->order,
                                       .order_stride = (size_t)step->train->count,
                                       .states = step->train->state,
                                       .bytes = step->loader->bytes,
                                       .parameters = augmentation_model_parameters(transinv->model)};
}

void transinv_enqueue_augmented(const struct training_step *step, const float *augmented, struct network *network)
{
    unit_to_activation(step->device, &(struct unit_to_activation){.runs = 1,
                                                                  .images = step->settings->batch_size,
                                                                  .height = IMAGE_SIDE,
                                                                  .width = IMAGE_SIDE,
                                                                  .channels = IMAGE_CHANNELS,
                                                                  .input = augmented,
                                                                  .output = network_input(network)});
}

// ---- the network's step ----------------------------------------------------------------------------------------

static void enqueue_step(const struct training_step *step)
{
    const struct transinv *transinv = step->companion;
    struct augmentation_batch batch = batch_of(step, PURPOSE_AUGMENTATION_TARGET);
    if (transinv->replaying) batch.parameters = transinv->replayed;
    image_loader_enqueue_bytes(step->loader);
    transinv_enqueue_augmented(step, augmentation_model_forward(transinv->model, &batch), step->network);
    supervised_pass_enqueue(step);
}

// ---- the augmentation's step -----------------------------------------------------------------------------------

static void enqueue_adversarial_loss(const struct training_step *step)
{
    const struct transinv *transinv = step->companion;
    const int images = step->settings->batch_size;
    network_forward(step->network, images, BATCHNORM_BATCH_ONLY);
    non_saturating_loss(step->device,
                        &(struct non_saturating_loss){.runs = 1,
                                                      .images = images,
                                                      .classes = step->classes,
                                                      .label_smoothing = step->settings->transinv.label_smoothing,
                                                      .logits = network_logits(step->network),
                                                      .labels = step->train->batch_labels,
                                                      .grad_logits = network_grad_logits(step->network),
                                                      .metrics = transinv->adversarial});
    network_backward(step->network, images, BATCHNORM_BATCH_ONLY, NETWORK_INPUT_GRADIENT, transinv->grad_target);
}

static void enqueue_feature_distance(const struct transinv *transinv, int images)
{
    const bool cosine = transinv->settings->transinv.distance == TRANSINV_COSINE;
    feature_distance_loss(transinv->device,
                          &(struct feature_distance_loss){.runs = 1,
                                                          .images = images,
                                                          .features = network_feature_count(transinv->teacher),
                                                          .distance = cosine ? FEATURE_DISTANCE_COSINE
                                                                             : FEATURE_DISTANCE_NORMALISED_SQUARE,
                                                          .first = network_features(transinv->teacher_clean),
                                                          .second = network_features(transinv->teacher),
                                                          .grad_second = network_grad_features(transinv->teacher),
                                                          .metrics = transinv->distance});
    network_backward(transinv->teacher, images, BATCHNORM_FROZEN, NETWORK_INPUT_GRADIENT | NETWORK_FROM_FEATURES,
                     transinv->grad_teacher);
}

static void enqueue_class_distance(const struct transinv *transinv, int images)
{
    kl_loss(transinv->device, &(struct kl_loss){.runs = 1,
                                                .images = images,
                                                .classes = transinv->teacher_classes,
                                                .first = network_logits(transinv->teacher_clean),
                                                .second = network_logits(transinv->teacher),
                                                .grad_second = network_grad_logits(transinv->teacher),
                                                .metrics = transinv->distance});
    network_backward(transinv->teacher, images, BATCHNORM_FROZEN, NETWORK_INPUT_GRADIENT, transinv->grad_teacher);
}

static void enqueue_teacher_distance(const struct training_step *step)
{
    const struct transinv *transinv = step->companion;
    const int images = step->settings->batch_size;
    image_loader_enqueue_normalised(step->loader, network_input(transinv->teacher_clean));
    network_forward(transinv->teacher_clean, images, BATCHNORM_FROZEN);
    network_forward(transinv->teacher, images, BATCHNORM_FROZEN);
    if (transinv->settings->transinv.distance == TRANSINV_KL)
        enqueue_class_distance(transinv, images);
    else
        enqueue_feature_distance(transinv, images);
}

static void enqueue_update(const struct training_step *step)
{
    const struct transinv *transinv = step->companion;
    const struct transinv_settings *settings = &step->settings->transinv;
    const int64_t count = augmentation_model_parameter_count(transinv->model);
    const struct per_run gradient = augmentation_model_gradients(transinv->model);
    gradient_clip(step->device,
                  &(struct gradient_clip){.runs = 1, .count = count, .limit = settings->clip, .gradient = gradient});
    adamw_update(step->device, &(struct adamw_update){.runs = 1,
                                                      .count = count,
                                                      .beta1 = 0.9,
                                                      .beta2 = 0.999,
                                                      .epsilon = 1e-8,
                                                      .weight_decay = (double)settings->weight_decay,
                                                      .rates = transinv->rates,
                                                      .states = transinv->optimiser,
                                                      .gradient = gradient,
                                                      .first_moment = transinv->first_moment,
                                                      .second_moment = transinv->second_moment,
                                                      .parameter = augmentation_model_parameters(transinv->model)});
    step_advance(step->device, &(struct step_advance){.runs = 1,
                                                      .images = step->settings->batch_size,
                                                      .count_step = true,
                                                      .states = transinv->optimiser});
}

// On the images of the step before, whose bytes the loader still holds.
static void enqueue_augmentation_step(const struct training_step *step)
{
    const struct transinv *transinv = step->companion;
    const struct augmentation_batch batch = batch_of(step, PURPOSE_AUGMENTATION_MODEL);
    const float *augmented = augmentation_model_forward(transinv->model, &batch);
    transinv_enqueue_augmented(step, augmented, step->network);
    enqueue_adversarial_loss(step);
    transinv_enqueue_augmented(step, augmented, transinv->teacher);
    enqueue_teacher_distance(step);
    unit_to_activation_backward(step->device,
                                &(struct unit_to_activation_backward){.runs = 1,
                                                                      .images = step->settings->batch_size,
                                                                      .height = IMAGE_SIDE,
                                                                      .width = IMAGE_SIDE,
                                                                      .channels = IMAGE_CHANNELS,
                                                                      .input = augmented,
                                                                      .gradient = transinv->grad_target,
                                                                      .second = transinv->grad_teacher,
                                                                      .second_weight = step->settings->transinv.lambda,
                                                                      .grad_input = transinv->grad_images});
    augmentation_model_backward(transinv->model, &batch, transinv->grad_images);
    enqueue_update(step);
}

// ---- public ----------------------------------------------------------------------------------------------------

static int period(const struct training_settings *settings)
{
    return settings->transinv.inner_steps;
}

static void set_replaying(void *companion, bool replaying)
{
    struct transinv *transinv = companion;
    transinv->replaying = replaying;
}

static const struct companion augmentation = {
    .create = transinv_create,
    .destroy = transinv_destroy,
    .period = period,
    .enqueue_step = enqueue_augmentation_step,
    .choose = transinv_choose,
    .set_replaying = set_replaying,
    .begin_epoch = transinv_begin_epoch,
    .end_epoch = transinv_end_epoch,
    .export_state = transinv_export,
    .import_state = transinv_import,
    .finish = transinv_finish,
};

const struct method method_transinv = {
    .code = "TransInv",
    .name = "transferred invariance",
    .description =
        "cross entropy on images that a learned augmentation makes as hard as the teacher's invariance allows",
    .enqueue_step = enqueue_step,
    .companion = &augmentation,
};

// transinv_state.c: what TransInv keeps beside the network: made, saved, restored, destroyed; and earlier models for replay.
// Tests: tests/transinv_test.c, tests/resume_test.c.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/random.h"
#include "harness/allocation.h"
#include "harness/methods/transinv_parts.h"

// ---- the teacher -----------------------------------------------------------------------------------------------

static struct status create_teacher(struct transinv *transinv, const struct training_step *step)
{
    const struct state_tensor *classifier = state_dict_find(step->start, "fc.bias");
    if (classifier == NULL || classifier->dimension_count != 1)
        return status_error(STATUS_BAD_INPUT, "TransInv: the teacher's model has no classifier \"fc.bias\"");
    transinv->teacher_classes = (int)classifier->dimensions[0];
    const struct network_shape shape = {.depth = step->settings->depth,
                                        .widen = step->settings->widen,
                                        .classes = transinv->teacher_classes,
                                        .side = IMAGE_SIDE,
                                        .channels = IMAGE_CHANNELS,
                                        .runs = 1,
                                        .images = step->settings->batch_size};
    struct status status = network_create(step->device, &shape, false, &transinv->teacher_clean);
    if (status.code == STATUS_OK) status = network_create(step->device, &shape, true, &transinv->teacher);
    if (status.code == STATUS_OK) status = network_import(transinv->teacher_clean, 0, step->start, true);
    if (status.code == STATUS_OK) status = network_import(transinv->teacher, 0, step->start, true);
    return status;
}

// ---- memory ----------------------------------------------------------------------------------------------------

static struct per_run allocate_like_parameters(struct allocation *allocation, const struct transinv *transinv)
{
    const size_t count = (size_t)augmentation_model_parameter_count(transinv->model);
    return (struct per_run){allocation_take(allocation, count * sizeof(float)), count};
}

static struct status allocate_all(struct transinv *transinv, const struct training_step *step)
{
    struct allocation allocation = {step->device, status_ok()};
    const size_t images = (size_t)step->settings->batch_size;
    const size_t activations = images * IMAGE_BYTES * device_kernels(step->device)->activation_bytes;
    transinv->first_moment = allocate_like_parameters(&allocation, transinv);
    transinv->second_moment = allocate_like_parameters(&allocation, transinv);
    transinv->replayed = allocate_like_parameters(&allocation, transinv);
    transinv->optimiser = allocation_take(&allocation, sizeof *transinv->optimiser);
    transinv->adversarial = allocation_take(&allocation, sizeof *transinv->adversarial);
    transinv->distance = allocation_take(&allocation, sizeof *transinv->distance);
    transinv->grad_target = allocation_take(&allocation, activations);
    transinv->grad_teacher = allocation_take(&allocation, activations);
    transinv->grad_images = allocation_take(&allocation, images * IMAGE_BYTES * sizeof(float));
    transinv->sample_order = allocation_take(&allocation, images * sizeof *transinv->sample_order);
    transinv->sample_labels = allocation_take(&allocation, images * sizeof *transinv->sample_labels);
    transinv->sample_state = allocation_take(&allocation, sizeof *transinv->sample_state);
    return allocation.status;
}

// The rate is the same at every step.
static struct status fill_rates(struct transinv *transinv, const struct training_step *step)
{
    const size_t steps = (size_t)(step->steps / step->settings->transinv.inner_steps);
    float *rates = malloc(steps * sizeof *rates);
    if (rates == NULL) return status_error(STATUS_NO_MEMORY, "TransInv: rates of %zu steps: out of memory", steps);
    for (size_t i = 0; i < steps; i++) rates[i] = (float)step->settings->transinv.learning_rate;
    transinv->rates.stride = steps;
    struct status status = device_allocate(step->device, steps * sizeof *rates, (void **)&transinv->rates.data);
    if (status.code == STATUS_OK) {
        device_upload(step->device, transinv->rates.data, rates, steps * sizeof *rates);
        status = device_synchronise(step->device);
    }
    free(rates);
    return status;
}

static struct status fill_sample(struct transinv *transinv, const struct training_step *step)
{
    const int images = step->settings->batch_size;
    int32_t *order = malloc((size_t)images * sizeof *order);
    if (order == NULL) return status_error(STATUS_NO_MEMORY, "TransInv: sample of %d images: out of memory", images);
    for (int i = 0; i < images; i++) order[i] = i;
    device_upload(step->device, transinv->sample_order, order, (size_t)images * sizeof *order);
    struct status status = device_synchronise(step->device);
    free(order);
    return status;
}

static struct status check_step(const struct training_step *step)
{
    const struct transinv_settings *settings = &step->settings->transinv;
    const int64_t steps = step->steps / step->settings->epochs;
    if (step->start == NULL)
        return status_error(STATUS_USAGE, "TransInv: expected a teacher's model to start from, found none");
    if (settings->inner_steps > steps)
        return status_error(STATUS_USAGE,
                            "TransInv: transinv.inner_steps is %d, expected at most the %lld steps of an epoch",
                            settings->inner_steps, (long long)steps);
    return status_ok();
}

static struct status fill(struct transinv *transinv, const struct training_step *step)
{
    const struct training_settings *settings = step->settings;
    const int slots = settings->transinv.replay_epochs > 0 ? settings->epochs / settings->transinv.replay_epochs : 0;
    transinv->kept = calloc((size_t)slots + 1, sizeof *transinv->kept);
    if (transinv->kept == NULL) return status_error(STATUS_NO_MEMORY, "TransInv: out of memory");
    struct status status = create_teacher(transinv, step);
    if (status.code == STATUS_OK)
        status = augmentation_model_create(step->device, &settings->transinv.augmentation, settings->batch_size,
                                           settings->seed, &transinv->model);
    if (status.code == STATUS_OK) status = allocate_all(transinv, step);
    if (status.code == STATUS_OK) status = fill_rates(transinv, step);
    if (status.code == STATUS_OK) status = fill_sample(transinv, step);
    return status;
}

struct status transinv_create(const struct training_step *step, void **companion)
{
    *companion = NULL;
    struct status status = check_step(step);
    if (status.code != STATUS_OK) return status;
    struct transinv *transinv = calloc(1, sizeof *transinv);
    if (transinv == NULL) return status_error(STATUS_NO_MEMORY, "TransInv: out of memory");
    *transinv = (struct transinv){.device = step->device, .settings = step->settings};
    status = fill(transinv, step);
    if (status.code == STATUS_OK)
        *companion = transinv;
    else
        transinv_destroy(transinv);
    return status;
}

void transinv_destroy(void *companion)
{
    struct transinv *transinv = companion;
    if (transinv == NULL) return;
    void *const memory[] = {
        transinv->first_moment.data, transinv->second_moment.data, transinv->rates.data,    transinv->optimiser,
        transinv->adversarial,       transinv->distance,           transinv->grad_target,   transinv->grad_teacher,
        transinv->grad_images,       transinv->sample_order,       transinv->sample_labels, transinv->sample_state,
        transinv->replayed.data,
    };
    for (size_t i = 0; i < sizeof memory / sizeof memory[0]; i++) device_release(transinv->device, memory[i]);
    augmentation_model_destroy(transinv->model);
    network_destroy(transinv->teacher_clean);
    network_destroy(transinv->teacher);
    for (int i = 0; i < transinv->kept_count; i++) free(transinv->kept[i]);
    free(transinv->kept);
    free(transinv);
}

// ---- replay ----------------------------------------------------------------------------------------------------

static size_t parameter_bytes(const struct transinv *transinv)
{
    return (size_t)augmentation_model_parameter_count(transinv->model) * sizeof(float);
}

// One model is kept at the beginning of every replay_epochs-th epoch, but for the first.
static struct status keep_model(struct transinv *transinv, int epoch)
{
    const int every = transinv->settings->transinv.replay_epochs;
    if (every == 0 || epoch == 0 || epoch % every != 0 || transinv->kept_count >= epoch / every) return status_ok();
    float *copy = malloc(parameter_bytes(transinv));
    if (copy == NULL) return status_error(STATUS_NO_MEMORY, "TransInv: keep a model: out of memory");
    transinv->kept[transinv->kept_count++] = copy;
    device_download(transinv->device, copy, augmentation_model_parameters(transinv->model).data,
                    parameter_bytes(transinv));
    return device_synchronise(transinv->device);
}

struct status transinv_begin_epoch(void *companion, int epoch)
{
    struct transinv *transinv = companion;
    device_upload(transinv->device, transinv->adversarial, &transinv->epoch_adversarial,
                  sizeof transinv->epoch_adversarial);
    device_upload(transinv->device, transinv->distance, &transinv->epoch_distance, sizeof transinv->epoch_distance);
    return keep_model(transinv, epoch);
}

// Among the present model and the kept ones each is as likely as any other.
int transinv_choose(void *companion, const struct training_state *state)
{
    struct transinv *transinv = companion;
    if (transinv->kept_count == 0) return 0;
    struct random_stream stream =
        random_stream_create(state->seed, PURPOSE_AUGMENTATION_REPLAY, state->epoch, (uint32_t)state->position);
    const uint32_t chosen = random_next_below(&stream, (uint32_t)transinv->kept_count + 1);
    if (chosen == (uint32_t)transinv->kept_count) return 0;
    device_upload(transinv->device, transinv->replayed.data, transinv->kept[chosen], parameter_bytes(transinv));
    return 1;
}

// ---- checkpoints -----------------------------------------------------------------------------------------------

static json_t *metrics_json(const struct metrics *metrics)
{
    char text[32];
    number_format_double(metrics->loss_sum, text);
    return json_pack("{s:s, s:I}", "loss_sum", text, "images", (json_int_t)metrics->images);
}

static bool metrics_from_json(const json_t *object, struct metrics *metrics)
{
    const char *text = json_string_value(json_object_get(object, "loss_sum"));
    const json_t *images = json_object_get(object, "images");
    *metrics = (struct metrics){.images = json_integer_value(images)};
    return text != NULL && json_is_integer(images) && number_parse_double(text, &metrics->loss_sum);
}

static struct status export_kept(struct transinv *transinv, struct state_dict *tensors)
{
    struct status status = status_ok();
    for (int i = 0; status.code == STATUS_OK && i < transinv->kept_count; i++) {
        const int64_t length = augmentation_model_parameter_count(transinv->model);
        char name[64];
        float *values = NULL;
        snprintf(name, sizeof name, "kept.%d", i);
        status = state_dict_add(tensors, name, 1, &length, &values);
        if (status.code == STATUS_OK) memcpy(values, transinv->kept[i], parameter_bytes(transinv));
    }
    return status;
}

struct status transinv_export(void *companion, struct state_dict *tensors, json_t **rest)
{
    struct transinv *transinv = companion;
    struct training_state optimiser = {0};
    struct metrics adversarial = {0}, distance = {0};
    device_download(transinv->device, &optimiser, transinv->optimiser, sizeof optimiser);
    device_download(transinv->device, &adversarial, transinv->adversarial, sizeof adversarial);
    device_download(transinv->device, &distance, transinv->distance, sizeof distance);
    const struct per_run parameters = augmentation_model_parameters(transinv->model);
    struct status status = augmentation_model_export(transinv->model, parameters, "model.", tensors);
    if (status.code == STATUS_OK)
        status = augmentation_model_export(transinv->model, transinv->first_moment, "first_moment.", tensors);
    if (status.code == STATUS_OK)
        status = augmentation_model_export(transinv->model, transinv->second_moment, "second_moment.", tensors);
    if (status.code == STATUS_OK) status = export_kept(transinv, tensors);
    *rest = json_pack("{s:I, s:i, s:o, s:o}", "step", (json_int_t)optimiser.step, "kept", transinv->kept_count,
                      "adversarial", metrics_json(&adversarial), "distance", metrics_json(&distance));
    return status;
}

static struct status import_kept(struct transinv *transinv, const struct state_dict *tensors, int count)
{
    const int every = transinv->settings->transinv.replay_epochs;
    if (count < 0 || count > (every > 0 ? transinv->settings->epochs / every : 0))
        return status_error(STATUS_BAD_INPUT, "checkpoint: %d models kept for replay", count);
    for (int i = 0; i < count; i++) {
        char name[64];
        snprintf(name, sizeof name, "kept.%d", i);
        const struct state_tensor *tensor = state_dict_find(tensors, name);
        if (tensor == NULL || state_tensor_length(tensor) * sizeof(float) != parameter_bytes(transinv))
            return status_error(STATUS_BAD_INPUT, "checkpoint: tensor %s is missing or of another length", name);
        float *copy = malloc(parameter_bytes(transinv));
        if (copy == NULL) return status_error(STATUS_NO_MEMORY, "checkpoint: out of memory");
        memcpy(copy, tensor->values, parameter_bytes(transinv));
        transinv->kept[transinv->kept_count++] = copy;
    }
    return status_ok();
}

struct status transinv_import(void *companion, const struct state_dict *tensors, const json_t *rest)
{
    struct transinv *transinv = companion;
    const json_t *step = json_object_get(rest, "step"), *kept = json_object_get(rest, "kept");
    const struct training_state optimiser = {.step = json_integer_value(step)};
    if (!json_is_integer(step) || optimiser.step < 0 || optimiser.step > (int64_t)transinv->rates.stride ||
        !json_is_integer(kept) ||
        !metrics_from_json(json_object_get(rest, "adversarial"), &transinv->epoch_adversarial) ||
        !metrics_from_json(json_object_get(rest, "distance"), &transinv->epoch_distance))
        return status_error(STATUS_BAD_INPUT, "checkpoint: the record of the augmentation model cannot be read");
    device_upload(transinv->device, transinv->optimiser, &optimiser, sizeof optimiser);
    struct status status =
        augmentation_model_import(transinv->model, augmentation_model_parameters(transinv->model), "model.", tensors);
    if (status.code == STATUS_OK)
        status = augmentation_model_import(transinv->model, transinv->first_moment, "first_moment.", tensors);
    if (status.code == STATUS_OK)
        status = augmentation_model_import(transinv->model, transinv->second_moment, "second_moment.", tensors);
    return status.code == STATUS_OK ? import_kept(transinv, tensors, (int)json_integer_value(kept)) : status;
}

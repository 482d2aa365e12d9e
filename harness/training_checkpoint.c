// training_checkpoint.c: everything a training run needs to go on, in one safetensors file: weights and running statistics
// under PyTorch's names, momentum as "momentum.<name>", what a method trains beside the network as "companion.<name>", and
// in the metadata where the run stands and what it belongs to.
// Tests: tests/resume_test.c.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/number.h"
#include "harness/methods/method.h"
#include "harness/safetensors.h"
#include "harness/training_session.h"

static const char momentum_prefix[] = "momentum.", companion_prefix[] = "companion.";

// ---- what a checkpoint belongs to ------------------------------------------------------------------------------

static json_t *json_of_double(double value)
{
    char text[32];
    number_format_double(value, text);
    return json_string(text);
}

// One digest over the digests of all tensors' values; "" for fresh weights.
static void digest_start(const struct state_dict *start, char hex[65])
{
    char chain[2 * 64 + 1] = "";
    hex[0] = '\0';
    for (size_t i = 0; start != NULL && i < start->count; i++) {
        char values[65];
        digest_sha256(start->tensors[i].values, state_tensor_length(&start->tensors[i]) * sizeof(float), values);
        snprintf(chain, sizeof chain, "%s%s", hex, values);
        digest_sha256(chain, strlen(chain), hex);
    }
}

// What decides the steps of AM and TransInv beyond the method itself.
static void describe_method(const struct training_settings *settings, char *text, size_t size)
{
    const struct augmix_settings *augmix = &settings->augmix;
    const struct transinv_settings *transinv = &settings->transinv;
    const struct augmentation_settings *model = &transinv->augmentation;
    text[0] = '\0';
    if (settings->method == &method_augmix)
        snprintf(text, size, "severity %d, all operations %d", augmix->severity, augmix->all_operations);
    if (settings->method == &method_transinv)
        snprintf(text, size, "%d%d%d%d %d %a %a %a %a, %d %a %a %d %a %a %a %d", model->primitives[0],
                 model->primitives[1], model->primitives[2], model->primitives[3], model->hidden,
                 (double)model->temperature, (double)model->gate_start, (double)model->blur_start,
                 (double)model->noise_start, (int)transinv->distance, (double)transinv->lambda,
                 (double)transinv->label_smoothing, transinv->inner_steps, transinv->learning_rate,
                 (double)transinv->weight_decay, (double)transinv->clip, transinv->replay_epochs);
}

// Text that differs whenever continuing would not give the bits of an uninterrupted run.
static json_t *describe_owner(const struct training_session *session)
{
    const struct training_settings *s = session->job->settings;
    const struct image_set *train = session->job->train;
    char pixels[65], labels[65], start[65], law[65] = "", method[400];
    describe_method(s, method, sizeof method);
    if (s->corrupts) digest_sha256(&s->law, sizeof s->law, law);
    digest_start(session->job->start, start);
    digest_sha256(train->pixels, (size_t)train->count * IMAGE_BYTES, pixels);
    digest_sha256(train->labels, (size_t)train->count * sizeof *train->labels, labels);
    return json_pack(
        "{s:i s:i s:i s:i s:o s:o s:i s:i s:o s:o s:o s:i s:s s:i s:s s:s s:s s:s s:s s:s}", "depth", s->depth, "widen",
        s->widen, "batch_size", s->batch_size, "epochs", s->epochs, "learning_rate", json_of_double(s->learning_rate),
        "learning_rate_minimum", json_of_double(s->learning_rate_minimum), "warmup_epochs", s->warmup_epochs, "warmup",
        (int)s->warmup, "momentum", json_of_double((double)s->momentum), "weight_decay",
        json_of_double((double)s->weight_decay), "label_smoothing", json_of_double((double)s->label_smoothing),
        "base_augmentation", (int)s->base_augmentation, "corruption law", law, "seed", (int)s->seed, "method",
        s->method->code, "values of the method", method, "start", start, "backend",
        device_kernels(session->device)->name, "pixels", pixels, "labels", labels);
}

// ---- where the run stands --------------------------------------------------------------------------------------

static json_t *pack_record(const struct epoch_record *r)
{
    return json_pack("{s:i s:I s:o s:o s:o s:b s:o s:o s:I s:I s:o s:o s:o}", "epoch", r->epoch, "steps",
                     (json_int_t)r->steps, "learning_rate", json_of_double(r->learning_rate), "train_loss",
                     json_of_double(r->train_loss), "train_accuracy", json_of_double(r->train_accuracy), "evaluated",
                     r->evaluated, "test_accuracy", json_of_double(r->test.accuracy), "test_loss",
                     json_of_double(r->test.loss), "test_correct", (json_int_t)r->test.correct, "test_images",
                     (json_int_t)r->test.images, "seconds", json_of_double(r->seconds), "images_per_second",
                     json_of_double(r->images_per_second), "augmentation", augmentation_record_json(&r->augmentation));
}

static json_t *pack_progress(const struct training_session *session)
{
    json_t *records = json_array();
    for (int i = 0; i < session->record_count; i++) json_array_append_new(records, pack_record(&session->records[i]));
    return json_pack("{s:i s:I s:I s:o s:I s:I s:o s:o}", "epoch", (int)session->state.epoch, "step",
                     (json_int_t)session->state.step, "position", (json_int_t)session->state.position, "loss_sum",
                     json_of_double(session->epoch_metrics.loss_sum), "correct",
                     (json_int_t)session->epoch_metrics.correct, "images", (json_int_t)session->epoch_metrics.images,
                     "epoch_seconds", json_of_double(session->epoch_seconds), "records", records);
}

// Reads the members of a JSON object; the first thing that does not fit sticks.
struct member_reader {
    const json_t *object;
    bool failed;
};

static int64_t read_integer(struct member_reader *reader, const char *key)
{
    const json_t *value = json_object_get(reader->object, key);
    if (!json_is_integer(value)) reader->failed = true;
    return json_integer_value(value);
}

static double read_double(struct member_reader *reader, const char *key)
{
    double value = 0;
    const char *text = json_string_value(json_object_get(reader->object, key));
    if (text == NULL || !number_parse_double(text, &value)) reader->failed = true;
    return value;
}

static bool unpack_record(const json_t *object, struct epoch_record *r)
{
    struct member_reader reader = {object, !json_is_object(object)};
    r->epoch = (int)read_integer(&reader, "epoch");
    r->steps = read_integer(&reader, "steps");
    r->learning_rate = read_double(&reader, "learning_rate");
    r->train_loss = read_double(&reader, "train_loss");
    r->train_accuracy = read_double(&reader, "train_accuracy");
    r->evaluated = json_is_true(json_object_get(object, "evaluated"));
    r->test.accuracy = read_double(&reader, "test_accuracy");
    r->test.loss = read_double(&reader, "test_loss");
    r->test.correct = read_integer(&reader, "test_correct");
    r->test.images = read_integer(&reader, "test_images");
    r->seconds = read_double(&reader, "seconds");
    r->images_per_second = read_double(&reader, "images_per_second");
    return !reader.failed && augmentation_record_from_json(json_object_get(object, "augmentation"), &r->augmentation);
}

static bool unpack_progress(const json_t *object, struct training_session *session)
{
    const struct training_settings *settings = session->job->settings;
    struct member_reader reader = {object, !json_is_object(object)};
    struct training_state state = {.seed = settings->seed,
                                   .epoch = (uint32_t)read_integer(&reader, "epoch"),
                                   .step = read_integer(&reader, "step"),
                                   .position = read_integer(&reader, "position")};
    struct metrics metrics = {read_double(&reader, "loss_sum"), read_integer(&reader, "correct"),
                              read_integer(&reader, "images")};
    double epoch_seconds = read_double(&reader, "epoch_seconds");
    const json_t *records = json_object_get(object, "records");
    size_t count = json_array_size(records);
    int64_t in_epoch = state.position / settings->batch_size;
    if (reader.failed || count > (size_t)settings->epochs || count != state.epoch ||
        (count == (size_t)settings->epochs && in_epoch != 0) || state.position % settings->batch_size != 0 ||
        in_epoch < 0 || in_epoch > session->steps_per_epoch ||
        state.step != (int64_t)state.epoch * session->steps_per_epoch + in_epoch)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!unpack_record(json_array_get(records, i), &session->records[i])) return false;
    session->state = state;
    session->epoch_metrics = metrics;
    session->epoch_seconds = epoch_seconds;
    session->record_count = (int)count;
    return true;
}

// ---- tensors ---------------------------------------------------------------------------------------------------

static struct status rename_tensor(struct state_tensor *tensor, const char *prefix)
{
    char name[sizeof tensor->name + sizeof companion_prefix];
    snprintf(name, sizeof name, "%s%s", prefix, tensor->name);
    if (strlen(name) >= sizeof tensor->name) return status_error(STATUS_FAILED, "tensor name %s is too long", name);
    memcpy(tensor->name, name, strlen(name) + 1);
    return status_ok();
}

// Momentum and companion are exported under names that the weights, or others, have too: each is renamed before the next.
static struct status collect_tensors(struct training_session *session, struct state_dict *dict, json_t **rest)
{
    const struct companion *companion = session->job->settings->method->companion;
    struct status status = network_export_like_parameters(session->network, 0, session->velocity, dict);
    for (size_t i = 0; i < dict->count && status.code == STATUS_OK; i++)
        status = rename_tensor(&dict->tensors[i], momentum_prefix);
    const size_t before = dict->count;
    *rest = NULL;
    if (status.code == STATUS_OK && companion != NULL)
        status = companion->export_state(session->step.companion, dict, rest);
    for (size_t i = before; i < dict->count && status.code == STATUS_OK; i++)
        status = rename_tensor(&dict->tensors[i], companion_prefix);
    return status.code == STATUS_OK ? network_export(session->network, 0, dict) : status;
}

// The tensors whose names begin with `prefix`, without it: a view that borrows their values.
static struct status select_tensors(const struct state_dict *dict, const char *prefix, struct state_dict *view)
{
    const size_t length = strlen(prefix);
    *view = (struct state_dict){.tensors = calloc(dict->count + 1, sizeof *view->tensors)};
    if (view->tensors == NULL)
        return status_error(STATUS_NO_MEMORY, "checkpoint of %zu tensors: out of memory", dict->count);
    for (size_t i = 0; i < dict->count; i++) {
        if (strncmp(dict->tensors[i].name, prefix, length) != 0) continue;
        struct state_tensor *tensor = &view->tensors[view->count++];
        *tensor = dict->tensors[i];
        memmove(tensor->name, tensor->name + length, strlen(tensor->name + length) + 1);
    }
    return status_ok();
}

static bool has_prefix(const char *name)
{
    return strncmp(name, momentum_prefix, strlen(momentum_prefix)) == 0 ||
           strncmp(name, companion_prefix, strlen(companion_prefix)) == 0;
}

// The others: the network's.
static struct status select_weights(const struct state_dict *dict, struct state_dict *view)
{
    struct status status = select_tensors(dict, "", view);
    size_t kept = 0;
    for (size_t i = 0; i < view->count; i++)
        if (!has_prefix(view->tensors[i].name)) view->tensors[kept++] = view->tensors[i];
    view->count = kept;
    return status;
}

static struct status import_companion(struct training_session *session, const struct state_dict *tensors,
                                      const json_t *rest)
{
    const struct companion *companion = session->job->settings->method->companion;
    if (companion == NULL) return status_ok();
    return companion->import_state(session->step.companion, tensors, rest);
}

static struct status restore_tensors(struct training_session *session, const struct state_dict *dict,
                                     const json_t *rest)
{
    struct state_dict momentum = {0}, weights = {0}, beside = {0};
    struct status status = select_tensors(dict, momentum_prefix, &momentum);
    if (status.code == STATUS_OK) status = select_weights(dict, &weights);
    if (status.code == STATUS_OK) status = select_tensors(dict, companion_prefix, &beside);
    if (status.code == STATUS_OK)
        status = network_import_like_parameters(session->network, 0, session->velocity, &momentum);
    if (status.code == STATUS_OK) status = network_import(session->network, 0, &weights, true);
    if (status.code == STATUS_OK) status = import_companion(session, &beside, rest);
    free(momentum.tensors);
    free(weights.tensors);
    free(beside.tensors);
    return status;
}

// ---- public ----------------------------------------------------------------------------------------------------

static bool add_text(json_t *metadata, const char *key, json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS);
    bool added = text != NULL && json_object_set_new(metadata, key, json_string(text)) == 0;
    free(text);
    json_decref(value);
    return added;
}

struct status training_checkpoint_write(struct training_session *session)
{
    struct state_dict dict = {0};
    json_t *metadata = json_object(), *rest = NULL;
    struct status status = collect_tensors(session, &dict, &rest);
    if (status.code != STATUS_OK) goto done;
    if (!add_text(metadata, "owner", describe_owner(session)) ||
        !add_text(metadata, "progress", pack_progress(session)) ||
        (rest != NULL && !add_text(metadata, "companion", json_incref(rest)))) {
        status = status_error(STATUS_NO_MEMORY, "checkpoint %s: out of memory", session->job->checkpoint_path);
        goto done;
    }
    status = safetensors_write(session->job->checkpoint_path, &dict, metadata);
done:
    json_decref(rest);
    json_decref(metadata);
    state_dict_destroy(&dict);
    return status;
}

static json_t *parse_text(const json_t *metadata, const char *key)
{
    const char *text = json_string_value(json_object_get(metadata, key));
    return text == NULL ? NULL : json_loads(text, JSON_REJECT_DUPLICATES, NULL);
}

// Names the first setting that differs.
static struct status check_owner(const char *path, const json_t *found, json_t *expected)
{
    const char *key;
    json_t *value;
    json_object_foreach(expected, key, value)
    {
        if (!json_equal(value, json_object_get(found, key)))
            return status_error(STATUS_BAD_INPUT,
                                "checkpoint %s was made with another %s than this run has; remove it to start anew",
                                path, key);
    }
    return status_ok();
}

struct status training_checkpoint_read(struct training_session *session, bool *found)
{
    const char *path = session->job->checkpoint_path;
    struct state_dict dict = {0};
    json_t *metadata = NULL, *owner = NULL, *progress = NULL, *expected = NULL, *companion = NULL;
    *found = file_exists(path);
    if (!*found) return status_ok();
    struct status status = safetensors_read(path, &dict, &metadata);
    if (status.code != STATUS_OK) goto done;
    owner = parse_text(metadata, "owner");
    progress = parse_text(metadata, "progress");
    companion = parse_text(metadata, "companion");
    expected = describe_owner(session);
    status = check_owner(path, owner, expected);
    if (status.code != STATUS_OK) goto done;
    status = restore_tensors(session, &dict, companion);
    if (status.code == STATUS_OK && !unpack_progress(progress, session))
        status = status_error(STATUS_BAD_INPUT, "checkpoint %s: its progress record cannot be read", path);
done:
    json_decref(companion);
    json_decref(expected);
    json_decref(progress);
    json_decref(owner);
    json_decref(metadata);
    state_dict_destroy(&dict);
    return status;
}

// augmentation_model.c: the model's parts: layout of the parameters, memory, first weights, names. The passes are in
// augmentation_passes.c. Tests: tests/augmentation_model_test.c.
#include "harness/augmentation_model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "datasets/image_set.h"
#include "harness/allocation.h"
#include "harness/augmentation_parts.h"

// ---- layout ----------------------------------------------------------------------------------------------------

// One primitive's parameters: the MLP's tensors in mlp_forward's order, then the gate's logit.
enum {
    TENSOR_W1,
    TENSOR_GAMMA1,
    TENSOR_BETA1,
    TENSOR_W2,
    TENSOR_GAMMA2,
    TENSOR_BETA2,
    TENSOR_W3,
    TENSOR_GATE,
    TENSORS
};

struct tensor_shape {
    const char *name;
    int64_t rows, columns; // columns 0: a vector
};

static struct tensor_shape tensor_shape(const struct augmentation_part *part, int tensor)
{
    const int64_t hidden = part->shape.hidden;
    const struct tensor_shape shapes[TENSORS] = {
        [TENSOR_W1] = {"w1", hidden, part->shape.inputs},
        [TENSOR_GAMMA1] = {"gamma1", hidden, 0},
        [TENSOR_BETA1] = {"beta1", hidden, 0},
        [TENSOR_W2] = {"w2", hidden, hidden},
        [TENSOR_GAMMA2] = {"gamma2", hidden, 0},
        [TENSOR_BETA2] = {"beta2", hidden, 0},
        [TENSOR_W3] = {"w3", part->shape.outputs, hidden},
        [TENSOR_GATE] = {"gate", 1, 0},
    };
    return shapes[tensor];
}

static size_t tensor_length(const struct tensor_shape *shape)
{
    return (size_t)(shape->columns > 0 ? shape->rows * shape->columns : shape->rows);
}

static void lay_out(struct augmentation_model *model)
{
    for (int p = 0; p < PRIMITIVE_COUNT; p++) {
        struct augmentation_part *part = &model->parts[p];
        if (!model->settings.primitives[p]) continue;
        part->present = true;
        part->shape = (struct mlp_shape){.runs = 1,
                                         .rows = model->images,
                                         .inputs = AUGMENTATION_NOISE_WIDTH,
                                         .hidden = model->settings.hidden,
                                         .outputs = primitive_parameters((enum primitive)p)};
        part->mlp_place = model->count;
        part->gate_place = model->count + mlp_parameter_count(&part->shape);
        model->count = part->gate_place + 1;
    }
}

// ---- where each parameter may be, and where it starts ------------------------------------------------------------
// Half the width of the geometric ranges, and of contrast's, are TeachAugment's (g_scale 0.5, c_scale 0.8). The
// geometric start lies a little off the identity, where every sampling position would be a kink.

static void set_ranges(struct augmentation_model *model)
{
    const struct augmentation_settings *settings = &model->settings;
    const struct squash_range contrast[] = {{0.2F, 1.8F, 1}, {-0.8F, 0.8F, 0}};
    const struct squash_range geometric[] = {{0.75F, 1.25F, 1.004F},  {-0.25F, 0.25F, 0.003F},
                                             {-0.25F, 0.25F, 0.006F}, {-0.25F, 0.25F, -0.003F},
                                             {0.75F, 1.25F, 0.996F},  {-0.25F, 0.25F, -0.005F}};
    const struct squash_range blur = {0.1F, 2, settings->blur_start}, noise = {0, 0.3F, settings->noise_start};
    memcpy(model->parts[PRIMITIVE_CONTRAST].ranges, contrast, sizeof contrast);
    memcpy(model->parts[PRIMITIVE_GEOMETRIC].ranges, geometric, sizeof geometric);
    model->parts[PRIMITIVE_BLUR].ranges[0] = blur;
    model->parts[PRIMITIVE_NOISE].ranges[0] = noise;
}

// ---- first weights ---------------------------------------------------------------------------------------------

// Standard deviation of a tensor's normals. Batch norm makes the scale of w1 and w2 indifferent; w3 is small, so that raw
// parameters begin about 0.1 from where they start.
static double deviation_of(const struct tensor_shape *shape, int tensor)
{
    return (tensor == TENSOR_W3 ? 0.1 : sqrt(2)) / sqrt((double)shape->columns);
}

static void fill_tensor(const struct augmentation_model *model, int primitive, int tensor, uint32_t seed, float *values)
{
    const struct tensor_shape shape = tensor_shape(&model->parts[primitive], tensor);
    const size_t length = tensor_length(&shape);
    struct random_stream stream =
        random_stream_create(seed, PURPOSE_AUGMENTATION_INIT, 0, (uint32_t)(primitive * TENSORS + tensor));
    const double gate = (double)model->settings.gate_start, deviation = deviation_of(&shape, tensor);
    for (size_t i = 0; i < length; i++)
        if (tensor == TENSOR_GATE)
            values[i] = (float)log(gate / (1 - gate));
        else if (shape.columns > 0)
            values[i] = (float)(deviation * random_next_normal(&stream));
        else
            values[i] = tensor == TENSOR_GAMMA1 || tensor == TENSOR_GAMMA2 ? 1 : 0;
}

static struct status initialise(struct augmentation_model *model, uint32_t seed)
{
    float *values = malloc(model->count * sizeof *values), *at = values;
    if (values == NULL) return status_error(STATUS_NO_MEMORY, "augmentation model: out of memory");
    for (int p = 0; p < PRIMITIVE_COUNT; p++)
        for (int t = 0; model->parts[p].present && t < TENSORS; t++) {
            const struct tensor_shape shape = tensor_shape(&model->parts[p], t);
            fill_tensor(model, p, t, seed, at);
            at += tensor_length(&shape);
        }
    device_upload(model->device, model->parameters.data, values, model->count * sizeof *values);
    struct status status = device_synchronise(model->device);
    free(values);
    return status;
}

// ---- memory ----------------------------------------------------------------------------------------------------

static void *allocate_floats(struct allocation *allocation, size_t count)
{
    return allocation_take(allocation, count * sizeof(float));
}

static struct status allocate_all(struct augmentation_model *model)
{
    struct allocation allocation = {model->device, status_ok()};
    const size_t images = (size_t)model->images, pixels = images * IMAGE_BYTES;
    model->parameters = (struct per_run){allocate_floats(&allocation, model->count), model->count};
    model->gradients = (struct per_run){allocate_floats(&allocation, model->count), model->count};
    model->noise = allocate_floats(&allocation, PRIMITIVE_COUNT * images * AUGMENTATION_NOISE_WIDTH);
    model->uniforms = allocate_floats(&allocation, PRIMITIVE_COUNT * images);
    model->epsilon = allocate_floats(&allocation, pixels);
    model->clean = allocate_floats(&allocation, pixels);
    model->grad_spare = allocate_floats(&allocation, pixels);
    for (int p = 0; p < PRIMITIVE_COUNT; p++) {
        struct augmentation_part *part = &model->parts[p];
        const size_t columns = (size_t)part->shape.outputs;
        if (!part->present) continue;
        part->saved = allocate_floats(&allocation, mlp_saved_floats(&part->shape));
        part->raw = allocate_floats(&allocation, images * columns);
        part->values = allocate_floats(&allocation, images * columns);
        part->grad_values = allocate_floats(&allocation, images * columns);
        part->gates = allocate_floats(&allocation, images);
        part->grad_gates = allocate_floats(&allocation, images);
        part->deformed = allocate_floats(&allocation, pixels);
    }
    return allocation.status;
}

struct status augmentation_model_create(struct device *device, const struct augmentation_settings *settings, int images,
                                        uint32_t seed, struct augmentation_model **model)
{
    struct augmentation_model *made = calloc(1, sizeof *made);
    *model = NULL;
    if (made == NULL) return status_error(STATUS_NO_MEMORY, "augmentation model: out of memory");
    *made = (struct augmentation_model){.device = device, .settings = *settings, .images = images};
    lay_out(made);
    set_ranges(made);
    struct status status = made->count > 0
                               ? allocate_all(made)
                               : status_error(STATUS_USAGE, "augmentation model: expected at least one primitive");
    if (status.code == STATUS_OK) status = initialise(made, seed);
    if (status.code == STATUS_OK)
        *model = made;
    else
        augmentation_model_destroy(made);
    return status;
}

static void release_part(struct device *device, struct augmentation_part *part)
{
    void *const memory[] = {part->saved, part->raw,        part->values,  part->grad_values,
                            part->gates, part->grad_gates, part->deformed};
    for (size_t i = 0; i < sizeof memory / sizeof memory[0]; i++) device_release(device, memory[i]);
}

void augmentation_model_destroy(struct augmentation_model *model)
{
    if (model == NULL) return;
    void *const memory[] = {model->parameters.data, model->gradients.data, model->noise,     model->uniforms,
                            model->epsilon,         model->clean,          model->grad_spare};
    for (size_t i = 0; i < sizeof memory / sizeof memory[0]; i++) device_release(model->device, memory[i]);
    for (int p = 0; p < PRIMITIVE_COUNT; p++) release_part(model->device, &model->parts[p]);
    free(model);
}

// ---- names -----------------------------------------------------------------------------------------------------

static void tensor_name(char *name, size_t size, const char *prefix, int primitive, const struct tensor_shape *shape)
{
    snprintf(name, size, "%s%s.%s", prefix, primitive_name((enum primitive)primitive), shape->name);
}

struct status augmentation_model_export(struct augmentation_model *model, struct per_run array, const char *prefix,
                                        struct state_dict *dict)
{
    const float *at = array.data;
    struct status status = status_ok();
    for (int p = 0; p < PRIMITIVE_COUNT; p++)
        for (int t = 0; model->parts[p].present && status.code == STATUS_OK && t < TENSORS; t++) {
            const struct tensor_shape shape = tensor_shape(&model->parts[p], t);
            const int64_t dimensions[] = {shape.rows, shape.columns};
            char name[64];
            float *values = NULL;
            tensor_name(name, sizeof name, prefix, p, &shape);
            status = state_dict_add(dict, name, shape.columns > 0 ? 2 : 1, dimensions, &values);
            if (status.code == STATUS_OK)
                device_download(model->device, values, at, tensor_length(&shape) * sizeof *values);
            at += tensor_length(&shape);
        }
    return status.code == STATUS_OK ? device_synchronise(model->device) : status;
}

static bool fits(const struct state_tensor *tensor, const struct tensor_shape *shape)
{
    return tensor != NULL && tensor->dimension_count == (shape->columns > 0 ? 2 : 1) &&
           tensor->dimensions[0] == shape->rows && (shape->columns == 0 || tensor->dimensions[1] == shape->columns);
}

struct status augmentation_model_import(struct augmentation_model *model, struct per_run array, const char *prefix,
                                        const struct state_dict *dict)
{
    float *at = array.data;
    for (int p = 0; p < PRIMITIVE_COUNT; p++)
        for (int t = 0; model->parts[p].present && t < TENSORS; t++) {
            const struct tensor_shape shape = tensor_shape(&model->parts[p], t);
            char name[64];
            tensor_name(name, sizeof name, prefix, p, &shape);
            const struct state_tensor *tensor = state_dict_find(dict, name);
            if (!fits(tensor, &shape))
                return status_error(STATUS_BAD_INPUT, "augmentation model: tensor %s: expected %lld x %lld, found %s",
                                    name, (long long)shape.rows, (long long)(shape.columns > 0 ? shape.columns : 1),
                                    tensor == NULL ? "none" : "another shape");
            device_upload(model->device, at, tensor->values, tensor_length(&shape) * sizeof *at);
            at += tensor_length(&shape);
        }
    return device_synchronise(model->device);
}

// ---- asking ----------------------------------------------------------------------------------------------------

int64_t augmentation_model_parameter_count(const struct augmentation_model *model)
{
    return (int64_t)model->count;
}

struct per_run augmentation_model_parameters(const struct augmentation_model *model)
{
    return model->parameters;
}

struct per_run augmentation_model_gradients(const struct augmentation_model *model)
{
    return model->gradients;
}

const float *augmentation_model_values(const struct augmentation_model *model, enum primitive primitive)
{
    return model->parts[primitive].values;
}

const float *augmentation_model_gates(const struct augmentation_model *model, enum primitive primitive)
{
    return model->parts[primitive].gates;
}

const float *augmentation_model_clean(const struct augmentation_model *model)
{
    return model->clean;
}

size_t augmentation_model_gate_place(const struct augmentation_model *model, enum primitive primitive)
{
    return model->parts[primitive].gate_place;
}

double augmentation_gate_probability(float logit)
{
    return 1 / (1 + exp(-(double)logit));
}

// evaluate.c: `transinv evaluate`: accuracy and loss of a model file on a data set. Tests: tests/cli_test.c.
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "cli/npy.h"
#include "harness/json_text.h"
#include "harness/run_data.h"
#include "harness/safetensors.h"

enum { KEY_DATASET = 0x200, KEY_TRAIN, KEY_JSON, KEY_LOGITS, KEY_DEPTH, KEY_WIDEN };

enum { EVALUATION_BATCH = 100 }; // images at a time; decides no result

struct evaluate_options {
    struct preset_options preset;
    struct device_options device;
    const char *model, *dataset, *logits;
    int depth, widen; // 0: as the file says
    bool train, json;
};

static const struct argp_option options[] = {
    {"dataset", KEY_DATASET, "NAME", 0,
     "cifar-10, cifar-100, synthetic-10 or synthetic-100 (default: as the file says)", 1},
    {"train", KEY_TRAIN, 0, 0, "Its training images instead of its test images", 1},
    {"depth", KEY_DEPTH, "D", 0, "Depth of WideResNet-D-K (default: as the file says)", 1},
    {"widen", KEY_WIDEN, "K", 0, "Width factor of WideResNet-D-K (default: as the file says)", 1},
    {"logits", KEY_LOGITS, "FILE.npy", 0, "Write every image's logits, float32, images x classes", 1},
    {"json", KEY_JSON, 0, 0, "Print a JSON object", 1},
    {0},
};

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct evaluate_options *chosen = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &chosen->preset;
        state->child_inputs[1] = &chosen->device;
        return 0;
    case KEY_DATASET: chosen->dataset = argument; return 0;
    case KEY_TRAIN: chosen->train = true; return 0;
    case KEY_DEPTH: chosen->depth = option_integer(state, "depth", argument, 10, 1000); return 0;
    case KEY_WIDEN: chosen->widen = option_integer(state, "widen", argument, 1, 64); return 0;
    case KEY_LOGITS: chosen->logits = argument; return 0;
    case KEY_JSON: chosen->json = true; return 0;
    case ARGP_KEY_ARG:
        if (chosen->model != NULL) argp_error(state, "unexpected argument \"%s\"", argument);
        chosen->model = argument;
        return 0;
    case ARGP_KEY_NO_ARGS: argp_error(state, "expected a model file"); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const char documentation[] =
    "Measures a WideResNet in a safetensors file (PyTorch's names and layouts) on a data set."
    "\v"
    "Examples:\n"
    "  transinv evaluate model.safetensors --dataset cifar-10 --data ~/cifar\n"
    "  transinv evaluate model.safetensors --json --logits logits.npy";

struct evaluate_command {
    const struct evaluate_options *chosen;
    struct preset preset;
    struct device *device;
    struct state_dict model;
    json_t *metadata;
    struct dataset data;
    const struct image_set *set;
    int depth, widen;
    struct evaluation evaluation;
    float *logits;
};

// A number from the command line, else from the file's metadata.
static struct status find_number(const struct evaluate_command *command, const char *name, int chosen, int *value)
{
    const char *text = json_string_value(json_object_get(command->metadata, name));
    int64_t number = chosen;
    if (chosen == 0 && text == NULL)
        return status_error(STATUS_USAGE, "%s does not say its %s; give --%s", command->chosen->model, name, name);
    if (chosen == 0 && !number_parse_int64(text, 1, 1000, &number))
        return status_error(STATUS_BAD_INPUT, "%s: expected a %s from 1 to 1000 in its metadata, found \"%s\"",
                            command->chosen->model, name, text);
    *value = (int)number;
    return status_ok();
}

static struct status load_model(struct evaluate_command *command)
{
    const struct evaluate_options *chosen = command->chosen;
    struct status status = safetensors_read(chosen->model, &command->model, &command->metadata);
    if (status.code == STATUS_OK) status = find_number(command, "depth", chosen->depth, &command->depth);
    if (status.code == STATUS_OK) status = find_number(command, "widen", chosen->widen, &command->widen);
    return status;
}

static struct status load_data(struct evaluate_command *command)
{
    const struct evaluate_options *chosen = command->chosen;
    const char *name = chosen->dataset;
    if (name == NULL) name = json_string_value(json_object_get(command->metadata, "dataset"));
    if (name == NULL)
        return status_error(STATUS_USAGE, "%s does not say which data set it is for; give --dataset", chosen->model);
    const struct run_data_request request = {&command->preset, chosen->preset.data, chosen->preset.catalog};
    struct status status = run_data_load(&request, name, &command->data);
    command->set = chosen->train ? &command->data.train : &command->data.test;
    return status;
}

static struct status measure(struct evaluate_command *command)
{
    const struct image_set *set = command->set;
    struct status status;
    if (command->chosen->logits != NULL) {
        command->logits = calloc((size_t)set->count * (size_t)set->classes, sizeof *command->logits);
        if (command->logits == NULL)
            return status_error(STATUS_NO_MEMORY, "no memory for the logits of %d images", set->count);
    }
    status = training_evaluate(command->device, command->depth, command->widen, &command->model, set, EVALUATION_BATCH,
                               &command->evaluation, command->logits);
    if (status.code == STATUS_OK && command->logits != NULL)
        status = npy_write_matrix(command->chosen->logits, command->logits, set->count, set->classes);
    return status;
}

static struct status print_json(const struct evaluate_command *command)
{
    const struct evaluation *evaluation = &command->evaluation;
    json_t *object = json_pack(
        "{s:o, s:s, s:s, s:i, s:i, s:i, s:f, s:f, s:I, s:I}", "model", json_text(command->chosen->model), "dataset",
        command->data.name, "part", command->chosen->train ? "train" : "test", "depth", command->depth, "widen",
        command->widen, "classes", command->set->classes, "accuracy_percent", 100 * evaluation->accuracy, "loss",
        evaluation->loss, "correct", (json_int_t)evaluation->correct, "images", (json_int_t)evaluation->images);
    char *text = object != NULL ? json_dumps(object, JSON_INDENT(2) | JSON_REAL_PRECISION(15)) : NULL;
    struct status status =
        text != NULL ? status_ok() : status_error(STATUS_NO_MEMORY, "print the result: out of memory");
    if (text != NULL) puts(text);
    free(text);
    json_decref(object);
    return status;
}

static struct status print_result(const struct evaluate_command *command)
{
    const struct evaluation *evaluation = &command->evaluation;
    if (command->chosen->json) return print_json(command);
    printf("%s, %s images: accuracy %.2f %% (%lld of %lld), loss %.4f\n", command->data.name,
           command->chosen->train ? "training" : "test", 100 * evaluation->accuracy, (long long)evaluation->correct,
           (long long)evaluation->images, evaluation->loss);
    return status_ok();
}

static struct status command_evaluate_run(int argc, char **argv)
{
    const struct argp_child children[] = {
        {&preset_argp, 0, 0, 0}, {&device_argp, 0, 0, 0}, {&message_argp, 0, 0, 0}, {0}};
    const struct argp argp = {
        .options = options, .parser = parse_option, .args_doc = "MODEL", .doc = documentation, .children = children};
    struct evaluate_options chosen = {.model = NULL};
    struct evaluate_command command = {.chosen = &chosen};
    argp_parse(&argp, argc, argv, 0, NULL, &chosen);
    struct status status = preset_options_load(&chosen.preset, &command.preset);
    if (status.code == STATUS_OK) status = load_model(&command);
    if (status.code == STATUS_OK) status = load_data(&command);
    chosen.device.precision = (enum precision)command.preset.values.training.precision;
    if (status.code == STATUS_OK) status = device_options_open(&chosen.device, &command.device);
    if (status.code == STATUS_OK) status = measure(&command);
    if (status.code == STATUS_OK) status = print_result(&command);
    free(command.logits);
    json_decref(command.metadata);
    state_dict_destroy(&command.model);
    dataset_destroy(&command.data);
    device_close(command.device);
    preset_destroy(&command.preset);
    preset_options_destroy(&chosen.preset);
    return status;
}

const struct command command_evaluate = {"evaluate", "accuracy and loss of a model file", command_evaluate_run};

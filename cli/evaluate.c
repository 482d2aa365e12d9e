// evaluate.c: `transinv evaluate`: accuracy and loss of a model file on a data set, as it is and corrupted.
// Tests: tests/cli_test.c, tests/cli_corrupted_test.c.
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/number.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "cli/evaluate_corrupted.h"
#include "cli/npy.h"
#include "cli/selection.h"
#include "harness/json_text.h"
#include "harness/run_data.h"
#include "harness/safetensors.h"

enum {
    KEY_DATASET = 0x200,
    KEY_TRAIN,
    KEY_CORRUPTED,
    KEY_PUBLISHED,
    KEY_SEED,
    KEY_JSON,
    KEY_LOGITS,
    KEY_DEPTH,
    KEY_WIDEN
};

enum { EVALUATION_BATCH = 100 }; // images at a time; decides no result

struct evaluate_options {
    struct preset_options preset;
    struct device_options device;
    const char *model, *dataset, *logits, *json_file;
    struct preset_corruptions corruptions; // count 0: images as they are
    int depth, widen;                      // 0: as the file says
    int seed;
    bool train, json, published;
};

static const struct argp_option options[] = {
    {"dataset", KEY_DATASET, "NAME", 0,
     "cifar-10, cifar-100, synthetic-10 or synthetic-100 (default: as the file says)", 1},
    {"train", KEY_TRAIN, 0, 0, "Its training images instead of its test images", 1},
    {"depth", KEY_DEPTH, "D", 0, "Depth of WideResNet-D-K (default: as the file says)", 1},
    {"widen", KEY_WIDEN, "K", 0, "Width factor of WideResNet-D-K (default: as the file says)", 1},
    {"logits", KEY_LOGITS, "FILE.npy", 0, "Write every image's logits, float32, images x classes", 1},
    {"corrupted", KEY_CORRUPTED, "LIST", OPTION_ARG_OPTIONAL,
     "Also the images under every severity of these corruptions, such as GN,Co,ET (default: all)", 1},
    {"seed", KEY_SEED, "N", 0, "Seed of the corruptions (default: 1)", 1},
    {"published", KEY_PUBLISHED, 0, 0, "Corrupted images from CIFAR-10-C or CIFAR-100-C instead of our own", 1},
    {"json", KEY_JSON, "FILE", OPTION_ARG_OPTIONAL, "Write a JSON object, or print it", 1},
    {0},
};

static void parse_corruptions(struct evaluate_options *chosen, const struct argp_state *state, const char *list)
{
    struct status status = selection_parse_corruptions(list != NULL ? list : "all", &chosen->corruptions);
    if (status.code != STATUS_OK) argp_error(state, "--corrupted: %s", status.message);
}

// `--corrupted GN,Co` looks like an option and a file: a list that stands alone is taken for what it is.
static void parse_word(struct evaluate_options *chosen, const struct argp_state *state, char *word)
{
    struct preset_corruptions list;
    bool is_list = chosen->corruptions.count > 0 && selection_parse_corruptions(word, &list).code == STATUS_OK;
    if (is_list && !file_exists(word))
        chosen->corruptions = list;
    else if (chosen->model == NULL)
        chosen->model = word;
    else
        argp_error(state, "unexpected argument \"%s\"%s%s", word, chosen->json ? "; a file for --json: --json=" : "",
                   chosen->json ? word : "");
}

static void check_options(const struct evaluate_options *chosen, const struct argp_state *state)
{
    bool corrupted = chosen->corruptions.count > 0;
    if (chosen->model == NULL) argp_error(state, "expected a model file");
    if (chosen->published && !corrupted) argp_error(state, "--published needs --corrupted");
    if (chosen->published && chosen->train) argp_error(state, "--published: there are no corrupted training images");
    if (chosen->seed >= 0 && (!corrupted || chosen->published))
        argp_error(state, "--seed is about corruptions of our own: it needs --corrupted without --published");
    if (chosen->logits != NULL && corrupted) argp_error(state, "--logits: expected no --corrupted beside it");
}

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
    case KEY_CORRUPTED: parse_corruptions(chosen, state, argument); return 0;
    case KEY_PUBLISHED: chosen->published = true; return 0;
    case KEY_SEED: chosen->seed = option_integer(state, "seed", argument, 0, PRESET_SEED_MAXIMUM); return 0;
    case KEY_JSON:
        chosen->json = true;
        chosen->json_file = argument;
        return 0;
    case ARGP_KEY_ARG: parse_word(chosen, state, argument); return 0;
    case ARGP_KEY_END: check_options(chosen, state); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const char documentation[] =
    "Measures a WideResNet in a safetensors file (PyTorch's names and layouts) on a data set."
    "\v"
    "Examples:\n"
    "  transinv evaluate model.safetensors --dataset cifar-10 --data ~/cifar\n"
    "  transinv evaluate model.safetensors --json --logits logits.npy\n"
    "  transinv evaluate model.safetensors --corrupted=GN,Fr --json=result.json";

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
    struct corrupted_command corrupted;
    struct corrupted_results corrupted_results;
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

static struct status measure_corrupted(struct evaluate_command *command)
{
    const struct evaluate_options *chosen = command->chosen;
    command->corrupted = (struct corrupted_command){.corruptions = &chosen->corruptions,
                                                    .published = chosen->published,
                                                    .seed = (uint32_t)(chosen->seed >= 0 ? chosen->seed : 1),
                                                    .folder = chosen->preset.data,
                                                    .depth = command->depth,
                                                    .widen = command->widen,
                                                    .model = &command->model,
                                                    .data = &command->data,
                                                    .images = command->set,
                                                    .part = chosen->train ? "training" : "test"};
    struct status status = evaluate_corrupted(command->device, &command->corrupted, &command->corrupted_results);
    command->evaluation = command->corrupted_results.clean;
    return status;
}

// NULL when memory runs out.
static char *format_json(const struct evaluate_command *command)
{
    const struct evaluation *evaluation = &command->evaluation;
    json_t *object = json_pack(
        "{s:o, s:s, s:s, s:i, s:i, s:i, s:f, s:f, s:I, s:I}", "model", json_text(command->chosen->model), "dataset",
        command->data.name, "part", command->chosen->train ? "train" : "test", "depth", command->depth, "widen",
        command->widen, "classes", command->set->classes, "accuracy_percent", 100 * evaluation->accuracy, "loss",
        evaluation->loss, "correct", (json_int_t)evaluation->correct, "images", (json_int_t)evaluation->images);
    if (command->chosen->corruptions.count > 0)
        json_object_set_new(object, "corrupted",
                            evaluate_corrupted_json(&command->corrupted, &command->corrupted_results));
    char *text = object != NULL ? json_dumps(object, JSON_INDENT(2) | JSON_REAL_PRECISION(15)) : NULL;
    json_decref(object);
    return text;
}

// To standard output, or, with a line end, to a file.
static struct status write_json(const struct evaluate_command *command)
{
    const char *file = command->chosen->json_file;
    char *text = format_json(command), *line = NULL;
    int length = text != NULL ? asprintf(&line, "%s\n", text) : -1;
    struct status status = status_ok();
    if (length < 0)
        status = status_error(STATUS_NO_MEMORY, "write the result: out of memory");
    else if (file != NULL)
        status = file_write_atomic(file, line, (size_t)length);
    else
        fputs(line, stdout);
    if (length >= 0) free(line);
    free(text);
    return status;
}

static struct status print_result(const struct evaluate_command *command)
{
    const struct evaluate_options *chosen = command->chosen;
    const struct evaluation *evaluation = &command->evaluation;
    struct status status = chosen->json ? write_json(command) : status_ok();
    if (status.code != STATUS_OK || (chosen->json && chosen->json_file == NULL)) return status;
    if (chosen->corruptions.count > 0)
        evaluate_corrupted_print(&command->corrupted, &command->corrupted_results);
    else
        printf("%s, %s images: accuracy %.2f %% (%lld of %lld), loss %.4f\n", command->data.name,
               chosen->train ? "training" : "test", 100 * evaluation->accuracy, (long long)evaluation->correct,
               (long long)evaluation->images, evaluation->loss);
    return status;
}

static struct status command_evaluate_run(int argc, char **argv)
{
    const struct argp_child children[] = {
        {&preset_argp, 0, 0, 0}, {&device_argp, 0, 0, 0}, {&message_argp, 0, 0, 0}, {0}};
    const struct argp argp = {
        .options = options, .parser = parse_option, .args_doc = "MODEL", .doc = documentation, .children = children};
    struct evaluate_options chosen = {.seed = -1};
    struct evaluate_command command = {.chosen = &chosen};
    argp_parse(&argp, argc, argv, 0, NULL, &chosen);
    struct status status = preset_options_load(&chosen.preset, &command.preset);
    if (status.code == STATUS_OK) status = load_model(&command);
    if (status.code == STATUS_OK) status = load_data(&command);
    chosen.device.precision = (enum precision)command.preset.values.training.precision;
    if (status.code == STATUS_OK) status = device_options_open(&chosen.device, &command.device);
    if (status.code == STATUS_OK)
        status = chosen.corruptions.count > 0 ? measure_corrupted(&command) : measure(&command);
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

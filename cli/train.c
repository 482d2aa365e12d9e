// train.c: `transinv train`: one network, outside the matrix. Without --start it is trained from scratch as a teacher
// is, with --start as a target is. Tests: tests/cli_test.c.
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "harness/configuration_hash.h"
#include "harness/run_data.h"

enum { KEY_DATASET = 0x200, KEY_CORRUPTION, KEY_METHOD, KEY_SEED, KEY_START, KEY_RETRY, KEY_CHECKPOINT };

struct train_options {
    struct preset_options preset;
    struct device_options device;
    const char *dataset, *start, *output;
    const struct corruption *corruption;
    const struct method *method;
    int seed, checkpoint_seconds;
    bool retry;
};

static const struct argp_option options[] = {
    {"dataset", KEY_DATASET, "NAME", 0, "cifar-10, cifar-100, synthetic-10 or synthetic-100 (default: the preset's)",
     1},
    {"start", KEY_START, "MODEL", 0, "Start from this safetensors file, as a target does, with a fresh classifier", 1},
    {"method", KEY_METHOD, "CODE", 0, "Train as a target of this method (default: FT with --start)", 1},
    {"corruption", KEY_CORRUPTION, "CODE", 0,
     "Train with this corruption, or from a teacher that has: code or full name", 1},
    {"seed", KEY_SEED, "N", 0, "Seed of all random draws (default: 1)", 1},
    {"output", 'o', "DIR", 0, "The run's folder (default: results/runs/train/NAME)", 1},
    {"retry", KEY_RETRY, 0, 0, "Train again if it failed or diverged before", 1},
    {"checkpoint", KEY_CHECKPOINT, "SECONDS", 0, "Time between two checkpoints (default: 60)", 1},
    {0},
};

static const struct method *find_method(const struct argp_state *state, const char *code)
{
    char codes[100] = "";
    const struct method *method = method_find(code);
    const struct method *const *methods = methods_available();
    for (int i = 0; methods[i] != NULL; i++) {
        size_t length = strlen(codes);
        snprintf(codes + length, sizeof codes - length, "%s%s", i == 0 ? "" : ", ", methods[i]->code);
    }
    if (method == NULL) argp_error(state, "--method: expected one of %s, found \"%s\"", codes, code);
    return method;
}

static const struct corruption *find_corruption(const struct argp_state *state, const char *name)
{
    const struct corruption *corruption = corruption_find(name);
    if (corruption == NULL)
        argp_error(state,
                   "--corruption: expected a code such as GN or a full name such as gaussian_noise, found \"%s\"",
                   name);
    return corruption;
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct train_options *chosen = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &chosen->preset;
        state->child_inputs[1] = &chosen->device;
        return 0;
    case KEY_DATASET: chosen->dataset = argument; return 0;
    case KEY_START: chosen->start = argument; return 0;
    case KEY_METHOD: chosen->method = find_method(state, argument); return 0;
    case KEY_CORRUPTION: chosen->corruption = find_corruption(state, argument); return 0;
    case KEY_SEED: chosen->seed = option_integer(state, "seed", argument, 0, PRESET_SEED_MAXIMUM); return 0;
    case 'o': chosen->output = argument; return 0;
    case KEY_RETRY: chosen->retry = true; return 0;
    case KEY_CHECKPOINT:
        chosen->checkpoint_seconds = option_integer(state, "checkpoint", argument, 0, 1000000);
        return 0;
    case ARGP_KEY_ARG: argp_error(state, "unexpected argument \"%s\"", argument); return 0;
    case ARGP_KEY_END:
        if (chosen->method != NULL && chosen->method->companion != NULL && chosen->start == NULL)
            argp_error(state, "--method %s needs --start: a teacher", chosen->method->code);
        if (chosen->method != NULL && chosen->method->corrupts_images && chosen->corruption == NULL)
            argp_error(state, "--method %s needs --corruption: the one to train with", chosen->method->code);
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const char documentation[] =
    "Trains one network and writes a run folder: from scratch with the preset's [teacher] values; with --start or "
    "--method "
    "as a target, with its [target] values."
    "\v"
    "Examples:\n"
    "  transinv train --dataset cifar-10 --data ~/cifar --preset paper --seed 1\n"
    "  transinv train --set teacher.epochs=3 --output /tmp/teacher\n"
    "  transinv train --start /tmp/teacher/model.safetensors --method TransInv --output /tmp/target\n"
    "  transinv train --preset augmix --dataset cifar-100 --data ~/cifar --method AM";

struct training_command {
    const struct train_options *chosen;
    struct preset preset;
    struct device *device;
    struct dataset data;
    struct frost frost;
    struct run_plan plan;
    char start_sha256[65], hash[65];
    char *folder;
    struct progress *progress;
};

static bool is_target(const struct train_options *chosen)
{
    return chosen->start != NULL || chosen->method != NULL;
}

// The preset must tell what is trained on: its source follows --dataset.
static struct status load_preset(struct training_command *command)
{
    const struct train_options *chosen = command->chosen;
    struct status status = preset_options_load(&chosen->preset, &command->preset);
    if (status.code != STATUS_OK || chosen->dataset == NULL) return status;
    bool synthetic = strncmp(chosen->dataset, "synthetic-", strlen("synthetic-")) == 0;
    if (synthetic != (command->preset.values.data.source == PRESET_SOURCE_SYNTHETIC))
        status = preset_override(&command->preset, synthetic ? "data.source=synthetic" : "data.source=cifar",
                                 "--dataset on the command line");
    if (status.code == STATUS_OK) status = preset_check(&command->preset);
    return status;
}

static struct status plan_run(struct training_command *command)
{
    const struct train_options *chosen = command->chosen;
    struct run_plan *plan = &command->plan;
    const bool target = is_target(chosen), started = chosen->start != NULL;
    struct status status = started ? digest_sha256_file(chosen->start, command->start_sha256) : status_ok();
    *plan = (struct run_plan){
        .role = target ? RUN_TARGET : RUN_TEACHER,
        .preset = &command->preset,
        .corruption = chosen->corruption,
        .method = target ? (chosen->method != NULL ? chosen->method : &method_ft) : NULL,
        .seed = (uint32_t)chosen->seed,
        .data = &command->data,
        .configuration_hash = command->hash,
        .teacher_images = target ? NULL : run_teacher_images(&command->preset, chosen->corruption != NULL),
    };
    const struct configuration configuration = {
        .preset = &command->preset,
        .teacher_data = target ? NULL : &command->data,
        .target_data = target ? &command->data : NULL,
        .start = started ? command->start_sha256 : NULL,
        .teacher_images = target ? "unknown" : run_teacher_images(&command->preset, chosen->corruption != NULL),
        .frost_textures = chosen->corruption != NULL ? frost_origin_name(command->frost.origin) : NULL,
        .kernels = device_kernels(command->device),
    };
    if (status.code == STATUS_OK) status = configuration_hash(&configuration, command->hash);
    if (status.code == STATUS_OK) run_plan_name(plan);
    return status;
}

// The folder is the run's name; the name is the folder's last part.
static void choose_folder(struct training_command *command)
{
    const char *output = command->chosen->output;
    if (output == NULL) {
        command->folder = path_join("results/runs/train", command->plan.name);
        return;
    }
    command->folder = path_join(output, "");
    size_t length = strlen(command->folder);
    while (length > 1 && command->folder[length - 1] == '/') command->folder[--length] = '\0';
    const char *slash = strrchr(command->folder, '/');
    snprintf(command->plan.name, sizeof command->plan.name, "%s", slash != NULL ? slash + 1 : command->folder);
}

static void report_progress(void *context, double images_done)
{
    progress_update(context, images_done);
}

static struct status conclude(const struct training_command *command, const struct run_outcome *outcome)
{
    const struct run_summary *summary = &outcome->summary;
    if (outcome->action == RUN_BUSY) return status_error(STATUS_FAILED, "%s: %s", command->folder, summary->message);
    if (summary->state != RUN_FOLDER_DONE)
        return status_error(summary->state == RUN_FOLDER_DIVERGED ? STATUS_DIVERGED : STATUS_FAILED, "%s: %s%s",
                            command->folder, summary->message,
                            outcome->action == RUN_SKIPPED ? " (an earlier attempt; --retry trains it again)" : "");
    if (outcome->action == RUN_SKIPPED)
        log_message(LOG_INFO, "%s was finished before; nothing was trained", command->folder);
    printf("test accuracy %.2f %%\nmodel %s/%s\n", summary->test_accuracy_percent, command->folder, run_file_model);
    return status_ok();
}

static struct status train(struct training_command *command)
{
    struct run_outcome outcome;
    command->progress = progress_create(command->plan.name, "images", run_training_images(&command->plan));
    const struct run_job job = {
        .plan = &command->plan,
        .device = command->device,
        .folder = command->folder,
        .start_path = command->chosen->start,
        .start_sha256 = command->start_sha256,
        .data_folder = command->chosen->preset.data,
        .frost = &command->frost,
        .checkpoint_seconds = command->chosen->checkpoint_seconds,
        .retry = command->chosen->retry,
        .progress = report_progress,
        .context = command->progress,
    };
    struct status status = run_execute(&job, &outcome);
    progress_destroy(command->progress);
    if (status.code == STATUS_INTERRUPTED)
        return status_error(STATUS_INTERRUPTED, "%s; the same command continues", status.message);
    return status.code == STATUS_OK ? conclude(command, &outcome) : status;
}

static struct status command_train_run(int argc, char **argv)
{
    const struct argp_child children[] = {
        {&preset_argp, 0, 0, 0}, {&device_argp, 0, 0, 0}, {&message_argp, 0, 0, 0}, {0}};
    const struct argp argp = {.options = options, .parser = parse_option, .doc = documentation, .children = children};
    struct train_options chosen = {.seed = 1, .checkpoint_seconds = 60};
    struct training_command command = {.chosen = &chosen};
    argp_parse(&argp, argc, argv, 0, NULL, &chosen);
    struct status status = load_preset(&command);
    chosen.device.precision = (enum precision)command.preset.values.training.precision;
    if (status.code == STATUS_OK) status = device_options_open(&chosen.device, &command.device);
    const struct run_data_request data = {&command.preset, chosen.preset.data, chosen.preset.catalog};
    enum run_role role = is_target(&chosen) ? RUN_TARGET : RUN_TEACHER;
    if (status.code == STATUS_OK)
        status = run_data_load(&data, chosen.dataset != NULL ? chosen.dataset : run_data_name(&command.preset, role),
                               &command.data);
    if (status.code == STATUS_OK && chosen.corruption != NULL) status = frost_find(chosen.preset.data, &command.frost);
    if (status.code == STATUS_OK) status = plan_run(&command);
    if (status.code == STATUS_OK) {
        choose_folder(&command);
        status = train(&command);
    }
    free(command.folder);
    dataset_destroy(&command.data);
    frost_destroy(&command.frost);
    device_close(command.device);
    preset_destroy(&command.preset);
    preset_options_destroy(&chosen.preset);
    return status;
}

const struct command command_train = {"train", "train one network", command_train_run};

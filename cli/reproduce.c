// reproduce.c: `transinv reproduce`: the whole matrix of a preset, a profile of its training step, then its report. Tests: tests/cli_test.c.
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/log.h"
#include "bench/training_profile.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "cli/duration.h"
#include "cli/reproduce_data.h"
#include "harness/matrix.h"
#include "report/report.h"
#include "report/step_profile.h"

enum {
    KEY_RESULTS = 0x200,
    KEY_CORRUPTIONS,
    KEY_METHODS,
    KEY_SEEDS,
    KEY_RETRY,
    KEY_CHECKPOINT,
    KEY_NO_PLOTS,
    KEY_NO_PANELS,
    KEY_NO_PROFILE,
    KEY_OFFLINE,
    KEY_MIRROR,
    KEY_YES
};

static const double profile_seconds = 5;

struct reproduce_options {
    struct preset_options preset;
    struct device_options device;
    const char *results;
    int checkpoint_seconds;
    bool retry, no_plots, no_panels, no_profile, yes;
    struct fetch_settings fetch;
    char **arguments; // of the command, behind its name
};

static const struct argp_option options[] = {
    {"corruptions", KEY_CORRUPTIONS, "LIST", 0, "Columns of the table: codes such as GN,Co,ET, or all", 1},
    {"methods", KEY_METHODS, "LIST", 0, "Rows of the table: codes such as FT,FA, or all", 1},
    {"seeds", KEY_SEEDS, "LIST", 0, "Train every cell once with each, such as 1,2,3", 1},
    {"results", KEY_RESULTS, "DIR", 0, "Folder of runs and reports (default: results)", 1},
    {"retry", KEY_RETRY, 0, 0, "Train failed and diverged runs again", 1},
    {"checkpoint", KEY_CHECKPOINT, "SECONDS", 0, "Time between two checkpoints of a run (default: 60)", 1},
    {"no-plots", KEY_NO_PLOTS, 0, 0, "A report without learning curves", 1},
    {"no-panels", KEY_NO_PANELS, 0, 0, "A report without pictures of training images, for publication", 1},
    {"no-profile", KEY_NO_PROFILE, 0, 0, "Do not measure where the time of a training step goes", 1},
    {"offline", KEY_OFFLINE, 0, 0, "Fetch nothing over the network: data must be there", 1},
    {"mirror", KEY_MIRROR, "URL", 0, "Fetch data from this folder or address first: URL/FILE", 1},
    {"yes", KEY_YES, 0, 0, "Start even if it takes more than a day on this CPU", 1},
    {0},
};

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct reproduce_options *chosen = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &chosen->preset;
        state->child_inputs[1] = &chosen->device;
        return 0;
    case KEY_CORRUPTIONS: preset_options_add(&chosen->preset, state, "matrix.corruptions", argument); return 0;
    case KEY_METHODS: preset_options_add(&chosen->preset, state, "matrix.methods", argument); return 0;
    case KEY_SEEDS: preset_options_add(&chosen->preset, state, "matrix.seeds", argument); return 0;
    case KEY_RESULTS: chosen->results = argument; return 0;
    case KEY_RETRY: chosen->retry = true; return 0;
    case KEY_CHECKPOINT:
        chosen->checkpoint_seconds = option_integer(state, "checkpoint", argument, 0, 1000000);
        return 0;
    case KEY_NO_PLOTS: chosen->no_plots = true; return 0;
    case KEY_NO_PANELS: chosen->no_panels = true; return 0;
    case KEY_NO_PROFILE: chosen->no_profile = true; return 0;
    case KEY_OFFLINE: chosen->fetch.offline = true; return 0;
    case KEY_MIRROR: chosen->fetch.mirror = argument; return 0;
    case KEY_YES: chosen->yes = true; return 0;
    case ARGP_KEY_ARG: argp_error(state, "unexpected argument \"%s\"", argument); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const char documentation[] =
    "Fetches the data that a preset needs, trains every teacher and target of it, skips what is finished, profiles its "
    "training step for some seconds, and writes the report."
    "\v"
    "Examples:\n"
    "  transinv reproduce\n"
    "  transinv reproduce --preset paper --data ~/cifar --yes\n"
    "  transinv reproduce --corruptions GN,Co --set target.epochs=3";

// What becomes of the matrix once its runs have ended.
struct conclusion {
    const struct reproduce_options *chosen;
    const struct preset *preset;
    struct device *device;
    const char *runs_folder, *configuration_hash;
    char *output_folder;
};

// Of the last method: the richest, in the order of the table.
static struct status measure_profile(const struct conclusion *conclusion)
{
    const struct preset_methods *methods = &conclusion->preset->values.matrix.methods;
    const struct training_profile_request request = {.preset = conclusion->preset,
                                                     .method = methods->items[methods->count - 1],
                                                     .device = conclusion->device,
                                                     .seconds = profile_seconds};
    char *path = path_join(conclusion->output_folder, STEP_PROFILE_FILE);
    struct status status = file_make_folders(conclusion->output_folder);
    log_message(LOG_INFO, "measuring where the time of a training step goes");
    if (status.code == STATUS_OK) status = training_profile_write(&request, conclusion->configuration_hash, path);
    free(path);
    return status;
}

// Without a profile there is a report too, which says why; but not after Ctrl-C.
static struct status conclude(const struct conclusion *conclusion)
{
    char absent[640];
    struct report_request request = {.runs_folder = conclusion->runs_folder,
                                     .output_folder = conclusion->output_folder,
                                     .preset = conclusion->preset->name,
                                     .configuration_hash = conclusion->configuration_hash,
                                     .plots = !conclusion->chosen->no_plots,
                                     .no_panels = conclusion->chosen->no_panels};
    struct status status = status_ok();
    if (conclusion->chosen->no_profile)
        request.no_profile = "This report was asked for without a profile.";
    else
        status = measure_profile(conclusion);
    if (status.code == STATUS_INTERRUPTED) return status;
    if (status.code != STATUS_OK) {
        log_message(LOG_WARNING, "the report has no profile: %s", status.message);
        snprintf(absent, sizeof absent, "No profile could be measured: %s.", status.message);
        request.no_profile = absent;
    }
    status = report_write(&request);
    if (status.code == STATUS_OK) printf("report: %s/index.html\n", conclusion->output_folder);
    return status;
}

// A matrix with failed runs has a report too; an interrupted one ends at once.
static struct status reproduce(const struct reproduce_options *chosen, const struct preset *preset,
                               struct device *device)
{
    struct matrix_summary summary;
    char *runs_folder = results_folder(chosen->results, "runs", preset->name);
    const struct matrix_request request = {
        .preset = preset,
        .device = device,
        .runs_folder = runs_folder,
        .data_folder = chosen->preset.data,
        .catalog = chosen->preset.catalog,
        .checkpoint_seconds = chosen->checkpoint_seconds,
        .retry = chosen->retry,
    };
    struct status status = matrix_run(&request, &summary), report_status = status_ok();
    if (status.code == STATUS_OK || status.code == STATUS_FAILED) {
        const struct conclusion conclusion = {.chosen = chosen,
                                              .preset = preset,
                                              .device = device,
                                              .runs_folder = runs_folder,
                                              .configuration_hash = summary.configuration_hash,
                                              .output_folder = results_folder(chosen->results, "report", preset->name)};
        report_status = conclude(&conclusion);
        free(conclusion.output_folder);
    }
    free(runs_folder);
    return status.code == STATUS_OK || report_status.code == STATUS_INTERRUPTED ? report_status : status;
}

// What is missing is fetched only once it is clear that the work will start; where nothing can be fetched, there is no
// need to ask.
static struct status prepare(const struct reproduce_options *chosen, const struct preset *preset, struct device *device)
{
    const struct reproduce_data_request data = {.preset = preset,
                                                .data = chosen->preset.data,
                                                .catalog = chosen->preset.catalog,
                                                .arguments = chosen->arguments,
                                                .settings = chosen->fetch};
    struct status status = chosen->fetch.offline ? reproduce_data_prepare(&data) : status_ok();
    if (status.code == STATUS_OK) status = duration_confirm(preset, device, chosen->yes);
    if (status.code == STATUS_OK) status = reproduce_data_prepare(&data);
    return status;
}

static struct status command_reproduce_run(int argc, char **argv)
{
    const struct argp_child children[] = {
        {&preset_argp, 0, 0, 0}, {&device_argp, 0, 0, 0}, {&message_argp, 0, 0, 0}, {0}};
    const struct argp argp = {.options = options, .parser = parse_option, .doc = documentation, .children = children};
    struct reproduce_options chosen = {
        .results = "results", .checkpoint_seconds = 60, .fetch = fetch_settings_default(), .arguments = argv + 1};
    struct preset preset = {.name = ""};
    struct device *device = NULL;
    argp_parse(&argp, argc, argv, 0, NULL, &chosen);
    struct status status = preset_options_load(&chosen.preset, &preset);
    chosen.device.precision = (enum precision)preset.values.training.precision;
    if (status.code == STATUS_OK) status = device_options_open(&chosen.device, &device);
    if (status.code == STATUS_OK) status = prepare(&chosen, &preset, device);
    if (status.code == STATUS_OK) status = reproduce(&chosen, &preset, device);
    device_close(device);
    preset_destroy(&preset);
    preset_options_destroy(&chosen.preset);
    return status;
}

const struct command command_reproduce = {"reproduce", "train everything a preset asks for, then report",
                                          command_reproduce_run};

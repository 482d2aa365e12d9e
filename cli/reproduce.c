// reproduce.c: `transinv reproduce`: the whole matrix of a preset, then its report. Tests: tests/cli_test.c.
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "harness/matrix.h"
#include "report/report.h"

enum { KEY_RESULTS = 0x200, KEY_CORRUPTIONS, KEY_METHODS, KEY_SEEDS, KEY_RETRY, KEY_CHECKPOINT, KEY_NO_PLOTS };

struct reproduce_options {
    struct preset_options preset;
    struct device_options device;
    const char *results;
    int checkpoint_seconds;
    bool retry, no_plots;
};

static const struct argp_option options[] = {
    {"corruptions", KEY_CORRUPTIONS, "LIST", 0, "Columns of the table: codes such as GN,Co,ET, or all", 1},
    {"methods", KEY_METHODS, "LIST", 0, "Rows of the table: codes such as FT, or all", 1},
    {"seeds", KEY_SEEDS, "LIST", 0, "Train every cell once with each, such as 1,2,3", 1},
    {"results", KEY_RESULTS, "DIR", 0, "Folder of runs and reports (default: results)", 1},
    {"retry", KEY_RETRY, 0, 0, "Train failed and diverged runs again", 1},
    {"checkpoint", KEY_CHECKPOINT, "SECONDS", 0, "Time between two checkpoints of a run (default: 60)", 1},
    {"no-plots", KEY_NO_PLOTS, 0, 0, "A report without learning curves", 1},
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
    case ARGP_KEY_ARG: argp_error(state, "unexpected argument \"%s\"", argument); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const char documentation[] =
    "Trains every teacher and target of a preset, skips what is finished, and writes the report."
    "\v"
    "Examples:\n"
    "  transinv reproduce\n"
    "  transinv reproduce --preset paper --data ~/cifar\n"
    "  transinv reproduce --corruptions GN,Co --set target.epochs=3";

static struct status write_report(const char *results, const char *runs_folder, const char *preset,
                                  const char *configuration_hash, bool plots)
{
    char *output = results_folder(results, "report", preset);
    const struct report_request request = {.runs_folder = runs_folder,
                                           .output_folder = output,
                                           .preset = preset,
                                           .configuration_hash = configuration_hash,
                                           .plots = plots};
    struct status status = report_write(&request);
    if (status.code == STATUS_OK) printf("report: %s/index.html\n", output);
    free(output);
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
    if (status.code == STATUS_OK || status.code == STATUS_FAILED)
        report_status =
            write_report(chosen->results, runs_folder, preset->name, summary.configuration_hash, !chosen->no_plots);
    free(runs_folder);
    return status.code != STATUS_OK ? status : report_status;
}

static struct status command_reproduce_run(int argc, char **argv)
{
    const struct argp_child children[] = {
        {&preset_argp, 0, 0, 0}, {&device_argp, 0, 0, 0}, {&message_argp, 0, 0, 0}, {0}};
    const struct argp argp = {.options = options, .parser = parse_option, .doc = documentation, .children = children};
    struct reproduce_options chosen = {.results = "results", .checkpoint_seconds = 60};
    struct preset preset = {.name = ""};
    struct device *device = NULL;
    argp_parse(&argp, argc, argv, 0, NULL, &chosen);
    struct status status = preset_options_load(&chosen.preset, &preset);
    chosen.device.precision = (enum precision)preset.values.training.precision;
    if (status.code == STATUS_OK) status = device_options_open(&chosen.device, &device);
    if (status.code == STATUS_OK) status = reproduce(&chosen, &preset, device);
    device_close(device);
    preset_destroy(&preset);
    preset_options_destroy(&chosen.preset);
    return status;
}

const struct command command_reproduce = {"reproduce", "train everything a preset asks for, then report",
                                          command_reproduce_run};

// report.c: `transinv report`: the report of runs that are there already. Tests: tests/cli_test.c.
#include "report/report.h"

#include <argp.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/commands.h"
#include "cli/common.h"

enum { KEY_RESULTS = 0x200, KEY_CONFIGURATION, KEY_NO_PLOTS, KEY_NO_PANELS };

struct report_options {
    const char *preset, *results, *configuration_hash;
    bool no_plots, no_panels;
};

static const struct argp_option options[] = {
    {"preset", 'p', "NAME", 0, "Name of the preset whose runs are reported (default: quick)", 1},
    {"results", KEY_RESULTS, "DIR", 0, "Folder of runs and reports (default: results)", 1},
    {"configuration", KEY_CONFIGURATION, "HASH", 0,
     "Configuration hash whose runs fill the table (default: of the run started last)", 1},
    {"no-plots", KEY_NO_PLOTS, 0, 0, "A report without learning curves", 1},
    {"no-panels", KEY_NO_PANELS, 0, 0, "A report without pictures of training images, for publication", 1},
    {0},
};

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct report_options *chosen = state->input;
    switch (key) {
    case 'p': chosen->preset = argument; return 0;
    case KEY_RESULTS: chosen->results = argument; return 0;
    case KEY_CONFIGURATION: chosen->configuration_hash = argument; return 0;
    case KEY_NO_PLOTS: chosen->no_plots = true; return 0;
    case KEY_NO_PANELS: chosen->no_panels = true; return 0;
    case ARGP_KEY_ARG: argp_error(state, "unexpected argument \"%s\"", argument); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const char documentation[] =
    "Writes the report of a preset's runs: index.html, table.md, results.csv, results.json."
    "\v"
    "Example: transinv report --preset paper --results results";

static struct status command_report_run(int argc, char **argv)
{
    const struct argp_child children[] = {{&message_argp, 0, 0, 0}, {0}};
    const struct argp argp = {.options = options, .parser = parse_option, .doc = documentation, .children = children};
    struct report_options chosen = {.preset = "quick", .results = "results"};
    argp_parse(&argp, argc, argv, 0, NULL, &chosen);
    char *runs_folder = results_folder(chosen.results, "runs", chosen.preset);
    char *output_folder = results_folder(chosen.results, "report", chosen.preset);
    const struct report_request request = {.runs_folder = runs_folder,
                                           .output_folder = output_folder,
                                           .preset = chosen.preset,
                                           .configuration_hash = chosen.configuration_hash,
                                           .plots = !chosen.no_plots,
                                           .no_panels = chosen.no_panels};
    struct status status = report_write(&request);
    if (status.code == STATUS_OK) printf("report: %s/index.html\n", output_folder);
    free(runs_folder);
    free(output_folder);
    return status;
}

const struct command command_report = {"report", "write the report of finished runs again", command_report_run};

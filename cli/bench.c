// bench.c: `transinv bench`: every kernel at the networks' real shapes. Tests: tests/cli_bench_test.c.
#include <argp.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/number.h"
#include "bench/run.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "report/bench_plots.h"

enum {
    KEY_LIST = 0x200,
    KEY_FILTER,
    KEY_BATCH,
    KEY_TIME_LIMIT,
    KEY_VERSUS,
    KEY_ALGORITHM,
    KEY_JSON,
    KEY_CSV,
    KEY_PLOTS,
    KEY_COMPARE
};

struct bench_options {
    struct device_options device;
    bool list;
    const char *filter, *algorithm, *json, *csv, *plots, *compare;
    int batches[BENCH_BATCH_LIMIT], batch_count;
    double time_limit_seconds;
    bool rivals[RIVAL_COUNT];
};

static const struct argp_option options[] = {
    {"list", KEY_LIST, 0, 0, "Print the names of the cases, and measure nothing", 1},
    {"filter", KEY_FILTER, "REGEX", 0, "Only cases whose name matches somewhere, such as 'conv.* 3x3/1'", 1},
    {"batch", KEY_BATCH, "LIST", 0, "Images in a batch, such as 32,128 (default: 32)", 1},
    {"time-limit", KEY_TIME_LIMIT, "SECONDS", 0, "Time for a case that does not settle before (default: 1)", 1},
    {"algorithm", KEY_ALGORITHM, "NAME", 0,
     "How convolutions are done: table, direct, winograd-2x2 or winograd-4x4 (default: table, as in training)", 1},
    {"vs", KEY_VERSUS, "RIVAL", 0, "By turns with vendor (oneDNN) or reference; may be repeated", 1},
    {"json", KEY_JSON, "FILE", 0, "Write everything measured, samples included", 1},
    {"csv", KEY_CSV, "FILE", 0, "Write a line per case", 1},
    {"plots", KEY_PLOTS, "DIR", 0, "Draw roofline.svg and time-share.svg (needs gnuplot)", 1},
    {"compare", KEY_COMPARE, "OLD.json", 0, "Compare with an earlier --json; a confirmed regression is status 1", 1},
    {0},
};

// ---- options ---------------------------------------------------------------------------------------------------

static void parse_batches(struct bench_options *chosen, const struct argp_state *state, const char *list)
{
    for (const char *at = list;; at++) {
        char word[16];
        const size_t length = strcspn(at, ",");
        snprintf(word, sizeof word, "%.*s", (int)length, at);
        if (chosen->batch_count == BENCH_BATCH_LIMIT)
            argp_error(state, "--batch: more than %d sizes", BENCH_BATCH_LIMIT);
        chosen->batches[chosen->batch_count++] = option_integer(state, "batch", word, 1, 4096);
        at += length;
        if (*at == '\0') return;
    }
}

static void parse_rival(struct bench_options *chosen, const struct argp_state *state, const char *name)
{
    for (int i = 0; i < RIVAL_COUNT; i++)
        if (strcmp(name, bench_rival_names[i]) == 0) {
            chosen->rivals[i] = true;
            return;
        }
    argp_error(state, "--vs: expected vendor or reference, found \"%s\"", name);
}

static void parse_algorithm(struct bench_options *chosen, const struct argp_state *state, const char *name)
{
    static const char *const names[] = {[CONVOLUTION_BY_TABLE] = "table",
                                        [CONVOLUTION_DIRECT] = "direct",
                                        [CONVOLUTION_WINOGRAD_2X2] = "winograd-2x2",
                                        [CONVOLUTION_WINOGRAD_4X4] = "winograd-4x4"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0) {
            chosen->algorithm = names[i];
            chosen->device.convolution = (enum convolution_choice)i;
            return;
        }
    argp_error(state, "--algorithm: expected table, direct, winograd-2x2 or winograd-4x4, found \"%s\"", name);
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct bench_options *chosen = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &chosen->device; return 0;
    case KEY_LIST: chosen->list = true; return 0;
    case KEY_FILTER: chosen->filter = argument; return 0;
    case KEY_BATCH: parse_batches(chosen, state, argument); return 0;
    case KEY_TIME_LIMIT:
        if (!number_parse_double(argument, &chosen->time_limit_seconds) || chosen->time_limit_seconds < 0 ||
            chosen->time_limit_seconds > 3600)
            argp_error(state, "--time-limit: expected seconds from 0 to 3600, found \"%s\"", argument);
        return 0;
    case KEY_VERSUS: parse_rival(chosen, state, argument); return 0;
    case KEY_ALGORITHM: parse_algorithm(chosen, state, argument); return 0;
    case KEY_JSON: chosen->json = argument; return 0;
    case KEY_CSV: chosen->csv = argument; return 0;
    case KEY_PLOTS: chosen->plots = argument; return 0;
    case KEY_COMPARE: chosen->compare = argument; return 0;
    case ARGP_KEY_ARG: argp_error(state, "unexpected argument \"%s\"", argument); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const char documentation[] =
    "Times every operation at every shape of a training step of WRN-40-2 and of the preset `quick`, after checking its "
    "results. All of it takes two to three minutes; bench/README.md tells what the columns mean."
    "\v"
    "Exit status 1: a case is wrong, or --compare confirmed a regression.\n"
    "\n"
    "Examples:\n"
    "  transinv bench\n"
    "  transinv bench --filter 'conv_forward 3x3/1' --vs vendor\n"
    "  transinv bench --json new.json --compare old.json";

// ---- acting ----------------------------------------------------------------------------------------------------

struct table {
    const struct bench_request *request;
    struct device *device;
};

static void print_title(void *context, const struct ceilings *ceilings)
{
    const struct table *table = context;
    results_print_title(table->request, device_kernels(table->device)->name, device_threads(table->device), ceilings);
}

static void print_case(void *context, const struct case_result *result, const struct case_result *before)
{
    (void)context;
    results_print_case(result, before);
    fflush(stdout);
}

// Everything that was asked for, even when one of the files cannot be written; the first error is the one told.
static struct status write_files(const struct bench_options *chosen, const struct bench_results *results)
{
    struct status status = status_ok(), further;
    if (chosen->json != NULL) status = results_write_json(results, chosen->json);
    if (chosen->csv != NULL) {
        further = results_write_csv(results, chosen->csv);
        if (status.code == STATUS_OK) status = further;
    }
    if (chosen->plots != NULL) {
        json_t *document = results_to_json(results);
        further = bench_plots_write(document, chosen->plots);
        if (status.code == STATUS_OK) status = further;
        json_decref(document);
    }
    return status;
}

static struct status judge(const struct bench_results *results)
{
    const size_t wrong = results_count_wrong(results);
    if (wrong > 0)
        return status_error(STATUS_FAILED, "bench: %zu of %zu cases are wrong and were not timed", wrong,
                            results->case_count);
    if (results->comparison != NULL && results->comparison->regressions > 0)
        return status_error(STATUS_FAILED, "bench: %zu of %zu cases became slower than in %s",
                            results->comparison->regressions, results->comparison->count, results->comparison->path);
    return status_ok();
}

static struct status measure(const struct bench_options *chosen, const struct case_list *cases)
{
    struct bench_results results = {.case_count = 0};
    struct table table;
    struct bench_run run = {.bench = {.time_limit_seconds = chosen->time_limit_seconds},
                            .cases = cases,
                            .algorithm = chosen->algorithm,
                            .compare = chosen->compare,
                            .begun = print_title,
                            .case_done = print_case,
                            .context = &table};
    memcpy(run.bench.rivals, chosen->rivals, sizeof run.bench.rivals);
    struct status status = device_options_open(&chosen->device, &run.bench.device);
    if (status.code != STATUS_OK) return status;
    table = (struct table){&run.bench, run.bench.device};
    status = bench_run(&run, &results);
    if (status.code == STATUS_OK) {
        results_print_end(&results);
        status = write_files(chosen, &results);
    }
    if (status.code == STATUS_OK) status = judge(&results);
    bench_results_destroy(&results);
    device_close(run.bench.device);
    return status;
}

static struct status command_bench_run(int argc, char **argv)
{
    const struct argp_child children[] = {{&device_argp, 0, 0, 0}, {&message_argp, 0, 0, 0}, {0}};
    const struct argp argp = {.options = options, .parser = parse_option, .doc = documentation, .children = children};
    struct bench_options chosen = {.algorithm = "table", .time_limit_seconds = 1};
    struct case_list cases = {.count = 0};
    argp_parse(&argp, argc, argv, 0, NULL, &chosen);
    if (chosen.batch_count == 0) chosen.batches[chosen.batch_count++] = 32;
    const struct kernels *named = chosen.device.device != NULL ? kernels_find(chosen.device.device) : NULL;
    if (named != NULL) chosen.device.precision = named->precision; // there is no preset to say it
    struct status status = case_list_create(chosen.batches, chosen.batch_count, &cases);
    if (status.code == STATUS_OK && chosen.filter != NULL) status = case_list_filter(&cases, chosen.filter);
    if (status.code == STATUS_OK && chosen.list)
        for (size_t i = 0; i < cases.count; i++) puts(cases.items[i].bench_case.name);
    else if (status.code == STATUS_OK)
        status = measure(&chosen, &cases);
    case_list_destroy(&cases);
    return status;
}

const struct command command_bench = {"bench", "time every kernel at the networks' real shapes", command_bench_run};

// common.c: options that several commands share. Tests: tests/cli_test.c.
#include "cli/common.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/number.h"

enum { KEY_THREADS = 0x100, KEY_DEVICE, KEY_DATA, KEY_CATALOG };

int option_integer(const struct argp_state *state, const char *option, const char *text, int minimum, int maximum)
{
    int64_t value = 0;
    if (!number_parse_int64(text, minimum, maximum, &value))
        argp_error(state, "--%s: expected a whole number from %d to %d, found \"%s\"", option, minimum, maximum, text);
    return (int)value;
}

char *results_folder(const char *results, const char *room, const char *preset)
{
    char *folder = path_join(results, room), *path = path_join(folder, preset);
    free(folder);
    return path;
}

// ---- messages --------------------------------------------------------------------------------------------------

static const struct argp_option message_options[] = {
    {0, 0, 0, 0, "Messages:", 3},
    {"quiet", 'q', 0, 0, "Only warnings and errors", 3},
    {"verbose", 'v', 0, 0, "Details as well", 3},
    {0},
};

static error_t parse_message_option(int key, char *argument, struct argp_state *state)
{
    (void)argument;
    (void)state;
    switch (key) {
    case 'q': log_set_level(LOG_WARNING); return 0;
    case 'v': log_set_level(LOG_DETAIL); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

const struct argp message_argp = {.options = message_options, .parser = parse_message_option};

// ---- device ----------------------------------------------------------------------------------------------------

static const struct argp_option device_options[] = {
    {0, 0, 0, 0, "Machine:", 2},
    {"threads", KEY_THREADS, "N", 0, "Threads to compute with (default: what this process may use)", 2},
    {"device", KEY_DEVICE, "NAME", 0, "cpu, reference, auto, or a backend named by doctor (default: auto)", 2},
    {0},
};

static error_t parse_device_option(int key, char *argument, struct argp_state *state)
{
    struct device_options *options = state->input;
    switch (key) {
    case KEY_THREADS: options->threads = option_integer(state, "threads", argument, 1, 1024); return 0;
    case KEY_DEVICE: options->device = argument; return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

const struct argp device_argp = {.options = device_options, .parser = parse_device_option};

struct status device_options_open(const struct device_options *options, struct device **device)
{
    const char *name = options->device != NULL ? options->device : "auto";
    const struct kernels *kernels = NULL;
    struct status status = kernels_choose(kernels_available(), name, options->precision, &kernels);
    if (status.code != STATUS_OK) return status;
    const struct device_settings settings = {.threads = options->threads, .convolution = options->convolution};
    status = device_open(kernels, settings, device);
    if (status.code == STATUS_OK)
        log_message(LOG_DETAIL, "device %s, %d threads", kernels->name, device_threads(*device));
    return status;
}

// ---- preset ----------------------------------------------------------------------------------------------------

static const struct argp_option preset_options[] = {
    {0, 0, 0, 0, "Configuration:", 1},
    {"preset", 'p', "NAME", 0, "paper, quick, ci, augmix, or the path of an .ini file (default: quick)", 1},
    {"set", 's', "KEY=VALUE", 0, "Replace a value of the preset, such as target.epochs=3; may be repeated", 1},
    {"data", KEY_DATA, "DIR", 0, "Read CIFAR archives from DIR", 1},
    {"catalog", KEY_CATALOG, "FILE", 0, "Describe further archives, such as subsets (datasets/README.md)", 1},
    {0},
};

static void add_override(struct preset_options *options, const struct argp_state *state, const char *assignment)
{
    if (options->override_count == OVERRIDE_LIMIT)
        argp_error(state, "more than %d values replaced; write a preset file instead", OVERRIDE_LIMIT);
    options->overrides[options->override_count++] = assignment;
}

static error_t parse_preset_option(int key, char *argument, struct argp_state *state)
{
    struct preset_options *options = state->input;
    switch (key) {
    case 'p': options->preset = argument; return 0;
    case 's': add_override(options, state, argument); return 0;
    case KEY_DATA: options->data = argument; return 0;
    case KEY_CATALOG: options->catalog = argument; return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

const struct argp preset_argp = {.options = preset_options, .parser = parse_preset_option};

void preset_options_add(struct preset_options *options, const struct argp_state *state, const char *key,
                        const char *value)
{
    char *assignment = NULL;
    if (asprintf(&assignment, "%s=%s", key, value) < 0)
        argp_failure(state, status_exit_code(STATUS_NO_MEMORY), 0, "out of memory");
    add_override(options, state, assignment);
    options->owned[options->override_count - 1] = assignment;
}

void preset_options_destroy(struct preset_options *options)
{
    for (int i = 0; i < OVERRIDE_LIMIT; i++) free(options->owned[i]);
    *options = (struct preset_options){.preset = NULL};
}

struct status preset_options_load(const struct preset_options *options, struct preset *preset)
{
    struct status status = preset_load(options->preset != NULL ? options->preset : "quick", preset);
    if (status.code != STATUS_OK) return status;
    const char *source = options->data != NULL ? "--data on the command line" : "--catalog on the command line";
    bool given = options->data != NULL || options->catalog != NULL;
    if (given && preset->values.data.source != PRESET_SOURCE_CIFAR)
        status = preset_override(preset, "data.source=cifar", source);
    for (int i = 0; status.code == STATUS_OK && i < options->override_count; i++)
        status = preset_override(preset, options->overrides[i], "command line");
    if (status.code == STATUS_OK) status = preset_check(preset);
    if (status.code != STATUS_OK) preset_destroy(preset);
    return status;
}

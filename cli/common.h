// common.h: options that several commands share, as argp children, and what they lead to.
#ifndef CLI_COMMON_H
#define CLI_COMMON_H

#include <argp.h>

#include "harness/preset.h"
#include "kernels/kernels.h"

// ---- every command: --quiet, --verbose -------------------------------------------------------------------------

extern const struct argp message_argp; // no input: takes effect when parsed

// ---- commands that compute: --threads, --device ----------------------------------------------------------------

struct device_options {
    int threads;                         // 0: machine_thread_count()
    const char *device;                  // NULL: auto
    enum convolution_choice convolution; // no option of every command: `bench` sets it
    enum precision precision;            // of activations, from the preset: no option of its own
};
extern const struct argp device_argp; // input: struct device_options, zeroed

// STATUS_USAGE names the backends of this machine; STATUS_DEVICE when none has the precision. *device is the caller's to
// close.
struct status device_options_open(const struct device_options *options, struct device **device);

// ---- commands that have a configuration: --preset, --set, --data, --catalog ------------------------------------

enum { OVERRIDE_LIMIT = 128 };

struct preset_options {
    const char *preset; // NULL: quick
    const char *data, *catalog;
    const char *overrides[OVERRIDE_LIMIT]; // "section.key=value", in the order given
    char *owned[OVERRIDE_LIMIT];           // those of them to be freed
    int override_count;
};
extern const struct argp preset_argp; // input: struct preset_options, zeroed

// Appends KEY=VALUE as if --set had given it.
void preset_options_add(struct preset_options *options, const struct argp_state *state, const char *key,
                        const char *value);

// The preset with all overrides. --data or --catalog turn its source to CIFAR unless --set says otherwise. On success
// *preset is the caller's to destroy.
struct status preset_options_load(const struct preset_options *options, struct preset *preset);
void preset_options_destroy(struct preset_options *options);

// ---- helpers ---------------------------------------------------------------------------------------------------

// A whole number inside [minimum, maximum], or argp_error, which ends the process.
int option_integer(const struct argp_state *state, const char *option, const char *text, int minimum, int maximum);

// RESULTS/ROOM/PRESET; the caller's to free.
char *results_folder(const char *results, const char *room, const char *preset);

#endif

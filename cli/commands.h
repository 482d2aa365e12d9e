// commands.h: the commands of transinv, one file each.
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "base/status.h"

struct command {
    const char *name;
    const char *summary; // a line of `transinv --help`
    // argv[0] is "transinv NAME". Parses, acts, prints results to standard output; the status is main's to print.
    struct status (*run)(int argc, char **argv);
};

extern const struct command command_fetch, command_reproduce, command_train, command_evaluate, command_corrupt,
    command_bench, command_report, command_doctor;

#endif

// main.c: finds the command and hands over. The only place that prints a status and turns it into an exit status.
// Tests: tests/cli_test.c.
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/build_info.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "cli/commands.h"
#include "harness/nearest_word.h"

static const struct command *const commands[] = {&command_fetch,    &command_reproduce, &command_train,
                                                 &command_evaluate, &command_corrupt,   &command_bench,
                                                 &command_report,   &command_doctor,    NULL};
enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] - 1 };

struct choice {
    const struct command *command;
    int argc;
    char **argv; // of the command
};

static void print_version(FILE *stream, struct argp_state *state)
{
    (void)state;
    fprintf(stream, "transinv %s\ncommit %s%s\nbuilt by %s\n", build_version, build_commit,
            build_tree_clean ? "" : ", with changes or unknown", build_compiler);
}

static void refuse_command(struct argp_state *state, const char *name)
{
    const char *names[COMMAND_COUNT];
    for (int i = 0; i < COMMAND_COUNT; i++) names[i] = commands[i]->name;
    const char *nearest = nearest_word(name, names, COMMAND_COUNT);
    if (nearest != NULL)
        argp_error(state, "unknown command \"%s\"; did you mean \"%s\"?", name, nearest);
    else
        argp_error(state, "unknown command \"%s\"", name);
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct choice *choice = state->input;
    switch (key) {
    case ARGP_KEY_ARG:
        for (int i = 0; choice->command == NULL && i < COMMAND_COUNT; i++)
            if (strcmp(commands[i]->name, argument) == 0) choice->command = commands[i];
        if (choice->command == NULL) refuse_command(state, argument);
        choice->argc = state->argc - state->next + 1;
        choice->argv = state->argv + state->next - 1;
        state->next = state->argc; // the rest is the command's
        return 0;
    case ARGP_KEY_NO_ARGS: argp_error(state, "expected a command"); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

// The list of commands, below the options in --help.
static char *list_commands(int key, const char *text, void *input)
{
    (void)input;
    if (key != ARGP_KEY_HELP_POST_DOC) return (char *)text;
    char *list = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&list, &size);
    if (stream == NULL) return (char *)text;
    fputs("Commands (each has its own --help):\n", stream);
    for (int i = 0; i < COMMAND_COUNT; i++) fprintf(stream, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
    fputs(text, stream);
    fclose(stream);
    return list;
}

static const char documentation[] =
    "Reproduces \"Transferring Teacher's Invariance to Student Through Data Augmentation Optimization\": trains its "
    "teachers and targets, measures them, and reports the table."
    "\v"
    "\nExit status: 0 done; 1 some run failed; 2 wrong usage or configuration; 3 data missing or damaged; "
    "4 device or memory; 5 interrupted, the same command continues.\n"
    "\n"
    "Example: transinv reproduce --preset quick";

static struct status run_command(const struct choice *choice)
{
    char name[64];
    snprintf(name, sizeof name, "transinv %s", choice->command->name);
    choice->argv[0] = name; // what argp calls the program in its messages
    struct status status = choice->command->run(choice->argc, choice->argv);
    if (fflush(stdout) != 0 && status.code == STATUS_OK)
        status = status_error(STATUS_IO, "write to standard output: %s", strerror(errno));
    if (status.code != STATUS_OK) log_message(LOG_ERROR, "%s", status.message);
    if (status.code == STATUS_USAGE) fprintf(stderr, "Try `%s --help' for more information.\n", name);
    return status;
}

// Threads that wait for each other spin for a millisecond before they sleep. On a machine with other work that spins away
// the very processor that the awaited thread needs: an epoch of the quick teacher took 44.8 s there, and 5.3 s with a
// hundredth of the spinning, which is as fast on an idle machine. The thread library reads this setting when it is
// loaded, so the program starts itself once more.
static void restart_with_short_spins(char **argv)
{
    if (getenv("OMP_WAIT_POLICY") != NULL || getenv("GOMP_SPINCOUNT") != NULL) return;
    if (setenv("GOMP_SPINCOUNT", "3000", 1) == 0) execv("/proc/self/exe", argv); // going on without is no error
}

int main(int argc, char **argv)
{
    restart_with_short_spins(argv);
    struct choice choice = {.command = NULL};
    const struct argp argp = {
        .parser = parse_option, .args_doc = "COMMAND [OPTION...]", .doc = documentation, .help_filter = list_commands};
    char name[] = "transinv";
    argp_program_version_hook = print_version;
    argp_err_exit_status = status_exit_code(STATUS_USAGE);
    if (argc > 0) argv[0] = name;
    argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &choice);
    interrupt_install();
    return status_exit_code(run_command(&choice).code);
}

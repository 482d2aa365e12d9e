// program.h: runs the built program (TRANSINV_BINARY) as a user does and keeps what it says.
#ifndef TESTS_SUPPORT_PROGRAM_H
#define TESTS_SUPPORT_PROGRAM_H

#include <sys/types.h>

struct program_result {
    int exit_status; // -1 when a signal ended it
    char *output, *errors;
};

// Runs it in `folder` with the arguments, separated by single blanks. Its home is `folder`, its environment otherwise
// empty but for PATH, so nothing of the machine's settings takes part. Fails the test when it cannot be started.
struct program_result program_run(const char *folder, const char *arguments);
void program_result_destroy(struct program_result *result);

// The same in two halves, for signals in between.
pid_t program_start(const char *folder, const char *arguments);
// With an environment of the caller's: "NAME=value", ..., NULL. PATH and what sanitizers need are added.
pid_t program_start_with(const char *folder, const char *arguments, const char *const environment[]);
struct program_result program_wait(const char *folder, pid_t process);

#endif

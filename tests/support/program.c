// program.c: runs the built program (TRANSINV_BINARY) as a user does and keeps what it says.
#include "tests/support/program.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/support/temporary_folder.h"

enum { ARGUMENT_LIMIT = 64, ENVIRONMENT_LIMIT = 32 };

static const char output_name[] = "stdout.txt", errors_name[] = "stderr.txt";

static void redirect(const char *name, int descriptor)
{
    int file = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (file < 0 || dup2(file, descriptor) < 0) _exit(127);
    close(file);
}

// In the child: becomes the program, or exits with 127.
static void become_program(const char *binary, const char *folder, char *arguments, const char *const environment[])
{
    char *list[ARGUMENT_LIMIT] = {"transinv"}, *rest = NULL, *all[ENVIRONMENT_LIMIT] = {NULL};
    char path[1024];
    int count = 1, variables = 0;
    for (char *word = strtok_r(arguments, " ", &rest); word != NULL && count < ARGUMENT_LIMIT - 1;
         word = strtok_r(NULL, " ", &rest))
        list[count++] = word;
    snprintf(path, sizeof path, "PATH=%s", getenv("PATH") != NULL ? getenv("PATH") : "");
    const char *sanitizer = getenv("ASAN_OPTIONS");
    char kept[1024];
    snprintf(kept, sizeof kept, "ASAN_OPTIONS=%s", sanitizer != NULL ? sanitizer : "");
    while (environment[variables] != NULL && variables < ENVIRONMENT_LIMIT - 4) {
        all[variables] = (char *)environment[variables];
        variables++;
    }
    all[variables++] = path;
    all[variables++] = "OMP_WAIT_POLICY=passive";
    all[variables] = kept;
    if (chdir(folder) != 0) _exit(127);
    redirect(output_name, STDOUT_FILENO);
    redirect(errors_name, STDERR_FILENO);
    execve(binary, list, all);
    _exit(127);
}

pid_t program_start(const char *folder, const char *arguments)
{
    char home[TEMPORARY_PATH_SIZE + 8];
    snprintf(home, sizeof home, "HOME=%s", folder);
    const char *const environment[] = {home, NULL};
    return program_start_with(folder, arguments, environment);
}

pid_t program_start_with(const char *folder, const char *arguments, const char *const environment[])
{
    const char *binary = getenv("TRANSINV_BINARY");
    cr_assert(binary != NULL, "TRANSINV_BINARY must name the program (`make test` does that)");
    char *copy = strdup(arguments);
    cr_assert(copy != NULL);
    fflush(NULL);
    pid_t process = fork();
    cr_assert(process >= 0);
    if (process == 0) become_program(binary, folder, copy, environment);
    free(copy);
    return process;
}

struct program_result program_wait(const char *folder, pid_t process)
{
    int wait_status = 0;
    cr_assert(waitpid(process, &wait_status, 0) == process);
    struct program_result result = {.exit_status = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : -1,
                                    .output = temporary_file_read(folder, output_name),
                                    .errors = temporary_file_read(folder, errors_name)};
    cr_assert(result.exit_status != 127, "the program could not be started");
    return result;
}

struct program_result program_run(const char *folder, const char *arguments)
{
    return program_wait(folder, program_start(folder, arguments));
}

void program_result_destroy(struct program_result *result)
{
    free(result->output);
    free(result->errors);
    *result = (struct program_result){0};
}

// plot.c: one gnuplot process per plot. Script, output and complaints go through unnamed temporary files: unlike pipes
// they cannot fill up and stall both sides. Tests: tests/report_test.c.
#include "report/plot.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "base/machine.h"

enum { PLOT_OUTPUT_LIMIT = 16 << 20 };

struct plot_files {
    FILE *script, *output, *complaints;
};

static void plot_close_files(struct plot_files *files)
{
    FILE *all[] = {files->script, files->output, files->complaints};
    for (int i = 0; i < 3; i++)
        if (all[i] != NULL) fclose(all[i]);
}

static FILE *plot_open_file(void)
{
    FILE *file = tmpfile();
    if (file != NULL) fcntl(fileno(file), F_SETFD, FD_CLOEXEC); // the child gets its copies as 0, 1 and 2
    return file;
}

static struct status plot_open_files(const struct text *script, struct plot_files *files)
{
    *files = (struct plot_files){plot_open_file(), plot_open_file(), plot_open_file()};
    if (files->script == NULL || files->output == NULL || files->complaints == NULL)
        return status_error(STATUS_IO, "make a temporary file for gnuplot: %s", strerror(errno));
    if (fwrite(script->bytes, 1, script->length, files->script) != script->length || fflush(files->script) != 0)
        return status_error(STATUS_IO, "write a temporary file for gnuplot: %s", strerror(errno));
    rewind(files->script);
    return status_ok();
}

// The process may not be an interactive one, nor read the user's settings: -d skips them, and of the environment it sees
// what finds programs and temporary folders.
static int plot_spawn(const struct plot_files *files, pid_t *process)
{
    char *const arguments[] = {"gnuplot", "-d", NULL};
    char path[8192];
    const char *search = getenv("PATH");
    if (snprintf(path, sizeof path, "PATH=%s", search == NULL ? "" : search) >= (int)sizeof path) return ENAMETOOLONG;
    char *const environment[] = {path, "LC_ALL=C.UTF-8", "HOME=/nonexistent", NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_adddup2(&actions, fileno(files->script), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, fileno(files->output), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, fileno(files->complaints), STDERR_FILENO);
    // A group of its own: gnuplot may be a script with children, and all of them must end at the time limit.
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setpgroup(&attributes, 0);
    int error = posix_spawnp(process, "gnuplot", &actions, &attributes, arguments, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

// Waits for the process, or ends its group. *code is what waitpid says.
static struct status plot_wait(pid_t process, double limit_seconds, int *code)
{
    const struct timespec pause = {.tv_nsec = 2000000};
    struct status status = status_ok();
    double end = clock_seconds() + limit_seconds;
    for (;;) {
        pid_t ended = waitpid(process, code, WNOHANG);
        if (ended == process) return status_ok();
        if (ended < 0 && errno != EINTR) return status_error(STATUS_IO, "wait for gnuplot: %s", strerror(errno));
        if (interrupt_requested())
            status = interrupt_status();
        else if (clock_seconds() > end)
            status = status_error(STATUS_FAILED, "gnuplot did not finish within %g seconds", limit_seconds);
        if (status.code != STATUS_OK) break;
        nanosleep(&pause, NULL);
    }
    kill(-process, SIGKILL);
    while (waitpid(process, code, 0) < 0 && errno == EINTR) continue;
    return status;
}

static struct status plot_read_output(FILE *file, struct text *output)
{
    char bytes[16384];
    size_t count, total = 0;
    rewind(file);
    while ((count = fread(bytes, 1, sizeof bytes, file)) > 0 && (total += count) <= PLOT_OUTPUT_LIMIT)
        text_append_bytes(output, bytes, count);
    if (ferror(file) || total > PLOT_OUTPUT_LIMIT)
        return status_error(STATUS_IO, "read gnuplot's output: more than %d bytes, or unreadable", PLOT_OUTPUT_LIMIT);
    return output->failed ? status_error(STATUS_NO_MEMORY, "read gnuplot's output: out of memory") : status_ok();
}

// The first line of what it complained about that says something.
static struct status plot_explain_failure(int code, FILE *complaints)
{
    char line[200] = "";
    rewind(complaints);
    while (strspn(line, " \t\r\n^") == strlen(line) && fgets(line, sizeof line, complaints) != NULL) continue;
    line[strcspn(line, "\r\n")] = '\0';
    if (WIFSIGNALED(code)) return status_error(STATUS_FAILED, "gnuplot was ended by signal %d", WTERMSIG(code));
    return status_error(STATUS_FAILED, "gnuplot ended with status %d: %s", WEXITSTATUS(code),
                        line[0] == '\0' ? "it said nothing" : line);
}

struct status plot_run_gnuplot(const struct text *script, double limit_seconds, struct text *output)
{
    struct plot_files files;
    size_t length = output->length;
    pid_t process = 0;
    int code = 0;
    struct status status = plot_open_files(script, &files);
    if (status.code != STATUS_OK) goto done;
    int error = plot_spawn(&files, &process);
    if (error != 0) {
        bool missing = error == ENOENT || error == ENOTDIR || error == EACCES;
        status = status_error(missing ? STATUS_MISSING : STATUS_IO, "start gnuplot: %s",
                              missing ? "it is not installed, or not on the PATH" : strerror(error));
        goto done;
    }
    status = plot_wait(process, limit_seconds, &code);
    if (status.code == STATUS_OK && code != 0) status = plot_explain_failure(code, files.complaints);
    if (status.code == STATUS_OK) status = plot_read_output(files.output, output);
done:
    if (status.code != STATUS_OK && output->length > length) {
        output->length = length;
        output->bytes[length] = '\0';
    }
    plot_close_files(&files);
    return status;
}

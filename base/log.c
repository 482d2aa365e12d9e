// log.c: messages for people on standard error. Progress lines are progress.c's; this file only keeps the two from
// garbling each other. Tests: tests/log_test.c.
#define _GNU_SOURCE 1 // asprintf
#include "base/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/log_screen.h"
#include "base/progress_line.h"

static enum log_level log_level_shown = LOG_INFO;
static pthread_mutex_t log_mutex = PTHREAD_MUTEX_INITIALIZER;
static char log_shown_line[PROGRESS_LINE_SIZE]; // what stands in the terminal's last line; under log_mutex

static const char log_clear_line[] = "\r\033[K";

void log_set_level(enum log_level level)
{
    log_level_shown = level;
}

enum log_level log_get_level(void)
{
    return log_level_shown;
}

static bool log_is_capable_terminal(FILE *stream)
{
    const char *terminal = getenv("TERM");
    return isatty(fileno(stream)) && terminal != NULL && terminal[0] != '\0' && strcmp(terminal, "dumb") != 0;
}

bool log_stream_has_colour(FILE *stream)
{
    const char *no_colour = getenv("NO_COLOR");
    return (no_colour == NULL || no_colour[0] == '\0') && log_is_capable_terminal(stream);
}

bool log_screen_can_redraw(void)
{
    return log_is_capable_terminal(stderr);
}

int log_screen_columns(void)
{
    struct winsize window;
    int columns = 80;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 20 && window.ws_col < 80)
        columns = window.ws_col;
    return columns - 1;
}

void log_screen_show(const char *line)
{
    char output[PROGRESS_LINE_SIZE + sizeof log_clear_line];
    pthread_mutex_lock(&log_mutex);
    if (line[0] != '\0' || log_shown_line[0] != '\0') {
        snprintf(log_shown_line, sizeof log_shown_line, "%s", line);
        snprintf(output, sizeof output, "%s%s", log_clear_line, line);
        fputs(output, stderr);
        fflush(stderr);
    }
    pthread_mutex_unlock(&log_mutex);
}

// A file name may hold line ends and escape sequences; a message stays one line and leaves the terminal alone.
static void log_replace_controls(char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c < 0x20 || c == 0x7F) *text = c == '\n' || c == '\t' ? ' ' : '?';
    }
}

// Writes the line in one call, above a progress line if one is shown.
static void log_write(enum log_level level, const char *message)
{
    static const char *const labels[] = {"error: ", "warning: ", "", ""};
    static const char *const colours[] = {"\033[1;31m", "\033[1;33m", "", ""};
    bool colour = log_stream_has_colour(stderr) && colours[level][0] != '\0';
    bool redraw = log_shown_line[0] != '\0';
    char *line = NULL;
    if (asprintf(&line, "%stransinv: %s%s%s%s\n%s", redraw ? log_clear_line : "", colour ? colours[level] : "",
                 labels[level], colour ? "\033[0m" : "", message, log_shown_line) < 0) {
        fputs("transinv: out of memory writing a message\n", stderr);
        return;
    }
    fputs(line, stderr);
    fflush(stderr);
    free(line);
}

void log_message(enum log_level level, const char *format, ...)
{
    if (level > log_level_shown) return;
    char *message = NULL;
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(&message, format, arguments);
    va_end(arguments);
    if (length < 0)
        message = NULL;
    else
        log_replace_controls(message);
    pthread_mutex_lock(&log_mutex);
    log_write(level, message != NULL ? message : format);
    pthread_mutex_unlock(&log_mutex);
    free(message);
}

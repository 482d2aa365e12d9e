// log_test.c: messages and progress lines as they arrive in a file and on a terminal. The terminal is a pseudo-terminal
// whose output goes through a small model of a screen, so that the tests see what a person would.
#include "base/log.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/machine.h"
#include "base/progress_line.h"

// ---- standard error into a file ----

static int captured = -1;

static void capture_in_file(void)
{
    char path[] = "/tmp/transinv-log-XXXXXX";
    captured = mkstemp(path);
    cr_assert(ge(int, captured, 0));
    unlink(path);
    fflush(stderr);
    cr_assert(ge(int, dup2(captured, STDERR_FILENO), 0));
}

static void read_captured(char *text, size_t size)
{
    fflush(stderr);
    ssize_t count = pread(captured, text, size - 1, 0);
    cr_assert(ge(long, (long)count, 0));
    text[count] = '\0';
}

// ---- standard error onto a terminal ----

enum { SCREEN_ROWS = 24, SCREEN_COLUMNS = 200 };

static int terminal = -1;

static void open_terminal(unsigned short columns, const char *type)
{
    struct termios settings;
    struct winsize window = {.ws_row = SCREEN_ROWS, .ws_col = columns};
    terminal = posix_openpt(O_RDWR | O_NOCTTY);
    cr_assert(ge(int, terminal, 0));
    cr_assert(eq(int, grantpt(terminal) | unlockpt(terminal), 0));
    int other_end = open(ptsname(terminal), O_RDWR | O_NOCTTY);
    cr_assert(ge(int, other_end, 0));
    cr_assert(eq(int, tcgetattr(other_end, &settings), 0));
    cfmakeraw(&settings);
    cr_assert(eq(int, tcsetattr(other_end, TCSANOW, &settings) | ioctl(other_end, TIOCSWINSZ, &window), 0));
    fflush(stderr);
    cr_assert(ge(int, dup2(other_end, STDERR_FILENO), 0));
    setenv("TERM", type, 1);
    unsetenv("NO_COLOR");
}

static void read_terminal(char *bytes, size_t size)
{
    size_t used = 0;
    struct pollfd ready = {.fd = terminal, .events = POLLIN};
    while (used < size - 1 && poll(&ready, 1, 0) == 1) {
        ssize_t count = read(terminal, bytes + used, size - 1 - used);
        cr_assert(gt(long, (long)count, 0));
        used += (size_t)count;
    }
    bytes[used] = '\0';
}

struct screen {
    char rows[SCREEN_ROWS][SCREEN_COLUMNS + 1];
    int row, column, widest;
};

// Knows what base/log.c may send: text, line ends, carriage returns, "erase to the end of the line" and colours.
static void screen_show(struct screen *screen, const char *bytes)
{
    for (; *bytes != '\0'; bytes++) {
        char *row = screen->rows[screen->row];
        if (*bytes == '\n') {
            cr_assert(lt(int, screen->row, SCREEN_ROWS - 1));
            screen->row++;
            screen->column = 0;
        } else if (*bytes == '\r') {
            screen->column = 0;
        } else if (strncmp(bytes, "\033[K", 3) == 0) {
            row[screen->column] = '\0';
            bytes += 2;
        } else if (strncmp(bytes, "\033[", 2) == 0) {
            bytes += strcspn(bytes, "m");
            cr_assert(eq(chr, *bytes, 'm'));
        } else {
            cr_assert(lt(int, screen->column, SCREEN_COLUMNS));
            cr_assert(ge(int, (unsigned char)*bytes, 0x20));
            bool extends = row[screen->column] == '\0';
            row[screen->column++] = *bytes;
            if (extends) row[screen->column] = '\0';
            screen->widest = screen->column > screen->widest ? screen->column : screen->widest;
        }
    }
}

// ---- messages ----

Test(log, messages_are_labelled_lines)
{
    char text[1000];
    capture_in_file();
    log_message(LOG_ERROR, "open %s: %d", "a.bin", 5);
    log_message(LOG_WARNING, "be careful");
    log_message(LOG_INFO, "as usual");
    log_message(LOG_DETAIL, "nobody sees this at first");
    read_captured(text, sizeof text);
    cr_expect(eq(str, text, "transinv: error: open a.bin: 5\ntransinv: warning: be careful\ntransinv: as usual\n"));
}

Test(log, levels_decide_what_is_shown)
{
    static const char *const lines[] = {"transinv: error: 0\n", "transinv: warning: 1\n", "transinv: 2\n",
                                        "transinv: 3\n"};
    capture_in_file();
    cr_expect(eq(int, log_get_level(), LOG_INFO));
    for (int shown = LOG_ERROR; shown <= LOG_DETAIL; shown++) {
        char text[1000], expected[1000] = "";
        cr_assert(eq(int, ftruncate(captured, 0), 0));
        cr_assert(eq(long, (long)lseek(captured, 0, SEEK_SET), 0L));
        log_set_level((enum log_level)shown);
        for (int level = LOG_ERROR; level <= LOG_DETAIL; level++) {
            log_message((enum log_level)level, "%d", level);
            if (level <= shown) strcat(expected, lines[level]);
        }
        read_captured(text, sizeof text);
        cr_expect(eq(str, text, expected), "level %d", shown);
    }
}

Test(log, control_characters_cannot_break_a_line)
{
    char text[1000];
    capture_in_file();
    log_message(LOG_INFO, "file \"a\nb\033[31m\r\tc\" é");
    read_captured(text, sizeof text);
    cr_expect(eq(str, text, "transinv: file \"a b?[31m? c\" é\n"));
}

Test(log, long_messages_are_whole)
{
    static char text[30000], message[20001], expected[30000];
    memset(message, 'x', 20000);
    capture_in_file();
    log_message(LOG_INFO, "%s", message);
    read_captured(text, sizeof text);
    snprintf(expected, sizeof expected, "transinv: %s\n", message);
    cr_expect(eq(str, text, expected));
}

static void *write_many(void *letter)
{
    for (int i = 0; i < 200; i++) {
        char message[101];
        memset(message, *(const char *)letter, 100);
        message[100] = '\0';
        log_message(LOG_INFO, "%s", message);
    }
    return NULL;
}

Test(log, threads_do_not_mix_their_lines)
{
    static char text[200000];
    pthread_t threads[4];
    char letters[] = "abcd";
    capture_in_file();
    for (int i = 0; i < 4; i++) cr_assert(eq(int, pthread_create(&threads[i], NULL, write_many, &letters[i]), 0));
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    read_captured(text, sizeof text);
    int lines = 0;
    for (char *line = text; *line != '\0'; line += 111, lines++) {
        cr_assert(eq(int, strncmp(line, "transinv: ", 10), 0), "line %d", lines);
        cr_assert(eq(sz, strcspn(line, "\n"), 110), "line %d", lines);
        for (int i = 10; i < 110; i++) cr_assert(line[i] == line[10], "line %d is mixed", lines);
    }
    cr_expect(eq(int, lines, 800));
}

Test(log, colour_needs_a_terminal_and_nobody_against_it)
{
    static const struct {
        const char *type, *no_colour;
        bool colour;
    } cases[] = {
        {"xterm", NULL, true}, {"xterm", "", true}, {"xterm", "1", false}, {"dumb", NULL, false}, {"", NULL, false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char bytes[500];
        open_terminal(80, cases[i].type);
        if (cases[i].no_colour != NULL) setenv("NO_COLOR", cases[i].no_colour, 1);
        cr_expect(eq(int, log_stream_has_colour(stderr), cases[i].colour), "case %zu", i);
        log_message(LOG_ERROR, "red");
        read_terminal(bytes, sizeof bytes);
        cr_expect(eq(int, strstr(bytes, "\033[1;31merror: \033[0mred") != NULL, cases[i].colour), "case %zu", i);
        cr_expect(eq(int, strcmp(bytes, "transinv: error: red\n") == 0, !cases[i].colour), "case %zu", i);
    }
    capture_in_file();
    setenv("TERM", "xterm", 1);
    cr_expect(not(log_stream_has_colour(stderr)));
}

// ---- the text of progress lines ----

static int count_characters(const char *text)
{
    int count = 0;
    for (; *text != '\0'; text++) count += ((unsigned char)*text & 0xC0) != 0x80;
    return count;
}

Test(log, progress_bars_show_share_rate_and_time_left)
{
    static const struct {
        struct progress_numbers numbers;
        const char *line;
    } cases[] = {
        {{"training", "images", 500, 1000, 25, 20},
         "training [###############...............]  50 %  500/1000 images  25.0/s  0:20 left"},
        {{"training", "images", 0, 1000, 0, 0}, "training [..............................]   0 %  0/1000 images"},
        {{"training", "images", 1000, 1000, 123456, 20},
         "training [##############################] 100 %  1000/1000 images  123456/s  0:00 left"},
        {{"training", "images", 1500, 1000, 2, 9},
         "training [##############################] 100 %  1500/1000 images  2.00/s"},
        {{"download", "MB", 12, 0, 0.5, 24}, "download  12 MB  0.50/s"},
        {{"long", "steps", 10, 100000, 0.5, 20},
         "long [..............................]   0 %  10/100000 steps  0.50/s  2 d 7 h left"},
        {{"long", "steps", 1000, 8200, 2, 20},
         "long [###...........................]  12 %  1000/8200 steps  2.00/s  1:00:00 left"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char line[PROGRESS_LINE_SIZE];
        progress_format_bar(&cases[i].numbers, 100, line);
        cr_expect(eq(str, line, (char *)cases[i].line), "case %zu", i);
    }
}

// For text whose characters have one or two bytes.
static bool has_whole_characters(const char *text)
{
    for (; *text != '\0'; text++) {
        bool leads = ((unsigned char)text[0] & 0xC0) == 0xC0, followed = ((unsigned char)text[1] & 0xC0) == 0x80;
        if (leads != followed) return false;
    }
    return true;
}

// Any width, any text: never wider than asked, and the numbers outlast the bar and the text in front.
Test(log, progress_bars_fit_their_columns)
{
    static const char *const texts[] = {
        "", "x", "training FT × Gaussian noise, épreuve numéro 1",
        "a text in front that alone is much longer than the eighty columns of a terminal ééééééé"};
    static const double totals[] = {0, 1, 1001, 1e6, 1e9, 1e12, 1e15};
    for (size_t t = 0; t < sizeof texts / sizeof texts[0]; t++)
        for (int columns = 20; columns <= 120; columns++)
            for (size_t k = 0; k < sizeof totals / sizeof totals[0]; k++) {
                double total = totals[k];
                char line[PROGRESS_LINE_SIZE];
                struct progress_numbers numbers = {texts[t], "images", total / 3, total, 123.4, 10};
                progress_format_bar(&numbers, columns, line);
                cr_assert(le(int, count_characters(line), columns), "\"%s\"", line);
                cr_assert(has_whole_characters(line), "\"%s\"", line);
                if (columns >= 79 && total > 0 && total < 1e10)
                    cr_assert(ne(ptr, strstr(line, " images  123/s  "), NULL), "\"%s\"", line);
            }
}

Test(log, progress_in_plain_words)
{
    struct progress_numbers numbers = {"training", "images", 500, 1000, 25, 20}, unknown = {"fetch", "MB", 3, 0, 0, 7};
    char line[PROGRESS_LINE_SIZE];
    progress_format_plain(&numbers, line);
    cr_expect(eq(str, line, "training: 500 of 1000 images (50 %), 25.0 images/s, 0:20 left"));
    progress_format_end(&numbers, line);
    cr_expect(eq(str, line, "training: 500 of 1000 images (50 %) in 0:20, 25.0 images/s"));
    progress_format_plain(&unknown, line);
    cr_expect(eq(str, line, "fetch: 3 MB"));
    progress_format_end(&unknown, line);
    cr_expect(eq(str, line, "fetch: 3 MB in 0:07"));
}

// ---- when and where they appear ----

Test(log, messages_do_not_garble_a_progress_line)
{
    static char bytes[20000];
    static struct screen screen;
    open_terminal(80, "xterm");
    struct progress *progress = progress_create("training", "images", 1000);
    cr_assert(ne(ptr, progress, NULL));
    progress_update(progress, 100);
    log_message(LOG_WARNING, "short");
    log_message(LOG_INFO, "a message that is longer than the progress line that stands there: %0100d", 7);
    log_message(LOG_DETAIL, "not shown");
    read_terminal(bytes, sizeof bytes);
    screen_show(&screen, bytes);
    cr_expect(eq(str, screen.rows[0], "transinv: warning: short"));
    cr_expect(eq(int, strncmp(screen.rows[1], "transinv: a message that is longer", 34), 0), "\"%s\"", screen.rows[1]);
    cr_expect(eq(str, screen.rows[2], "training [###...........................]  10 %  100/1000 images"));
    cr_expect(eq(int, screen.row, 2), "the progress line must not end in a line end");

    progress_destroy(progress);
    log_message(LOG_INFO, "after");
    read_terminal(bytes, sizeof bytes);
    screen_show(&screen, bytes);
    cr_expect(eq(str, screen.rows[2], "transinv: after"));
    cr_expect(eq(str, screen.rows[3], ""));
}

Test(log, progress_keeps_inside_the_terminal)
{
    static const struct {
        unsigned short terminal_columns;
        int expected;
    } cases[] = {{80, 79}, {200, 79}, {60, 59}, {0, 79}}; // 0: the terminal does not know
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        static char bytes[20000];
        struct screen screen = {.widest = 0};
        open_terminal(cases[i].terminal_columns, "xterm");
        struct progress *progress = progress_create("a rather long text in front of the bar, which will have to be cut "
                                                    "before the numbers are",
                                                    "images", 1000);
        progress_update(progress, 100);
        read_terminal(bytes, sizeof bytes);
        screen_show(&screen, bytes);
        cr_expect(eq(int, screen.widest, cases[i].expected), "\"%s\"", screen.rows[0]);
        progress_destroy(progress);
    }
}

// At most ten a second, whatever the machine's speed: the number of drawings is held against the clock.
Test(log, progress_is_not_redrawn_too_often)
{
    static char bytes[200000];
    open_terminal(80, "xterm");
    double start = clock_seconds();
    struct progress *progress = progress_create("training", "images", 100000);
    for (int i = 0; i <= 100000; i++) progress_update(progress, i);
    double elapsed = clock_seconds() - start;
    read_terminal(bytes, sizeof bytes);
    int drawn = 0;
    for (const char *found = strstr(bytes, "training"); found != NULL; found = strstr(found + 1, "training")) drawn++;
    cr_expect(ge(int, drawn, 1));
    cr_expect(drawn <= 1 + elapsed / 0.1, "%d drawings in %g seconds", drawn, elapsed);
    progress_destroy(progress);
}

Test(log, progress_in_a_file_ends_with_one_line)
{
    static char text[20000];
    capture_in_file();
    double start = clock_seconds();
    struct progress *progress = progress_create("training", "images", 1000);
    for (int i = 0; i <= 1000; i++) progress_update(progress, i);
    progress_destroy(progress);
    double elapsed = clock_seconds() - start;
    read_captured(text, sizeof text);
    int lines = 0;
    for (const char *c = text; *c != '\0'; c++) lines += *c == '\n';
    cr_expect(ge(int, lines, 1));
    cr_expect(lines <= 1 + elapsed / 10, "%d lines in %g seconds", lines, elapsed);
    cr_expect(ne(ptr, strstr(text, "transinv: training: 1000 of 1000 images (100 %) in "), NULL), "%s", text);
    cr_expect(eq(ptr, strpbrk(text, "\r\033"), NULL), "no terminal codes in a file");
}

Test(log, progress_text_can_change)
{
    char text[2000];
    capture_in_file();
    struct progress *progress = progress_create("first", "images", 10);
    progress_update(progress, 5);
    progress_set_text(progress, "second");
    progress_update(progress, 10);
    progress_destroy(progress);
    progress_set_text(NULL, "nothing happens");
    read_captured(text, sizeof text);
    cr_expect(eq(int, strncmp(text, "transinv: second: 10 of 10 images", 33), 0), "%s", text);
}

Test(log, a_dumb_terminal_gets_plain_lines)
{
    static char bytes[20000];
    open_terminal(80, "dumb");
    struct progress *progress = progress_create("training", "images", 10);
    progress_update(progress, 10);
    progress_destroy(progress);
    read_terminal(bytes, sizeof bytes);
    cr_expect(eq(ptr, strpbrk(bytes, "\r\033"), NULL), "%s", bytes);
    cr_expect(ne(ptr, strstr(bytes, "10 of 10 images"), NULL), "%s", bytes);
}

Test(log, progress_is_silent_when_quiet)
{
    char text[1000], bytes[1000];
    log_set_level(LOG_WARNING);
    capture_in_file();
    struct progress *progress = progress_create("training", "images", 10);
    progress_update(progress, 5);
    progress_destroy(progress);
    read_captured(text, sizeof text);
    cr_expect(eq(str, text, ""));
    open_terminal(80, "xterm");
    progress = progress_create("training", "images", 10);
    progress_update(progress, 5);
    progress_destroy(progress);
    read_terminal(bytes, sizeof bytes);
    cr_expect(eq(str, bytes, ""));
}

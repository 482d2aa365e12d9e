// progress_line.c: the text of progress lines, and nothing of when or where they appear (progress.c). Widths count
// characters (code points), which is right for everything but wide and combining ones. Tests: tests/log_test.c.
#include "base/progress_line.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"

enum { PROGRESS_BAR_LONGEST = 30, PROGRESS_BAR_SHORTEST = 6 };

static bool progress_is_continuation(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

static int progress_width(const char *text)
{
    int width = 0;
    for (; *text != '\0'; text++) width += !progress_is_continuation(*text);
    return width;
}

// Cuts `text` in place to `columns` characters, the last three of them dots where there is room for dots.
static void progress_cut(char *text, int columns)
{
    if (progress_width(text) <= columns) return;
    int kept = columns > 3 ? columns - 3 : 0, dots = columns < 3 ? columns : 3;
    char *end = text;
    for (; kept > 0 || progress_is_continuation(*end); end++) kept -= !progress_is_continuation(*end);
    memmove(end, "...", (size_t)dots);
    end[dots] = '\0';
}

// 0:07, 12:34, 3:00:00, and days above two of them.
static void progress_format_time(double seconds, char text[32])
{
    if (!(seconds >= 0 && seconds < 1e9)) {
        snprintf(text, 32, "?");
        return;
    }
    long whole = (long)(seconds + 0.5), hours = whole / 3600, minutes = whole / 60 % 60;
    if (hours >= 48)
        snprintf(text, 32, "%ld d %ld h", hours / 24, hours % 24);
    else if (hours > 0)
        snprintf(text, 32, "%ld:%02ld:%02ld", hours, minutes, whole % 60);
    else
        snprintf(text, 32, "%ld:%02ld", minutes, whole % 60);
}

// Three significant digits are enough to read a rate by.
static void progress_format_rate(double rate, char text[64])
{
    number_format_fixed(rate, rate < 9.995 ? 2 : rate < 99.95 ? 1 : 0, text);
}

static double progress_fraction(const struct progress_numbers *numbers)
{
    double fraction = numbers->done / numbers->total;
    return fraction > 1 ? 1 : fraction > 0 ? fraction : 0;
}

// "  25/s  0:20 left", or "" while no rate is known.
static void progress_format_rest(const struct progress_numbers *numbers, char text[160])
{
    char rate[64], left[32];
    text[0] = '\0';
    if (!(numbers->units_per_second > 0)) return;
    progress_format_rate(numbers->units_per_second, rate);
    progress_format_time((numbers->total - numbers->done) / numbers->units_per_second, left);
    if (numbers->total > 0 && numbers->done <= numbers->total)
        snprintf(text, 160, "  %s/s  %s left", rate, left);
    else
        snprintf(text, 160, "  %s/s", rate);
}

void progress_format_bar(const struct progress_numbers *numbers, int columns, char line[PROGRESS_LINE_SIZE])
{
    char head[PROGRESS_LINE_SIZE], tail[PROGRESS_LINE_SIZE], bar[PROGRESS_BAR_LONGEST + 4] = "";
    char done[64], total[64], rest[160];
    number_format_fixed(numbers->done, 0, done);
    number_format_fixed(numbers->total, 0, total);
    progress_format_rest(numbers, rest);
    if (numbers->total > 0)
        snprintf(tail, sizeof tail, " %3d %%  %s/%s %s%s", (int)(100 * progress_fraction(numbers)), done, total,
                 numbers->unit, rest);
    else
        snprintf(tail, sizeof tail, "  %s %s%s", done, numbers->unit, rest);
    snprintf(head, sizeof head, "%s", numbers->text);

    int room = columns - progress_width(head) - progress_width(tail) - 3; // blank and two brackets
    if (room > PROGRESS_BAR_LONGEST) room = PROGRESS_BAR_LONGEST;
    if (numbers->total > 0 && room >= PROGRESS_BAR_SHORTEST) {
        int filled = (int)(room * progress_fraction(numbers));
        bar[0] = ' ';
        bar[1] = '[';
        memset(bar + 2, '#', (size_t)filled);
        memset(bar + 2 + filled, '.', (size_t)(room - filled));
        strcpy(bar + 2 + room, "]");
    }
    int head_room = columns - progress_width(tail);
    progress_cut(head, head_room > 0 && bar[0] == '\0' ? head_room : columns);
    snprintf(line, PROGRESS_LINE_SIZE, "%.200s%s%.250s", head, bar, tail);
    progress_cut(line, columns);
}

// "500 of 1000 images (50 %)" or "500 images".
static void progress_format_count(const struct progress_numbers *numbers, char text[PROGRESS_LINE_SIZE])
{
    char done[64], total[64];
    number_format_fixed(numbers->done, 0, done);
    number_format_fixed(numbers->total, 0, total);
    if (numbers->total > 0)
        snprintf(text, PROGRESS_LINE_SIZE, "%s of %s %s (%d %%)", done, total, numbers->unit,
                 (int)(100 * progress_fraction(numbers)));
    else
        snprintf(text, PROGRESS_LINE_SIZE, "%s %s", done, numbers->unit);
}

// ", 25 images/s", or "" while no rate is known.
static void progress_format_speed(const struct progress_numbers *numbers, char text[160])
{
    char rate[64];
    text[0] = '\0';
    if (!(numbers->units_per_second > 0)) return;
    progress_format_rate(numbers->units_per_second, rate);
    snprintf(text, 160, ", %s %s/s", rate, numbers->unit);
}

void progress_format_plain(const struct progress_numbers *numbers, char line[PROGRESS_LINE_SIZE])
{
    char count[PROGRESS_LINE_SIZE], speed[160], left[48] = "", time[32];
    progress_format_count(numbers, count);
    progress_format_speed(numbers, speed);
    progress_format_time((numbers->total - numbers->done) / numbers->units_per_second, time);
    if (speed[0] != '\0' && numbers->total > 0 && numbers->done <= numbers->total)
        snprintf(left, sizeof left, ", %s left", time);
    snprintf(line, PROGRESS_LINE_SIZE, "%.200s: %.120s%s%s", numbers->text, count, speed, left);
}

void progress_format_end(const struct progress_numbers *numbers, char line[PROGRESS_LINE_SIZE])
{
    char count[PROGRESS_LINE_SIZE], speed[160], time[32];
    progress_format_count(numbers, count);
    progress_format_speed(numbers, speed);
    progress_format_time(numbers->elapsed_seconds, time);
    snprintf(line, PROGRESS_LINE_SIZE, "%.200s: %.120s in %s%s", numbers->text, count, time, speed);
}

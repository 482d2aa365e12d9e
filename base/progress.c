// progress.c: when a progress line appears and what its rate is. Its text is progress_line.c's, the terminal log.c's.
// Tests: tests/log_test.c.
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/log_screen.h"
#include "base/machine.h"
#include "base/progress_line.h"

static const double progress_redraw_seconds = 0.1, progress_plain_seconds = 10.0;

struct progress {
    char text[200], unit[40];
    double total, done;
    double created_seconds, shown_seconds;
    double first_done, first_seconds; // the first update: what was there before is no work of ours
    bool updated, redraw;
};

struct progress *progress_create(const char *text, const char *unit, double total)
{
    if (log_get_level() < LOG_INFO) return NULL;
    struct progress *progress = calloc(1, sizeof *progress);
    if (progress == NULL) return NULL; // a progress line is no reason to stop the work
    snprintf(progress->text, sizeof progress->text, "%s", text);
    snprintf(progress->unit, sizeof progress->unit, "%s", unit);
    progress->total = total;
    progress->created_seconds = clock_seconds();
    progress->redraw = log_screen_can_redraw();
    // A file's first line comes after ten seconds, so that short work leaves one line only.
    progress->shown_seconds = progress->redraw ? 0 : progress->created_seconds;
    return progress;
}

void progress_set_text(struct progress *progress, const char *text)
{
    if (progress != NULL) snprintf(progress->text, sizeof progress->text, "%s", text);
}

static struct progress_numbers progress_numbers_at(const struct progress *progress, double now)
{
    double seconds = now - progress->first_seconds;
    return (struct progress_numbers){
        .text = progress->text,
        .unit = progress->unit,
        .done = progress->done,
        .total = progress->total,
        .units_per_second = seconds > 0 ? (progress->done - progress->first_done) / seconds : 0,
        .elapsed_seconds = now - progress->created_seconds,
    };
}

void progress_update(struct progress *progress, double done)
{
    if (progress == NULL) return;
    double now = clock_seconds();
    progress->done = done;
    if (!progress->updated) {
        progress->updated = true;
        progress->first_done = done;
        progress->first_seconds = now;
    }
    if (now - progress->shown_seconds < (progress->redraw ? progress_redraw_seconds : progress_plain_seconds)) return;
    progress->shown_seconds = now;
    char line[PROGRESS_LINE_SIZE];
    struct progress_numbers numbers = progress_numbers_at(progress, now);
    if (progress->redraw) {
        progress_format_bar(&numbers, log_screen_columns(), line);
        log_screen_show(line);
    } else {
        progress_format_plain(&numbers, line);
        log_message(LOG_INFO, "%s", line);
    }
}

void progress_destroy(struct progress *progress)
{
    if (progress == NULL) return;
    if (progress->redraw) {
        log_screen_show("");
    } else if (progress->updated) {
        char line[PROGRESS_LINE_SIZE];
        struct progress_numbers numbers = progress_numbers_at(progress, clock_seconds());
        progress_format_end(&numbers, line);
        log_message(LOG_INFO, "%s", line);
    }
    free(progress);
}

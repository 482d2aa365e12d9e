// log.h: messages for people on standard error. Standard output belongs to results.
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stdio.h>

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DETAIL }; // --quiet shows up to WARNING, --verbose up to DETAIL

// Process-wide settings; call before threads start. The default is LOG_INFO.
void log_set_level(enum log_level level);
enum log_level log_get_level(void);

// One line, "transinv: error: ..." and so on. Colour only on a terminal, and never when NO_COLOR is set and not
// empty or TERM is "dumb". Safe from several threads: a line is written by one call.
void log_message(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

// True when `stream` is a terminal that may be coloured under the rules above.
bool log_stream_has_colour(FILE *stream);

// A progress line for long work: on a terminal it is redrawn in place at most ten times a second, elsewhere a plain
// line is written at most every ten seconds and at the end. Silent below LOG_INFO. `done` and `total` count `unit`s
// ("images"); rate and time left are computed here, counted from the first update, so that what a resumed download
// already had is no work of ours. `text` stands at the front and is at most a line.
struct progress;
struct progress *progress_create(const char *text, const char *unit, double total);
void progress_set_text(struct progress *progress, const char *text); // shown from the next update on; accepts NULL
void progress_update(struct progress *progress, double done);
void progress_destroy(struct progress *progress); // clears the line on a terminal; accepts NULL

#endif

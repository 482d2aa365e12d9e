// log_screen.h: what log.c and progress.c share: one terminal line that is redrawn in place, kept apart from the
// messages that scroll. Internal to base/; use log.h.
#ifndef BASE_LOG_SCREEN_H
#define BASE_LOG_SCREEN_H

#include <stdbool.h>

// True when standard error is a terminal on which a line can be redrawn.
bool log_screen_can_redraw(void);
// Columns that a redrawn line may take: those of the terminal less one, so that nothing wraps, and never over 79.
int log_screen_columns(void);
// Shows `line` in place of the one shown before; "" takes it away. Messages appear above it.
void log_screen_show(const char *line);

#endif

// plot.h: runs gnuplot on a script. Knows processes, nothing of curves.
#ifndef REPORT_PLOT_H
#define REPORT_PLOT_H

#include <stddef.h>

#include "base/status.h"
#include "report/text.h"

// Hands `script` to gnuplot on standard input, without a shell and without the user's own settings, and appends what it
// prints to `output`. STATUS_MISSING when there is no gnuplot on the PATH; STATUS_FAILED when it fails or is not done
// within `limit_seconds` (it is then ended); STATUS_INTERRUPTED; STATUS_IO; STATUS_NO_MEMORY. On error `output` keeps
// its length.
struct status plot_run_gnuplot(const struct text *script, double limit_seconds, struct text *output);

#endif

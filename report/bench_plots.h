// bench_plots.h: what `transinv bench --json` writes, as two figures: a roofline, and shares of time. Knows the JSON and
// gnuplot, nothing of how it was measured.
#ifndef REPORT_BENCH_PLOTS_H
#define REPORT_BENCH_PLOTS_H

#include <jansson.h>

#include "base/status.h"
#include "report/text.h"

// Writes roofline.svg and time-share.svg into `folder`, which is made when absent. Errors are those of plot_run_gnuplot
// and of writing files; STATUS_BAD_INPUT when there is nothing to draw.
struct status bench_plots_write(const json_t *document, const char *folder);

// The gnuplot scripts by themselves, for tests.
void bench_plots_roofline(const json_t *document, struct text *script);
void bench_plots_time_share(const json_t *document, struct text *script);

#endif

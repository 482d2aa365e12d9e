// curves.h: learning curves as figures inside the page: training loss and test accuracy by epoch, one line per run.
#ifndef REPORT_CURVES_H
#define REPORT_CURVES_H

#include "report/summary.h"

// Appends one <figure> per method, and one for the teachers, to `html`. A status that is not OK says why no figure could
// be drawn; nothing is appended then. Errors are those of plot_run_gnuplot; STATUS_FAILED also when gnuplot's SVG is not
// of the form that is known here.
struct status curves_append_figures(const struct report_summary *summary, struct text *html);

#endif

// writers.h: one function per file of a report. Each appends a whole file to `text` from the summary alone; running out
// of memory shows in text->failed.
#ifndef REPORT_WRITERS_H
#define REPORT_WRITERS_H

#include <stdbool.h>

#include "report/summary.h"
#include "report/text.h"

void markdown_write(const struct report_summary *summary, struct text *text);     // table.md
void results_csv_write(const struct report_summary *summary, struct text *text);  // results.csv
void results_json_write(const struct report_summary *summary, struct text *text); // results.json

// index.html. Without `plots`, or where gnuplot cannot draw, the page says so and has no learning curves.
// STATUS_INTERRUPTED and STATUS_NO_MEMORY come from drawing them.
struct status page_write(const struct report_summary *summary, bool plots, struct text *text);

#endif

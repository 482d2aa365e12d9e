// embedded_report.h: what the report carries inside the program. Defined in a file that `make` generates.
#ifndef REPORT_EMBEDDED_REPORT_H
#define REPORT_EMBEDDED_REPORT_H

#include "base/embedded.h"

extern const struct embedded_file embedded_paper_table; // results/paper.csv
extern const struct embedded_file embedded_page_style;  // report/page.css

#endif

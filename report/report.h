// report.h: writes what a folder of runs says: table.md, results.csv, results.json and a self-contained index.html.
// Reads files alone (their format: harness/FORMATS.md), never memory of the runs; profile.json (README.md) lies beside
// what is written.
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include <stdbool.h>

#include "base/status.h"

struct report_request {
    const char *runs_folder;        // results/runs/<preset>
    const char *output_folder;      // results/report/<preset>; made when absent
    const char *preset;             // its name
    const char *configuration_hash; // whose runs fill the tables; NULL: of the run that was started last
    bool plots;                     // learning curves and more, when gnuplot is there
    bool no_panels;                 // leaves pictures of training images out of the page
    const char *no_profile;         // the sentence why the report has no profile; NULL: output_folder/profile.json
};

// Same run folders and profile, same bytes. Each file is replaced as a whole. A folder that cannot be read is listed
// with the reason and is no error, and a profile that cannot be read is a sentence. STATUS_MISSING when there is no run at all, or none of the configuration; STATUS_IO; STATUS_NO_MEMORY.
struct status report_write(const struct report_request *request);

#endif

// summary.h: what a report says, before it is said in any format: which runs belong together, their table, whether it
// may stand beside the paper's, and what a reader must know. Writers only put it into words.
#ifndef REPORT_SUMMARY_H
#define REPORT_SUMMARY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "report/accuracy_table.h"
#include "report/carry_over.h"
#include "report/learned_table.h"
#include "report/paper_table.h"
#include "report/report.h"
#include "report/run_reader.h"
#include "report/step_profile.h"
#include "report/text.h"

struct run_list {
    const struct run_record **runs;
    size_t count;
};

struct report_summary {
    const char *preset;
    const char *panels_folder;        // of the runs whose panels are shown; NULL: none shall be
    struct run_collection collection; // owns every run
    // Teachers first, then methods and corruptions in the table's order, seeds ascending.
    struct run_list selected;        // of the report's configuration
    struct run_list others;          // of other configurations
    struct run_list unreadable;      // folders without a readable run.json
    const struct run_record *latest; // of the selected, the one started last
    size_t states[RUN_STATE_COUNT];  // of the selected
    struct accuracy_table targets, teachers;
    struct learned_table learned;
    struct carry_over carry_over;
    struct paper_table paper;
    bool comparable;   // with the paper; exactly when `reasons` is empty
    json_t *reasons;   // sentences: why it is not
    json_t *remarks;   // sentences: the runs' own, and the reader's
    json_t *data_sets; // [{"used_by": "teachers", "data": {as in run.json}}], each data set once
    struct step_profile profile;
    json_t *environment; // [{"key": "cpu", "values": [{"value": text, "runs": count}]}]
};

// Reads and judges. STATUS_MISSING when there is no run, or none of the configuration asked for. On success *summary is
// the caller's to destroy; `request` and its texts must outlive it.
struct status summary_create(const struct report_request *request, struct report_summary *summary);
void summary_destroy(struct report_summary *summary);

// One paragraph of plain text: preset, data, official or not, how many runs ended how.
void summary_append_verdict(const struct report_summary *summary, struct text *text);
// The accuracy table's row of `method` in the paper; NULL when it may not be shown or has none.
const struct paper_row *summary_paper_row(const struct report_summary *summary, const char *method);

#endif

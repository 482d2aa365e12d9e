// facts.h: what a reader of the table must know: data sets, environment, remarks, and whether the paper's numbers may
// stand beside ours.
#ifndef REPORT_FACTS_H
#define REPORT_FACTS_H

#include <jansson.h>

#include "report/summary.h"

// Appends a sentence that is not there yet; what is not UTF-8 in it becomes U+FFFD.
void facts_add_sentence(json_t *sentences, const char *format, ...) __attribute__((format(printf, 2, 3)));

// A JSON value as a person would write it: "yes", "128", "GN, SN".
void facts_append_value(const json_t *value, struct text *text);

// Fill summary->data_sets, environment and remarks, and reasons, from the selected runs.
void facts_collect(struct report_summary *summary);
void facts_judge_comparability(struct report_summary *summary);

#endif

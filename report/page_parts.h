// page_parts.h: the sections of index.html, put together by page.c. Every text from a file is escaped where it is
// appended.
#ifndef REPORT_PAGE_PARTS_H
#define REPORT_PAGE_PARTS_H

#include <stdbool.h>

#include "report/claims.h"
#include "report/summary.h"
#include "report/text.h"

void page_append_accuracy(const struct report_summary *summary, struct text *html); // page_accuracy.c
void page_append_teachers(const struct report_summary *summary, struct text *html);
void page_append_carry_over(const struct report_summary *summary, struct text *html);
void page_append_learned(const struct report_summary *summary, struct text *html); // page_learned.c
// page_profile.c. Errors: STATUS_INTERRUPTED and STATUS_NO_MEMORY from drawing.
struct status page_append_profile(const struct report_summary *summary, bool plots, struct text *html);
void page_append_runs(const struct report_summary *summary, struct text *html);          // page_runs.c
void page_append_configuration(const struct report_summary *summary, struct text *html); // page_facts.c
void page_append_environment(const struct report_summary *summary, struct text *html);
void page_append_data(const struct report_summary *summary, struct text *html);
void page_append_remarks(const struct report_summary *summary, struct text *html);

// Small pieces: page_pieces.c.
void page_open_section(const char *identifier, const char *heading, struct text *html);
// A box that scrolls by itself around a table; `label` names it for those who reach it by keyboard.
void page_open_table(const char *label, const char *class_name, struct text *html);
void page_close_table(struct text *html);
// A <td> with escaped text, or an empty one for NULL and "". `class_name` may be NULL.
void page_append_cell(const char *class_name, const char *content, struct text *html);
// A <td class="number"> with a fixed number of decimals; empty when it is not finite.
void page_append_number_cell(double value, int decimals, struct text *html);
// A paragraph with the verdict on a claim, or why there is none.
void page_append_verdict(const struct report_summary *summary, const struct claim_evidence *evidence,
                         struct text *html);
// Sentences of a JSON array as a list.
void page_append_sentences(const json_t *sentences, struct text *html);
// "12.3 s", "4 min 07 s", "3 h 05 min"; nothing when it is not finite.
void page_append_duration(double seconds, struct text *html);

#endif

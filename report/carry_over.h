// carry_over.h: claim C4 in numbers: accuracy on the test images under the teacher's corruption, by method, and what the
// learned augmentation gains there over fine-tuning.
#ifndef REPORT_CARRY_OVER_H
#define REPORT_CARRY_OVER_H

#include <stddef.h>

#include "report/accuracy_table.h"
#include "report/paired.h"
#include "report/text.h"

struct carry_over {
    struct accuracy_table targets, teachers; // ACCURACY_CORRUPTED; the teachers' on their own data set
    bool published;                          // some were measured on CIFAR-10-C's images
    bool unofficial;                         // and some of those lack the published checksums
    // TransInv minus FT, paired over the columns that have both: of means over seeds, in percentage points, rounded to nine
    // decimals, so that equal accuracies differ by 0.
    double differences[PAPER_COLUMNS]; // NaN where there is no pair
    size_t pairs, least_seeds;         // the fewest seeds behind a mean of a pair
    double mean;                       // NaN without pairs
    struct interval interval;          // 95 %
    struct signed_rank test;
};

// The first `teachers` of `runs` are the teachers. STATUS_NO_MEMORY; on success *carry is the caller's to destroy.
struct status carry_over_build(const struct run_record *const *runs, size_t teachers, size_t count,
                               struct carry_over *carry);
void carry_over_destroy(struct carry_over *carry); // leaves it empty

// Plain sentences: difference, interval and test, or what is missing for them.
void carry_over_append_sentences(const struct carry_over *carry, struct text *text);

#endif

// learned_table.h: the learned augmentations of a report by corruption, over seeds, and the statistic of claim C3 on them.
#ifndef REPORT_LEARNED_TABLE_H
#define REPORT_LEARNED_TABLE_H

#include <stddef.h>

#include "report/invariance_match.h"
#include "report/learned_augmentation.h"
#include "report/paper_table.h"
#include "report/run_reader.h"

struct learned_column {
    size_t seeds;                     // runs behind the means; 0: none has learned anything
    const struct run_record *first;   // of the first seed that is done: whose panel is shown; NULL without any
    struct learned_augmentation mean; // of every number; a primitive is present when it is in every run
};

struct learned_table {
    struct learned_column columns[PAPER_COLUMNS];
    size_t column_count, least_seeds;        // columns with an augmentation; the fewest seeds behind one of them
    struct invariance_magnitudes magnitudes; // means over seeds (learned_augmentation_magnitude)
    struct invariance_match match;
};

// `runs` as for accuracy_table_build, in the report's order; those of TransInv that are done and say what they have
// learned count.
void learned_table_build(const struct run_record *const *runs, size_t count, struct learned_table *table);

#endif

// accuracy_table.h: test accuracy by method and corruption, over seeds: on clean images, or on those that the teacher's
// corruption made. Knows runs and statistics, no output format.
#ifndef REPORT_ACCURACY_TABLE_H
#define REPORT_ACCURACY_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "report/paper_table.h"
#include "report/run_reader.h"

enum accuracy_kind {
    ACCURACY_CLEAN,
    ACCURACY_CORRUPTED, // by the teacher's corruption, mean over severities 1 to 5
};

struct accuracy_cell {
    size_t started;    // runs, whatever became of them
    size_t count;      // runs behind the mean: one per seed
    double mean;       // percent; NaN when count is 0
    double half_width; // of the 95 % interval by Student's t; NaN when count < 2
};

struct accuracy_row {
    const char *method; // code, borrowed from a run; NULL in a table of teachers
    struct accuracy_cell cells[PAPER_COLUMNS];
    // Mean of the cells that have one. Its interval is over the seeds' own means; NaN unless every such cell has the
    // same seeds. `count` is the number of seeds then, else 0.
    struct accuracy_cell mean;
    unsigned columns; // bit i: cells[i] has a mean
    int column_count;
};

struct accuracy_table {
    enum accuracy_kind kind;
    struct accuracy_row *rows; // the paper's methods in its order, then others by name; one row for teachers
    size_t row_count;
    size_t seeds; // runs behind every filled cell; 0 when cells differ
};

// `runs` are the started runs of one configuration and one role, without repetitions; only those of a column of the
// table count. Texts are borrowed from them. STATUS_NO_MEMORY; on success *table is the caller's to destroy.
struct status accuracy_table_build(const struct run_record *const *runs, size_t count, enum accuracy_kind kind,
                                   struct accuracy_table *table);
void accuracy_table_destroy(struct accuracy_table *table); // leaves it empty

// The row of `method`, or NULL; and whether any cell of the table has a mean.
const struct accuracy_row *accuracy_table_find(const struct accuracy_table *table, const char *method);
bool accuracy_table_has_numbers(const struct accuracy_table *table);

// True when no other row is better in `column` (PAPER_COLUMNS: the mean) to the one decimal that is shown. False where
// there is nothing to compare: fewer than two rows, or means over different columns.
bool accuracy_table_is_best(const struct accuracy_table *table, size_t row, int column);

#endif

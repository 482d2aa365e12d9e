// accuracy_table.c: groups runs into cells and means. Tests: tests/report_test.c.
#include "report/accuracy_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "report/statistics.h"

static const double accuracy_confidence = 0.95;

void accuracy_table_destroy(struct accuracy_table *table)
{
    free(table->rows);
    *table = (struct accuracy_table){0};
}

// NaN when the run does not count: it is not done, or was not measured so.
static double accuracy_of(const struct run_record *run, enum accuracy_kind kind)
{
    if (run->state != RUN_DONE) return NAN;
    return kind == ACCURACY_CLEAN ? run->test_accuracy_percent : run->corrupted_accuracy_percent;
}

static bool accuracy_same_method(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

// The paper's methods come first, in its order.
static int accuracy_compare_rows(const void *left, const void *right)
{
    const char *a = ((const struct accuracy_row *)left)->method, *b = ((const struct accuracy_row *)right)->method;
    if (a == NULL || b == NULL) return (a != NULL) - (b != NULL);
    unsigned place_a = (unsigned)paper_find_method(a), place_b = (unsigned)paper_find_method(b); // unknown: largest
    return place_a != place_b ? (place_a > place_b) - (place_a < place_b) : strcmp(a, b);
}

// One row per method that has a run in a column of the table.
static void accuracy_list_rows(const struct run_record *const *runs, size_t count, struct accuracy_table *table)
{
    for (size_t i = 0; i < count; i++) {
        size_t row = 0;
        if (paper_find_column(runs[i]->corruption) < 0) continue;
        while (row < table->row_count && !accuracy_same_method(table->rows[row].method, runs[i]->method)) row++;
        if (row == table->row_count) table->rows[table->row_count++] = (struct accuracy_row){.method = runs[i]->method};
    }
    qsort(table->rows, table->row_count, sizeof *table->rows, accuracy_compare_rows);
}

static bool accuracy_belongs(const struct run_record *run, const struct accuracy_row *row, int column)
{
    return accuracy_same_method(run->method, row->method) && paper_find_column(run->corruption) == column;
}

static void accuracy_fill_cell(const struct run_record *const *runs, size_t count, const struct accuracy_row *row,
                               int column, enum accuracy_kind kind, double *values, struct accuracy_cell *cell)
{
    for (size_t i = 0; i < count; i++) {
        if (!accuracy_belongs(runs[i], row, column)) continue;
        cell->started++;
        double value = accuracy_of(runs[i], kind);
        if (isfinite(value)) values[cell->count++] = value;
    }
    cell->mean = statistics_mean(values, cell->count);
    cell->half_width = statistics_interval_half_width(values, cell->count, accuracy_confidence);
}

// The mean over the row's filled columns of the runs with `seed`; NaN when one of them lacks that seed.
static double accuracy_seed_mean(const struct run_record *const *runs, size_t count, const struct accuracy_row *row,
                                 enum accuracy_kind kind, int64_t seed)
{
    double sum = 0;
    int found = 0;
    for (size_t i = 0; i < count; i++) {
        double value = accuracy_of(runs[i], kind);
        if (!accuracy_same_method(runs[i]->method, row->method) || runs[i]->seed != seed || !isfinite(value)) continue;
        if (paper_find_column(runs[i]->corruption) >= 0) {
            sum += value;
            found++;
        }
    }
    return found == row->column_count ? sum / found : NAN;
}

static void accuracy_fill_mean(const struct run_record *const *runs, size_t count, struct accuracy_row *row,
                               enum accuracy_kind kind, double *values)
{
    double means[PAPER_COLUMNS];
    int first = -1;
    bool same_seeds = true;
    for (int column = 0; column < PAPER_COLUMNS; column++) {
        row->mean.started += row->cells[column].started;
        if (row->cells[column].count == 0) continue;
        first = first < 0 ? column : first;
        same_seeds = same_seeds && row->cells[column].count == row->cells[first].count;
        row->columns |= 1U << column;
        means[row->column_count++] = row->cells[column].mean;
    }
    row->mean.mean = statistics_mean(means, (size_t)row->column_count);
    row->mean.half_width = NAN;
    size_t seeds = 0;
    for (size_t i = 0; i < count && same_seeds && first >= 0; i++) {
        if (!accuracy_belongs(runs[i], row, first) || !isfinite(accuracy_of(runs[i], kind))) continue;
        values[seeds] = accuracy_seed_mean(runs, count, row, kind, runs[i]->seed);
        same_seeds = !isnan(values[seeds++]);
    }
    if (!same_seeds) return;
    row->mean.count = seeds;
    row->mean.half_width = statistics_interval_half_width(values, seeds, accuracy_confidence);
}

// The one number of seeds behind all filled cells, or 0.
static size_t accuracy_common_seeds(const struct accuracy_table *table)
{
    size_t seeds = 0;
    for (size_t row = 0; row < table->row_count; row++) {
        for (int column = 0; column < PAPER_COLUMNS; column++) {
            size_t count = table->rows[row].cells[column].count;
            if (count != 0 && seeds != 0 && count != seeds) return 0;
            seeds = count != 0 ? count : seeds;
        }
    }
    return seeds;
}

struct status accuracy_table_build(const struct run_record *const *runs, size_t count, enum accuracy_kind kind,
                                   struct accuracy_table *table)
{
    double *values = calloc(count + 1, sizeof *values);
    *table = (struct accuracy_table){.kind = kind, .rows = calloc(count + 1, sizeof *table->rows)};
    if (values == NULL || table->rows == NULL) {
        free(values);
        accuracy_table_destroy(table);
        return status_error(STATUS_NO_MEMORY, "build the table of accuracies: out of memory");
    }
    accuracy_list_rows(runs, count, table);
    for (size_t row = 0; row < table->row_count; row++) {
        for (int column = 0; column < PAPER_COLUMNS; column++)
            accuracy_fill_cell(runs, count, &table->rows[row], column, kind, values, &table->rows[row].cells[column]);
        accuracy_fill_mean(runs, count, &table->rows[row], kind, values);
    }
    table->seeds = accuracy_common_seeds(table);
    free(values);
    return status_ok();
}

const struct accuracy_row *accuracy_table_find(const struct accuracy_table *table, const char *method)
{
    for (size_t row = 0; row < table->row_count; row++)
        if (accuracy_same_method(table->rows[row].method, method)) return &table->rows[row];
    return NULL;
}

bool accuracy_table_has_numbers(const struct accuracy_table *table)
{
    for (size_t row = 0; row < table->row_count; row++)
        if (table->rows[row].column_count > 0) return true;
    return false;
}

// A mean with the one decimal that is shown: rows that look alike tie. NaN stays NaN.
static double accuracy_shown(const struct accuracy_row *row, int column)
{
    char digits[64];
    double value = column == PAPER_COLUMNS ? row->mean.mean : row->cells[column].mean;
    number_format_fixed(value, 1, digits);
    return number_parse_double(digits, &value) ? value : NAN;
}

bool accuracy_table_is_best(const struct accuracy_table *table, size_t row, int column)
{
    double own = accuracy_shown(&table->rows[row], column);
    size_t compared = 0;
    for (size_t other = 0; other < table->row_count; other++) {
        double value = accuracy_shown(&table->rows[other], column);
        if (isnan(value)) continue;
        if (value > own || (column == PAPER_COLUMNS && table->rows[other].columns != table->rows[row].columns))
            return false;
        compared++;
    }
    return compared >= 2 && !isnan(own);
}

// paper_table.h: the columns of the table and what the paper reports in them (results/paper.csv).
#ifndef REPORT_PAPER_TABLE_H
#define REPORT_PAPER_TABLE_H

#include <stddef.h>

#include "base/status.h"

enum { PAPER_COLUMNS = 15, PAPER_ROWS = 4 };

struct paper_column {
    const char *code;  // "GN"; codes differ by case alone in one pair: SN shot noise, Sn snow
    const char *title; // "Gaussian noise"
};

extern const struct paper_column paper_columns[PAPER_COLUMNS]; // in the table's order
int paper_find_column(const char *code);                       // -1 when the table has no such column

struct paper_row {
    const char *method;             // as in paper_methods
    double accuracy[PAPER_COLUMNS]; // percent
    double mean;
};
struct paper_table {
    struct paper_row rows[PAPER_ROWS]; // in the table's order
};

// The methods in the table's order, and what their codes stand for.
extern const struct paper_column paper_methods[PAPER_ROWS];
int paper_find_method(const char *code); // -1 when the paper has no such method

#define PAPER_METHOD_PLAIN "FT"
#define PAPER_METHOD_LEARNED "TransInv"

// Reads the text of results/paper.csv. It must hold exactly the methods and columns above, in any order;
// STATUS_BAD_INPUT names the line otherwise.
struct status paper_table_parse(const char *text, struct paper_table *table);

#endif

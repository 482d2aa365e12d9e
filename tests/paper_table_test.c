// paper_table_test.c: the table that is carried inside the program, and the ways in which such a file can be wrong.
#include "report/paper_table.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <string.h>

#include "report/embedded_report.h"
#include "report/statistics.h"

Test(paper_table, embedded_table_is_the_published_one)
{
    // One value from every column, each row met at least three times; and all printed means.
    static const struct {
        const char *method, *column;
        double value;
    } published[] = {
        {"FT", "GN", 61.5},       {"AM", "SN", 65.7}, {"FA", "IN", 66.1}, {"TransInv", "Br", 66.5},
        {"FT", "Co", 61.6},       {"AM", "ET", 67.8}, {"FA", "DB", 65.8}, {"TransInv", "GB", 67.6},
        {"FT", "MB", 62.5},       {"AM", "ZB", 66.0}, {"FA", "Sn", 66.7}, {"TransInv", "Fr", 67.6},
        {"FT", "Fo", 62.5},       {"AM", "Pi", 65.6}, {"FA", "JC", 64.0}, {"TransInv", "ET", 69.6},
        {"TransInv", "JC", 63.0},
    };
    static const double means[] = {62.4, 66.0, 65.9, 66.9};
    struct paper_table table;
    struct status status = paper_table_parse(embedded_paper_table.text, &table);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    for (size_t i = 0; i < sizeof published / sizeof published[0]; i++) {
        int row = paper_find_method(published[i].method), column = paper_find_column(published[i].column);
        cr_assert(ge(int, row, 0), "%s", published[i].method);
        cr_assert(ge(int, column, 0), "%s", published[i].column);
        cr_expect(eq(dbl, table.rows[row].accuracy[column], published[i].value), "%s, %s", published[i].method,
                  published[i].column);
    }
    for (size_t row = 0; row < PAPER_ROWS; row++) {
        double mean = statistics_mean(table.rows[row].accuracy, PAPER_COLUMNS);
        cr_expect(eq(dbl, table.rows[row].mean, means[row]), "%s", table.rows[row].method);
        // The mean of printed cells can differ from the printed mean by the rounding of both.
        cr_expect(le(dbl, fabs(mean - means[row]), 0.1), "%s: the cells' mean is %g", table.rows[row].method, mean);
    }
}

Test(paper_table, codes_differ_by_case)
{
    cr_expect(eq(str, (char *)paper_columns[paper_find_column("SN")].title, "shot noise"));
    cr_expect(eq(str, (char *)paper_columns[paper_find_column("Sn")].title, "snow"));
    static const char *const unknown[] = {"sn", "", "mean", "GNx", "G"};
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
        cr_expect(eq(int, paper_find_column(unknown[i]), -1), "%s", unknown[i]);
    cr_expect(eq(int, paper_find_method("ft"), -1));
}

#define HEAD "method,GN,SN,IN,Br,Co,ET,DB,GB,MB,ZB,Sn,Fr,Fo,Pi,JC,mean\n"
#define CELLS ",1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16"

Test(paper_table, order_of_rows_and_columns_is_free)
{
    static const char text[] = "method,mean,JC,SN,IN,Br,Co,ET,DB,GB,MB,ZB,Sn,Fr,Fo,Pi,GN\r\n"
                               "TransInv" CELLS "\r\nFA" CELLS "\r\nAM" CELLS "\r\nFT" CELLS;
    struct paper_table table;
    struct status status = paper_table_parse(text, &table);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    cr_expect(eq(str, (char *)table.rows[0].method, "FT"));
    cr_expect(eq(dbl, table.rows[0].mean, 1));
    cr_expect(eq(dbl, table.rows[0].accuracy[14], 2));
    cr_expect(eq(dbl, table.rows[3].accuracy[0], 16));
}

Test(paper_table, a_wrong_file_is_named_by_its_line)
{
    static const char *const rest = "FA" CELLS "\nTransInv" CELLS "\n";
    static const struct {
        const char *text, *sentence;
    } cases[] = {
        {"", "line 1: expected method, found \"\""},
        {"method,GN\n", "line 1: expected 16 columns, found 1"},
        {"method,GN,GN,IN,Br,Co,ET,DB,GB,MB,ZB,Sn,Fr,Fo,Pi,JC,mean\n", "unknown or repeated column \"GN\""},
        {"method,XX,SN,IN,Br,Co,ET,DB,GB,MB,ZB,Sn,Fr,Fo,Pi,JC,mean\n", "unknown or repeated column \"XX\""},
        {"method,GN,SN,IN,Br,Co,ET,DB,GB,MB,ZB,Sn,Fr,Fo,Pi,JC,mean,GN\n", "line 1: too many columns"},
        {HEAD "FT" CELLS "\n", "line 3: unknown or repeated method \"\""},
        {HEAD "FT" CELLS "\nFT" CELLS "\n", "line 3: unknown or repeated method \"FT\""},
        {HEAD "FT,1,2\n", "line 2: too few fields"},
        {HEAD "FT" CELLS ",17\n", "line 2: too many fields"},
        {HEAD "FT,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,nan\n", "line 2: \"nan\" is no accuracy"},
        {HEAD "FT,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,100.1\n", "line 2: \"100.1\" is no accuracy"},
        {HEAD "FT,1,2,3,4,5,6,7,8,9,10,11,12,13,14,,16\n", "line 2: \"\" is no accuracy"},
    };
    struct paper_table table;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct status status = paper_table_parse(cases[i].text, &table);
        cr_expect(eq(int, status.code, STATUS_BAD_INPUT), "%s", cases[i].text);
        cr_expect(ne(ptr, strstr(status.message, cases[i].sentence), NULL), "%s: %s", cases[i].text, status.message);
    }
    char more[1024] = HEAD "FT" CELLS "\nAM" CELLS "\n";
    strcat(strcat(more, rest), "FT" CELLS "\n");
    struct status status = paper_table_parse(more, &table);
    cr_expect(ne(ptr, strstr(status.message, "expected 4 rows, found more"), NULL), "%s", status.message);
}

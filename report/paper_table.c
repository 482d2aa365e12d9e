// paper_table.c: names of the table's rows and columns, and the reader of results/paper.csv. The numbers live in that
// file alone. Tests: tests/report_test.c.
#include "report/paper_table.h"

#include <math.h>
#include <string.h>

#include "base/number.h"

const struct paper_column paper_columns[PAPER_COLUMNS] = {
    {"GN", "Gaussian noise"},
    {"SN", "shot noise"},
    {"IN", "impulse noise"},
    {"Br", "brightness"},
    {"Co", "contrast"},
    {"ET", "elastic transform"},
    {"DB", "defocus blur"},
    {"GB", "glass blur"},
    {"MB", "motion blur"},
    {"ZB", "zoom blur"},
    {"Sn", "snow"},
    {"Fr", "frost"},
    {"Fo", "fog"},
    {"Pi", "pixelate"},
    {"JC", "JPEG compression"},
};

const struct paper_column paper_methods[PAPER_ROWS] = {
    {"FT", "fine-tuning"},
    {"AM", "AugMix"},
    {"FA", "the teacher's own corruption"},
    {"TransInv", "learned augmentation"},
};

static int paper_find(const struct paper_column *names, int count, const char *code)
{
    for (int i = 0; i < count; i++)
        if (strcmp(names[i].code, code) == 0) return i;
    return -1;
}

int paper_find_column(const char *code)
{
    return paper_find(paper_columns, PAPER_COLUMNS, code);
}

int paper_find_method(const char *code)
{
    return paper_find(paper_methods, PAPER_ROWS, code);
}

// Cuts the next field off *cursor; *last is set when its line ends with it. The text stays as it is.
static void paper_next_field(const char **cursor, char field[32], int *last)
{
    size_t length = strcspn(*cursor, ",\r\n"), kept = length < 31 ? length : 31;
    memcpy(field, *cursor, kept);
    field[kept] = '\0';
    *cursor += length;
    *last = **cursor != ',';
    *cursor += *last ? strspn(*cursor, "\r\n") : 1;
}

enum { PAPER_MEAN = PAPER_COLUMNS, PAPER_FIELDS = PAPER_COLUMNS + 1 };

// The head says which column each field belongs to.
static struct status paper_parse_head(const char **cursor, int places[PAPER_FIELDS])
{
    char field[32];
    int last = 0, seen = 0;
    paper_next_field(cursor, field, &last);
    if (strcmp(field, "method") != 0)
        return status_error(STATUS_BAD_INPUT, "paper's table, line 1: expected method, found \"%s\"", field);
    for (int i = 0; i < PAPER_FIELDS; i++) {
        if (last)
            return status_error(STATUS_BAD_INPUT, "paper's table, line 1: expected %d columns, found %d", PAPER_FIELDS,
                                i);
        paper_next_field(cursor, field, &last);
        places[i] = strcmp(field, "mean") == 0 ? PAPER_MEAN : paper_find_column(field);
        if (places[i] < 0 || (seen & 1 << places[i]) != 0)
            return status_error(STATUS_BAD_INPUT, "paper's table, line 1: unknown or repeated column \"%s\"", field);
        seen |= 1 << places[i];
    }
    return last ? status_ok() : status_error(STATUS_BAD_INPUT, "paper's table, line 1: too many columns");
}

static struct status paper_parse_row(const char **cursor, int line, const int places[PAPER_FIELDS],
                                     struct paper_table *table)
{
    char field[32];
    int last = 0;
    paper_next_field(cursor, field, &last);
    int method = paper_find_method(field);
    if (method < 0 || table->rows[method].method != NULL)
        return status_error(STATUS_BAD_INPUT, "paper's table, line %d: unknown or repeated method \"%s\"", line, field);
    struct paper_row *row = &table->rows[method];
    row->method = paper_methods[method].code;
    for (int i = 0; i < PAPER_FIELDS; i++) {
        double *value = places[i] == PAPER_MEAN ? &row->mean : &row->accuracy[places[i]];
        if (last) return status_error(STATUS_BAD_INPUT, "paper's table, line %d: too few fields", line);
        paper_next_field(cursor, field, &last);
        if (!number_parse_double(field, value) || *value < 0 || *value > 100)
            return status_error(STATUS_BAD_INPUT, "paper's table, line %d: \"%s\" is no accuracy in percent", line,
                                field);
    }
    return last ? status_ok() : status_error(STATUS_BAD_INPUT, "paper's table, line %d: too many fields", line);
}

struct status paper_table_parse(const char *text, struct paper_table *table)
{
    int places[PAPER_FIELDS];
    *table = (struct paper_table){0};
    struct status status = paper_parse_head(&text, places);
    for (int line = 2; status.code == STATUS_OK && line < 2 + PAPER_ROWS; line++)
        status = paper_parse_row(&text, line, places, table);
    if (status.code == STATUS_OK && *text != '\0')
        status = status_error(STATUS_BAD_INPUT, "paper's table: expected %d rows, found more", PAPER_ROWS);
    return status;
}

// text.h: a text that grows, and the escapes of the languages that reports are written in. Everything that comes from a
// file goes through one of the escapes. Knows nothing of runs.
#ifndef REPORT_TEXT_H
#define REPORT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Starts as {0}. When memory runs out, `failed` is set and stays set, and later calls do nothing: a writer appends
// freely and looks once, at the end.
struct text {
    char *bytes; // always 0-terminated; NULL while empty
    size_t length, capacity;
    bool failed;
};

void text_destroy(struct text *text); // leaves it empty

void text_append_bytes(struct text *text, const char *bytes, size_t count);
void text_append(struct text *text, const char *string); // NULL appends nothing
void text_append_format(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

// The escapes take any bytes. What is not UTF-8, control characters and characters that reorder their neighbours become
// U+FFFD; line ends and tabs become blanks, so that the result stays on one line. NULL appends nothing.
void text_append_html(struct text *text, const char *string);     // for element content and quoted attributes
void text_append_markdown(struct text *text, const char *string); // inside a paragraph or table cell
// One field. Quoted when it must be; a text that a spreadsheet would take for a formula gets a leading apostrophe.
void text_append_csv(struct text *text, const char *string);
// As it is, but valid UTF-8 on one line: for JSON strings, which jansson escapes itself.
void text_append_clean(struct text *text, const char *string);

// A double in its shortest form, or nothing when it is not finite.
void text_append_number(struct text *text, double value);
// A double with `decimals` places and a true minus sign, or nothing when it is not finite: for people.
void text_append_fixed(struct text *text, double value, int decimals);
// "p = 0.041", or "p < 0.001"; nothing when it is not finite.
void text_append_probability(struct text *text, double probability);

#endif

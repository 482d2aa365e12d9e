// json_text.h: what JSON has no word for: bytes that are not UTF-8 (file names, compilers' output), and numbers that are
// not finite.
#ifndef HARNESS_JSON_TEXT_H
#define HARNESS_JSON_TEXT_H

#include <jansson.h>

// Where `text` is no UTF-8, every byte outside ASCII becomes '?'. NULL when memory is exhausted.
json_t *json_text(const char *text);

// null for NaN and the infinities. NULL when memory is exhausted.
json_t *json_number(double value);

#endif

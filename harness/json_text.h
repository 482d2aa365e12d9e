// json_text.h: any bytes as a JSON string. File names and compilers' output need not be UTF-8, JSON must be.
#ifndef HARNESS_JSON_TEXT_H
#define HARNESS_JSON_TEXT_H

#include <jansson.h>

// Where `text` is no UTF-8, every byte outside ASCII becomes '?'. NULL when memory is exhausted.
json_t *json_text(const char *text);

#endif

// ini.h: reads INI text through inih into a flat list that keeps line numbers, so that errors can point at a line.
#ifndef BASE_INI_H
#define BASE_INI_H

#include <stddef.h>

#include "base/status.h"

struct ini_entry {
    char *section, *key, *value;
    int line;
};
struct ini_file {
    struct ini_entry *entries;
    size_t count;
};

// A comment stands on a line of its own and begins with ';' or '#'; inside a value both are ordinary characters. UTF-8
// with or without a byte order mark, lines of up to 4096 bytes that end in LF or CR LF, section names of up to 48 bytes,
// 10000 keys. `name` (a file name) only serves error messages. STATUS_USAGE names the line that cannot be read, a key
// given twice in a section, or a key outside any section. On success *file is the caller's to destroy.
struct status ini_parse_memory(const char *name, const char *text, size_t size, struct ini_file *file);
void ini_destroy(struct ini_file *file);

#endif

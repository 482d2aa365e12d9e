// machine_text.h: the parts of machine.c that take their input as arguments, so that tests can make it up. Internal to
// base/ (and its tests); use machine.h.
#ifndef BASE_MACHINE_TEXT_H
#define BASE_MACHINE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

// `count` processors under a quota of `processors` (0: none): the quota rounded up, never more than `count`, at least 1.
int machine_cap_threads(int count, double processors);

// The value in the first line "key separator value" of `content`, without blanks and quotes around it. Blanks may stand
// before the separator. A value longer than `text` is cut. False when no line has that key.
bool machine_find_value(const char *content, const char *key, char separator, char *text, size_t size);

#endif

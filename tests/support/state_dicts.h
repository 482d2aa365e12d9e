// state_dicts.h: comparing state dictionaries bit by bit, for tests.
#ifndef TESTS_SUPPORT_STATE_DICTS_H
#define TESTS_SUPPORT_STATE_DICTS_H

#include <stdbool.h>

#include "harness/state_dict.h"

// Whether both hold the same tensors with the same bits, except those whose names begin with `except`, which must
// all differ. except NULL: no exceptions. Empty dictionaries are never equal.
bool state_dicts_equal(const struct state_dict *a, const struct state_dict *b, const char *except);

#endif

// state_dicts.c: see state_dicts.h.
#include "tests/support/state_dicts.h"

#include <string.h>

bool state_dicts_equal(const struct state_dict *a, const struct state_dict *b, const char *except)
{
    if (a->count != b->count || a->count == 0) return false;
    for (size_t i = 0; i < a->count; i++) {
        const struct state_tensor *other = state_dict_find(b, a->tensors[i].name);
        size_t length = state_tensor_length(&a->tensors[i]);
        if (other == NULL || state_tensor_length(other) != length) return false;
        bool same = memcmp(other->values, a->tensors[i].values, length * sizeof(float)) == 0;
        bool excepted = except != NULL && strncmp(other->name, except, strlen(except)) == 0;
        if (same == excepted) return false;
    }
    return true;
}

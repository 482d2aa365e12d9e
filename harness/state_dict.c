// state_dict.c: a growing list of named tensors. Values are one allocation each, so pointers into them survive later
// additions. Tests: tests/state_dict_test.c.
#include "harness/state_dict.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

// False for a negative dimension, too many of them, or a product that no array of floats can have.
static bool state_shape_length(int dimension_count, const int64_t *dimensions, size_t *length)
{
    *length = 1;
    if (dimension_count < 0 || dimension_count > STATE_TENSOR_DIMENSIONS) return false;
    for (int i = 0; i < dimension_count; i++)
        if (dimensions[i] < 0 || __builtin_mul_overflow(*length, (uint64_t)dimensions[i], length)) return false;
    return *length <= PTRDIFF_MAX / sizeof(float);
}

static struct status state_dict_check(const struct state_dict *dict, const char *name, int dimension_count,
                                      const int64_t *dimensions, size_t *length)
{
    const size_t longest = sizeof dict->tensors->name - 1;
    if (name[0] == '\0') return status_error(STATUS_BAD_INPUT, "tensor number %zu has no name", dict->count);
    if (strlen(name) > longest)
        return status_error(STATUS_BAD_INPUT, "tensor %.80s: a name of %zu bytes, at most %zu are possible", name,
                            strlen(name), longest);
    if (state_dict_find(dict, name) != NULL) return status_error(STATUS_BAD_INPUT, "tensor %s is there twice", name);
    if (!state_shape_length(dimension_count, dimensions, length))
        return status_error(STATUS_BAD_INPUT, "tensor %s: impossible shape (%d dimensions, at most %d)", name,
                            dimension_count, STATE_TENSOR_DIMENSIONS);
    return status_ok();
}

static struct status state_dict_grow(struct state_dict *dict)
{
    struct state_tensor *grown = realloc(dict->tensors, (dict->count + 1) * sizeof *grown);
    if (grown == NULL) return status_error(STATUS_NO_MEMORY, "no memory for a list of %zu tensors", dict->count + 1);
    dict->tensors = grown;
    return status_ok();
}

struct status state_dict_add(struct state_dict *dict, const char *name, int dimension_count, const int64_t *dimensions,
                             float **values)
{
    size_t length = 0;
    struct status status = state_dict_check(dict, name, dimension_count, dimensions, &length);
    if (status.code == STATUS_OK) status = state_dict_grow(dict);
    if (status.code != STATUS_OK) return status;

    struct state_tensor *tensor = &dict->tensors[dict->count];
    memset(tensor, 0, sizeof *tensor);
    tensor->values = calloc(length > 0 ? length : 1, sizeof(float));
    if (tensor->values == NULL)
        return status_error(STATUS_NO_MEMORY, "tensor %s: no memory for %zu values", name, length);
    memcpy(tensor->name, name, strlen(name) + 1);
    tensor->dimension_count = dimension_count;
    for (int i = 0; i < dimension_count; i++) tensor->dimensions[i] = dimensions[i];
    dict->count++;
    *values = tensor->values;
    return status_ok();
}

const struct state_tensor *state_dict_find(const struct state_dict *dict, const char *name)
{
    for (size_t i = 0; i < dict->count; i++)
        if (strcmp(dict->tensors[i].name, name) == 0) return &dict->tensors[i];
    return NULL;
}

size_t state_tensor_length(const struct state_tensor *tensor)
{
    size_t length = 1;
    for (int i = 0; i < tensor->dimension_count; i++) length *= (size_t)tensor->dimensions[i];
    return length;
}

void state_dict_destroy(struct state_dict *dict)
{
    for (size_t i = 0; i < dict->count; i++) free(dict->tensors[i].values);
    free(dict->tensors);
    *dict = (struct state_dict){0};
}

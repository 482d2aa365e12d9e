// pickle_reader.c: from a decoded pickle to arrays and lists of integers. The opcodes are pickle_machine.c's.
// Tests: tests/pickle_test.c.
#include "datasets/pickle_reader.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "datasets/pickle_values.h"

struct status pickle_decode(const char *name, const uint8_t *bytes, size_t size, struct pickle **pickle)
{
    struct pickle *made = calloc(1, sizeof *made);
    *pickle = NULL;
    if (made == NULL) return status_error(STATUS_NO_MEMORY, "%s: out of memory", name);
    made->name = name;
    struct status status = pickle_machine_run(made, bytes, size);
    if (status.code == STATUS_OK)
        *pickle = made;
    else
        pickle_destroy(made);
    return status;
}

void pickle_destroy(struct pickle *pickle)
{
    if (pickle == NULL) return;
    free(pickle->values);
    free(pickle->children.items);
    free(pickle);
}

static const struct pickle_value *child(const struct pickle *pickle, const struct pickle_value *parent, size_t index)
{
    return &pickle->values[pickle->children.items[parent->first + index]];
}

// The last of that key, as in Python.
static const struct pickle_value *find(const struct pickle *pickle, const char *key)
{
    const struct pickle_value *root = &pickle->values[pickle->root], *found = NULL;
    for (size_t i = 0; i < root->count; i += 2) {
        const struct pickle_value *name = child(pickle, root, i);
        if (name->kind == PICKLE_STRING && name->size == strlen(key) && memcmp(name->bytes, key, name->size) == 0)
            found = child(pickle, root, i + 1);
    }
    return found;
}

struct status pickle_get_array(const struct pickle *pickle, const char *key, struct pickle_array *array)
{
    const struct pickle_value *value = find(pickle, key);
    if (value == NULL || value->kind != PICKLE_ARRAY || value->count != 2)
        return status_error(STATUS_BAD_INPUT, "%s: expected an array called %s, found none", pickle->name, key);
    const struct pickle_value *shape = child(pickle, value, 0), *data = child(pickle, value, 1);
    if (shape->count != 2 || child(pickle, shape, 0)->kind != PICKLE_INTEGER ||
        child(pickle, shape, 1)->kind != PICKLE_INTEGER)
        return status_error(STATUS_BAD_INPUT, "%s: %s: expected an array of two dimensions", pickle->name, key);
    const int64_t rows = child(pickle, shape, 0)->integer, columns = child(pickle, shape, 1)->integer;
    uint64_t bytes = 0;
    if (rows < 0 || columns < 0 || __builtin_mul_overflow((uint64_t)rows, (uint64_t)columns, &bytes) ||
        bytes != data->size)
        return status_error(STATUS_BAD_INPUT,
                            "%s: %s: expected as many bytes as %" PRId64 " x %" PRId64 " values have, found %zu",
                            pickle->name, key, rows, columns, data->size);
    *array = (struct pickle_array){
        .rows = (size_t)rows, .columns = (size_t)columns, .column_major = value->integer != 0, .bytes = data->bytes};
    return status_ok();
}

struct status pickle_get_integers(const struct pickle *pickle, const char *key, size_t count, int32_t limit,
                                  int32_t *values)
{
    const struct pickle_value *list = find(pickle, key);
    if (list == NULL || list->kind != PICKLE_LIST)
        return status_error(STATUS_BAD_INPUT, "%s: expected a list called %s, found none", pickle->name, key);
    if (list->count != count)
        return status_error(STATUS_BAD_INPUT, "%s: %s: expected %zu values, found %zu", pickle->name, key, count,
                            list->count);
    for (size_t i = 0; i < count; i++) {
        const struct pickle_value *value = child(pickle, list, i);
        if (value->kind != PICKLE_INTEGER || value->integer < 0 || value->integer >= limit)
            return status_error(STATUS_BAD_INPUT, "%s: %s: value %zu: expected a number in 0..%d, found %" PRId64,
                                pickle->name, key, i, limit - 1, value->integer);
        values[i] = (int32_t)value->integer;
    }
    return status_ok();
}

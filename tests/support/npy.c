// npy.c: see npy.h. Format: numpy.org/doc/stable/reference/generated/numpy.lib.format.html
#include "tests/support/npy.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"

static const size_t file_limit = (size_t)1 << 30;

static size_t element_size(enum npy_type type)
{
    switch (type) {
    case NPY_FLOAT32: return 4;
    case NPY_FLOAT64: return 8;
    case NPY_INT32: return 4;
    case NPY_UINT8:
    case NPY_INT8: return 1;
    case NPY_UINT16: return 2;
    }
    return 0;
}

// The text after 'key': in the header's dictionary; NULL when the key is absent.
static const char *find_value(const char *header, const char *key)
{
    const char *found = strstr(header, key);
    if (found == NULL) return NULL;
    found += strlen(key);
    while (*found == ' ') found++;
    return found;
}

static bool parse_type(const char *header, enum npy_type *type)
{
    static const char *const names[] = {[NPY_FLOAT32] = "'<f4'", [NPY_FLOAT64] = "'<f8'", [NPY_INT32] = "'<i4'",
                                        [NPY_UINT8] = "'|u1'",   [NPY_INT8] = "'|i1'",    [NPY_UINT16] = "'<u2'"};
    const char *value = find_value(header, "'descr':");
    for (int i = 0; value != NULL && i < (int)(sizeof names / sizeof names[0]); i++)
        if (strncmp(value, names[i], strlen(names[i])) == 0) {
            *type = (enum npy_type)i;
            return true;
        }
    return false;
}

// "(2, 3)", "(5,)" or "()"; no dimension above 2^31 and no product above the file limit.
static bool parse_shape(const char *header, struct npy *array)
{
    const char *value = find_value(header, "'shape':");
    if (value == NULL || *value++ != '(') return false;
    array->count = 1;
    while (*value != ')') {
        char *end;
        if (*value < '0' || *value > '9' || array->dimensions == NPY_DIMENSIONS_LIMIT) return false;
        unsigned long long extent = strtoull(value, &end, 10);
        if (extent > INT32_MAX || (extent != 0 && array->count > file_limit / extent)) return false;
        array->shape[array->dimensions++] = (size_t)extent;
        array->count *= (size_t)extent;
        value = end;
        if (*value == ',')
            value++;
        else if (*value != ')')
            return false;
        while (*value == ' ') value++;
    }
    return true;
}

static struct status parse_header(const char *path, const char *header, struct npy *array)
{
    const char *order = find_value(header, "'fortran_order':");
    if (order == NULL || strncmp(order, "False", 5) != 0)
        return status_error(STATUS_BAD_INPUT, "read %s: expected C order, header says %s", path, header);
    if (!parse_type(header, &array->type))
        return status_error(STATUS_BAD_INPUT, "read %s: expected <f4, <f8, <i4, |u1, |i1 or <u2, header says %s", path,
                            header);
    if (!parse_shape(header, array))
        return status_error(STATUS_BAD_INPUT, "read %s: no usable shape, header says %s", path, header);
    return status_ok();
}

// Where the header's text begins and how long it is.
static struct status find_header(const char *path, const uint8_t *bytes, size_t size, size_t *begin, size_t *length)
{
    if (size < 12 || memcmp(bytes, "\x93NUMPY", 6) != 0)
        return status_error(STATUS_BAD_INPUT, "read %s: not a .npy file", path);
    if ((bytes[6] != 1 && bytes[6] != 2) || bytes[7] != 0)
        return status_error(STATUS_BAD_INPUT, "read %s: expected format 1.0 or 2.0, found %d.%d", path, bytes[6],
                            bytes[7]);
    *begin = bytes[6] == 1 ? 10 : 12;
    *length = bytes[8] + ((size_t)bytes[9] << 8);
    if (bytes[6] == 2) *length += ((size_t)bytes[10] << 16) + ((size_t)bytes[11] << 24);
    if (*length > size - *begin)
        return status_error(STATUS_BAD_INPUT, "read %s: header of %zu bytes in a file of %zu", path, *length, size);
    return status_ok();
}

static struct status parse_file(const char *path, const uint8_t *bytes, size_t size, struct npy *array)
{
    size_t begin = 0, length = 0;
    char *header = NULL;
    struct status status = find_header(path, bytes, size, &begin, &length);
    if (status.code != STATUS_OK) goto done;
    header = strndup((const char *)bytes + begin, length);
    if (header == NULL) {
        status = status_error(STATUS_NO_MEMORY, "read %s: header of %zu bytes: out of memory", path, length);
        goto done;
    }
    status = parse_header(path, header, array);
    if (status.code != STATUS_OK) goto done;
    size_t expected = array->count * element_size(array->type), found = size - begin - length;
    if (found != expected) {
        status =
            status_error(STATUS_BAD_INPUT, "read %s: expected %zu bytes of data, found %zu", path, expected, found);
        goto done;
    }
    array->values = malloc(expected + 1);
    if (array->values == NULL)
        status = status_error(STATUS_NO_MEMORY, "read %s: %zu bytes: out of memory", path, expected);
    else
        memcpy(array->values, bytes + begin + length, expected);
done:
    free(header);
    return status;
}

struct status npy_read(const char *path, struct npy *array)
{
    *array = (struct npy){.values = NULL};
    uint8_t *bytes = NULL;
    size_t size = 0;
    struct status status = file_read(path, file_limit, &bytes, &size);
    if (status.code == STATUS_OK) status = parse_file(path, bytes, size, array);
    if (status.code != STATUS_OK) npy_destroy(array);
    free(bytes);
    return status;
}

void npy_destroy(struct npy *array)
{
    free(array->values);
    *array = (struct npy){.values = NULL};
}

// tar_pax.c: the records of a pax extended header (POSIX.1-2017, pax utility). Tests: tests/tar_test.c.
#include <string.h>

#include "datasets/tar_header.h"

// Decimal digits only, no sign, no blanks; false on overflow.
static bool text_parse_decimal(const uint8_t *text, size_t size, uint64_t *value)
{
    *value = 0;
    for (size_t i = 0; i < size; i++) {
        if (text[i] < '0' || text[i] > '9' || *value > (UINT64_MAX - 9) / 10) return false;
        *value = *value * 10 + (uint64_t)(text[i] - '0');
    }
    return size > 0;
}

// The length of the record that starts at `bytes`, and where its key begins; 0 when there is no whole record.
static size_t record_measure(const uint8_t *bytes, size_t size, size_t *key_at)
{
    const uint8_t *blank = memchr(bytes, ' ', size < 20 ? size : 20);
    uint64_t length = 0;
    if (blank == NULL || !text_parse_decimal(bytes, (size_t)(blank - bytes), &length)) return 0;
    *key_at = (size_t)(blank - bytes) + 1;
    return length > *key_at && length <= size && bytes[length - 1] == '\n' ? (size_t)length : 0;
}

static bool key_is(const uint8_t *key, size_t key_size, const char *name)
{
    return key_size == strlen(name) && memcmp(key, name, key_size) == 0;
}

static struct status override_apply(const char *archive, size_t offset, const uint8_t *key, size_t key_size,
                                    const uint8_t *value, size_t value_size, struct tar_override *override)
{
    if (key_size >= 11 && memcmp(key, "GNU.sparse.", 11) == 0)
        return status_error(STATUS_BAD_INPUT, "%s: byte %zu: holds a sparse file, which this reader does not take",
                            archive, offset);
    if (key_is(key, key_size, "path")) {
        override->path = (const char *)value;
        override->path_size = value_size;
    } else if (key_is(key, key_size, "size")) {
        override->has_size = text_parse_decimal(value, value_size, &override->size);
        if (!override->has_size)
            return status_error(STATUS_BAD_INPUT, "%s: byte %zu: the pax size record is not a usable number", archive,
                                offset);
    }
    return status_ok();
}

struct status tar_pax_decode(const char *archive, size_t offset, const uint8_t *bytes, size_t size,
                             struct tar_override *override)
{
    struct status status = status_ok();
    size_t at = 0, length = 0;
    for (; status.code == STATUS_OK && at < size; at += length) {
        size_t key_at = 0;
        length = record_measure(bytes + at, size - at, &key_at);
        const uint8_t *key = bytes + at + key_at;
        const uint8_t *equals = length == 0 ? NULL : memchr(key, '=', length - key_at);
        if (equals == NULL)
            return status_error(STATUS_BAD_INPUT,
                                "%s: byte %zu: expected a pax record \"LENGTH KEY=VALUE\", found something else",
                                archive, offset + at);
        const uint8_t *value = equals + 1, *end = bytes + at + length - 1;
        status =
            override_apply(archive, offset + at, key, (size_t)(equals - key), value, (size_t)(end - value), override);
    }
    return status;
}

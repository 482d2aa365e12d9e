// tar_header.c: the fields of a ustar header block: checksum, numbers in octal or base 256, name and prefix.
// Format: POSIX.1-2017, pax utility, and the GNU tar manual. Tests: tests/tar_test.c.
#include "datasets/tar_header.h"

#include <stdio.h>
#include <string.h>

enum {
    BLOCK_BYTES = 512,
    NAME_BYTES = 100,
    SIZE_AT = 124,
    SIZE_BYTES = 12,
    CHECKSUM_AT = 148,
    CHECKSUM_BYTES = 8,
    TYPE_AT = 156,
    MAGIC_AT = 257,
    PREFIX_AT = 345,
    PREFIX_BYTES = 155,
};

bool tar_block_is_zero(const uint8_t *block)
{
    for (int i = 0; i < BLOCK_BYTES; i++)
        if (block[i] != 0) return false;
    return true;
}

// Blanks, octal digits, then blanks or zero bytes up to the field's end. At most 12 digits, so nothing can overflow.
static bool field_parse_octal(const uint8_t *field, int width, uint64_t *value)
{
    int at = 0, first;
    *value = 0;
    while (at < width && field[at] == ' ') at++;
    for (first = at; at < width && field[at] >= '0' && field[at] <= '7'; at++) *value = *value * 8 + (field[at] - '0');
    if (at == first) return false;
    while (at < width && (field[at] == ' ' || field[at] == '\0')) at++;
    return at == width;
}

// GNU's form for large numbers: first byte 0x80, then a big-endian number (0xff would start a negative one).
static bool field_parse_base256(const uint8_t *field, int width, uint64_t *value)
{
    *value = 0;
    if (field[0] != 0x80) return false;
    for (int i = 1; i < width; i++) {
        if (*value >> 56 != 0) return false;
        *value = *value << 8 | field[i];
    }
    return true;
}

static bool field_parse_number(const uint8_t *field, int width, uint64_t *value)
{
    return field[0] & 0x80 ? field_parse_base256(field, width, value) : field_parse_octal(field, width, value);
}

// Sum of all bytes with the checksum field read as blanks. Some old programs summed signed bytes.
static bool block_has_checksum(const uint8_t *block, uint64_t expected)
{
    int64_t unsigned_sum = 0, signed_sum = 0;
    for (int i = 0; i < BLOCK_BYTES; i++) {
        bool blank = i >= CHECKSUM_AT && i < CHECKSUM_AT + CHECKSUM_BYTES;
        unsigned_sum += blank ? ' ' : block[i];
        signed_sum += blank ? ' ' : (int8_t)block[i];
    }
    return (int64_t)expected == unsigned_sum || (int64_t)expected == signed_sum;
}

static void header_copy_name(const uint8_t *block, struct tar_header *header)
{
    const char *name = (const char *)block, *prefix = (const char *)block + PREFIX_AT;
    // GNU tar ("ustar  ") and older formats keep other things where POSIX ("ustar\0") has the prefix.
    bool has_prefix = memcmp(block + MAGIC_AT, "ustar", 6) == 0 && prefix[0] != '\0';
    snprintf(header->name, sizeof header->name, "%.*s%s%.*s", has_prefix ? PREFIX_BYTES : 0, prefix,
             has_prefix ? "/" : "", NAME_BYTES, name);
}

struct status tar_header_decode(const char *archive, size_t offset, const uint8_t *block, struct tar_header *header)
{
    uint64_t checksum = 0;
    if (!field_parse_octal(block + CHECKSUM_AT, CHECKSUM_BYTES, &checksum))
        return status_error(STATUS_BAD_INPUT, "%s: byte %zu: expected a tar header, found a block without its checksum",
                            archive, offset);
    if (!block_has_checksum(block, checksum))
        return status_error(STATUS_BAD_INPUT,
                            "%s: byte %zu: damaged tar header: it does not add up to its checksum %llo", archive,
                            offset, (unsigned long long)checksum);
    if (!field_parse_number(block + SIZE_AT, SIZE_BYTES, &header->size))
        return status_error(STATUS_BAD_INPUT, "%s: byte %zu: the size in this tar header is not a usable number",
                            archive, offset + SIZE_AT);
    header_copy_name(block, header);
    header->type = block[TYPE_AT] == '\0' ? '0' : (char)block[TYPE_AT];
    return status_ok();
}

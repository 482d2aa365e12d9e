// npy_reader.c: finds the array, reads its header, then any rows. Tests: tests/npy_reader_test.c.
#include "datasets/npy_reader.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "datasets/gzip_reader.h"
#include "datasets/tar_reader.h"

enum { PIECE_BYTES = 1 << 16 };

void npy_reader_close(struct npy_reader *reader)
{
    plain_file_close(&reader->file);
}

// ---- header ----------------------------------------------------------------------------------------------------

static struct status read_text(struct npy_reader *reader, uint64_t available, size_t offset, size_t size)
{
    if (size > available - offset)
        return status_error(STATUS_BAD_INPUT, "%s is cut off: expected a header of %zu bytes, found %" PRIu64,
                            reader->name, size, available - offset);
    char *text = malloc(size + 1);
    if (text == NULL)
        return status_error(STATUS_NO_MEMORY, "%s: header of %zu bytes: out of memory", reader->name, size);
    struct status status = plain_file_read(&reader->file, reader->name, reader->begin + offset, text, size);
    if (status.code == STATUS_OK) status = npy_text_decode(reader->name, text, offset, size, &reader->layout);
    free(text);
    return status;
}

// `available` bytes belong to the array, header included.
static struct status read_header(struct npy_reader *reader, uint64_t available)
{
    uint8_t preamble[NPY_PREAMBLE_BYTES];
    size_t size = available < sizeof preamble ? (size_t)available : sizeof preamble, offset = 0, length = 0;
    struct status status = plain_file_read(&reader->file, reader->name, reader->begin, preamble, size);
    if (status.code == STATUS_OK) status = npy_preamble_decode(reader->name, preamble, size, &offset, &length);
    if (status.code == STATUS_OK) status = read_text(reader, available, offset, length);
    if (status.code != STATUS_OK) return status;
    uint64_t found = available - reader->layout.data_offset;
    if (found != reader->layout.data_bytes)
        return status_error(STATUS_BAD_INPUT,
                            "%s: byte %" PRIu64 ": expected %" PRIu64
                            " bytes of data, as its shape says, found %" PRIu64,
                            reader->name, reader->layout.data_offset, reader->layout.data_bytes, found);
    return status;
}

struct status npy_reader_open_file(const char *path, struct npy_reader *reader)
{
    *reader = (struct npy_reader){.begin = 0};
    snprintf(reader->name, sizeof reader->name, "%s", path);
    struct status status = plain_file_open(path, &reader->file);
    if (status.code == STATUS_OK) status = read_header(reader, reader->file.size);
    if (status.code != STATUS_OK) npy_reader_close(reader);
    return status;
}

// ---- members of archives ---------------------------------------------------------------------------------------

static struct status refuse_gzip(const char *path, const struct plain_file *file)
{
    uint8_t start[4];
    struct status status = status_ok();
    if (file->size < sizeof start) return status;
    status = plain_file_read(file, path, 0, start, sizeof start);
    if (status.code == STATUS_OK && gzip_is_stream(start, sizeof start))
        return status_error(STATUS_BAD_INPUT,
                            "%s: expected a plain tar archive, found one compressed by gzip; unpack it with gunzip",
                            path);
    return status;
}

// The first ordinary file of that name.
static struct status find_member(const char *path, const char *member, const struct plain_file *file,
                                 struct tar_entry *entry)
{
    struct tar_reader tar;
    bool found = true, right = false;
    struct status status = tar_reader_create_file(path, file, &tar);
    while (status.code == STATUS_OK && found && !right) {
        status = tar_read_entry(&tar, entry, &found);
        right = status.code == STATUS_OK && found && entry->regular && strcmp(entry->name, member) == 0;
    }
    tar_reader_destroy(&tar);
    if (status.code == STATUS_OK && !right)
        status = status_error(STATUS_MISSING, "%s: expected a member %s, found none", path, member);
    return status;
}

struct status npy_reader_open_member(const char *path, const char *member, struct npy_reader *reader)
{
    struct tar_entry entry = {.name = NULL};
    *reader = (struct npy_reader){.begin = 0};
    snprintf(reader->name, sizeof reader->name, "%s: %s", path, member);
    struct status status = plain_file_open(path, &reader->file);
    if (status.code == STATUS_OK) status = refuse_gzip(path, &reader->file);
    if (status.code == STATUS_OK) status = find_member(path, member, &reader->file, &entry);
    reader->begin = entry.offset;
    if (status.code == STATUS_OK) status = read_header(reader, entry.size);
    if (status.code != STATUS_OK) npy_reader_close(reader);
    return status;
}

// ---- shape and rows --------------------------------------------------------------------------------------------

static void format_shape(int dimensions, const uint64_t *shape, char *text, size_t size)
{
    int used = snprintf(text, size, "(");
    for (int d = 0; d < dimensions; d++)
        used += snprintf(text + used, size - (size_t)used, "%s%" PRIu64, d == 0 ? "" : ", ", shape[d]);
    snprintf(text + used, size - (size_t)used, dimensions == 1 ? ",)" : ")");
}

struct status npy_reader_expect_shape(const struct npy_reader *reader, int dimensions, const uint64_t *shape)
{
    char expected[100], found[100];
    bool same = reader->layout.dimensions == dimensions;
    for (int d = 0; same && d < dimensions; d++) same = reader->layout.shape[d] == shape[d];
    if (same) return status_ok();
    format_shape(dimensions, shape, expected, sizeof expected);
    format_shape(reader->layout.dimensions, reader->layout.shape, found, sizeof found);
    return status_error(STATUS_BAD_INPUT, "%s: expected shape %s, found %s", reader->name, expected, found);
}

static struct status check_rows(const struct npy_reader *reader, uint64_t first, uint64_t count)
{
    uint64_t rows = reader->layout.dimensions > 0 ? reader->layout.shape[0] : 0;
    if (first <= rows && count <= rows - first) return status_ok();
    return status_error(STATUS_USAGE,
                        "read %" PRIu64 " rows from row %" PRIu64 " on of %s: expected rows below %" PRIu64, count,
                        first, reader->name, rows);
}

struct status npy_reader_read_bytes(const struct npy_reader *reader, uint64_t first, uint64_t count, uint8_t *bytes)
{
    const struct npy_layout *layout = &reader->layout;
    struct status status = check_rows(reader, first, count);
    if (status.code != STATUS_OK) return status;
    if (layout->element != NPY_ELEMENT_UINT8)
        return status_error(STATUS_BAD_INPUT, "%s: expected values of type uint8, found %s", reader->name,
                            npy_element_name(layout->element));
    if (count == 0) return status;
    uint64_t row_bytes = layout->data_bytes / layout->shape[0];
    return plain_file_read(&reader->file, reader->name, reader->begin + layout->data_offset + first * row_bytes, bytes,
                           (size_t)(count * row_bytes));
}

// A little-endian two's complement number of 4 or 8 bytes, or a byte.
static int64_t integer_at(enum npy_element element, const uint8_t *bytes)
{
    uint64_t value = 0;
    for (int i = npy_element_bytes(element); i > 0; i--) value = value << 8 | bytes[i - 1];
    return element == NPY_ELEMENT_INT32 ? (int32_t)(uint32_t)value : (int64_t)value;
}

struct status npy_reader_read_integers(const struct npy_reader *reader, uint64_t first, uint64_t count, int32_t minimum,
                                       int32_t maximum, int32_t *values)
{
    const struct npy_layout *layout = &reader->layout;
    const uint64_t bytes_each = (uint64_t)npy_element_bytes(layout->element), at_once = PIECE_BYTES / bytes_each;
    uint8_t piece[PIECE_BYTES];
    struct status status = npy_reader_expect_shape(reader, 1, layout->shape);
    if (status.code == STATUS_OK) status = check_rows(reader, first, count);
    for (uint64_t done = 0; status.code == STATUS_OK && done < count; done += at_once) {
        uint64_t now = count - done < at_once ? count - done : at_once;
        uint64_t offset = reader->begin + layout->data_offset + (first + done) * bytes_each;
        status = plain_file_read(&reader->file, reader->name, offset, piece, (size_t)(now * bytes_each));
        for (uint64_t i = 0; status.code == STATUS_OK && i < now; i++) {
            int64_t value = integer_at(layout->element, piece + i * bytes_each);
            if (value < minimum || value > maximum)
                return status_error(STATUS_BAD_INPUT, "%s: value %" PRIu64 ": expected %d to %d, found %" PRId64,
                                    reader->name, first + done + i, (int)minimum, (int)maximum, value);
            values[done + i] = (int32_t)value;
        }
    }
    return status;
}

struct status npy_reader_read_header(const struct npy_reader *reader, uint8_t *bytes)
{
    return plain_file_read(&reader->file, reader->name, reader->begin, bytes, (size_t)reader->layout.data_offset);
}

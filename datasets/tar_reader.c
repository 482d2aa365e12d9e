// tar_reader.c: the walk from header to header. Every size is compared with what is left of the archive before it is
// used, so no header can lead outside. Header fields: tar_header.c; pax records: tar_pax.c. Tests: tests/tar_test.c.
#include "datasets/tar_reader.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "datasets/tar_header.h"

struct tar_reader tar_reader_create(const char *archive, const uint8_t *bytes, size_t size)
{
    return (struct tar_reader){.archive = archive, .bytes = bytes, .size = size};
}

struct status tar_reader_create_file(const char *archive, const struct plain_file *file, struct tar_reader *reader)
{
    *reader = (struct tar_reader){.archive = archive, .size = (size_t)file->size, .file = file};
    reader->window = malloc(TAR_WINDOW_BYTES);
    if (reader->window == NULL) return status_error(STATUS_NO_MEMORY, "read %s: out of memory", archive);
    return status_ok();
}

void tar_reader_destroy(struct tar_reader *reader)
{
    free(reader->window);
    *reader = (struct tar_reader){.archive = NULL};
}

// `size` bytes at `offset`, which lie inside the archive. They stay where they are until the next entry is read.
static struct status reader_look(struct tar_reader *reader, size_t offset, size_t size, const uint8_t **bytes)
{
    if (reader->file == NULL) {
        *bytes = reader->bytes + offset;
        return status_ok();
    }
    if (size > TAR_WINDOW_BYTES - reader->window_used)
        return status_error(STATUS_BAD_INPUT,
                            "%s: byte %zu: expected at most %d bytes of headers for an entry, found more",
                            reader->archive, offset, TAR_WINDOW_BYTES);
    uint8_t *to = reader->window + reader->window_used;
    reader->window_used += size;
    *bytes = to;
    return plain_file_read(reader->file, reader->archive, offset, to, size);
}

static struct status reader_error_cut(const struct tar_reader *reader, const char *expected)
{
    return status_error(STATUS_BAD_INPUT,
                        "%s: the tar archive is cut off: expected %s at byte %zu, found the end at byte %zu",
                        reader->archive, expected, reader->position, reader->size);
}

// The header at the current position, or *end at the end marker.
static struct status reader_take_header(struct tar_reader *reader, struct tar_header *header, bool *end)
{
    const uint8_t *block = NULL;
    size_t left = reader->size - reader->position;
    struct status status;
    *end = false;
    if (left < TAR_BLOCK) return reader_error_cut(reader, "a header or the end marker");
    status = reader_look(reader, reader->position, TAR_BLOCK, &block);
    if (status.code != STATUS_OK) return status;
    if (!tar_block_is_zero(block)) {
        status = tar_header_decode(reader->archive, reader->position, block, header);
        reader->position += TAR_BLOCK;
        return status;
    }
    if (left < (size_t)2 * TAR_BLOCK) return reader_error_cut(reader, "an end marker of two blocks");
    status = reader_look(reader, reader->position + TAR_BLOCK, TAR_BLOCK, &block);
    if (status.code != STATUS_OK) return status;
    if (!tar_block_is_zero(block))
        return status_error(STATUS_BAD_INPUT,
                            "%s: byte %zu: expected the second block of the end marker, found other bytes",
                            reader->archive, reader->position + TAR_BLOCK);
    *end = true;
    return status_ok();
}

// Steps over `size` bytes of content and the padding up to a whole block.
static struct status reader_pass_content(struct tar_reader *reader, uint64_t size)
{
    size_t left = reader->size - reader->position;
    uint64_t padding = (TAR_BLOCK - size % TAR_BLOCK) % TAR_BLOCK;
    if (size > left || padding > left - size)
        return status_error(STATUS_BAD_INPUT,
                            "%s: the tar archive is cut off: expected %" PRIu64
                            " bytes of content at byte %zu, found %zu",
                            reader->archive, size, reader->position, left);
    reader->position += (size_t)(size + padding);
    return status_ok();
}

// 'x', 'g', 'L' and 'K' describe the entry after them. *extension is false for all others, which are left alone.
static struct status reader_take_extension(struct tar_reader *reader, const struct tar_header *header,
                                           struct tar_override *override, bool *extension)
{
    const uint8_t *content = NULL;
    struct tar_override global = {0};
    size_t offset = reader->position;
    struct status status;
    *extension = header->type != '\0' && strchr("xgLK", header->type) != NULL;
    if (!*extension) return status_ok();
    status = reader_pass_content(reader, header->size);
    if (status.code == STATUS_OK) status = reader_look(reader, offset, (size_t)header->size, &content);
    if (status.code != STATUS_OK) return status;
    if (header->type == 'x') return tar_pax_decode(reader->archive, offset, content, (size_t)header->size, override);
    if (header->type == 'g') status = tar_pax_decode(reader->archive, offset, content, (size_t)header->size, &global);
    if (global.path != NULL || global.has_size)
        return status_error(STATUS_BAD_INPUT, "%s: byte %zu: a pax header gives one path or size to all entries",
                            reader->archive, offset);
    if (header->type == 'L') {
        override->path = (const char *)content;
        override->path_size = strnlen(override->path, (size_t)header->size);
    }
    return status;
}

static struct status reader_set_name(struct tar_reader *reader, const struct tar_header *header,
                                     const struct tar_override *override, size_t offset)
{
    const char *name = override->path != NULL ? override->path : header->name;
    size_t length = override->path != NULL ? override->path_size : strlen(header->name);
    while (length >= 2 && memcmp(name, "./", 2) == 0) {
        name += 2;
        length -= 2;
    }
    if (length >= sizeof reader->name || memchr(name, '\0', length) != NULL)
        return status_error(STATUS_BAD_INPUT,
                            "%s: byte %zu: expected a name of at most %zu bytes without a zero byte, found %zu bytes",
                            reader->archive, offset, sizeof reader->name - 1, length);
    memcpy(reader->name, name, length);
    reader->name[length] = '\0';
    return status_ok();
}

static struct status reader_take_entry(struct tar_reader *reader, const struct tar_header *header,
                                       const struct tar_override *override, struct tar_entry *entry)
{
    uint64_t size = override->has_size ? override->size : header->size;
    struct status status = reader_set_name(reader, header, override, reader->position - TAR_BLOCK);
    size_t length = strlen(reader->name);
    if (status.code != STATUS_OK) return status;
    if (header->type == 'S')
        return status_error(STATUS_BAD_INPUT, "%s: %.100s is a sparse file, which this reader does not take",
                            reader->archive, reader->name);
    if (header->type >= '1' && header->type <= '6')
        size = 0; // links, devices, folders, pipes: whatever the field says, no content follows
    // Before POSIX a folder was an ordinary entry whose name ends in a slash.
    bool folder = header->type == '5' || (length > 0 && reader->name[length - 1] == '/');
    *entry = (struct tar_entry){
        .name = reader->name,
        .regular = (header->type == '0' || header->type == '7') && !folder,
        .bytes = reader->file == NULL ? reader->bytes + reader->position : NULL,
        .size = (size_t)size,
        .offset = reader->position,
    };
    return reader_pass_content(reader, size);
}

struct status tar_read_entry(struct tar_reader *reader, struct tar_entry *entry, bool *found)
{
    struct tar_override override = {0};
    struct tar_header header;
    bool end = false, extension = true, described = false;
    struct status status = status_ok();
    *found = false;
    reader->window_used = 0;
    while (status.code == STATUS_OK && extension) {
        status = reader_take_header(reader, &header, &end);
        if (status.code != STATUS_OK || end) break;
        status = reader_take_extension(reader, &header, &override, &extension);
        described = described || (extension && header.type != 'g');
    }
    if (status.code != STATUS_OK) return status;
    if (end && described)
        return status_error(STATUS_BAD_INPUT,
                            "%s: byte %zu: expected the entry that the header before describes, found the end marker",
                            reader->archive, reader->position);
    if (end) return status;
    *found = true;
    return reader_take_entry(reader, &header, &override, entry);
}

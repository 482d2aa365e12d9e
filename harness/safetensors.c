// safetensors.c: reads the safetensors format from memory. Files come from elsewhere, so nothing in them is believed:
// every number is checked against the size of the file before it is used. Writing: safetensors_write.c.
// Tests: tests/safetensors_test.c.
#include "harness/safetensors.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "float32 data are copied as they are: this needs a little-endian machine"
#endif

static const size_t header_limit = 100000000;     // the format's own limit
static const size_t file_limit = (size_t)4 << 30; // WideResNet-40-10 has 0.2 GiB
static const size_t tensor_limit = 16384;         // keeps the search for equal names short

// One entry of the header, with everything in it checked but its place among the others.
struct entry {
    const char *name; // borrowed from the header
    int dimension_count;
    int64_t dimensions[STATE_TENSOR_DIMENSIONS];
    size_t begin, end; // bytes into the data
    size_t order;      // in the header
    bool skipped;      // PyTorch's counter of batches
};
struct header {
    const char *file;
    json_t *root;
    const uint8_t *data;
    size_t data_size;
    struct entry *entries;
    size_t count;
};

// Names and types are shown in messages, so a file must not be able to steer a terminal: printable ASCII alone.
static bool text_is_plain(const char *text)
{
    for (const unsigned char *byte = (const unsigned char *)text; *byte != '\0'; byte++)
        if (*byte < 0x20 || *byte >= 0x7f) return false;
    return true;
}

static struct status check_name(const struct header *header, const char *name)
{
    const size_t longest = sizeof((struct state_tensor *)NULL)->name - 1;
    if (!text_is_plain(name))
        return status_error(STATUS_BAD_INPUT, "%s: the name of tensor %zu holds more than printable ASCII",
                            header->file, header->count);
    if (name[0] == '\0' || strlen(name) > longest)
        return status_error(STATUS_BAD_INPUT, "%s: tensor \"%.80s\": a name of %zu bytes, expected 1 to %zu",
                            header->file, name, strlen(name), longest);
    return status_ok();
}

static bool name_is_batch_counter(const char *name)
{
    static const char counter[] = "num_batches_tracked";
    const size_t length = strlen(name), wanted = sizeof counter - 1;
    return length >= wanted && strcmp(name + length - wanted, counter) == 0;
}

static struct status read_dtype(const struct header *header, const json_t *tensor, struct entry *entry,
                                size_t *element_bytes)
{
    const char *dtype = json_string_value(json_object_get(tensor, "dtype"));
    if (dtype == NULL)
        return status_error(STATUS_BAD_INPUT, "%s: tensor %s: no \"dtype\" string", header->file, entry->name);
    entry->skipped = name_is_batch_counter(entry->name) && strcmp(dtype, "I64") == 0;
    *element_bytes = entry->skipped ? sizeof(int64_t) : sizeof(float);
    if (!entry->skipped && strcmp(dtype, "F32") != 0)
        return status_error(STATUS_BAD_INPUT, "%s: tensor %s: dtype %.24s, expected F32", header->file, entry->name,
                            text_is_plain(dtype) ? dtype : "that is not printable");
    return status_ok();
}

static struct status read_shape(const struct header *header, const json_t *tensor, struct entry *entry,
                                size_t element_bytes, size_t *bytes)
{
    const json_t *shape = json_object_get(tensor, "shape");
    if (!json_is_array(shape))
        return status_error(STATUS_BAD_INPUT, "%s: tensor %s: no \"shape\" array", header->file, entry->name);
    const size_t count = json_array_size(shape);
    const size_t most = entry->skipped ? 0 : STATE_TENSOR_DIMENSIONS;
    if (count > most)
        return status_error(STATUS_BAD_INPUT, "%s: tensor %s: %zu dimensions, expected at most %zu", header->file,
                            entry->name, count, most);
    *bytes = element_bytes;
    entry->dimension_count = (int)count;
    for (size_t i = 0; i < count; i++) {
        const json_t *dimension = json_array_get(shape, i);
        entry->dimensions[i] = json_integer_value(dimension);
        if (!json_is_integer(dimension) || entry->dimensions[i] < 0)
            return status_error(STATUS_BAD_INPUT, "%s: tensor %s: dimension %zu is not a whole number of at least 0",
                                header->file, entry->name, i);
        if (__builtin_mul_overflow(*bytes, (uint64_t)entry->dimensions[i], bytes))
            return status_error(STATUS_BAD_INPUT, "%s: tensor %s: a shape of more than 2^64 bytes", header->file,
                                entry->name);
    }
    return status_ok();
}

static struct status read_offsets(const struct header *header, const json_t *tensor, struct entry *entry, size_t bytes)
{
    const json_t *offsets = json_object_get(tensor, "data_offsets");
    const json_t *begin = json_array_get(offsets, 0), *end = json_array_get(offsets, 1);
    if (json_array_size(offsets) != 2 || !json_is_integer(begin) || !json_is_integer(end))
        return status_error(STATUS_BAD_INPUT, "%s: tensor %s: \"data_offsets\" is not a pair of whole numbers",
                            header->file, entry->name);
    const json_int_t from = json_integer_value(begin), to = json_integer_value(end);
    if (from < 0 || to < from || (uint64_t)to > header->data_size)
        return status_error(STATUS_BAD_INPUT, "%s: tensor %s: data from byte %lld to %lld, but the file has %zu",
                            header->file, entry->name, (long long)from, (long long)to, header->data_size);
    if ((uint64_t)(to - from) != bytes)
        return status_error(STATUS_BAD_INPUT, "%s: tensor %s: %lld bytes of data, its shape expects %zu", header->file,
                            entry->name, (long long)(to - from), bytes);
    entry->begin = (size_t)from;
    entry->end = (size_t)to;
    return status_ok();
}

static struct status read_entry(struct header *header, const char *name, const json_t *tensor)
{
    struct entry entry = {.name = name, .order = header->count};
    size_t element_bytes = 0, bytes = 0;
    struct status status = check_name(header, name);
    if (status.code == STATUS_OK && !json_is_object(tensor))
        status = status_error(STATUS_BAD_INPUT, "%s: tensor %s: its description is not an object", header->file, name);
    if (status.code == STATUS_OK) status = read_dtype(header, tensor, &entry, &element_bytes);
    if (status.code == STATUS_OK) status = read_shape(header, tensor, &entry, element_bytes, &bytes);
    if (status.code == STATUS_OK) status = read_offsets(header, tensor, &entry, bytes);
    if (status.code == STATUS_OK) header->entries[header->count++] = entry;
    return status;
}

static struct status check_metadata(const struct header *header, const json_t *metadata)
{
    if (!json_is_object(metadata))
        return status_error(STATUS_BAD_INPUT, "%s: \"__metadata__\" is not an object", header->file);
    for (void *at = json_object_iter((json_t *)metadata); at != NULL;
         at = json_object_iter_next((json_t *)metadata, at))
        if (!json_is_string(json_object_iter_value(at)))
            return status_error(STATUS_BAD_INPUT, "%s: \"__metadata__\" holds something that is not a string",
                                header->file);
    return status_ok();
}

// Data that begin earlier come first; empty tensors stay in the header's order.
static int compare_entries(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;
    if (a->begin != b->begin) return a->begin < b->begin ? -1 : 1;
    if (a->end != b->end) return a->end < b->end ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

// The sorted entries must cover the data without hole or overlap.
static struct status check_tiling(const struct header *header)
{
    size_t reached = 0;
    for (size_t i = 0; i < header->count; i++) {
        const struct entry *entry = &header->entries[i];
        if (entry->begin != reached)
            return status_error(STATUS_BAD_INPUT, "%s: tensor %s: data begin at byte %zu, expected %zu (%s)",
                                header->file, entry->name, entry->begin, reached,
                                entry->begin < reached ? "overlap" : "hole");
        reached = entry->end;
    }
    if (reached != header->data_size)
        return status_error(STATUS_BAD_INPUT, "%s: %zu bytes of data, the tensors expect %zu", header->file,
                            header->data_size, reached);
    return status_ok();
}

static struct status read_entries(struct header *header)
{
    const size_t count = json_object_size(header->root);
    if (count > tensor_limit)
        return status_error(STATUS_BAD_INPUT, "%s: %zu tensors, expected at most %zu", header->file, count,
                            tensor_limit);
    header->entries = calloc(count + 1, sizeof *header->entries);
    if (header->entries == NULL)
        return status_error(STATUS_NO_MEMORY, "%s: no memory for %zu tensors", header->file, count);
    struct status status = status_ok();
    for (void *at = json_object_iter(header->root); at != NULL && status.code == STATUS_OK;
         at = json_object_iter_next(header->root, at)) {
        const char *key = json_object_iter_key(at);
        if (strcmp(key, "__metadata__") == 0)
            status = check_metadata(header, json_object_iter_value(at));
        else
            status = read_entry(header, key, json_object_iter_value(at));
    }
    if (status.code == STATUS_OK) {
        qsort(header->entries, header->count, sizeof *header->entries, compare_entries);
        status = check_tiling(header);
    }
    return status;
}

// Finds the JSON text between its length and the data, and parses it.
static struct status open_header(struct header *header, const uint8_t *bytes, size_t size)
{
    uint64_t length = 0;
    if (size < sizeof length)
        return status_error(STATUS_BAD_INPUT, "%s: %zu bytes, a safetensors file has at least 8", header->file, size);
    memcpy(&length, bytes, sizeof length);
    if (length > header_limit || length > size - sizeof length)
        return status_error(
            STATUS_BAD_INPUT,
            "%s: says that its header has %llu bytes, expected at most %zu: not a safetensors file, or cut off",
            header->file, (unsigned long long)length,
            size - sizeof length < header_limit ? size - sizeof length : header_limit);
    const char *text = (const char *)bytes + sizeof length;
    json_error_t error;
    header->root = json_loadb(text, (size_t)length, JSON_REJECT_DUPLICATES, &error);
    if (header->root == NULL)
        return status_error(STATUS_BAD_INPUT, "%s: header, byte %d: %s", header->file, error.position,
                            text_is_plain(error.text) ? error.text : "not JSON");
    if (!json_is_object(header->root))
        return status_error(STATUS_BAD_INPUT, "%s: the header is not a JSON object", header->file);
    header->data = bytes + sizeof length + length;
    header->data_size = size - sizeof length - (size_t)length;
    return status_ok();
}

static struct status copy_tensors(const struct header *header, struct state_dict *dict)
{
    struct status status = status_ok();
    assert(header->data != NULL);
    for (size_t i = 0; i < header->count && status.code == STATUS_OK; i++) {
        const struct entry *entry = &header->entries[i];
        float *values = NULL;
        if (entry->skipped) continue;
        status = state_dict_add(dict, entry->name, entry->dimension_count, entry->dimensions, &values);
        if (status.code == STATUS_OK) memcpy(values, header->data + entry->begin, entry->end - entry->begin);
    }
    return status;
}

static struct status copy_metadata(const struct header *header, json_t **metadata)
{
    const json_t *found = json_object_get(header->root, "__metadata__");
    *metadata = found != NULL ? json_deep_copy(found) : json_object();
    if (*metadata == NULL) return status_error(STATUS_NO_MEMORY, "%s: no memory for its metadata", header->file);
    return status_ok();
}

struct status safetensors_parse(const char *name, const void *bytes, size_t size, struct state_dict *dict,
                                json_t **metadata)
{
    struct header header = {.file = name};
    *dict = (struct state_dict){0};
    if (metadata != NULL) *metadata = NULL;
    struct status status = open_header(&header, bytes, size);
    if (status.code == STATUS_OK) status = read_entries(&header);
    if (status.code == STATUS_OK) status = copy_tensors(&header, dict);
    if (status.code == STATUS_OK && metadata != NULL) status = copy_metadata(&header, metadata);
    if (status.code != STATUS_OK) state_dict_destroy(dict);
    free(header.entries);
    json_decref(header.root);
    return status;
}

struct status safetensors_read(const char *path, struct state_dict *dict, json_t **metadata)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    *dict = (struct state_dict){0};
    if (metadata != NULL) *metadata = NULL;
    struct status status = file_read(path, file_limit, &bytes, &size);
    if (status.code == STATUS_OK) status = safetensors_parse(path, bytes, size, dict, metadata);
    free(bytes);
    return status;
}

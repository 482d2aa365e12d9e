// safetensors_write.c: writes a state dictionary as a safetensors file. Reading: safetensors.c.
// Tests: tests/safetensors_test.c.
#include "harness/safetensors.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"

static struct status no_memory(const char *path)
{
    return status_error(STATUS_NO_MEMORY, "write %s: no memory for its header", path);
}

// {"dtype":"F32","shape":[...],"data_offsets":[begin,end]}; NULL when memory ran out.
static json_t *describe_tensor(const struct state_tensor *tensor, size_t begin)
{
    json_t *shape = json_array();
    for (int i = 0; i < tensor->dimension_count; i++) json_array_append_new(shape, json_integer(tensor->dimensions[i]));
    if (json_array_size(shape) != (size_t)tensor->dimension_count) {
        json_decref(shape);
        return NULL;
    }
    const size_t end = begin + state_tensor_length(tensor) * sizeof(float);
    return json_pack("{s:s, s:o, s:[I, I]}", "dtype", "F32", "shape", shape, "data_offsets", (json_int_t)begin,
                     (json_int_t)end);
}

static struct status add_metadata(const char *path, const json_t *metadata, json_t *root)
{
    for (void *at = json_object_iter((json_t *)metadata); at != NULL;
         at = json_object_iter_next((json_t *)metadata, at))
        if (!json_is_string(json_object_iter_value(at)))
            return status_error(STATUS_BAD_INPUT, "write %s: metadata \"%.80s\" is not a string", path,
                                json_object_iter_key(at));
    if (json_object_set_new(root, "__metadata__", json_deep_copy(metadata)) != 0) return no_memory(path);
    return status_ok();
}

// The JSON text, keys sorted so that equal content gives equal bytes. *text is the caller's to free.
static struct status build_header(const char *path, const struct state_dict *dict, const json_t *metadata, char **text,
                                  size_t *data_bytes)
{
    json_t *root = json_object();
    struct status status = root != NULL ? status_ok() : no_memory(path);
    if (status.code == STATUS_OK && metadata != NULL) status = add_metadata(path, metadata, root);
    *data_bytes = 0;
    for (size_t i = 0; i < dict->count && status.code == STATUS_OK; i++) {
        const struct state_tensor *tensor = &dict->tensors[i];
        if (json_object_set_new(root, tensor->name, describe_tensor(tensor, *data_bytes)) != 0)
            status =
                status_error(STATUS_NO_MEMORY, "write %s: no memory, or no UTF-8, for the name of tensor %zu", path, i);
        *data_bytes += state_tensor_length(tensor) * sizeof(float);
    }
    if (status.code == STATUS_OK) {
        *text = json_dumps(root, JSON_COMPACT | JSON_SORT_KEYS);
        if (*text == NULL) status = no_memory(path);
    }
    json_decref(root);
    return status;
}

struct status safetensors_write(const char *path, const struct state_dict *dict, const json_t *metadata)
{
    char *text = NULL;
    uint8_t *bytes = NULL;
    size_t data_bytes = 0;
    struct status status = build_header(path, dict, metadata, &text, &data_bytes);
    if (status.code != STATUS_OK) goto done;

    const size_t text_bytes = strlen(text);
    const uint64_t header_bytes = (text_bytes + 7) / 8 * 8; // spaces behind the text align the data
    const size_t size = sizeof header_bytes + (size_t)header_bytes + data_bytes;
    bytes = malloc(size);
    if (bytes == NULL) {
        status = status_error(STATUS_NO_MEMORY, "write %s: no memory for %zu bytes", path, size);
        goto done;
    }
    memcpy(bytes, &header_bytes, sizeof header_bytes);
    memset(bytes + sizeof header_bytes, ' ', (size_t)header_bytes);
    memcpy(bytes + sizeof header_bytes, text, text_bytes);
    uint8_t *at = bytes + sizeof header_bytes + header_bytes;
    for (size_t i = 0; i < dict->count; i++) {
        const size_t length = state_tensor_length(&dict->tensors[i]) * sizeof(float);
        memcpy(at, dict->tensors[i].values, length);
        at += length;
    }
    status = file_write_atomic(path, bytes, size);
done:
    free(bytes);
    free(text);
    return status;
}

// safetensors_test.c: what the writer writes, what the parser takes, and the many files that it must refuse.
#include "harness/safetensors.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

// A folder of this test's own, emptied at the end.
struct folder {
    char path[64];
    char file[96];
};

static struct folder folder_create(void)
{
    struct folder folder = {.path = "/tmp/transinv-safetensors-XXXXXX"};
    cr_assert(ne(ptr, mkdtemp(folder.path), NULL));
    snprintf(folder.file, sizeof folder.file, "%s/model.safetensors", folder.path);
    return folder;
}

static void folder_destroy(const struct folder *folder)
{
    unlink(folder->file);
    cr_expect(eq(int, rmdir(folder->path), 0), "%s holds more than the file that was written", folder->path);
}

static void fill(struct state_dict *dict, const char *name, int dimension_count, const int64_t *dimensions, float first)
{
    float *values = NULL;
    struct status status = state_dict_add(dict, name, dimension_count, dimensions, &values);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    const size_t length = state_tensor_length(&dict->tensors[dict->count - 1]);
    for (size_t i = 0; i < length; i++) values[i] = first + (float)i / 8;
}

// Names out of alphabetical order, every number of dimensions, an empty tensor, and values that text would lose.
static struct state_dict example_dict(void)
{
    struct state_dict dict = {0};
    fill(&dict, "fc.weight", 2, (const int64_t[]){3, 2}, 0.1f);
    fill(&dict, "conv1.weight", 4, (const int64_t[]){2, 3, 1, 1}, -7);
    fill(&dict, "scalar", 0, NULL, 0x1p-149f);
    fill(&dict, "none", 2, (const int64_t[]){0, 5}, 0);
    fill(&dict, "bn1.bias", 1, (const int64_t[]){5}, 1e38f);
    dict.tensors[0].values[1] = -0.0f;
    return dict;
}

static void expect_equal(const struct state_dict *dict, const struct state_dict *expected)
{
    cr_assert(eq(sz, dict->count, expected->count));
    for (size_t i = 0; i < dict->count; i++) {
        const struct state_tensor *a = &dict->tensors[i], *b = &expected->tensors[i];
        cr_assert(eq(str, (char *)a->name, (char *)b->name));
        cr_assert(eq(int, a->dimension_count, b->dimension_count), "%s", a->name);
        for (int k = 0; k < a->dimension_count; k++)
            cr_assert(eq(i64, a->dimensions[k], b->dimensions[k]), "%s", a->name);
        cr_assert(eq(int, memcmp(a->values, b->values, state_tensor_length(a) * sizeof(float)), 0), "%s", a->name);
    }
}

static void read_bytes(const char *path, uint8_t **bytes, size_t *size)
{
    struct status status = file_read(path, 1 << 20, bytes, size);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
}

// A file of this header text and `data_bytes` bytes of data. The caller frees it.
static uint8_t *compose(const char *header, size_t header_bytes, size_t data_bytes, size_t *size)
{
    const uint64_t length = header_bytes;
    *size = sizeof length + header_bytes + data_bytes;
    uint8_t *bytes = calloc(1, *size);
    cr_assert(ne(ptr, bytes, NULL));
    memcpy(bytes, &length, sizeof length);
    memcpy(bytes + sizeof length, header, header_bytes);
    return bytes;
}

static struct status parse_text(const char *header, size_t data_bytes, struct state_dict *dict, json_t **metadata)
{
    size_t size = 0;
    uint8_t *bytes = compose(header, strlen(header), data_bytes, &size);
    struct status status = safetensors_parse("test.safetensors", bytes, size, dict, metadata);
    free(bytes);
    return status;
}

Test(safetensors, comes_back_as_it_was_written)
{
    struct folder folder = folder_create();
    struct state_dict dict = example_dict(), back = {0};
    json_t *metadata = json_pack("{s:s, s:s}", "format", "pt", "run", "teacher \"GN\" \xc3\xa9"), *metadata_back = NULL;
    struct status status = safetensors_write(folder.file, &dict, metadata);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    status = safetensors_read(folder.file, &back, &metadata_back);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    expect_equal(&back, &dict);
    cr_expect(json_equal(metadata, metadata_back));
    json_decref(metadata);
    json_decref(metadata_back);
    state_dict_destroy(&dict);
    state_dict_destroy(&back);
    folder_destroy(&folder);
}

Test(safetensors, nothing_but_an_empty_dictionary)
{
    struct folder folder = folder_create();
    struct state_dict dict = {0}, back = {0};
    json_t *metadata = NULL;
    cr_assert(eq(int, safetensors_write(folder.file, &dict, NULL).code, STATUS_OK));
    struct status status = safetensors_read(folder.file, &back, &metadata);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    cr_expect(eq(sz, back.count, 0));
    cr_expect(metadata != NULL && json_object_size(metadata) == 0);
    json_decref(metadata);
    folder_destroy(&folder);
}

Test(safetensors, equal_content_gives_equal_bytes)
{
    struct folder folder = folder_create();
    struct state_dict dict = example_dict();
    json_t *orders[2] = {json_pack("{s:s, s:s}", "b", "2", "a", "1"), json_pack("{s:s, s:s}", "a", "1", "b", "2")};
    uint8_t *bytes[2] = {NULL, NULL};
    size_t sizes[2] = {0, 0};
    for (int i = 0; i < 2; i++) {
        cr_assert(eq(int, safetensors_write(folder.file, &dict, orders[i]).code, STATUS_OK));
        read_bytes(folder.file, &bytes[i], &sizes[i]);
    }
    cr_assert(eq(sz, sizes[0], sizes[1]));
    cr_expect(eq(int, memcmp(bytes[0], bytes[1], sizes[0]), 0));
    for (int i = 0; i < 2; i++) {
        json_decref(orders[i]);
        free(bytes[i]);
    }
    state_dict_destroy(&dict);
    folder_destroy(&folder);
}

Test(safetensors, data_begin_at_a_multiple_of_eight_behind_spaces)
{
    struct folder folder = folder_create();
    char name[16] = "";
    for (int letters = 1; letters <= 9; letters++) { // every remainder of the text's length
        struct state_dict dict = {0};
        uint8_t *bytes = NULL;
        size_t size = 0;
        uint64_t header_bytes = 0;
        strcat(name, "x");
        fill(&dict, name, 1, (const int64_t[]){3}, 1);
        cr_assert(eq(int, safetensors_write(folder.file, &dict, NULL).code, STATUS_OK));
        read_bytes(folder.file, &bytes, &size);
        memcpy(&header_bytes, bytes, sizeof header_bytes);
        cr_expect(eq(u64, header_bytes % 8, 0), "%d letters", letters);
        cr_expect(eq(u64, 8 + header_bytes + 12, size), "%d letters", letters);
        const char *text = (const char *)bytes + 8;
        size_t end = (size_t)header_bytes;
        while (text[end - 1] == ' ') end--;
        cr_expect(text[0] == '{' && text[end - 1] == '}' && header_bytes - end < 8, "%d letters", letters);
        free(bytes);
        state_dict_destroy(&dict);
    }
    folder_destroy(&folder);
}

Test(safetensors, refuses_metadata_that_are_not_strings)
{
    struct folder folder = folder_create();
    struct state_dict dict = {0};
    json_t *metadata = json_pack("{s:i}", "epoch", 3);
    struct status status = safetensors_write(folder.file, &dict, metadata);
    cr_expect(eq(int, status.code, STATUS_BAD_INPUT));
    cr_expect(ne(ptr, strstr(status.message, "epoch"), NULL), "%s", status.message);
    cr_expect(not(file_exists(folder.file)));
    json_decref(metadata);
    folder_destroy(&folder);
}

Test(safetensors, takes_tensors_in_any_order_and_skips_batch_counters)
{
    static const char header[] =
        "{\"bn1.num_batches_tracked\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[8,16]},"
        "\"b\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[16,24]},"
        "\"a\":{\"shape\":[2],\"data_offsets\":[0,8],\"dtype\":\"F32\"}}   ";
    struct state_dict dict = {0};
    struct status status = parse_text(header, 24, &dict, NULL);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    cr_assert(eq(sz, dict.count, 2));
    cr_expect(ne(ptr, (void *)state_dict_find(&dict, "a"), NULL));
    cr_expect(ne(ptr, (void *)state_dict_find(&dict, "b"), NULL));
    state_dict_destroy(&dict);
}

Test(safetensors, every_truncation_is_an_error)
{
    struct folder folder = folder_create();
    struct state_dict dict = example_dict();
    uint8_t *bytes = NULL;
    size_t size = 0;
    cr_assert(eq(int, safetensors_write(folder.file, &dict, NULL).code, STATUS_OK));
    read_bytes(folder.file, &bytes, &size);
    for (size_t length = 0; length <= size + 1; length++) {
        uint8_t *part = calloc(1, length + 1); // its own allocation, so that sanitizers see a read past the end
        part = realloc(part, length > 0 ? length : 1);
        cr_assert(ne(ptr, part, NULL));
        memcpy(part, bytes, length < size ? length : size);
        struct state_dict back = {0};
        json_t *metadata = NULL;
        struct status status = safetensors_parse("cut.safetensors", part, length, &back, &metadata);
        if (length == size) {
            cr_expect(eq(int, status.code, STATUS_OK), "%s", status.message);
        } else {
            cr_expect(eq(int, status.code, STATUS_BAD_INPUT), "%zu of %zu bytes", length, size);
            cr_expect(ne(ptr, strstr(status.message, "cut.safetensors"), NULL), "%s", status.message);
            cr_expect(back.count == 0 && back.tensors == NULL && metadata == NULL, "%zu of %zu bytes", length, size);
        }
        json_decref(metadata);
        state_dict_destroy(&back);
        free(part);
    }
    free(bytes);
    state_dict_destroy(&dict);
    folder_destroy(&folder);
}

#define F32 "\"dtype\":\"F32\""
#define LONG_NAME "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" // 64 letters

// Each message must hold `says`, which is what the reader needs to find the fault.
static const struct {
    const char *header;
    size_t data_bytes;
    const char *says;
} hostile[] = {
    {"", 0, "header"},
    {"[]", 0, "not a JSON object"},
    {"null", 0, "header"},
    {"{", 0, "header"},
    {"{} x", 0, "header"},
    {"{}", 4, "4 bytes of data"},
    {"{\"a\":1}", 0, "tensor a"},
    {"{\"a\":{}}", 0, "dtype"},
    {"{\"a\":{\"dtype\":5}}", 0, "dtype"},
    {"{\"a\":{" F32 "}}", 0, "shape"},
    {"{\"a\":{" F32 ",\"shape\":{}}}", 0, "shape"},
    {"{\"a\":{" F32 ",\"shape\":[1]}}", 4, "data_offsets"},
    {"{\"a\":{" F32 ",\"shape\":[1],\"data_offsets\":[0]}}", 4, "data_offsets"},
    {"{\"a\":{" F32 ",\"shape\":[1],\"data_offsets\":[0,4,4]}}", 4, "data_offsets"},
    {"{\"a\":{" F32 ",\"shape\":[1],\"data_offsets\":[0,4.0]}}", 4, "data_offsets"},
    {"{\"a\":{" F32 ",\"shape\":[1],\"data_offsets\":[0,\"4\"]}}", 4, "data_offsets"},
    {"{\"a\":{" F32 ",\"shape\":[1],\"data_offsets\":[-4,0]}}", 4, "data from byte -4"},
    {"{\"a\":{" F32 ",\"shape\":[1],\"data_offsets\":[4,0]}}", 4, "data from byte 4 to 0"},
    {"{\"a\":{" F32 ",\"shape\":[1],\"data_offsets\":[0,8]}}", 4, "the file has 4"},
    {"{\"a\":{" F32 ",\"shape\":[1],\"data_offsets\":[0,9223372036854775807]}}", 4, "the file has 4"},
    {"{\"a\":{" F32 ",\"shape\":[1],\"data_offsets\":[0,18446744073709551616]}}", 4, "header"},
    {"{\"a\":{" F32 ",\"shape\":[3],\"data_offsets\":[0,8]}}", 8, "its shape expects 12"},
    {"{\"a\":{" F32 ",\"shape\":[-1],\"data_offsets\":[0,4]}}", 4, "dimension 0"},
    {"{\"a\":{" F32 ",\"shape\":[1,2.5],\"data_offsets\":[0,4]}}", 4, "dimension 1"},
    {"{\"a\":{" F32 ",\"shape\":[1,null],\"data_offsets\":[0,4]}}", 4, "dimension 1"},
    {"{\"a\":{" F32 ",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,0]}}", 0, "shape of more"},
    {"{\"a\":{" F32 ",\"shape\":[4611686018427387904],\"data_offsets\":[0,0]}}", 0, "shape of more"},
    {"{\"a\":{" F32 ",\"shape\":[1,1,1,1,1],\"data_offsets\":[0,4]}}", 4, "5 dimensions"},
    {"{\"a\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4, "dtype F16, expected F32"},
    {"{\"a\":{\"dtype\":\"BF16\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4, "dtype BF16, expected F32"},
    {"{\"a\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[0,8]}}", 8, "dtype I64, expected F32"},
    {"{\"num_batches_tracked\":{\"dtype\":\"I64\",\"shape\":[2],\"data_offsets\":[0,16]}}", 16, "1 dimensions"},
    {"{\"a\":{\"dtype\":\"\\u001b[2J\",\"shape\":[],\"data_offsets\":[0,4]}}", 4, "not printable"},
    {"{\"\":{" F32 ",\"shape\":[],\"data_offsets\":[0,4]}}", 4, "name of 0 bytes"},
    {"{\"" LONG_NAME "\":{" F32 ",\"shape\":[],\"data_offsets\":[0,4]}}", 4, "name of 64 bytes"},
    {"{\"a\\u001b[2J\":{" F32 ",\"shape\":[],\"data_offsets\":[0,4]}}", 4, "printable"},
    {"{\"a\\u0000b\":{" F32 ",\"shape\":[],\"data_offsets\":[0,4]}}", 4, "header"},
    {"{\"\xff\xfe\":{" F32 ",\"shape\":[],\"data_offsets\":[0,4]}}", 4, "header"},
    {"{\"a\":{" F32 ",\"shape\":[1],\"data_offsets\":[0,4]},\"a\":{" F32 ",\"shape\":[1],\"data_offsets\":[4,8]}}", 8,
     "duplicate"},
    {"{\"a\":{" F32 "," F32 ",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "duplicate"},
    {"{\"a\":{" F32 ",\"shape\":[2],\"data_offsets\":[0,8]},\"b\":{" F32 ",\"shape\":[2],\"data_offsets\":[4,12]}}", 12,
     "overlap"},
    {"{\"a\":{" F32 ",\"shape\":[1],\"data_offsets\":[0,4]},\"b\":{" F32 ",\"shape\":[1],\"data_offsets\":[0,4]}}", 4,
     "overlap"},
    {"{\"a\":{" F32 ",\"shape\":[1],\"data_offsets\":[0,4]},\"b\":{" F32 ",\"shape\":[1],\"data_offsets\":[8,12]}}", 12,
     "hole"},
    {"{\"a\":{" F32 ",\"shape\":[1],\"data_offsets\":[4,8]}}", 8, "hole"},
    {"{\"a\":{" F32 ",\"shape\":[0],\"data_offsets\":[4,4]}}", 4, "hole"},
    {"{\"a\":{" F32 ",\"shape\":[1],\"data_offsets\":[0,4]}}", 5, "5 bytes of data"},
    {"{\"__metadata__\":[]}", 0, "__metadata__"},
    {"{\"__metadata__\":{\"a\":1}}", 0, "__metadata__"},
    {"{\"__metadata__\":{\"a\":{\"b\":\"c\"}}}", 0, "__metadata__"},
};

Test(safetensors, hostile_headers_are_refused_with_a_reason)
{
    for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
        struct state_dict dict = {0};
        json_t *metadata = NULL;
        struct status status = parse_text(hostile[i].header, hostile[i].data_bytes, &dict, &metadata);
        cr_expect(eq(int, status.code, STATUS_BAD_INPUT), "header %s", hostile[i].header);
        cr_expect(ne(ptr, strstr(status.message, "test.safetensors"), NULL), "header %s: %s", hostile[i].header,
                  status.message);
        cr_expect(ne(ptr, strstr(status.message, hostile[i].says), NULL), "header %s: \"%s\" does not say \"%s\"",
                  hostile[i].header, status.message, hostile[i].says);
        for (const char *byte = status.message; *byte != '\0'; byte++)
            cr_expect(ge(chr, *byte, ' '), "header %s: the message holds a control character", hostile[i].header);
        cr_expect(dict.count == 0 && metadata == NULL, "header %s", hostile[i].header);
    }
}

Test(safetensors, huge_header_lengths_are_refused)
{
    static const uint64_t lengths[] = {3, 1000, 100000001, (uint64_t)INT64_MAX, UINT64_MAX - 7, UINT64_MAX};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        uint8_t bytes[10] = {0};
        memcpy(bytes, &lengths[i], sizeof lengths[i]);
        memcpy(bytes + 8, "{}", 2);
        struct state_dict dict = {0};
        struct status status = safetensors_parse("long.safetensors", bytes, sizeof bytes, &dict, NULL);
        cr_expect(eq(int, status.code, STATUS_BAD_INPUT), "length %llu", (unsigned long long)lengths[i]);
        cr_expect(ne(ptr, strstr(status.message, "long.safetensors"), NULL), "%s", status.message);
    }
}

// 100,000 brackets must neither overflow the stack nor be taken.
Test(safetensors, deep_nesting_is_refused)
{
    const size_t depth = 100000;
    char *header = malloc(depth + 6);
    cr_assert(ne(ptr, header, NULL));
    memcpy(header, "{\"a\":", 5);
    memset(header + 5, '[', depth);
    header[depth + 5] = '\0';
    struct state_dict dict = {0};
    cr_expect(eq(int, parse_text(header, 0, &dict, NULL).code, STATUS_BAD_INPUT));
    free(header);
}

Test(safetensors, too_many_tensors_are_refused)
{
    const size_t count = 20000;
    char *header = malloc(count * 80), *at = header;
    cr_assert(ne(ptr, header, NULL));
    for (size_t i = 0; i < count; i++)
        at += sprintf(at, "%c\"t%zu\":{" F32 ",\"shape\":[0],\"data_offsets\":[0,0]}", i == 0 ? '{' : ',', i);
    strcpy(at, "}");
    struct state_dict dict = {0};
    struct status status = parse_text(header, 0, &dict, NULL);
    cr_expect(eq(int, status.code, STATUS_BAD_INPUT));
    cr_expect(ne(ptr, strstr(status.message, "20000 tensors"), NULL), "%s", status.message);
    free(header);
}

Test(safetensors, an_absent_file_is_missing)
{
    struct state_dict dict = {0};
    json_t *metadata = NULL;
    struct status status = safetensors_read("/tmp/transinv-no-such-folder/model.safetensors", &dict, &metadata);
    cr_expect(eq(int, status.code, STATUS_MISSING), "%s", status.message);
    cr_expect(dict.count == 0 && metadata == NULL);
}

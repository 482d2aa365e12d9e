// catalog.c: the official archives as a table, and small questions about entries. The JSON side is catalog_json.c.
// Sizes and checksums: cs.toronto.edu/~kriz/cifar.html (MD5) and the public lists of TensorFlow Datasets (SHA-256).
// Tests: tests/catalog_test.c.
#include "datasets/catalog.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "datasets/catalog_json.h"

enum { CATALOG_FILE_LIMIT = 1 << 20 };

static const struct catalog_member cifar_10_members[] = {
    {"cifar-10-batches-bin/data_batch_1.bin", CATALOG_TRAIN, 10000, "5dd7e06a14cb22eb9f671a540d1b7c25"},
    {"cifar-10-batches-bin/data_batch_2.bin", CATALOG_TRAIN, 10000, "5ea93a67294ea407fff1d09f752e9692"},
    {"cifar-10-batches-bin/data_batch_3.bin", CATALOG_TRAIN, 10000, "942cd6a4bcdd0dd3c604fbe906cb4421"},
    {"cifar-10-batches-bin/data_batch_4.bin", CATALOG_TRAIN, 10000, "ae636b3ba5c66a11e91e8cb52e771fcb"},
    {"cifar-10-batches-bin/data_batch_5.bin", CATALOG_TRAIN, 10000, "53f37980c15c3d472c316c40844f3f0d"},
    {"cifar-10-batches-bin/test_batch.bin", CATALOG_TEST, 10000, "803d5f7f4d78ea53de84dbe85f74fb6d"},
};

static const struct catalog_member cifar_100_members[] = {
    {"cifar-100-binary/train.bin", CATALOG_TRAIN, 50000, "6172c7755cfe09b2fe270c85cebc1b15"},
    {"cifar-100-binary/test.bin", CATALOG_TEST, 10000, "4499cfba6c016c1be1438163640a0898"},
};

static const struct catalog_entry official_entries[] = {
    {
        .file = "cifar-10-binary.tar.gz",
        .dataset = "cifar-10",
        .official = true,
        .size = 170052171,
        .sha256 = "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
        .address = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
        .remark = "",
        .members = cifar_10_members,
        .member_count = sizeof cifar_10_members / sizeof cifar_10_members[0],
    },
    {
        .file = "cifar-100-binary.tar.gz",
        .dataset = "cifar-100",
        .official = true,
        .size = 168513733,
        .sha256 = "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
        .address = "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
        .remark = "",
        .members = cifar_100_members,
        .member_count = sizeof cifar_100_members / sizeof cifar_100_members[0],
    },
};
enum { OFFICIAL_COUNT = sizeof official_entries / sizeof official_entries[0] };

static struct status catalog_append_official(struct catalog *catalog)
{
    size_t count = catalog->count + OFFICIAL_COUNT;
    struct catalog_entry *entries = realloc(catalog->entries, count * sizeof *entries);
    if (entries == NULL) return status_error(STATUS_NO_MEMORY, "no memory for %zu catalogue entries", count);
    memcpy(entries + catalog->count, official_entries, sizeof official_entries);
    catalog->entries = entries;
    catalog->count = count;
    return status_ok();
}

struct status catalog_create_from_memory(const char *name, const char *text, size_t size, struct catalog *catalog)
{
    struct status status;
    *catalog = (struct catalog){0};
    status = catalog_json_read(name, text, size, catalog);
    if (status.code == STATUS_OK) status = catalog_append_official(catalog);
    if (status.code != STATUS_OK) catalog_destroy(catalog);
    return status;
}

struct status catalog_create(const char *path, struct catalog *catalog)
{
    uint8_t *text = NULL;
    size_t size = 0;
    struct status status;
    *catalog = (struct catalog){0};
    if (path == NULL) return catalog_append_official(catalog);
    status = file_read(path, CATALOG_FILE_LIMIT, &text, &size);
    if (status.code == STATUS_OK) status = catalog_create_from_memory(path, (const char *)text, size, catalog);
    free(text);
    return status;
}

void catalog_destroy(struct catalog *catalog)
{
    free(catalog->entries);
    free(catalog->members);
    json_decref(catalog->document);
    *catalog = (struct catalog){0};
}

void catalog_entry_folder(const struct catalog_entry *entry, char *text, size_t size)
{
    snprintf(text, size, "%.*s", (int)strcspn(entry->members[0].name, "/"), entry->members[0].name);
}

int catalog_entry_records(const struct catalog_entry *entry, enum catalog_part part)
{
    int records = 0;
    for (size_t m = 0; m < entry->member_count; m++)
        if (entry->members[m].part == part) records += entry->members[m].records;
    return records;
}

// catalog.c: puts the catalogue together, and answers small questions about entries. The JSON side is catalog_json.c; the
// official entries are datasets/catalogs/official.json. Tests: tests/catalog_test.c.
#include "datasets/catalog.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "datasets/catalog_json.h"
#include "datasets/embedded_catalog.h"

static struct status catalog_append_official(struct catalog *catalog)
{
    const struct embedded_file *file = &embedded_official_catalog;
    return catalog_json_read("official.json", file->text, file->size, true, catalog);
}

static struct status catalog_finish(struct status status, struct catalog *catalog)
{
    if (status.code == STATUS_OK) status = catalog_append_official(catalog);
    if (status.code != STATUS_OK) catalog_destroy(catalog);
    return status;
}

struct status catalog_create_from_memory(const char *name, const char *text, size_t size, struct catalog *catalog)
{
    *catalog = (struct catalog){0};
    return catalog_finish(catalog_json_read(name, text, size, false, catalog), catalog);
}

struct status catalog_create(const char *path, struct catalog *catalog)
{
    uint8_t *text = NULL;
    size_t size = 0;
    *catalog = (struct catalog){0};
    if (path == NULL) return catalog_finish(status_ok(), catalog);
    struct status status = file_read(path, CATALOG_FILE_LIMIT, &text, &size);
    if (status.code == STATUS_OK) status = catalog_create_from_memory(path, (const char *)text, size, catalog);
    free(text);
    return status;
}

void catalog_destroy(struct catalog *catalog)
{
    free(catalog->entries);
    for (int d = 0; d < 2; d++) {
        free(catalog->members[d]);
        json_decref(catalog->documents[d]);
    }
    *catalog = (struct catalog){0};
}

const struct catalog_entry *catalog_find_file(const struct catalog *catalog, const char *file)
{
    for (size_t e = 0; e < catalog->count; e++)
        if (strcmp(catalog->entries[e].file, file) == 0) return &catalog->entries[e];
    return NULL;
}

bool catalog_has_dataset(const struct catalog *catalog, const char *dataset)
{
    for (size_t e = 0; e < catalog->count; e++)
        if (strcmp(catalog->entries[e].dataset, dataset) == 0) return true;
    return false;
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

// catalog_json.c: reads a catalogue file (format: datasets/README.md) strictly: an unknown key, a missing one or a wrong
// type is an error that names the place, because a misspelt key must not silently weaken a check.
// Tests: tests/catalog_test.c.
#include "datasets/catalog_json.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "datasets/cifar_reader.h"

static const int64_t archive_size_limit = INT64_C(1) << 40;
static const char *const file_keys[] = {"files", NULL};
static const char *const entry_keys[] = {"file",    "kind",      "dataset", "size",     "sha256",  "md5", "remark",
                                         "address", "addresses", "licence", "citation", "members", NULL};
static const char *const member_keys[] = {"name", "part", "records", "md5", "size", NULL};

// What a file of each kind is called, and what it may be: `images` have members with parts and records.
static const struct kind {
    const char *name, *suffix, *called;
    bool images, members, folder;
} kinds[] = {
    [CATALOG_BINARY] = {"binary", ".tar.gz", "NAME.tar.gz without a folder", true, true, false},
    [CATALOG_PYTHON] = {"python", ".tar.gz", "NAME.tar.gz without a folder", true, true, false},
    [CATALOG_CORRUPTED] = {"corrupted", ".tar", "NAME.tar without a folder", false, true, false},
    [CATALOG_ARRAY] = {"array", ".npy", "FOLDER/NAME.npy", false, false, true},
    [CATALOG_PICTURE] = {"picture", "", "a name without a folder", false, false, false},
};
enum { KIND_COUNT = sizeof kinds / sizeof kinds[0] };

// A JSON object and how to call it in a message: "catalog.json: files[0].members[2]".
struct place {
    const json_t *object;
    char name[256];
};

static struct place place_create(const json_t *object, const char *format, ...) __attribute__((format(printf, 2, 3)));
static struct place place_create(const json_t *object, const char *format, ...)
{
    struct place place = {.object = object};
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(place.name, sizeof place.name, format, arguments);
    va_end(arguments);
    return place;
}

static const char *json_type_name(const json_t *value)
{
    static const char *const names[] = {"an object", "an array", "a string", "an integer",
                                        "a number",  "true",     "false",    "null"};
    return value == NULL ? "nothing" : names[json_typeof(value)];
}

static struct status place_check_keys(const struct place *place, const char *const keys[])
{
    const char *key;
    json_t *value;
    if (!json_is_object(place->object))
        return status_error(STATUS_USAGE, "%s: expected an object, found %s", place->name,
                            json_type_name(place->object));
    json_object_foreach((json_t *)place->object, key, value)
    {
        size_t k = 0;
        while (keys[k] != NULL && strcmp(keys[k], key) != 0) k++;
        if (keys[k] == NULL) return status_error(STATUS_USAGE, "%s: unknown key \"%.60s\"", place->name, key);
    }
    return status_ok();
}

// The string under `key`; when it is absent, `otherwise` if that is not NULL, else an error.
static struct status place_get_string(const struct place *place, const char *key, const char *otherwise,
                                      const char **text)
{
    const json_t *value = json_object_get(place->object, key);
    *text = otherwise;
    if (value == NULL && otherwise != NULL) return status_ok();
    if (!json_is_string(value))
        return status_error(STATUS_USAGE, "%s.%s: expected a string, found %s", place->name, key,
                            json_type_name(value));
    *text = json_string_value(value);
    return status_ok();
}

static struct status place_get_integer(const struct place *place, const char *key, int64_t maximum, int64_t *number)
{
    const json_t *value = json_object_get(place->object, key);
    if (!json_is_integer(value))
        return status_error(STATUS_USAGE, "%s.%s: expected an integer, found %s", place->name, key,
                            json_type_name(value));
    *number = json_integer_value(value);
    if (*number < 1 || *number > maximum)
        return status_error(STATUS_USAGE, "%s.%s: expected 1 to %" PRId64 ", found %" PRId64, place->name, key, maximum,
                            *number);
    return status_ok();
}

// An array of 1 to `maximum` elements.
static struct status place_get_array(const struct place *place, const char *key, size_t maximum, const json_t **array,
                                     size_t *count)
{
    *array = json_object_get(place->object, key);
    *count = json_array_size(*array);
    if (!json_is_array(*array))
        return status_error(STATUS_USAGE, "%s.%s: expected an array, found %s", place->name, key,
                            json_type_name(*array));
    if (*count < 1 || *count > maximum)
        return status_error(STATUS_USAGE, "%s.%s: expected 1 to %zu elements, found %zu", place->name, key, maximum,
                            *count);
    return status_ok();
}

static struct status place_get_hex(const struct place *place, const char *key, const char *otherwise, size_t digits,
                                   const char **text)
{
    struct status status = place_get_string(place, key, otherwise, text);
    if (status.code != STATUS_OK || *text == otherwise) return status;
    if (strlen(*text) != digits || strspn(*text, "0123456789abcdef") != digits)
        return status_error(STATUS_USAGE, "%s.%s: expected %zu lower-case hex digits, found \"%.80s\"", place->name,
                            key, digits, *text);
    return status_ok();
}

// A name is used as a path below the data folder, so it may not leave it: "FOLDER/FILE", no part starting with a dot.
static bool member_name_is_plain(const char *name)
{
    const char *slash = strchr(name, '/');
    return slash != NULL && slash != name && strchr(slash + 1, '/') == NULL && slash[1] != '\0' && name[0] != '.' &&
           slash[1] != '.' && strlen(name) <= 100;
}

// Part and records are the images' business: arrays have neither.
static struct status member_read_images(const struct place *place, struct catalog_member *member)
{
    const char *part = NULL;
    int64_t records = 0;
    struct status status = place_get_string(place, "part", NULL, &part);
    if (status.code == STATUS_OK) status = place_get_integer(place, "records", CATALOG_RECORD_LIMIT, &records);
    if (status.code != STATUS_OK) return status;
    if (strcmp(part, "train") != 0 && strcmp(part, "test") != 0)
        return status_error(STATUS_USAGE, "%s.part: expected \"train\" or \"test\", found \"%.40s\"", place->name,
                            part);
    member->part = strcmp(part, "train") == 0 ? CATALOG_TRAIN : CATALOG_TEST;
    member->records = (int)records;
    return status_ok();
}

static struct status member_read(const struct place *place, const struct kind *kind, struct catalog_member *member)
{
    int64_t size = 0;
    bool has_size = json_object_get(place->object, "size") != NULL || !kind->images;
    struct status status = place_check_keys(place, member_keys);
    if (status.code == STATUS_OK) status = place_get_string(place, "name", NULL, &member->name);
    if (status.code == STATUS_OK && kind->images) status = member_read_images(place, member);
    if (status.code == STATUS_OK && has_size) status = place_get_integer(place, "size", archive_size_limit, &size);
    if (status.code == STATUS_OK) status = place_get_hex(place, "md5", "", 32, &member->md5);
    if (status.code != STATUS_OK) return status;
    if (!member_name_is_plain(member->name))
        return status_error(STATUS_USAGE, "%s.name: expected FOLDER/FILE of at most 100 bytes, found \"%.110s\"",
                            place->name, member->name);
    member->size = (uint64_t)size;
    return status;
}

// What concerns an entry's members together: one folder, no name twice, both parts present.
static struct status members_check(const struct place *place, const struct catalog_entry *entry)
{
    const char *first = entry->members[0].name;
    size_t folder_length = strcspn(first, "/") + 1;
    for (size_t m = 1; m < entry->member_count; m++) {
        const char *name = entry->members[m].name;
        if (strncmp(name, first, folder_length) != 0)
            return status_error(STATUS_USAGE, "%s.members[%zu].name: expected the same folder as %s, found %s",
                                place->name, m, first, name);
        for (size_t other = 0; other < m; other++)
            if (strcmp(name, entry->members[other].name) == 0)
                return status_error(STATUS_USAGE, "%s.members[%zu].name: %s is there twice", place->name, m, name);
    }
    if (!kinds[entry->kind].images) return status_ok();
    if (catalog_entry_records(entry, CATALOG_TRAIN) == 0 || catalog_entry_records(entry, CATALOG_TEST) == 0)
        return status_error(
            STATUS_USAGE, "%s.members: expected at least one of part \"train\" and one of part \"test\"", place->name);
    return status_ok();
}

static struct status members_read(const struct place *place, struct catalog_entry *entry,
                                  struct catalog_member *members)
{
    const json_t *array = NULL;
    struct status status = place_get_array(place, "members", CATALOG_MEMBER_LIMIT, &array, &entry->member_count);
    if (status.code != STATUS_OK) return status;
    entry->members = members;
    for (size_t m = 0; status.code == STATUS_OK && m < entry->member_count; m++) {
        struct place inner = place_create(json_array_get(array, m), "%.200s.members[%zu]", place->name, m);
        status = member_read(&inner, &kinds[entry->kind], &members[m]);
    }
    return status.code == STATUS_OK ? members_check(place, entry) : status;
}

// "address": one, or "addresses": several; a file may have none.
static struct status addresses_read(const struct place *place, struct catalog_entry *entry)
{
    const json_t *array = NULL;
    size_t count = 0;
    const char *single = NULL;
    struct status status = place_get_string(place, "address", "", &single);
    if (status.code != STATUS_OK) return status;
    if (single[0] != '\0') entry->addresses[0] = single;
    if (json_object_get(place->object, "addresses") == NULL) return status;
    if (single[0] != '\0')
        return status_error(STATUS_USAGE, "%s: expected \"address\" or \"addresses\", found both", place->name);
    status = place_get_array(place, "addresses", CATALOG_ADDRESS_LIMIT, &array, &count);
    for (size_t a = 0; status.code == STATUS_OK && a < count; a++) {
        entry->addresses[a] = json_string_value(json_array_get(array, a));
        if (entry->addresses[a] == NULL)
            status = status_error(STATUS_USAGE, "%s.addresses[%zu]: expected a string, found %s", place->name, a,
                                  json_type_name(json_array_get(array, a)));
    }
    return status;
}

static struct status kind_read(const struct place *place, bool official, struct catalog_entry *entry)
{
    const char *name = NULL;
    int kind = 0;
    struct status status = place_get_string(place, "kind", "binary", &name);
    if (status.code != STATUS_OK) return status;
    while (kind < KIND_COUNT && (strcmp(kinds[kind].name, name) != 0 || !(official || kinds[kind].images))) kind++;
    if (kind == KIND_COUNT)
        return status_error(STATUS_USAGE, "%s.kind: expected \"binary\" or \"python\", found \"%.40s\"", place->name,
                            name);
    entry->kind = (enum catalog_kind)kind;
    return status;
}

static bool file_name_fits(const char *file, const struct kind *kind)
{
    size_t length = strlen(file), suffix = strlen(kind->suffix);
    bool plain = kind->folder ? member_name_is_plain(file) : strchr(file, '/') == NULL && file[0] != '.';
    return plain && length > suffix && length <= 100 && strcmp(file + length - suffix, kind->suffix) == 0;
}

static struct status entry_check(const struct place *place, const struct catalog_entry *entry)
{
    const struct kind *kind = &kinds[entry->kind];
    if (!file_name_fits(entry->file, kind))
        return status_error(STATUS_USAGE, "%s.file: expected %s, found \"%.110s\"", place->name, kind->called,
                            entry->file);
    if (kind->images && cifar_format_find(entry->dataset) == NULL)
        return status_error(STATUS_USAGE, "%s.dataset: expected \"cifar-10\" or \"cifar-100\", found \"%.40s\"",
                            place->name, entry->dataset);
    if (!entry->official && entry->remark[0] == '\0')
        return status_error(STATUS_USAGE, "%s.remark: expected a sentence for reports, found an empty text",
                            place->name);
    return status_ok();
}

// The SHA-256 of a single array is published nowhere; its MD5 is.
static struct status checksums_read(const struct place *place, struct catalog_entry *entry)
{
    bool array = entry->kind == CATALOG_ARRAY;
    struct status status = place_get_hex(place, "sha256", array ? "" : NULL, 64, &entry->sha256);
    if (status.code == STATUS_OK) status = place_get_hex(place, "md5", array ? NULL : "", 32, &entry->md5);
    return status;
}

static struct status notes_read(const struct place *place, struct catalog_entry *entry)
{
    struct status status = place_get_string(place, "remark", entry->official ? "" : NULL, &entry->remark);
    if (status.code == STATUS_OK) status = place_get_string(place, "licence", "", &entry->licence);
    if (status.code == STATUS_OK) status = place_get_string(place, "citation", "", &entry->citation);
    return status;
}

static struct status entry_read(const struct place *place, bool official, struct catalog_entry *entry,
                                struct catalog_member *members)
{
    int64_t size = 0;
    struct status status = place_check_keys(place, entry_keys);
    entry->official = official;
    if (status.code == STATUS_OK) status = place_get_string(place, "file", NULL, &entry->file);
    if (status.code == STATUS_OK) status = kind_read(place, official, entry);
    if (status.code == STATUS_OK) status = place_get_string(place, "dataset", NULL, &entry->dataset);
    if (status.code == STATUS_OK) status = place_get_integer(place, "size", archive_size_limit, &size);
    if (status.code == STATUS_OK) status = checksums_read(place, entry);
    if (status.code == STATUS_OK) status = notes_read(place, entry);
    if (status.code == STATUS_OK) status = addresses_read(place, entry);
    if (status.code == STATUS_OK) status = entry_check(place, entry);
    entry->size = (uint64_t)size;
    if (status.code != STATUS_OK || !kinds[entry->kind].members) return status;
    return members_read(place, entry, members);
}

static struct status entries_check_names(const char *name, const struct catalog_entry *entries, size_t count)
{
    for (size_t e = 1; e < count; e++)
        for (size_t other = 0; other < e; other++)
            if (strcmp(entries[e].file, entries[other].file) == 0)
                return status_error(STATUS_USAGE, "%s: files[%zu].file: %s is there twice", name, e, entries[e].file);
    return status_ok();
}

static struct status entries_read(const char *name, const json_t *array, size_t count, bool official,
                                  struct catalog *catalog)
{
    struct status status = status_ok();
    struct catalog_member *members = calloc(count * CATALOG_MEMBER_LIMIT, sizeof *members);
    struct catalog_entry *grown = realloc(catalog->entries, (catalog->count + count) * sizeof *grown);
    if (grown != NULL) catalog->entries = grown;
    catalog->members[official] = members;
    if (members == NULL || grown == NULL)
        return status_error(STATUS_NO_MEMORY, "%s: no memory for %zu entries", name, count);
    struct catalog_entry *entries = grown + catalog->count;
    for (size_t e = 0; status.code == STATUS_OK && e < count; e++) {
        struct place place = place_create(json_array_get(array, e), "%.160s: files[%zu]", name, e);
        entries[e] = (struct catalog_entry){.file = NULL};
        status = entry_read(&place, official, &entries[e], members + e * CATALOG_MEMBER_LIMIT);
    }
    if (status.code == STATUS_OK) status = entries_check_names(name, entries, count);
    if (status.code == STATUS_OK) catalog->count += count;
    return status;
}

struct status catalog_json_read(const char *name, const char *text, size_t size, bool official, struct catalog *catalog)
{
    enum { ENTRY_LIMIT = 64 };
    json_error_t error;
    const json_t *array = NULL;
    size_t count = 0;
    struct place top;
    struct status status;
    json_t *document = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
    catalog->documents[official] = document;
    if (document == NULL)
        return status_error(STATUS_USAGE, "%s: line %d, column %d: not the JSON of a catalogue: %s", name, error.line,
                            error.column, error.text);
    top = place_create(document, "%.160s: catalogue", name);
    status = place_check_keys(&top, file_keys);
    if (status.code == STATUS_OK) status = place_get_array(&top, "files", ENTRY_LIMIT, &array, &count);
    return status.code == STATUS_OK ? entries_read(name, array, count, official, catalog) : status;
}

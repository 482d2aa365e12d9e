// catalog_test.c: the official entries, and catalogue files: what they may say, and that nothing else passes.
#include "datasets/catalog.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "datasets/frost.h"
#include "tests/support/archive.h"

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define HEX32 "0123456789abcdef0123456789abcdef"
#define TRAIN "{\"name\": \"d/train.bin\", \"part\": \"train\", \"records\": 5}"
#define TEST "{\"name\": \"d/test.bin\", \"part\": \"test\", \"records\": 2, \"md5\": \"" HEX32 "\"}"
#define FIELDS                                                                                                         \
    "\"file\": \"a.tar.gz\", \"dataset\": \"cifar-10\", \"size\": 9, \"sha256\": \"" HEX64 "\", \"remark\": "          \
    "\"part\", "
#define ENTRY "{" FIELDS "\"members\": [" TRAIN ", " TEST "]}"

static struct status create(const char *text, struct catalog *catalog)
{
    return catalog_create_from_memory("c.json", text, strlen(text), catalog);
}

static bool is_hex(const char *text, size_t digits)
{
    return strlen(text) == digits && strspn(text, "0123456789abcdef") == digits;
}

static void expect_official_images(const struct catalog_entry *entry)
{
    char folder[64], file[64];
    bool ten = strcmp(entry->dataset, "cifar-10") == 0, binary = entry->kind == CATALOG_BINARY;
    snprintf(file, sizeof file, "%s-%s.tar.gz", entry->dataset, binary ? "binary" : "python");
    catalog_entry_folder(entry, folder, sizeof folder);
    cr_expect(eq(str, file, (char *)entry->file));
    cr_expect(eq(str, folder,
                 ten ? (binary ? "cifar-10-batches-bin" : "cifar-10-batches-py")
                     : (binary ? "cifar-100-binary" : "cifar-100-python")));
    cr_expect(eq(int, catalog_entry_records(entry, CATALOG_TRAIN), 50000));
    cr_expect(eq(int, catalog_entry_records(entry, CATALOG_TEST), 10000));
    for (size_t m = 0; binary && m < entry->member_count; m++)
        cr_expect(eq(u64, entry->members[m].size, (uint64_t)entry->members[m].records * (ten ? 3073 : 3074)));
}

// Headers and padding are blocks of 512 bytes, the folder has one header, and tar fills up to 20 blocks.
static void expect_official_tar(const struct catalog_entry *entry)
{
    uint64_t blocks = 1 + 2;
    cr_assert(eq(sz, entry->member_count, 20));
    for (size_t m = 0; m < entry->member_count; m++) blocks += 1 + (entry->members[m].size + 511) / 512;
    cr_expect(le(u64, blocks * 512, entry->size), "%s", entry->file);
    cr_expect(gt(u64, blocks * 512 + 20 * 512, entry->size), "%s: %" PRIu64 " bytes are not explained", entry->file,
              entry->size - blocks * 512);
}

Test(catalog, official_entries_add_up)
{
    struct catalog catalog;
    int kinds[5] = {0};
    cr_assert(eq(int, catalog_create(NULL, &catalog).code, STATUS_OK));
    for (size_t e = 0; e < catalog.count; e++) {
        const struct catalog_entry *entry = &catalog.entries[e];
        kinds[entry->kind]++;
        cr_expect(entry->official && entry->remark[0] == '\0', "%s", entry->file);
        cr_expect(entry->licence[0] != '\0' && entry->citation[0] != '\0', "%s", entry->file);
        cr_expect(is_hex(entry->md5, 32), "%s", entry->file);
        cr_expect(entry->kind == CATALOG_ARRAY ? entry->sha256[0] == '\0' : is_hex(entry->sha256, 64), "%s",
                  entry->file);
        cr_expect(entry->addresses[0] != NULL, "%s", entry->file);
        for (int a = 0; entry->addresses[a] != NULL; a++)
            cr_expect(strncmp(entry->addresses[a], "https://", 8) == 0, "%s", entry->addresses[a]);
        for (size_t m = 0; m < entry->member_count; m++) cr_expect(is_hex(entry->members[m].md5, 32));
        if (entry->kind == CATALOG_BINARY || entry->kind == CATALOG_PYTHON) expect_official_images(entry);
        if (entry->kind == CATALOG_CORRUPTED) expect_official_tar(entry);
    }
    cr_expect(kinds[CATALOG_BINARY] == 2 && kinds[CATALOG_PYTHON] == 2 && kinds[CATALOG_CORRUPTED] == 2);
    cr_expect(kinds[CATALOG_ARRAY] == 16 && kinds[CATALOG_PICTURE] == 5);
    catalog_destroy(&catalog);
}

Test(catalog, single_arrays_are_the_members_of_their_archive)
{
    struct catalog catalog;
    cr_assert(eq(int, catalog_create(NULL, &catalog).code, STATUS_OK));
    const struct catalog_entry *archive = catalog_find_file(&catalog, "CIFAR-10-C.tar");
    cr_assert(archive != NULL);
    for (size_t e = 0; e < catalog.count; e++) {
        const struct catalog_entry *entry = &catalog.entries[e];
        if (entry->kind != CATALOG_ARRAY) continue;
        size_t m = 0;
        while (m < archive->member_count && strcmp(archive->members[m].name, entry->file) != 0) m++;
        cr_assert(lt(sz, m, archive->member_count), "%s", entry->file);
        cr_expect(eq(str, (char *)entry->md5, (char *)archive->members[m].md5));
        cr_expect(eq(u64, entry->size, archive->members[m].size));
    }
    catalog_destroy(&catalog);
}

Test(catalog, frost_pictures_are_those_of_the_reader)
{
    struct catalog catalog;
    cr_assert(eq(int, catalog_create(NULL, &catalog).code, STATUS_OK));
    for (int place = 0; place < FROST_TEXTURES; place++) {
        const struct frost_file *file = &frost_published_files[place];
        const struct catalog_entry *entry = catalog_find_file(&catalog, file->name);
        cr_assert(entry != NULL, "%s", file->name);
        cr_expect(eq(u64, entry->size, file->bytes));
        cr_expect(eq(str, (char *)entry->sha256, (char *)file->sha256));
    }
    catalog_destroy(&catalog);
}

Test(catalog, entries_of_a_file_come_first_and_are_not_official)
{
    struct catalog catalog;
    struct status status = create("{\"files\": [" ENTRY "]}", &catalog);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    const size_t official = catalog.count - 1;
    cr_assert(gt(sz, official, 20));
    const struct catalog_entry *entry = &catalog.entries[0];
    cr_expect(not(entry->official));
    cr_expect(eq(str, (char *)entry->file, "a.tar.gz"));
    cr_expect(eq(str, (char *)entry->remark, "part"));
    cr_expect(eq(ptr, (char *)entry->addresses[0], NULL));
    cr_expect(eq(u64, entry->size, 9));
    cr_assert(eq(sz, entry->member_count, 2));
    cr_expect(eq(int, catalog_entry_records(entry, CATALOG_TRAIN), 5));
    cr_expect(eq(int, catalog_entry_records(entry, CATALOG_TEST), 2));
    cr_expect(eq(str, (char *)entry->members[0].md5, ""));
    cr_expect(eq(str, (char *)entry->members[1].md5, HEX32));
    for (size_t e = 1; e <= official; e++) cr_expect(catalog.entries[e].official);
    catalog_destroy(&catalog);
}

Test(catalog, the_shipped_file_reads)
{
    struct catalog catalog;
    struct status status = catalog_create("datasets/catalogs/cifar-subset.json", &catalog);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    cr_expect(catalog.entries[2].official && !catalog.entries[1].official);
    cr_expect(eq(int, catalog_entry_records(&catalog.entries[0], CATALOG_TRAIN), 3000));
    cr_expect(eq(int, catalog_entry_records(&catalog.entries[1], CATALOG_TRAIN), 2500));
    catalog_destroy(&catalog);
}

Test(catalog, a_missing_file_is_named)
{
    struct catalog catalog;
    expect_error(catalog_create("no/such/catalog.json", &catalog), STATUS_MISSING, "no/such/catalog.json", "missing");
    cr_expect(eq(ptr, catalog.entries, NULL));
}

// One entry in which `find` is replaced by `with`; the message must contain `part`.
static void expect_refusal(const char *find, const char *with, const char *part)
{
    static const char text[] = "{\"files\": [" ENTRY "]}";
    char changed[2000], place[300];
    const char *at = strstr(text, find);
    struct catalog catalog;
    cr_assert(at != NULL, "%s", find);
    snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - text), text, with, at + strlen(find));
    snprintf(place, sizeof place, "%s -> %s", find, with);
    expect_error(create(changed, &catalog), STATUS_USAGE, part, place);
    cr_expect(catalog.entries == NULL && catalog.count == 0, "%s: something is left", place);
}

Test(catalog, what_is_wrong_is_named_by_its_place)
{
    expect_refusal("{\"files\"", "[\"files\"", "c.json: line 1");
    expect_refusal("\"files\"", "\"flies\"", "c.json: catalogue: unknown key \"flies\"");
    expect_refusal("\"files\": [", "\"files\": 3, \"files\": [", "duplicate");
    expect_refusal("\"file\"", "\"fille\"", "c.json: files[0]: unknown key \"fille\"");
    expect_refusal("\"file\": \"a.tar.gz\", ", "", "files[0].file: expected a string, found nothing");
    expect_refusal("\"size\": 9", "\"size\": 9.0", "files[0].size: expected an integer, found a number");
    expect_refusal("\"size\": 9", "\"size\": 0", "files[0].size: expected 1 to");
    expect_refusal("\"size\": 9", "\"size\": 9223372036854775807", "files[0].size: expected 1 to");
    expect_refusal("\"cifar-10\"", "true", "files[0].dataset: expected a string, found true");
    expect_refusal("\"cifar-10\"", "\"cifar\"",
                   "files[0].dataset: expected \"cifar-10\" or \"cifar-100\", found \"cifar\"");
    expect_refusal("\"a.tar.gz\"", "\"a.zip\"", "files[0].file: expected NAME.tar.gz");
    expect_refusal("\"a.tar.gz\"", "\"../a.tar.gz\"", "files[0].file: expected NAME.tar.gz");
    expect_refusal("\"a.tar.gz\"", "\".tar.gz\"", "files[0].file: expected NAME.tar.gz");
    expect_refusal("\"" HEX64 "\"", "\"" HEX32 "\"", "files[0].sha256: expected 64 lower-case hex digits");
    expect_refusal("\"0123456789a", "\"0123456789A", "files[0].sha256: expected 64 lower-case hex digits");
    expect_refusal("\"part\"", "\"\"", "files[0].remark: expected a sentence");
    expect_refusal("\"members\": [" TRAIN ", " TEST "]", "\"members\": []",
                   "files[0].members: expected 1 to 32 elements, found 0");
    expect_refusal("\"members\": [" TRAIN ", " TEST "]", "\"members\": {}",
                   "files[0].members: expected an array, found an object");
    expect_refusal(TRAIN, "7", "files[0].members[0]: expected an object, found an integer");
    expect_refusal(TRAIN ", ", "", "files[0].members: expected at least one of part \"train\"");
    expect_refusal(", " TEST, "", "files[0].members: expected at least one of part \"train\" and one of part \"test\"");
    expect_refusal("\"records\": 5", "\"records\": -5", "files[0].members[0].records: expected 1 to 1000000, found -5");
    expect_refusal("\"records\": 5", "\"records\": 1000001", "files[0].members[0].records: expected 1 to 1000000");
    expect_refusal("\"records\": 2", "\"record\": 2", "files[0].members[1]: unknown key \"record\"");
    expect_refusal("\"part\": \"test\"", "\"part\": \"eval\"",
                   "files[0].members[1].part: expected \"train\" or \"test\"");
    expect_refusal("\"" HEX32 "\"", "\"123\"", "files[0].members[1].md5: expected 32 lower-case hex digits");
    expect_refusal("d/train.bin", "d/test.bin", "files[0].members[1].name: d/test.bin is there twice");
    expect_refusal("d/train.bin", "e/train.bin", "files[0].members[1].name: expected the same folder as e/train.bin");
    expect_refusal("[" ENTRY "]", "[" ENTRY ", " ENTRY "]", "files[1].file: a.tar.gz is there twice");
    expect_refusal("\"part\", ", "\"part\", \"kind\": \"corrupted\", ",
                   "files[0].kind: expected \"binary\" or \"python\", found \"corrupted\"");
    expect_refusal("\"part\", ", "\"part\", \"address\": \"a\", \"addresses\": [\"b\"], ", "found both");
    expect_refusal("\"part\", ", "\"part\", \"addresses\": [\"b\", 3], ",
                   "files[0].addresses[1]: expected a string, found an integer");
    expect_refusal("[" ENTRY "]", "[]", "catalogue.files: expected 1 to 64 elements, found 0");
    expect_refusal("[" ENTRY "]", "[" ENTRY "", "c.json: line 1");
}

Test(catalog, member_names_stay_in_the_data_folder)
{
    static const char *const names[] = {"train.bin",    "/train.bin", "d/", "../train.bin", "d/../train.bin",
                                        "d/.train.bin", "d/e/f",      "",   ".d/train.bin"};
    for (size_t n = 0; n < sizeof names / sizeof names[0]; n++)
        expect_refusal("d/train.bin", names[n], "files[0].members[0].name: expected FOLDER/FILE");
}

Test(catalog, every_cut_is_an_error)
{
    static const char text[] = "{\"files\": [" ENTRY "]}";
    struct catalog catalog;
    for (size_t size = 0; size + 1 < sizeof text; size++) {
        struct status status = catalog_create_from_memory("c.json", text, size, &catalog);
        cr_expect(eq(int, status.code, STATUS_USAGE), "cut after byte %zu: %s", size, status.message);
    }
}

// fuzz_json.c: a catalogue, as a user writes one and as the program carries one; what is read leads to no other folder.
#include <stdlib.h>
#include <string.h>

#include "datasets/catalog_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check(const struct catalog *catalog)
{
    for (size_t e = 0; e < catalog->count; e++) {
        const struct catalog_entry *entry = &catalog->entries[e];
        if (entry->file[0] == '.' || entry->file[0] == '/' || strstr(entry->file, "..") == entry->file) abort();
        for (size_t m = 0; m < entry->member_count; m++)
            if (entry->members[m].name[0] == '.' || entry->members[m].name[0] == '/') abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    for (int official = 0; official < 2; official++) {
        struct catalog catalog = {0};
        if (catalog_json_read("fuzz.json", (const char *)bytes, size, official == 1, &catalog).code == STATUS_OK)
            check(&catalog);
        catalog_destroy(&catalog);
    }
    return 0;
}

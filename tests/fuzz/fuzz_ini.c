// fuzz_ini.c: INI text; and the same as a preset with its marks, ranges and rules, each of whose values is then given
// again as on the command line.
#define _GNU_SOURCE 1 // asprintf
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ini.h"
#include "harness/preset.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void override_all(struct preset *preset, const struct ini_file *file)
{
    for (size_t i = 0; i < file->count; i++) {
        const struct ini_entry *entry = &file->entries[i];
        char *assignment = NULL;
        if (asprintf(&assignment, "%s.%s=%.*s", entry->section, entry->key, (int)strcspn(entry->value, "|"),
                     entry->value) < 0)
            abort();
        (void)preset_override(preset, assignment, "fuzz");
        free(assignment);
    }
    (void)preset_check(preset);
    json_decref(preset_to_json(preset));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct ini_file file = {.count = 0};
    struct preset preset;
    char *text = malloc(size + 1);
    memcpy(text, bytes, size);
    text = realloc(text, size > 0 ? size : 1); // of exactly that size, so that reading beyond it is found
    struct status status = ini_parse_memory("fuzz.ini", text, size, &file);
    if (preset_parse("fuzz", "fuzz.ini", text, size, &preset).code == STATUS_OK) {
        if (status.code != STATUS_OK) abort(); // a preset that is no INI file
        override_all(&preset, &file);
        preset_destroy(&preset);
    }
    if (status.code == STATUS_OK) ini_destroy(&file);
    free(text);
    return 0;
}

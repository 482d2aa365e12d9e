// fuzz_ini.c: INI text; the same as a preset with its marks, ranges and rules; and every value of it once more as on the
// command line, on top of a preset of this program, so that short inputs get as far as whole presets.
#define _GNU_SOURCE 1 // asprintf, memfd_create
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/ini.h"
#include "harness/preset.h"
#include "harness/preset_keys.h"

enum { NAME_SIZE = 24 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

// What is written back is read again as the same.
static void check_round_trip(const struct preset_key *key, const struct preset_values *values)
{
    struct preset_values again;
    char text[PRESET_TEXT_SIZE], twice[PRESET_TEXT_SIZE];
    memset(&again, 0, sizeof again);
    preset_value_format(key, values, text);
    if (preset_value_parse(key, text, &again).code != STATUS_OK) abort();
    preset_value_format(key, &again, twice);
    if (strcmp(text, twice) != 0) abort();
}

static void override_all(struct preset *preset, const struct ini_file *file)
{
    for (size_t i = 0; i < file->count; i++) {
        const struct ini_entry *entry = &file->entries[i];
        char *assignment = NULL;
        if (asprintf(&assignment, "%s.%s=%.*s", entry->section, entry->key, (int)strcspn(entry->value, "|"),
                     entry->value) < 0)
            abort();
        if (preset_override(preset, assignment, "fuzz").code == STATUS_OK) {
            *strchr(assignment, '=') = '\0';
            int key = preset_key_find(assignment);
            if (key >= 0) check_round_trip(preset_key_at(key), &preset->values);
        }
        free(assignment);
    }
    (void)preset_check(preset);
}

// The values of a preset of this program, read once; without marks and reasons.
static struct preset make_base(void)
{
    static struct preset quick;
    if (quick.name[0] == '\0' && preset_load("quick", &quick).code != STATUS_OK) abort();
    struct preset base = {.values = quick.values};
    memcpy(base.name, quick.name, sizeof base.name);
    return base;
}

// The first line as the name of a preset, or as an assignment.
static void use_first_line(const char *text, size_t size)
{
    struct preset preset, base = make_base();
    char name[NAME_SIZE];
    size_t length = 0;
    while (length < size && length + 1 < sizeof name && text[length] != '\n' && text[length] != '/') length++;
    memcpy(name, text, length);
    name[length] = '\0';
    if (preset_load(name, &preset).code == STATUS_OK) preset_destroy(&preset);
    (void)preset_override(&base, name, "fuzz");
    preset_destroy(&base);
}

// A file must come to the same as memory; its name is a number, which any preset may have.
static void load_as_file(const char *text, size_t size, enum status_code expected)
{
    struct preset preset;
    char path[40];
    int file = memfd_create("fuzz", MFD_CLOEXEC);
    if (file < 0 || write(file, text, size) != (ssize_t)size) abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    struct status status = preset_load(path, &preset);
    if (status.code != expected) abort();
    if (status.code == STATUS_OK) preset_destroy(&preset);
    close(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct ini_file file = {.count = 0};
    struct preset preset;
    char *text = malloc(size + 1);
    memcpy(text, bytes, size);
    text = realloc(text, size > 0 ? size : 1); // of exactly that size, so that reading beyond it is found
    struct status status = ini_parse_memory("fuzz.ini", text, size, &file);
    struct status whole = preset_parse("fuzz", "fuzz.ini", text, size, &preset);
    if (whole.code == STATUS_OK) {
        if (status.code != STATUS_OK) abort(); // a preset that is no INI file
        json_decref(preset_to_json(&preset));
        override_all(&preset, &file);
        preset_destroy(&preset);
    } else if (status.code == STATUS_OK && file.count > 0) {
        preset = make_base();
        override_all(&preset, &file);
        preset_destroy(&preset);
    }
    if (size % 8 == 0) load_as_file(text, size, whole.code);
    if (size % 8 == 1) use_first_line(text, size);
    if (status.code == STATUS_OK) ini_destroy(&file);
    free(text);
    return 0;
}

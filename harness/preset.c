// preset.c: reads a preset from the program or a file, applies overrides, checks that nothing is missing. What a key
// or a value is, preset_keys.c and preset_value.c know. Tests: tests/preset_test.c.
#include "harness/preset.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/ini.h"
#include "base/number.h"
#include "harness/embedded_presets.h"
#include "harness/json_text.h"
#include "harness/nearest_word.h"
#include "harness/preset_keys.h"

enum { PRESET_FILE_LIMIT = 1 << 20, PRESET_EMBEDDED_LIMIT = 64 };

static char *trim(char *text)
{
    text += strspn(text, " \t\r");
    size_t length = strlen(text);
    while (length > 0 && strchr(" \t\r", text[length - 1]) != NULL) length--;
    text[length] = '\0';
    return text;
}

// Puts the place in front of a sentence that says what is wrong there.
static struct status at_place(const char *place, const char *key, struct status status)
{
    return status_error(status.code, "%s: %s: %s", place, key, status.message);
}

static struct status unknown_key(const char *place, const char *name)
{
    const char *nearest = preset_key_nearest(name);
    return status_error(STATUS_USAGE, "%s: unknown key \"%s\"%s%s%s", place, name,
                        nearest != NULL ? "; did you mean \"" : "", nearest != NULL ? nearest : "",
                        nearest != NULL ? "\"?" : "");
}

// ---- one line of a file ----------------------------------------------------------------------------------------

// Cuts "value | mark | reason" in place.
static struct status split_value(char *text, char **value, enum preset_mark *mark, char **reason)
{
    static const char form[] = "expected \"VALUE | stated | WHERE\" or \"VALUE | chosen | REASON\"";
    struct status status = status_error(STATUS_USAGE, "%s, found \"%s\"", form, text);
    char *first = strchr(text, '|'), *second = first != NULL ? strchr(first + 1, '|') : NULL;
    if (second == NULL) return status;
    *first = *second = '\0';
    *value = trim(text);
    *reason = trim(second + 1);
    const char *word = trim(first + 1);
    *mark = strcmp(word, "stated") == 0 ? PRESET_STATED : PRESET_CHOSEN;
    if (*mark == PRESET_CHOSEN && strcmp(word, "chosen") != 0) return status;
    return (*reason)[0] != '\0' ? status_ok() : status;
}

static struct status set_origin(struct preset_origin *origin, enum preset_mark mark, const char *reason)
{
    char *copy = strdup(reason);
    if (copy == NULL) return status_error(STATUS_NO_MEMORY, "out of memory");
    free(origin->reason);
    *origin = (struct preset_origin){.given = true, .mark = mark, .reason = copy};
    return status_ok();
}

static struct status read_entry(const char *place, const struct ini_entry *entry, struct preset *preset)
{
    char name[256], *value = NULL, *reason = NULL;
    enum preset_mark mark = PRESET_CHOSEN;
    snprintf(name, sizeof name, "%s.%s", entry->section, entry->key);
    int key = preset_key_find(name);
    if (key < 0) return unknown_key(place, name);
    struct status status = split_value(entry->value, &value, &mark, &reason);
    if (status.code == STATUS_OK) status = preset_value_parse(preset_key_at(key), value, &preset->values);
    if (status.code == STATUS_OK) status = set_origin(&preset->origins[key], mark, reason);
    return status.code == STATUS_OK ? status : at_place(place, name, status);
}

// ---- a whole preset --------------------------------------------------------------------------------------------

static struct status check_complete(const char *file, const struct preset *preset)
{
    char missing[300] = "";
    int count = 0;
    for (int i = 0; i < preset_key_count(); i++) {
        if (preset->origins[i].given) continue;
        size_t length = strlen(missing);
        if (count < 4)
            snprintf(missing + length, sizeof missing - length, "%s%s", count == 0 ? "" : ", ", preset_key_at(i)->name);
        count++;
    }
    if (count == 0) return status_ok();
    return status_error(STATUS_USAGE, "%s: %d of %d keys missing: %s%s", file, count, preset_key_count(), missing,
                        count > 4 ? ", ..." : "");
}

static struct status check_name(const char *file, const char *name)
{
    size_t length = strlen(name);
    if (length > 0 && length < PRESET_NAME_SIZE && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_") == length &&
        name[0] != '-')
        return status_ok();
    return status_error(STATUS_USAGE,
                        "preset %s: its name becomes a folder's: expected 1 to %d of a-z 0-9 - _, found \"%s\"", file,
                        PRESET_NAME_SIZE - 1, name);
}

struct status preset_parse(const char *name, const char *file, const char *text, size_t size, struct preset *preset)
{
    struct ini_file entries = {NULL, 0};
    memset(preset, 0, sizeof *preset);
    struct status status = check_name(file, name);
    if (status.code != STATUS_OK) return status;
    snprintf(preset->name, sizeof preset->name, "%s", name);
    status = ini_parse_memory(file, text, size, &entries);
    for (size_t i = 0; status.code == STATUS_OK && i < entries.count; i++) {
        char place[400];
        snprintf(place, sizeof place, "%s:%d", file, entries.entries[i].line);
        status = read_entry(place, &entries.entries[i], preset);
    }
    if (status.code == STATUS_OK) status = check_complete(file, preset);
    if (status.code == STATUS_OK) status = preset_check(preset);
    ini_destroy(&entries);
    if (status.code != STATUS_OK) preset_destroy(preset);
    return status;
}

void preset_destroy(struct preset *preset)
{
    for (int i = 0; i < PRESET_KEY_LIMIT; i++) free(preset->origins[i].reason);
    memset(preset, 0, sizeof *preset);
}

// ---- where presets come from -----------------------------------------------------------------------------------

static const struct embedded_file *find_embedded(const char *name)
{
    for (const struct embedded_file *file = embedded_presets; file->name != NULL; file++)
        if (strcmp(file->name, name) == 0) return file;
    return NULL;
}

static struct status unknown_preset(const char *name)
{
    const char *names[PRESET_EMBEDDED_LIMIT];
    char list[200] = "";
    int count = 0;
    for (; count < PRESET_EMBEDDED_LIMIT && embedded_presets[count].name != NULL; count++) {
        size_t length = strlen(list);
        names[count] = embedded_presets[count].name;
        snprintf(list + length, sizeof list - length, "%s, ", names[count]);
    }
    const char *nearest = nearest_word(name, names, count);
    return status_error(STATUS_USAGE, "unknown preset \"%s\": expected %sor a path to an .ini file%s%s%s", name, list,
                        nearest != NULL ? "; did you mean \"" : "", nearest != NULL ? nearest : "",
                        nearest != NULL ? "\"?" : "");
}

// A changed copy of paper.ini must not pass for the preset of that name in results and reports.
static struct status check_not_borrowed(const char *path, const char *name, const uint8_t *bytes, size_t size)
{
    const struct embedded_file *own = find_embedded(name);
    if (own == NULL || (own->size == size && memcmp(own->text, bytes, size) == 0)) return status_ok();
    return status_error(STATUS_USAGE,
                        "preset %s: \"%s\" is a preset of this program, and the file says something else; "
                        "give the file another name",
                        path, name);
}

static struct status load_file(const char *path, struct preset *preset)
{
    uint8_t *bytes = NULL;
    size_t size;
    const char *slash = strrchr(path, '/');
    char *name = strdup(slash != NULL ? slash + 1 : path);
    if (name == NULL) return status_error(STATUS_NO_MEMORY, "load preset %s: out of memory", path);
    size_t length = strlen(name);
    if (length > 4 && strcmp(name + length - 4, ".ini") == 0) name[length - 4] = '\0';
    struct status status = file_read(path, PRESET_FILE_LIMIT, &bytes, &size);
    if (status.code == STATUS_OK) status = check_not_borrowed(path, name, bytes, size);
    if (status.code == STATUS_OK) status = preset_parse(name, path, (const char *)bytes, size, preset);
    free(bytes);
    free(name);
    return status;
}

struct status preset_load(const char *name_or_path, struct preset *preset)
{
    size_t length = strlen(name_or_path);
    memset(preset, 0, sizeof *preset);
    if (strchr(name_or_path, '/') != NULL || (length > 4 && strcmp(name_or_path + length - 4, ".ini") == 0))
        return load_file(name_or_path, preset);
    const struct embedded_file *file = find_embedded(name_or_path);
    if (file == NULL) return unknown_preset(name_or_path);
    char shown[80];
    snprintf(shown, sizeof shown, "%s.ini", file->name);
    return preset_parse(file->name, shown, file->text, file->size, preset);
}

// ---- overrides and checks --------------------------------------------------------------------------------------

struct status preset_override(struct preset *preset, const char *assignment, const char *reason)
{
    const char *equals = strchr(assignment, '=');
    if (equals == NULL)
        return status_error(STATUS_USAGE, "set %s: expected SECTION.KEY=VALUE, found no \"=\"", assignment);
    char *name = strdup(assignment);
    if (name == NULL) return status_error(STATUS_NO_MEMORY, "set %s: out of memory", assignment);
    char *value = name + (equals - assignment) + 1;
    name[equals - assignment] = '\0';
    int key = preset_key_find(trim(name));
    struct status status = status_ok();
    if (key < 0) status = unknown_key(reason, trim(name));
    if (key >= 0) status = preset_value_parse(preset_key_at(key), trim(value), &preset->values);
    if (key >= 0 && status.code == STATUS_OK) status = set_origin(&preset->origins[key], PRESET_OVERRIDE, reason);
    if (key >= 0 && status.code != STATUS_OK) status = at_place(reason, preset_key_at(key)->name, status);
    free(name);
    return status;
}

static struct status check_training(const struct preset *preset, const char *section, const struct preset_training *own,
                                    int synthetic_images)
{
    const struct preset_values *values = &preset->values;
    char minimum[32], rate[32];
    number_format_double(values->training.learning_rate_minimum, minimum);
    number_format_double(own->learning_rate, rate);
    if (values->training.warmup_epochs >= own->epochs)
        return status_error(STATUS_USAGE,
                            "preset %s: training.warmup_epochs is %d, expected less than %s.epochs, which is %d",
                            preset->name, values->training.warmup_epochs, section, own->epochs);
    if (values->training.learning_rate_minimum > own->learning_rate)
        return status_error(STATUS_USAGE,
                            "preset %s: training.learning_rate_minimum is %s, expected at most %s.learning_rate, "
                            "which is %s",
                            preset->name, minimum, section, rate);
    if (values->data.source == PRESET_SOURCE_SYNTHETIC && values->training.batch_size > synthetic_images)
        return status_error(STATUS_USAGE,
                            "preset %s: training.batch_size is %d, expected at most "
                            "data.synthetic_train_images_%s, which is %d",
                            preset->name, values->training.batch_size, section, synthetic_images);
    return status_ok();
}

struct status preset_check(const struct preset *preset)
{
    const struct preset_values *values = &preset->values;
    if (values->network.depth % 6 != 4)
        return status_error(STATUS_USAGE,
                            "preset %s: network.depth is %d, expected 6 n + 4: 10, 16, 22, 28, 34, 40, ...",
                            preset->name, values->network.depth);
    if (values->data.corrupted_source == PRESET_CORRUPTED_PUBLISHED && values->data.source == PRESET_SOURCE_SYNTHETIC)
        return status_error(STATUS_USAGE,
                            "preset %s: data.corrupted_source is published, which exists for CIFAR-10 only: expected "
                            "generated, or data.source = cifar",
                            preset->name);
    struct status status =
        check_training(preset, "teacher", &values->teacher, values->data.synthetic_train_images_teacher);
    if (status.code == STATUS_OK)
        status = check_training(preset, "target", &values->target, values->data.synthetic_train_images_target);
    return status;
}

json_t *preset_to_json(const struct preset *preset)
{
    static const char *const marks[] = {"stated", "chosen", "override"};
    json_t *object = json_object();
    for (int i = 0; i < preset_key_count(); i++) {
        const struct preset_key *key = preset_key_at(i);
        json_t *entry = json_pack("{s:o, s:s, s:o}", "value", preset_value_json(key, &preset->values), "mark",
                                  marks[preset->origins[i].mark], "reason", json_text(preset->origins[i].reason));
        if (json_object_set_new(object, key->name, entry) != 0) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}

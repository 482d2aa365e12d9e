// configuration_hash.c: the canonical text of a configuration and its SHA-256. Tests: tests/configuration_hash_test.c.
#include "harness/configuration_hash.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "harness/environment.h"
#include "harness/preset_keys.h"

enum { LINE_LIMIT = PRESET_KEY_LIMIT + 8 };

struct line_list {
    char *lines[LINE_LIMIT];
    int count;
    bool failed;
};

static void add_line(struct line_list *list, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add_line(struct line_list *list, const char *format, ...)
{
    char *line = NULL;
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&line, format, arguments) < 0)
        list->failed = true;
    else
        list->lines[list->count++] = line;
    va_end(arguments);
}

static int compare_lines(const void *first, const void *second)
{
    return strcmp(*(char *const *)first, *(char *const *)second);
}

static char *join_lines(struct line_list *list)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = list->failed ? NULL : open_memstream(&text, &size);
    if (stream == NULL) return NULL;
    qsort(list->lines, (size_t)list->count, sizeof list->lines[0], compare_lines);
    for (int i = 0; i < list->count; i++) fprintf(stream, "%s\n", list->lines[i]);
    if (fclose(stream) == 0) return text;
    free(text);
    return NULL;
}

static void add_data(struct line_list *list, const char *role, const struct dataset *data)
{
    if (data != NULL)
        add_line(list, "configuration.data.%s=%s %s train=%d test=%d", role, data->name, data->sha256,
                 data->train.count, data->test.count);
}

char *configuration_text(const struct configuration *configuration)
{
    struct line_list list = {.count = 0};
    char device_class[32], value[PRESET_TEXT_SIZE];
    environment_device_class(configuration->kernels, device_class, sizeof device_class);
    add_line(&list, "configuration.format=1");
    add_line(&list, "configuration.arithmetic=%s %s", device_class, configuration->kernels->arithmetic);
    add_line(&list, "configuration.teacher_images=%s", configuration->teacher_images);
    if (configuration->frost_textures != NULL)
        add_line(&list, "configuration.frost_textures=%s", configuration->frost_textures);
    add_data(&list, "teacher", configuration->teacher_data);
    add_data(&list, "target", configuration->target_data);
    if (configuration->start != NULL) add_line(&list, "configuration.start=%s", configuration->start);
    for (int i = 0; i < preset_key_count(); i++) {
        const struct preset_key *key = preset_key_at(i);
        if (!key->decides) continue;
        preset_value_format(key, &configuration->preset->values, value);
        add_line(&list, "%s=%s", key->name, value);
    }
    char *text = join_lines(&list);
    for (int i = 0; i < list.count; i++) free(list.lines[i]);
    return text;
}

struct status configuration_hash(const struct configuration *configuration, char hex[65])
{
    char *text = configuration_text(configuration);
    if (text == NULL) return status_error(STATUS_NO_MEMORY, "hash a configuration: out of memory");
    digest_sha256(text, strlen(text), hex);
    free(text);
    return status_ok();
}

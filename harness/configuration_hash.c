// configuration_hash.c: the canonical text of a configuration and its SHA-256. Tests: tests/preset_test.c.
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

char *configuration_text(const struct configuration *configuration)
{
    struct line_list list = {.count = 0};
    const struct dataset *data = configuration->data;
    bool teacher = configuration->role == RUN_TEACHER;
    enum preset_decides decides = teacher ? PRESET_DECIDES_TEACHER : PRESET_DECIDES_TARGET;
    char class[32], value[PRESET_TEXT_SIZE];
    environment_device_class(configuration->kernels, class, sizeof class);
    add_line(&list, "configuration.format=1");
    add_line(&list, "configuration.role=%s", teacher ? "teacher" : "target");
    add_line(&list, "configuration.arithmetic=%s %s", class, environment_algorithm_table);
    add_line(&list, "configuration.data=%s %s train=%d test=%d", data->name, data->sha256, data->train.count,
             data->test.count);
    add_line(&list, "configuration.start=%s", configuration->start != NULL ? configuration->start : "fresh");
    add_line(&list, "configuration.teacher_images=%s", configuration->teacher_images);
    for (int i = 0; i < preset_key_count(); i++) {
        const struct preset_key *key = preset_key_at(i);
        if ((key->decides & decides) == 0) continue;
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

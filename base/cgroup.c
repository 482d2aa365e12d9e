// cgroup.c: reads the limits of Linux control groups. The parsers take memory; what a limit means for threads or
// buffers is machine.c's. Formats: kernel documentation, admin-guide/cgroup-v2 and cgroup-v1. Tests:
// tests/machine_test.c.
#include "base/cgroup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/number.h"

enum { CGROUP_PATH_SIZE = 4096, CGROUP_FILE_LIMIT = 4096 };

// A whole number up to the first blank or the end. *rest points behind it.
static bool cgroup_parse_integer(const char *text, int64_t *value, const char **rest)
{
    char word[24];
    size_t length = strcspn(text, " \n");
    if (length >= sizeof word) return false;
    memcpy(word, text, length);
    word[length] = '\0';
    *rest = text + length;
    return number_parse_int64(word, INT64_MIN, INT64_MAX, value);
}

bool cgroup_parse_cpu_max(const char *text, double *processors)
{
    int64_t quota, period = 100000; // the period may be left out; this is the kernel's default
    const char *rest;
    if (!cgroup_parse_integer(text, &quota, &rest)) return false;
    if (*rest == ' ' && !cgroup_parse_integer(rest + 1, &period, &rest)) return false;
    if (quota <= 0 || period <= 0) return false;
    *processors = (double)quota / (double)period;
    return true;
}

bool cgroup_parse_cfs(const char *quota_text, const char *period_text, double *processors)
{
    int64_t quota, period;
    const char *rest;
    if (!cgroup_parse_integer(quota_text, &quota, &rest) || !cgroup_parse_integer(period_text, &period, &rest))
        return false;
    if (quota <= 0 || period <= 0) return false;
    *processors = (double)quota / (double)period;
    return true;
}

bool cgroup_parse_memory(const char *text, uint64_t *bytes)
{
    int64_t value;
    const char *rest;
    if (!cgroup_parse_integer(text, &value, &rest) || value <= 0 || value >= INT64_MAX / 2) return false;
    *bytes = (uint64_t)value;
    return true;
}

// Is `word` one of the words between commas in the `length` bytes at `list`? The empty list holds the empty word.
static bool cgroup_list_has(const char *list, size_t length, const char *word)
{
    size_t word_length = strlen(word);
    for (const char *end = list + length;; list++) {
        size_t item = 0;
        while (list + item < end && list[item] != ',') item++;
        if (item == word_length && memcmp(list, word, item) == 0) return true;
        list += item;
        if (list == end) return false;
    }
}

bool cgroup_parse_self(const char *text, const char *controller, char *path, size_t size)
{
    while (*text != '\0') { // lines such as "4:cpu,cpuacct:/user.slice" or, in v2, "0::/user.slice"
        size_t line = strcspn(text, "\n");
        const char *list = memchr(text, ':', line);
        const char *found = list == NULL ? NULL : memchr(list + 1, ':', line - (size_t)(list + 1 - text));
        if (found != NULL && cgroup_list_has(list + 1, (size_t)(found - list - 1), controller)) {
            size_t length = line - (size_t)(found + 1 - text);
            if (length >= size) return false;
            memcpy(path, found + 1, length);
            path[length] = '\0';
            return true;
        }
        text += line + (text[line] == '\n');
    }
    return false;
}

// The text of <hierarchy><group>/<name>, which the caller frees; NULL when it cannot be read.
static char *cgroup_read_text(const char *hierarchy, const char *group, const char *name)
{
    char path[2 * CGROUP_PATH_SIZE + 64];
    uint8_t *text = NULL;
    size_t size;
    snprintf(path, sizeof path, "%s%s/%s", hierarchy, group, name);
    struct status status = file_read(path, CGROUP_FILE_LIMIT, &text, &size);
    return status.code == STATUS_OK ? (char *)text : NULL;
}

static void cgroup_lower_processors(struct cgroup_limits *limits, double processors)
{
    if (limits->processors == 0 || processors < limits->processors) limits->processors = processors;
}

static void cgroup_lower_memory(struct cgroup_limits *limits, uint64_t bytes)
{
    if (limits->memory_bytes == 0 || bytes < limits->memory_bytes) limits->memory_bytes = bytes;
}

// What one group says, in the files of both versions; a hierarchy has only its own.
static void cgroup_read_group(const char *hierarchy, const char *group, struct cgroup_limits *limits)
{
    char *cpu_max = cgroup_read_text(hierarchy, group, "cpu.max");
    char *quota = cgroup_read_text(hierarchy, group, "cpu.cfs_quota_us");
    char *period = cgroup_read_text(hierarchy, group, "cpu.cfs_period_us");
    char *memory_max = cgroup_read_text(hierarchy, group, "memory.max");
    char *memory_limit = cgroup_read_text(hierarchy, group, "memory.limit_in_bytes");
    double processors;
    uint64_t bytes;
    if (cpu_max != NULL && cgroup_parse_cpu_max(cpu_max, &processors)) cgroup_lower_processors(limits, processors);
    if (quota != NULL && period != NULL && cgroup_parse_cfs(quota, period, &processors))
        cgroup_lower_processors(limits, processors);
    if (memory_max != NULL && cgroup_parse_memory(memory_max, &bytes)) cgroup_lower_memory(limits, bytes);
    if (memory_limit != NULL && cgroup_parse_memory(memory_limit, &bytes)) cgroup_lower_memory(limits, bytes);
    free(cpu_max);
    free(quota);
    free(period);
    free(memory_max);
    free(memory_limit);
}

// From the process's own group up to the root of the hierarchy: a limit holds for everything below it.
static void cgroup_read_hierarchy(const char *mount, const char *folder, const char *self, const char *controller,
                                  struct cgroup_limits *limits)
{
    char hierarchy[CGROUP_PATH_SIZE], group[CGROUP_PATH_SIZE];
    snprintf(hierarchy, sizeof hierarchy, "%s%s", mount, folder);
    if (!cgroup_parse_self(self, controller, group, sizeof group)) return;
    for (;;) {
        cgroup_read_group(hierarchy, group, limits);
        char *slash = strrchr(group, '/');
        if (slash == NULL) return;
        *slash = '\0';
    }
}

struct cgroup_limits cgroup_read_limits(const char *mount, const char *self)
{
    struct cgroup_limits limits = {0, 0};
    cgroup_read_hierarchy(mount, "", self, "", &limits);
    cgroup_read_hierarchy(mount, "/unified", self, "", &limits); // v2 beside v1
    cgroup_read_hierarchy(mount, "/cpu", self, "cpu", &limits);
    cgroup_read_hierarchy(mount, "/memory", self, "memory", &limits);
    return limits;
}

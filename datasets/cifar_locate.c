// cifar_locate.c: looks for archives and unpacked folders by name and size. Reading them is cifar_source.c's.
// Tests: tests/dataset_test.c.
#include "datasets/cifar_locate.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "datasets/cifar_assembly.h"

static void text_append(char *text, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void text_append(char *text, size_t size, const char *format, ...)
{
    size_t used = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + used, size - used, format, arguments);
    va_end(arguments);
}

static char *source_path(const struct catalog_entry *entry, enum source_form form, const char *folder)
{
    char name[128];
    int stem = (int)(strlen(entry->file) - strlen(".gz"));
    if (form == SOURCE_FOLDER)
        catalog_entry_folder(entry, name, sizeof name);
    else
        snprintf(name, sizeof name, "%.*s", form == SOURCE_TAR ? stem : (int)strlen(entry->file), entry->file);
    return path_join(folder, name);
}

static bool path_has_size(const char *path, uint64_t size)
{
    struct stat facts;
    return stat(path, &facts) == 0 && S_ISREG(facts.st_mode) && (uint64_t)facts.st_size == size;
}

// Whether the unpacked folder's files have the sizes of this entry's members: several entries may unpack to one name.
static bool source_fits(const struct source *source)
{
    const struct cifar_format *format = cifar_format_find(source->entry->dataset);
    bool fits = true;
    for (size_t m = 0; fits && m < source->entry->member_count; m++) {
        const struct catalog_member *member = &source->entry->members[m];
        char *path = path_join(source->folder, member->name);
        fits = path_has_size(path, cifar_member_bytes(format, member));
        free(path);
    }
    return fits;
}

// True when the entry is there in that form; source->path is then set.
static bool source_try(struct source *source, enum source_form form, bool must_fit)
{
    source->form = form;
    source->path = source_path(source->entry, form, source->folder);
    if (file_exists(source->path) && (!must_fit || source_fits(source))) return true;
    source_destroy(source);
    return false;
}

static bool source_try_archives(struct source *source)
{
    return source_try(source, SOURCE_TAR_GZ, false) || source_try(source, SOURCE_TAR, false);
}

static bool source_try_fitting_folder(struct source *source)
{
    return source_try(source, SOURCE_FOLDER, true);
}

static bool source_try_any_folder(struct source *source)
{
    return source_try(source, SOURCE_FOLDER, false);
}

static struct status source_error_missing(const struct catalog *catalog, const char *name, const char *folder)
{
    char wanted[400] = "", address[120] = "", unpacked[128];
    for (size_t e = 0; e < catalog->count; e++) {
        const struct catalog_entry *entry = &catalog->entries[e];
        if (strcmp(entry->dataset, name) != 0) continue;
        catalog_entry_folder(entry, unpacked, sizeof unpacked);
        text_append(wanted, sizeof wanted, "%s%s (%" PRIu64 " bytes), %.*s, %s/", wanted[0] == '\0' ? "" : ", ",
                    entry->file, entry->size, (int)(strlen(entry->file) - strlen(".gz")), entry->file, unpacked);
        if (entry->official) snprintf(address, sizeof address, "; it is published at %s", entry->address);
    }
    return status_error(STATUS_MISSING, "%s is not in %.160s%s: looked for %s%s", name, folder,
                        file_exists(folder) ? "" : " (no such folder)", wanted, address);
}

struct status source_find(const struct catalog *catalog, const char *name, const char *folder, struct source *source)
{
    static bool (*const rounds[])(struct source *) = {source_try_archives, source_try_fitting_folder,
                                                      source_try_any_folder};
    for (size_t r = 0; r < sizeof rounds / sizeof rounds[0]; r++)
        for (size_t e = 0; e < catalog->count; e++) {
            *source = (struct source){.entry = &catalog->entries[e], .folder = folder};
            if (strcmp(source->entry->dataset, name) == 0 && rounds[r](source)) return status_ok();
        }
    *source = (struct source){0};
    return source_error_missing(catalog, name, folder);
}

void source_destroy(struct source *source)
{
    free(source->path);
    source->path = NULL;
}

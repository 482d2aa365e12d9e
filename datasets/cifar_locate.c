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

static char *location_path(const struct catalog_entry *entry, enum cifar_form form, const char *folder)
{
    char name[128];
    int stem = (int)(strlen(entry->file) - strlen(".gz"));
    if (form == CIFAR_FOLDER)
        catalog_entry_folder(entry, name, sizeof name);
    else
        snprintf(name, sizeof name, "%.*s", form == CIFAR_TAR ? stem : (int)strlen(entry->file), entry->file);
    return path_join(folder, name);
}

// The size of a pickle says little: any that can be is right.
static bool member_fits(const struct catalog_entry *entry, const struct catalog_member *member, const char *path)
{
    struct stat facts;
    if (stat(path, &facts) != 0 || !S_ISREG(facts.st_mode)) return false;
    const size_t limit = cifar_member_limit(entry, member), size = (size_t)facts.st_size;
    return entry->kind == CATALOG_PYTHON ? size <= limit : size == limit;
}

// Whether the unpacked folder's files have the sizes of this entry's members: several entries may unpack to one name.
static bool location_fits(const struct cifar_location *location)
{
    bool fits = true;
    for (size_t m = 0; fits && m < location->entry->member_count; m++) {
        const struct catalog_member *member = &location->entry->members[m];
        char *path = path_join(location->folder, member->name);
        fits = member_fits(location->entry, member, path);
        free(path);
    }
    return fits;
}

// True when the entry is there in that form; location->path is then set.
static bool location_try(struct cifar_location *location, enum cifar_form form, bool must_fit)
{
    location->form = form;
    location->path = location_path(location->entry, form, location->folder);
    if (file_exists(location->path) && (!must_fit || location_fits(location))) return true;
    cifar_location_destroy(location);
    return false;
}

static bool location_try_archives(struct cifar_location *location)
{
    return location_try(location, CIFAR_TAR_GZ, false) || location_try(location, CIFAR_TAR, false);
}

static bool location_try_fitting_folder(struct cifar_location *location)
{
    return location_try(location, CIFAR_FOLDER, true);
}

static bool location_try_any_folder(struct cifar_location *location)
{
    return location_try(location, CIFAR_FOLDER, false);
}

static void wanted_append(const struct catalog_entry *entry, char *text, size_t size)
{
    char unpacked[128];
    bool published = entry->addresses[0] != NULL;
    catalog_entry_folder(entry, unpacked, sizeof unpacked);
    text_append(text, size, "%s%s (%" PRIu64 " bytes%s%s), %.*s, %s/", text[0] == '\0' ? "" : ", ", entry->file,
                entry->size, published ? ", published at " : "", published ? entry->addresses[0] : "",
                (int)(strlen(entry->file) - strlen(".gz")), entry->file, unpacked);
}

static struct status locate_error_missing(const struct catalog *catalog, const char *name, const char *folder)
{
    char wanted[400] = "";
    for (size_t e = 0; e < catalog->count; e++)
        if (strcmp(catalog->entries[e].dataset, name) == 0) wanted_append(&catalog->entries[e], wanted, sizeof wanted);
    return status_error(STATUS_MISSING, "%s is not in %.160s%s: looked for %s", name, folder,
                        file_exists(folder) ? "" : " (no such folder)", wanted);
}

struct status cifar_locate(const struct catalog *catalog, const char *name, const char *folder,
                           struct cifar_location *location)
{
    static bool (*const rounds[])(struct cifar_location *) = {location_try_archives, location_try_fitting_folder,
                                                              location_try_any_folder};
    for (size_t r = 0; r < sizeof rounds / sizeof rounds[0]; r++)
        for (size_t e = 0; e < catalog->count; e++) {
            *location = (struct cifar_location){.entry = &catalog->entries[e], .folder = folder};
            if (strcmp(location->entry->dataset, name) == 0 && rounds[r](location)) return status_ok();
        }
    *location = (struct cifar_location){0};
    return locate_error_missing(catalog, name, folder);
}

void cifar_location_destroy(struct cifar_location *location)
{
    free(location->path);
    location->path = NULL;
}

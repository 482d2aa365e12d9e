// dynamic_library.c: see dynamic_library.h. Tests: tests/dynamic_library_test.c.
#include "kernels/vendor/dynamic_library.h"

#include <dlfcn.h>
#include <link.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

// What is known after some attempts. `refusal` is the linker's word on a file that is there.
struct search {
    struct dynamic_library *library;
    char refusal[300];
};

static bool try_open(struct search *search, const char *path)
{
    void *handle = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
    const char *reason = handle == NULL ? dlerror() : NULL;
    if (reason != NULL && strchr(path, '/') != NULL && access(path, F_OK) == 0)
        snprintf(search->refusal, sizeof search->refusal, "%s", reason);
    if (handle == NULL) return false;
    struct link_map *map = NULL;
    bool known = dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0;
    search->library->handle = handle;
    snprintf(search->library->path, sizeof search->library->path, "%s", known ? map->l_name : path);
    return true;
}

static bool try_folders(struct search *search, const char *name, const char *folders)
{
    for (const char *folder = folders; folder != NULL && *folder != '\0';) {
        char path[1024];
        int length = (int)strcspn(folder, ":");
        snprintf(path, sizeof path, "%.*s/%s", length, folder, name);
        if (length > 0 && try_open(search, path)) return true;
        folder += length + (folder[length] == ':');
    }
    return false;
}

static void list_names(const char *const *names, char *text, size_t size)
{
    text[0] = '\0';
    for (size_t i = 0, length = 0; names[i] != NULL && length < size; i++)
        length += (size_t)snprintf(text + length, size - length, "%s%s", i == 0 ? "" : ", ", names[i]);
}

struct status dynamic_library_open(const char *const *names, const char *folders, struct dynamic_library *library)
{
    struct search search = {.library = library};
    char list[160];
    *library = (struct dynamic_library){.handle = NULL};
    for (size_t i = 0; names[i] != NULL; i++)
        if (try_open(&search, names[i])) return status_ok();
    for (size_t i = 0; names[i] != NULL; i++)
        if (try_folders(&search, names[i], folders)) return status_ok();
    list_names(names, list, sizeof list);
    if (search.refusal[0] != '\0') return status_error(STATUS_MISSING, "cannot be opened: %s", search.refusal);
    return status_error(STATUS_MISSING, "not found: %s; not on the linker's path, nor in %s", list,
                        folders == NULL || folders[0] == '\0' ? "any other folder, since none was named" : folders);
}

void dynamic_library_close(struct dynamic_library *library)
{
    if (library->handle != NULL) dlclose(library->handle);
    *library = (struct dynamic_library){.handle = NULL};
}

struct status dynamic_library_bind(const struct dynamic_library *library, const struct dynamic_symbol *symbols,
                                   size_t count, void *table)
{
    for (size_t i = 0; i < count; i++) {
        void *address = dlsym(library->handle, symbols[i].name);
        if (address == NULL)
            return status_error(STATUS_MISSING, "%s has no %s: too old or too new", library->path, symbols[i].name);
        memcpy((char *)table + symbols[i].offset, &address, sizeof address); // POSIX: pointers of one size
    }
    return status_ok();
}

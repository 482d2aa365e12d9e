// output_folder.c: a temporary folder, renamed when it is complete. How single files are written is file.c's.
// Tests: tests/output_folder_test.c.
#include "base/output_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

struct output_folder {
    char *path;
    char *temporary; // NULL while there is none
};

static bool is_dot(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static bool folder_is_empty(DIR *folder)
{
    const struct dirent *entry = readdir(folder);
    while (entry != NULL && is_dot(entry->d_name)) entry = readdir(folder);
    return entry == NULL;
}

static struct status error_in_the_way(const char *path, const char *found)
{
    return status_error(STATUS_USAGE, "make folder %s: expected a new name or an empty folder, found %s", path, found);
}

// An empty folder is replaced by the new one; nothing else is.
static struct status check_free(const char *path)
{
    struct stat facts;
    DIR *folder = opendir(path);
    struct status status = status_ok();
    if (folder == NULL && errno == ENOTDIR)
        status = error_in_the_way(path, "a file in the way");
    else if (folder == NULL && (errno != ENOENT || lstat(path, &facts) == 0))
        status = status_error(STATUS_IO, "open folder %s: %s", path, strerror(errno));
    else if (folder != NULL && !folder_is_empty(folder))
        status = error_in_the_way(path, "files in it");
    if (folder != NULL) closedir(folder);
    return status;
}

// The name that will be renamed to: without symbolic links where it is there, else without slashes at its end.
static char *final_path(const char *path)
{
    char *resolved = realpath(path, NULL);
    if (resolved != NULL) return resolved;
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/') length--;
    return strndup(path, length);
}

static struct status make_parent(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL || slash == path) return status_ok();
    char *parent = strndup(path, (size_t)(slash - path));
    if (parent == NULL) return status_error(STATUS_NO_MEMORY, "make folder %s: out of memory", path);
    struct status status = file_make_folders(parent);
    free(parent);
    return status;
}

static struct status make_temporary(struct output_folder *folder)
{
    char *name = NULL;
    if (asprintf(&name, "%s.%ld.tmp", folder->path, (long)getpid()) < 0)
        return status_error(STATUS_NO_MEMORY, "make folder %s: out of memory", folder->path);
    if (mkdir(name, 0777) == 0) {
        folder->temporary = name;
        return status_ok();
    }
    struct status status = status_error(STATUS_IO, "make folder %s: %s", name, strerror(errno));
    free(name);
    return status;
}

struct status output_folder_create(const char *path, struct output_folder **folder)
{
    struct output_folder *made = calloc(1, sizeof *made);
    struct status status = path[0] != '\0' ? check_free(path) : error_in_the_way(path, "an empty name");
    if (made != NULL) made->path = final_path(path);
    if (status.code == STATUS_OK && (made == NULL || made->path == NULL))
        status = status_error(STATUS_NO_MEMORY, "make folder %s: out of memory", path);
    if (status.code == STATUS_OK) status = make_parent(made->path);
    if (status.code == STATUS_OK) status = make_temporary(made);
    if (status.code != STATUS_OK) output_folder_destroy(made);
    *folder = status.code == STATUS_OK ? made : NULL;
    return status;
}

const char *output_folder_path(const struct output_folder *folder)
{
    return folder->temporary;
}

static struct status synchronise(const char *path)
{
    int descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = descriptor >= 0 && (fsync(descriptor) == 0 || errno == EINVAL); // EINVAL: nothing to synchronise here
    struct status status =
        good ? status_ok() : status_error(STATUS_IO, "synchronise folder %s: %s", path, strerror(errno));
    if (descriptor >= 0) close(descriptor);
    return status;
}

struct status output_folder_commit(struct output_folder *folder)
{
    struct status status = synchronise(folder->temporary);
    if (status.code != STATUS_OK) return status;
    if (rename(folder->temporary, folder->path) == 0) {
        free(folder->temporary);
        folder->temporary = NULL;
        return status;
    }
    if (errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR)
        return error_in_the_way(folder->path, "something that came meanwhile");
    return status_error(STATUS_IO, "rename %s to %s: %s", folder->temporary, folder->path, strerror(errno));
}

static void remove_all(const char *path)
{
    DIR *folder = opendir(path);
    if (folder == NULL) return;
    for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder))
        if (!is_dot(entry->d_name)) unlinkat(dirfd(folder), entry->d_name, 0);
    closedir(folder);
    rmdir(path);
}

void output_folder_destroy(struct output_folder *folder)
{
    if (folder == NULL) return;
    if (folder->temporary != NULL) remove_all(folder->temporary);
    free(folder->path);
    free(folder->temporary);
    free(folder);
}

// file.c: whole-file reads, crash-safe writes, folders. Nothing here interprets content.
// Tests: tests/file_test.c.
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct status file_error(const char *action, const char *path)
{
    enum status_code code = STATUS_IO;
    if (errno == ENOENT || errno == ENOTDIR) code = STATUS_MISSING;
    if (errno == ENOMEM) code = STATUS_NO_MEMORY;
    return status_error(code, "%s %s: %s", action, path, strerror(errno));
}

static ssize_t file_read_some(int descriptor, void *bytes, size_t size)
{
    ssize_t count;
    do count = read(descriptor, bytes, size);
    while (count < 0 && errno == EINTR);
    return count;
}

static bool file_write_all(int descriptor, const uint8_t *bytes, size_t size)
{
    while (size > 0) {
        ssize_t count = write(descriptor, bytes, size);
        if (count < 0 && errno != EINTR) return false;
        if (count > 0) {
            bytes += count;
            size -= (size_t)count;
        }
    }
    return true;
}

// The first guess for a buffer: what fstat says plus the two bytes that show the end without growing. Pipes and /proc
// say 0, and a file may change while it is read, so this is only a guess.
static size_t file_guess_capacity(int descriptor, size_t limit)
{
    struct stat information;
    size_t guess = 4096;
    if (fstat(descriptor, &information) == 0 && information.st_size > 0) guess = (size_t)information.st_size;
    if (guess > limit) guess = limit;
    return guess + 2;
}

// Reads on until the end or until more than `limit` bytes have come.
static struct status file_read_descriptor(int descriptor, const char *path, size_t limit, uint8_t **bytes, size_t *size)
{
    size_t capacity = file_guess_capacity(descriptor, limit), used = 0;
    uint8_t *buffer = NULL;
    for (;;) {
        uint8_t *grown = realloc(buffer, capacity);
        if (grown == NULL) {
            free(buffer);
            return status_error(STATUS_NO_MEMORY, "read %s: no memory for %zu bytes", path, capacity);
        }
        buffer = grown;
        ssize_t count = 1;
        while (count > 0 && used < capacity - 1) {
            count = file_read_some(descriptor, buffer + used, capacity - 1 - used);
            used += count > 0 ? (size_t)count : 0;
        }
        if (count < 0) {
            free(buffer);
            return file_error("read", path);
        }
        if (used > limit) {
            free(buffer);
            return status_error(STATUS_BAD_INPUT, "read %s: expected at most %zu bytes, found more", path, limit);
        }
        if (count == 0) break;
        capacity = capacity < limit / 2 ? 2 * capacity : limit + 2;
    }
    buffer[used] = 0;
    *bytes = buffer;
    *size = used;
    return status_ok();
}

struct status file_read(const char *path, size_t limit, uint8_t **bytes, size_t *size)
{
    *bytes = NULL;
    *size = 0;
    if (limit > SIZE_MAX - 2) limit = SIZE_MAX - 2;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return file_error("open", path);
    struct status status = file_read_descriptor(descriptor, path, limit, bytes, size);
    close(descriptor);
    return status;
}

// The folder that holds `path`; the caller frees it. NULL when memory is exhausted.
static char *file_parent_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL) return strdup(".");
    return slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

// A rename is on disk only once the folder is.
static bool file_sync_folder(const char *folder)
{
    int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return false;
    // EINVAL: this kind of file system has nothing to synchronise for a folder.
    bool good = fsync(descriptor) == 0 || errno == EINVAL;
    int error = errno;
    close(descriptor);
    errno = error;
    return good;
}

// Opens a new file beside `path` with the permissions that the umask leaves. mkstemp() would give 0600, and the umask
// cannot be read without changing it under the feet of other threads. The caller frees *temporary.
static int file_open_temporary(const char *path, char **temporary)
{
    static atomic_uint counter;
    size_t size = strlen(path) + 48;
    int descriptor = -1;
    *temporary = malloc(size);
    for (int attempt = 0; *temporary != NULL && descriptor < 0 && attempt < 1000; attempt++) {
        snprintf(*temporary, size, "%s.%ld-%u.tmp", path, (long)getpid(), atomic_fetch_add(&counter, 1));
        descriptor = open(*temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (descriptor < 0 && errno != EEXIST) break;
    }
    return descriptor;
}

struct file_writer {
    char *path, *folder, *temporary;
    int descriptor;   // -1 once closed
    bool has_renamed; // then the temporary file is no more
};

struct status file_writer_open(const char *path, struct file_writer **writer)
{
    struct file_writer *made = calloc(1, sizeof *made);
    *writer = made;
    if (made == NULL) return status_error(STATUS_NO_MEMORY, "write %s: out of memory", path);
    made->path = strdup(path);
    made->folder = file_parent_folder(path);
    made->descriptor = made->path == NULL || made->folder == NULL ? -1 : file_open_temporary(path, &made->temporary);
    if (made->descriptor >= 0) return status_ok();
    struct status status = file_error("create a temporary file beside", path);
    made->has_renamed = true; // there is nothing to remove
    file_writer_destroy(made);
    *writer = NULL;
    return status;
}

struct status file_writer_append(struct file_writer *writer, const void *bytes, size_t size)
{
    if (!file_write_all(writer->descriptor, bytes, size)) return file_error("write", writer->temporary);
    return status_ok();
}

struct status file_writer_commit(struct file_writer *writer)
{
    if (fsync(writer->descriptor) != 0) return file_error("write", writer->temporary);
    int closed = close(writer->descriptor); // network file systems report a full disk only here
    writer->descriptor = -1;
    if (closed != 0) return file_error("close", writer->temporary);
    if (rename(writer->temporary, writer->path) != 0) return file_error("rename a temporary file to", writer->path);
    writer->has_renamed = true;
    if (!file_sync_folder(writer->folder)) return file_error("synchronise folder", writer->folder);
    return status_ok();
}

void file_writer_destroy(struct file_writer *writer)
{
    if (writer == NULL) return;
    if (writer->descriptor >= 0) close(writer->descriptor);
    if (!writer->has_renamed) unlink(writer->temporary);
    free(writer->path);
    free(writer->folder);
    free(writer->temporary);
    free(writer);
}

struct status file_write_atomic(const char *path, const void *bytes, size_t size)
{
    struct file_writer *writer = NULL;
    struct status status = file_writer_open(path, &writer);
    if (status.code == STATUS_OK) status = file_writer_append(writer, bytes, size);
    if (status.code == STATUS_OK) status = file_writer_commit(writer);
    file_writer_destroy(writer);
    return status;
}

struct status file_append(const char *path, const void *bytes, size_t size)
{
    struct status status = status_ok();
    struct stat before;
    int descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (descriptor < 0) return file_error("open", path);
    if (fstat(descriptor, &before) != 0) {
        status = file_error("look at", path);
        goto done;
    }
    ssize_t count;
    do count = write(descriptor, bytes, size);
    while (count < 0 && errno == EINTR);
    if (count < 0) {
        status = file_error("append to", path);
        goto done;
    }
    if ((size_t)count != size) {
        status = status_error(STATUS_IO, "append to %s: wrote %zd of %zu bytes (disk full?)", path, count, size);
        // Takes half a line back, unless somebody else has appended meanwhile.
        struct stat after;
        if (fstat(descriptor, &after) == 0 && after.st_size == before.st_size + count &&
            ftruncate(descriptor, before.st_size) != 0)
            status = file_error("take back half a line from", path);
        goto done;
    }
    if (fsync(descriptor) != 0) status = file_error("synchronise", path);
done:
    close(descriptor);
    return status;
}

// One level of mkdir -p.
static struct status file_make_folder(const char *path)
{
    struct stat information;
    if (mkdir(path, 0777) == 0) return status_ok();
    int error = errno;
    if (stat(path, &information) == 0 && S_ISDIR(information.st_mode)) return status_ok();
    if (error == EEXIST || error == ENOTDIR)
        return status_error(STATUS_IO, "create folder %s: a file of that name is in the way", path);
    return status_error(STATUS_IO, "create folder %s: %s", path, strerror(error));
}

struct status file_make_folders(const char *path)
{
    struct status status = status_ok();
    char *prefix = strdup(path);
    if (prefix == NULL) return status_error(STATUS_NO_MEMORY, "create folder %s: out of memory", path);
    for (char *end = prefix; status.code == STATUS_OK && *end != '\0';) {
        end += strspn(end, "/");
        end += strcspn(end, "/");
        char kept = *end;
        *end = '\0';
        status = file_make_folder(prefix);
        *end = kept;
    }
    free(prefix);
    return status;
}

bool file_exists(const char *path)
{
    struct stat information;
    return stat(path, &information) == 0;
}

char *path_join(const char *folder, const char *name)
{
    size_t folder_length = strlen(folder);
    while (folder_length > 0 && folder[folder_length - 1] == '/') folder_length--;
    name += strspn(name, "/");
    bool here = folder[0] == '\0'; // "" is the current folder; "/" is not
    size_t size = folder_length + strlen(name) + 2;
    char *joined = malloc(size);
    if (joined == NULL) {
        fprintf(stderr, "transinv: out of memory joining %s and %s\n", folder, name);
        abort();
    }
    snprintf(joined, size, "%.*s%s%s", (int)folder_length, folder, here ? "" : "/", name);
    return joined;
}

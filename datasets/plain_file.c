// plain_file.c: pread until all is there. Tests: tests/npy_reader_test.c.
#include "datasets/plain_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct status plain_file_open(const char *path, struct plain_file *file)
{
    struct stat facts;
    struct status status = status_ok();
    *file = (struct plain_file){.descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)}; // no waiting for a pipe
    if (file->descriptor < 0)
        return status_error(errno == ENOENT || errno == ENOTDIR ? STATUS_MISSING : STATUS_IO, "open %s: %s", path,
                            strerror(errno));
    if (fstat(file->descriptor, &facts) != 0)
        status = status_error(STATUS_IO, "look at %s: %s", path, strerror(errno));
    else if (!S_ISREG(facts.st_mode))
        status = status_error(STATUS_BAD_INPUT, "open %s: expected a plain file, found a folder, pipe or device", path);
    else
        file->size = (uint64_t)facts.st_size;
    if (status.code != STATUS_OK) plain_file_close(file);
    return status;
}

struct status plain_file_read(const struct plain_file *file, const char *name, uint64_t offset, void *bytes,
                              size_t count)
{
    size_t done = 0;
    while (done < count) {
        ssize_t got = pread(file->descriptor, (uint8_t *)bytes + done, count - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return status_error(STATUS_IO, "read %s: %s", name, strerror(errno));
        if (got == 0)
            return status_error(STATUS_BAD_INPUT, "%s is cut off: expected %zu bytes at byte %" PRIu64 ", found %zu",
                                name, count, offset, done);
        done += (size_t)got;
    }
    return status_ok();
}

void plain_file_close(struct plain_file *file)
{
    if (file->descriptor >= 0) close(file->descriptor);
    *file = (struct plain_file){.descriptor = -1};
}

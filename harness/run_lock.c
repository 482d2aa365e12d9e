// run_lock.c: flock() on a file that names its holder. Tests: tests/run_folder_test.c.
#include "harness/run_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/log.h"

enum { HOLDER_SIZE = 128 };

static void read_holder(int file, char holder[HOLDER_SIZE])
{
    ssize_t count = pread(file, holder, HOLDER_SIZE - 1, 0);
    holder[count > 0 ? count : 0] = '\0';
    holder[strcspn(holder, "\n")] = '\0';
    if (holder[0] == '\0') snprintf(holder, HOLDER_SIZE, "another process");
}

// For the message of whoever comes second; a lock without it is a lock all the same.
static void write_holder(int file)
{
    char host[64] = "this machine", text[HOLDER_SIZE];
    gethostname(host, sizeof host - 1);
    int length = snprintf(text, sizeof text, "process %ld on %s\n", (long)getpid(), host);
    if (ftruncate(file, 0) != 0 || pwrite(file, text, (size_t)length, 0) != length)
        log_message(LOG_DETAIL, "could not write a name into a lock file: %s", strerror(errno));
}

struct status run_lock_acquire(const char *path, int *lock, char holder[HOLDER_SIZE])
{
    *lock = -1;
    holder[0] = '\0';
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (file < 0) return status_error(STATUS_IO, "open %s: %s", path, strerror(errno));
    if (flock(file, LOCK_EX | LOCK_NB) == 0) {
        write_holder(file);
    } else if (errno == EWOULDBLOCK) {
        read_holder(file, holder);
        close(file);
        return status_ok();
    } else {
        log_message(LOG_WARNING, "lock %s: %s; two processes in this folder would disturb each other", path,
                    strerror(errno));
    }
    *lock = file;
    return status_ok();
}

void run_lock_release(int lock)
{
    close(lock);
}

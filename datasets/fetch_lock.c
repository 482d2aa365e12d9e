// fetch_lock.c: flock() on a file that is removed with the lock, so nothing stays behind. Tests: tests/fetch_place_test.c.
#include "datasets/fetch_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "base/log.h"

static const struct timespec pause_between_tries = {.tv_nsec = 100000000};

// False when the holder before us removed the file between our open and our lock: then it is nobody's any more.
static bool lock_is_current(const struct fetch_lock *lock)
{
    struct stat held, named;
    return fstat(lock->descriptor, &held) == 0 && stat(lock->path, &named) == 0 && held.st_ino == named.st_ino &&
           held.st_dev == named.st_dev;
}

static struct status lock_open(struct fetch_lock *lock)
{
    lock->descriptor = open(lock->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (lock->descriptor >= 0) return status_ok();
    return status_error(STATUS_IO,
                        "write into the data folder: make %s: %s; choose another folder with --data or TRANSINV_DATA",
                        lock->path, strerror(errno));
}

// *held: the lock is ours, or this file system has none. Otherwise somebody else has it.
static struct status lock_try(struct fetch_lock *lock, bool *held)
{
    struct status status = lock_open(lock);
    *held = false;
    if (status.code != STATUS_OK) return status;
    if (flock(lock->descriptor, LOCK_EX | LOCK_NB) == 0) {
        *held = lock_is_current(lock);
    } else if (errno != EWOULDBLOCK && errno != EINTR) {
        log_message(LOG_WARNING, "lock %s: %s; this file system has no locks: let only one process fetch into it",
                    lock->path, strerror(errno));
        *held = true;
    }
    if (!*held) {
        close(lock->descriptor);
        lock->descriptor = -1;
    }
    return status;
}

static struct status lock_set_path(struct fetch_lock *lock, const char *base, int place)
{
    free(lock->path);
    int length = place == 0 ? asprintf(&lock->path, "%s.lock", base) : asprintf(&lock->path, "%s-%d.lock", base, place);
    if (length >= 0) return status_ok();
    lock->path = NULL;
    return status_error(STATUS_NO_MEMORY, "lock %s: out of memory", base);
}

// One of the places first .. last; place 0 is BASE.lock.
static struct status lock_acquire(const char *base, int first, int last, const char *waiting, struct fetch_lock *lock)
{
    bool held = false, told = false;
    struct status status = status_ok();
    *lock = (struct fetch_lock){.descriptor = -1};
    for (int place = first; status.code == STATUS_OK && !held; place = place < last ? place + 1 : first) {
        status = lock_set_path(lock, base, place);
        if (status.code == STATUS_OK) status = lock_try(lock, &held);
        if (status.code != STATUS_OK || held || place < last) continue;
        if (!told) log_message(LOG_INFO, "waiting: %s", waiting);
        told = true;
        nanosleep(&pause_between_tries, NULL);
        if (interrupt_requested()) status = interrupt_status();
    }
    if (status.code != STATUS_OK) fetch_lock_release(lock);
    return status;
}

struct status fetch_lock_acquire(const char *path, struct fetch_lock *lock)
{
    char waiting[300];
    snprintf(waiting, sizeof waiting, "another process is fetching %s", path);
    return lock_acquire(path, 0, 0, waiting, lock);
}

struct status fetch_lock_acquire_host(const char *folder, const char *host, struct fetch_lock *lock)
{
    char waiting[300], *base = NULL;
    if (asprintf(&base, "%s/.%s", folder, host) < 0) {
        *lock = (struct fetch_lock){.descriptor = -1};
        return status_error(STATUS_NO_MEMORY, "lock %s: out of memory", host);
    }
    snprintf(waiting, sizeof waiting, "%d other processes are loading from %s", FETCH_CONNECTIONS_PER_HOST, host);
    struct status status = lock_acquire(base, 1, FETCH_CONNECTIONS_PER_HOST, waiting, lock);
    free(base);
    return status;
}

void fetch_lock_release(struct fetch_lock *lock)
{
    if (lock->descriptor >= 0 && lock->path != NULL) {
        unlink(lock->path);
        close(lock->descriptor);
    }
    free(lock->path);
    *lock = (struct fetch_lock){.descriptor = -1};
}

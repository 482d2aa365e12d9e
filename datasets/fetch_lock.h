// fetch_lock.h: one process at a time downloads a file, and two at a time load from a server; others wait. Both count the
// processes that use the same data folder.
#ifndef DATASETS_FETCH_LOCK_H
#define DATASETS_FETCH_LOCK_H

#include <stdbool.h>

#include "base/status.h"

struct fetch_lock {
    char *path;
    int descriptor; // -1: not held
};

// Waits for NAME.lock beside `path`; says so once when somebody else has it. On a file system without locks it warns and
// goes on. STATUS_INTERRUPTED while waiting, STATUS_IO when the lock file cannot be made.
struct status fetch_lock_acquire(const char *path, struct fetch_lock *lock);
// Waits for one of the two places that FOLDER has for a server, .HOST-1.lock and .HOST-2.lock. Errors as above.
enum { FETCH_CONNECTIONS_PER_HOST = 2 };
struct status fetch_lock_acquire_host(const char *folder, const char *host, struct fetch_lock *lock);

void fetch_lock_release(struct fetch_lock *lock); // removes the lock file; accepts one that is not held

#endif

// fetch_lock.h: one process at a time downloads a file; others wait for it and then find the file there.
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
void fetch_lock_release(struct fetch_lock *lock); // removes the lock file; accepts one that is not held

#endif

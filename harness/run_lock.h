// run_lock.h: lets one process at a time write a run's folder.
#ifndef HARNESS_RUN_LOCK_H
#define HARNESS_RUN_LOCK_H

#include "base/status.h"

// Locks the file at `path`, creating it. *lock is -1 when another process has it; `holder` then says who. The system
// releases the lock when the process ends, however it ends; the file stays. Where a file system has no locks, the run
// goes on with a warning.
struct status run_lock_acquire(const char *path, int *lock, char holder[128]);
void run_lock_release(int lock);

#endif

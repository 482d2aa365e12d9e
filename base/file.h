// file.h: whole-file reads and writes that survive a crash. Nothing here interprets content.
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

// Reads the whole of `path`. *bytes belongs to the caller (free) and has one extra 0 byte after `*size`.
// Errors: STATUS_MISSING when absent, STATUS_IO, STATUS_NO_MEMORY, STATUS_BAD_INPUT above `limit` bytes.
struct status file_read(const char *path, size_t limit, uint8_t **bytes, size_t *size);

// Writes `path` so that a reader, or a machine that loses power, sees either the old content or the new one:
// temporary file in the same folder, fsync, rename, fsync of the folder. On error the old file is untouched and no
// temporary file stays behind.
struct status file_write_atomic(const char *path, const void *bytes, size_t size);

// The same piece by piece, for what does not fit in memory. Until commit nothing of it is seen under `path`; destroy
// without commit removes what was written so far. *writer is the caller's to destroy, NULL after an error.
struct file_writer;
struct status file_writer_open(const char *path, struct file_writer **writer);
struct status file_writer_append(struct file_writer *writer, const void *bytes, size_t size);
struct status file_writer_commit(struct file_writer *writer); // once, as the last call but destroy
void file_writer_destroy(struct file_writer *writer);         // accepts NULL

// Appends to `path` (created if absent) with one write and fsync.
struct status file_append(const char *path, const void *bytes, size_t size);

// mkdir -p. An existing folder is fine; an existing file of that name is STATUS_IO.
struct status file_make_folders(const char *path);

bool file_exists(const char *path);

// Joins with exactly one '/'; "" as folder is the current one and gives `name` alone. The result belongs to the caller
// (free); aborts when memory is exhausted.
char *path_join(const char *folder, const char *name);

#endif

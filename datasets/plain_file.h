// plain_file.h: a file of any size, read in places. What is in it is others' business.
#ifndef DATASETS_PLAIN_FILE_H
#define DATASETS_PLAIN_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct plain_file {
    int descriptor; // -1: closed
    uint64_t size;
};

// STATUS_MISSING when absent, STATUS_BAD_INPUT for folders, pipes and devices, STATUS_IO.
struct status plain_file_open(const char *path, struct plain_file *file);
// Exactly `count` bytes from `offset` on. `name` is for messages. STATUS_BAD_INPUT when the file ends before, STATUS_IO.
struct status plain_file_read(const struct plain_file *file, const char *name, uint64_t offset, void *bytes,
                              size_t count);
void plain_file_close(struct plain_file *file); // accepts a closed one

#endif

// fuzz_tar.c: a tar archive in memory, walked to its end; and the same bytes as a file of which only headers are read,
// which must come to the same entries. Content is touched, so that a place outside of the archive is found.
#define _GNU_SOURCE 1 // memfd_create
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "datasets/tar_reader.h"

enum { FILE_LIMIT = 1 << 13 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static volatile uint8_t seen;

// The next entry of both. False at the end of either.
static bool walk_together(struct tar_reader *memory, struct tar_reader *file)
{
    struct tar_entry left, right;
    bool left_found = false, right_found = false;
    struct status left_status = tar_read_entry(memory, &left, &left_found);
    if (left_status.code == STATUS_OK && left_found && left.size > 0)
        seen = (uint8_t)(left.bytes[0] ^ left.bytes[left.size - 1] ^ left.name[0]);
    if (file == NULL) return left_status.code == STATUS_OK && left_found;
    struct status right_status = tar_read_entry(file, &right, &right_found);
    if (left_status.code != right_status.code || left_found != right_found) abort();
    if (left_status.code != STATUS_OK || !left_found) return false;
    if (left.size != right.size || left.offset != right.offset || strcmp(left.name, right.name) != 0) abort();
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct tar_reader memory = tar_reader_create("fuzz.tar", bytes, size), reader = {.archive = NULL};
    struct plain_file file = {.descriptor = -1, .size = size};
    bool both = size <= FILE_LIMIT;
    if (both) {
        file.descriptor = memfd_create("fuzz", 0);
        if (file.descriptor < 0 || write(file.descriptor, bytes, size) != (ssize_t)size) abort();
        if (tar_reader_create_file("fuzz.tar", &file, &reader).code != STATUS_OK) abort();
    }
    while (walk_together(&memory, both ? &reader : NULL)) continue;
    tar_reader_destroy(&reader);
    plain_file_close(&file);
    return 0;
}

// fuzz_safetensors.c: a model file. The first byte tells how often four zero bytes stand behind the rest as data, so that
// tensors of some size can be had from short inputs. Some of them also as a file, which must come to the same.
#define _GNU_SOURCE 1 // memfd_create
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harness/safetensors.h"

enum { BYTES_WITH_FILE = 0x80 }; // of the first byte

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void read_from_file(const uint8_t *bytes, size_t size, enum status_code expected)
{
    char path[40];
    struct state_dict dict;
    int file = memfd_create("fuzz", MFD_CLOEXEC);
    if (file < 0 || write(file, bytes, size) != (ssize_t)size) abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    struct status status = safetensors_read(path, &dict, NULL);
    if (status.code != expected) abort();
    if (status.code == STATUS_OK) state_dict_destroy(&dict);
    close(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size == 0) return 0;
    size_t data = (size_t)4 * (bytes[0] & 63), whole = size - 1 + data;
    uint8_t *file = malloc(whole + 1);
    struct state_dict dict;
    json_t *metadata = NULL;
    memcpy(file, bytes + 1, size - 1);
    memset(file + size - 1, 0, data);
    struct status status = safetensors_parse("fuzz.safetensors", file, whole, &dict, bytes[0] & 64 ? NULL : &metadata);
    if (status.code == STATUS_OK) state_dict_destroy(&dict);
    json_decref(metadata);
    if (bytes[0] & BYTES_WITH_FILE) read_from_file(file, whole, status.code);
    free(file);
    return 0;
}

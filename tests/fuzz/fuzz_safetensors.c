// fuzz_safetensors.c: a model file. The first byte tells how often four zero bytes stand behind the rest as data, so that
// tensors of some size can be had from short inputs.
#include <stdlib.h>
#include <string.h>

#include "harness/safetensors.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

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
    free(file);
    return 0;
}

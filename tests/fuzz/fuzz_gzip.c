// fuzz_gzip.c: gzip streams under a limit that is soon met.
#include <stdlib.h>

#include "datasets/gzip_reader.h"

enum { LIMIT = 1 << 14 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    uint8_t *out = NULL;
    size_t out_size = 0;
    struct status status = gzip_inflate("fuzz.gz", bytes, size, LIMIT, &out, &out_size);
    if (status.code == STATUS_OK && out_size > LIMIT) abort();
    if (status.code != STATUS_OK && out != NULL) abort();
    free(out);
    return 0;
}

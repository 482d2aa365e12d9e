// fuzz_cifar.c: CIFAR records; the first byte chooses format and number of records. The images are as large as promised,
// so that one written beyond them is found.
#include <stdlib.h>

#include "datasets/cifar_reader.h"
#include "datasets/image_set.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size == 0) return 0;
    const struct cifar_format *format = cifar_format_find(bytes[0] & 1 ? "cifar-100" : "cifar-10");
    const int records = 1 + (bytes[0] >> 1) % 3;
    uint8_t *pixels = malloc((size_t)records * IMAGE_BYTES);
    int32_t *labels = malloc((size_t)records * sizeof *labels);
    struct status status = cifar_decode_records(format, "fuzz", "member", bytes + 1, size - 1, records, pixels, labels);
    for (int i = 0; status.code == STATUS_OK && i < records; i++)
        if (labels[i] < 0 || labels[i] >= format->classes) abort();
    free(pixels);
    free(labels);
    return 0;
}

// fuzz_pickle.c: a pickle, and from it whatever array and lists it holds. Sizes are the pickle's own, so that arrays of
// all shapes are reached; batches of the right size go through cifar_decode_python as well.
#include <stdlib.h>

#include "datasets/cifar_python.h"
#include "datasets/image_set.h"
#include "datasets/pickle_reader.h"

enum { COUNT = 2, RECORDS = 1 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static volatile uint8_t seen;

static void look_inside(const struct pickle *pickle)
{
    struct pickle_array array;
    int32_t values[COUNT];
    if (pickle_get_array(pickle, "data", &array).code == STATUS_OK && array.rows * array.columns > 0)
        seen = array.bytes[0] ^ array.bytes[array.rows * array.columns - 1];
    if (pickle_get_integers(pickle, "labels", COUNT, 10, values).code == STATUS_OK)
        for (int i = 0; i < COUNT; i++)
            if (values[i] < 0 || values[i] >= 10) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct pickle *pickle = NULL;
    struct status status = pickle_decode("fuzz", bytes, size, &pickle);
    if (status.code == STATUS_OK) look_inside(pickle);
    if (status.code == STATUS_OK && size > IMAGE_BYTES) {
        static uint8_t pixels[RECORDS * IMAGE_BYTES];
        static int32_t labels[RECORDS];
        (void)cifar_decode_python(cifar_format_find("cifar-10"), "fuzz", "member", bytes, size, RECORDS, pixels,
                                  labels);
    }
    pickle_destroy(pickle);
    return 0;
}

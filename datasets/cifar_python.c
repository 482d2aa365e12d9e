// cifar_python.c: see the header. Tests: tests/pickle_test.c.
#include "datasets/cifar_python.h"

#include <stdio.h>

#include "datasets/image_set.h"
#include "datasets/pickle_reader.h"

enum { PLANE = IMAGE_SIDE * IMAGE_SIDE, BYTES_BESIDE_AN_IMAGE = 256, BYTES_BESIDE_ALL = 1 << 16 };

size_t cifar_python_limit(int records)
{
    return (size_t)records * (IMAGE_BYTES + BYTES_BESIDE_AN_IMAGE) + BYTES_BESIDE_ALL;
}

static void copy_pixels(const struct pickle_array *data, uint8_t *pixels)
{
    const size_t image_step = data->column_major ? 1 : data->columns, value_step = data->column_major ? data->rows : 1;
    for (size_t image = 0; image < data->rows; image++)
        for (size_t i = 0; i < IMAGE_BYTES; i++)
            pixels[image * IMAGE_BYTES + i % PLANE * IMAGE_CHANNELS + i / PLANE] =
                data->bytes[image * image_step + i * value_step];
}

struct status cifar_decode_python(const struct cifar_format *format, const char *archive, const char *member,
                                  const uint8_t *bytes, size_t size, int records, uint8_t *pixels, int32_t *labels)
{
    char name[300];
    struct pickle *pickle = NULL;
    struct pickle_array data;
    const char *key = format->coarse_classes > 0 ? "fine_labels" : "labels";
    snprintf(name, sizeof name, "%.180s: %.110s", archive, member);
    struct status status = pickle_decode(name, bytes, size, &pickle);
    if (status.code == STATUS_OK) status = pickle_get_array(pickle, "data", &data);
    if (status.code == STATUS_OK && (data.rows != (size_t)records || data.columns != IMAGE_BYTES))
        status = status_error(STATUS_BAD_INPUT, "%s: data: expected %d x %d values, found %zu x %zu", name, records,
                              IMAGE_BYTES, data.rows, data.columns);
    if (status.code == STATUS_OK) status = pickle_get_integers(pickle, key, (size_t)records, format->classes, labels);
    if (status.code == STATUS_OK) copy_pixels(&data, pixels);
    pickle_destroy(pickle);
    return status;
}

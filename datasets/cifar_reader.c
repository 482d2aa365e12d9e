// cifar_reader.c: CIFAR records into pixels and labels. Knows the record format and nothing else; members come from
// cifar_assembly.c. Tests: tests/cifar_reader_test.c.
#include "datasets/cifar_reader.h"

#include <string.h>

#include "datasets/image_set.h"

enum { PLANE = IMAGE_SIDE * IMAGE_SIDE };

static const struct cifar_format formats[] = {
    {.dataset = "cifar-10", .label_bytes = 1, .coarse_classes = 0, .classes = 10, .record_bytes = 1 + IMAGE_BYTES},
    {.dataset = "cifar-100", .label_bytes = 2, .coarse_classes = 20, .classes = 100, .record_bytes = 2 + IMAGE_BYTES},
};

const struct cifar_format *cifar_format_find(const char *dataset)
{
    for (size_t f = 0; f < sizeof formats / sizeof formats[0]; f++)
        if (strcmp(formats[f].dataset, dataset) == 0) return &formats[f];
    return NULL;
}

static void pixels_interleave(const uint8_t *planes, uint8_t *pixels)
{
    for (size_t i = 0; i < PLANE; i++) {
        pixels[3 * i] = planes[i];
        pixels[3 * i + 1] = planes[PLANE + i];
        pixels[3 * i + 2] = planes[(size_t)2 * PLANE + i];
    }
}

static struct status size_check(const struct cifar_format *format, const char *archive, const char *member, size_t size,
                                int records)
{
    size_t record = (size_t)format->record_bytes, expected = (size_t)records * record;
    if (size % record != 0)
        return status_error(
            STATUS_BAD_INPUT,
            "%s: %s: expected %d records of %zu bytes = %zu bytes, found %zu bytes: record %zu at byte %zu "
            "has only %zu",
            archive, member, records, record, expected, size, size / record, size - size % record, size % record);
    if (size != expected)
        return status_error(STATUS_BAD_INPUT, "%s: %s: expected %d records = %zu bytes, found %zu records = %zu bytes",
                            archive, member, records, expected, size / record, size);
    return status_ok();
}

static struct status label_check(const char *archive, const char *member, const char *kind, size_t record,
                                 size_t offset, int label, int classes)
{
    if (label < classes) return status_ok();
    return status_error(STATUS_BAD_INPUT, "%s: %s: record %zu, byte %zu: expected a %s label in 0..%d, found %d",
                        archive, member, record, offset, kind, classes - 1, label);
}

struct status cifar_decode_records(const struct cifar_format *format, const char *archive, const char *member,
                                   const uint8_t *bytes, size_t size, int records, uint8_t *pixels, int32_t *labels)
{
    struct status status = size_check(format, archive, member, size, records);
    size_t fine_at = (size_t)format->label_bytes - 1;
    for (size_t r = 0; status.code == STATUS_OK && r < (size_t)records; r++) {
        size_t offset = r * (size_t)format->record_bytes;
        const uint8_t *record = bytes + offset;
        if (format->coarse_classes > 0)
            status = label_check(archive, member, "coarse", r, offset, record[0], format->coarse_classes);
        if (status.code == STATUS_OK)
            status = label_check(archive, member, format->coarse_classes > 0 ? "fine" : "class", r, offset + fine_at,
                                 record[fine_at], format->classes);
        labels[r] = record[fine_at];
        pixels_interleave(record + format->label_bytes, pixels + r * IMAGE_BYTES);
    }
    return status;
}

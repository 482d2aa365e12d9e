// cifar_sample.c: CIFAR archives with a handful of invented records.
#include "tests/support/cifar_sample.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "tests/support/memory.h"

static const struct catalog_member members_10[] = {
    {"cifar-10-batches-bin/data_batch_1.bin", CATALOG_TRAIN, 3, "", 0},
    {"cifar-10-batches-bin/test_batch.bin", CATALOG_TEST, 2, "", 0},
    {"cifar-10-batches-bin/data_batch_2.bin", CATALOG_TRAIN, 2, "", 0},
};
static const struct catalog_member members_100[] = {
    {"cifar-100-binary/train.bin", CATALOG_TRAIN, 4, "", 0},
    {"cifar-100-binary/test.bin", CATALOG_TEST, 3, "", 0},
};
static const char no_sha256[] = "0000000000000000000000000000000000000000000000000000000000000000";

const struct catalog_entry sample_cifar_10 = {
    .file = "sample-10.tar.gz",
    .dataset = "cifar-10",
    .sha256 = no_sha256,
    .md5 = "",
    .remark = "a handful of records",
    .members = members_10,
    .member_count = 3,
};
const struct catalog_entry sample_cifar_100 = {
    .file = "sample-100.tar.gz",
    .dataset = "cifar-100",
    .sha256 = no_sha256,
    .md5 = "",
    .remark = "a handful of records",
    .members = members_100,
    .member_count = 2,
};

static int label_bytes(const struct catalog_entry *entry)
{
    return strcmp(entry->dataset, "cifar-100") == 0 ? 2 : 1;
}

struct archive sample_member(const struct catalog_entry *entry, size_t member)
{
    struct random_stream stream =
        random_stream_create(11, PURPOSE_TEST, (uint32_t)label_bytes(entry), (uint32_t)member);
    size_t records = (size_t)entry->members[member].records, record_bytes = (size_t)label_bytes(entry) + IMAGE_BYTES;
    struct archive bytes = {.bytes = test_allocate(records * record_bytes), .size = records * record_bytes};
    for (size_t i = 0; i < bytes.size; i++) bytes.bytes[i] = (uint8_t)random_next_u32(&stream);
    for (size_t r = 0; r < records; r++) {
        uint8_t *record = bytes.bytes + r * record_bytes;
        record[0] = (uint8_t)random_next_below(&stream, label_bytes(entry) == 2 ? 20 : 10);
        if (label_bytes(entry) == 2) record[1] = (uint8_t)random_next_below(&stream, 100);
    }
    return bytes;
}

struct archive sample_tar(const struct catalog_entry *entry)
{
    struct archive archive = {0};
    archive_append_member(&archive, "cifar/", '5', "", 0);
    archive_append_member(&archive, "cifar/readme.html", '0', "<p>read me</p>", 14);
    for (size_t m = entry->member_count; m-- > 0;) {
        struct archive member = sample_member(entry, m);
        archive_append_member(&archive, entry->members[m].name, '0', member.bytes, member.size);
        archive_destroy(&member);
    }
    archive_append_end(&archive);
    return archive;
}

static void expect_record(const uint8_t *record, int labels, const struct image_set *set, int image, const char *place)
{
    const uint8_t *planes = record + labels, *pixels = set->pixels + (size_t)image * IMAGE_BYTES;
    cr_assert(image < set->count, "%s: image %d of %d", place, image, set->count);
    cr_expect(set->labels[image] == record[labels - 1], "%s: image %d: expected label %d, found %d", place, image,
              record[labels - 1], set->labels[image]);
    for (int i = 0; i < IMAGE_BYTES; i++)
        cr_assert(pixels[i] == planes[i % 3 * 1024 + i / 3], "%s: image %d, byte %d", place, image, i);
}

void expect_sample(const struct catalog_entry *entry, const struct dataset *dataset, const char *place)
{
    int next[2] = {0, 0}, labels = label_bytes(entry);
    for (size_t m = 0; m < entry->member_count; m++) {
        const struct catalog_member *member = &entry->members[m];
        struct archive bytes = sample_member(entry, m);
        for (int r = 0; r < member->records; r++)
            expect_record(bytes.bytes + (size_t)r * (size_t)(labels + IMAGE_BYTES), labels,
                          member->part == CATALOG_TRAIN ? &dataset->train : &dataset->test, next[member->part]++,
                          place);
        archive_destroy(&bytes);
    }
    cr_expect(dataset->train.count == next[CATALOG_TRAIN] && dataset->test.count == next[CATALOG_TEST],
              "%s: expected %d + %d images, found %d + %d", place, next[0], next[1], dataset->train.count,
              dataset->test.count);
}

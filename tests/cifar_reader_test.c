// cifar_reader_test.c: CIFAR records, and archives of them in memory: good ones in any order, and everything that can be
// wrong with them.
#include "datasets/cifar_reader.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

#include "datasets/cifar_assembly.h"
#include "tests/support/archive.h"
#include "tests/support/cifar_sample.h"

static const struct catalog_entry *const samples[] = {&sample_cifar_10, &sample_cifar_100};
enum { SAMPLES = 2 };

static struct status read_tar(const struct catalog_entry *entry, const struct archive *archive, struct dataset *dataset)
{
    struct cifar_assembly assembly;
    *dataset = (struct dataset){0};
    struct status status = cifar_assembly_create(entry, "sample.tar", true, NULL, dataset, &assembly);
    if (status.code == STATUS_OK) status = cifar_assembly_add_tar(&assembly, archive->bytes, archive->size);
    if (status.code == STATUS_OK) status = cifar_assembly_finish(&assembly);
    return status;
}

static void expect_refusal(const struct catalog_entry *entry, struct archive *archive, const char *part)
{
    struct dataset dataset;
    expect_error(read_tar(entry, archive, &dataset), STATUS_BAD_INPUT, part, part);
    dataset_destroy(&dataset);
    archive_destroy(archive);
}

// An archive of the entry's members in their order, the first of them replaced.
static struct archive make_tar(const struct catalog_entry *entry, const struct archive *first)
{
    struct archive archive = {0};
    archive_append_member(&archive, entry->members[0].name, '0', first->bytes, first->size);
    for (size_t m = 1; m < entry->member_count; m++) {
        struct archive member = sample_member(entry, m);
        archive_append_member(&archive, entry->members[m].name, '0', member.bytes, member.size);
        archive_destroy(&member);
    }
    archive_append_end(&archive);
    return archive;
}

Test(cifar, formats_are_the_published_ones)
{
    const struct cifar_format *ten = cifar_format_find("cifar-10"), *hundred = cifar_format_find("cifar-100");
    cr_assert(ten != NULL && hundred != NULL);
    cr_expect(eq(int, ten->record_bytes, 3073));
    cr_expect(eq(int, ten->classes, 10));
    cr_expect(eq(int, hundred->record_bytes, 3074));
    cr_expect(eq(int, hundred->classes, 100));
    cr_expect(eq(ptr, (void *)cifar_format_find("cifar-1000"), NULL));
}

Test(cifar, reads_members_in_any_order)
{
    for (size_t s = 0; s < SAMPLES; s++) {
        struct archive member = sample_member(samples[s], 0);
        struct archive archives[2] = {sample_tar(samples[s]), make_tar(samples[s], &member)};
        for (int a = 0; a < 2; a++) {
            struct dataset dataset;
            struct status status = read_tar(samples[s], &archives[a], &dataset);
            cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
            expect_sample(samples[s], &dataset, samples[s]->dataset);
            dataset_destroy(&dataset);
            archive_destroy(&archives[a]);
        }
        archive_destroy(&member);
    }
}

// Whole blocks and the odd places around them; gzip_test.c and tar_test.c cut small files at every byte.
Test(cifar, every_cut_is_an_error)
{
    struct archive archive = sample_tar(&sample_cifar_10);
    for (size_t size = 0; size < archive.size; size += size % 512 == 511 ? 1 : size % 512 == 0 ? 1 : 255) {
        struct archive cut = {0};
        char place[40];
        struct dataset dataset;
        archive_append(&cut, archive.bytes, size);
        snprintf(place, sizeof place, "cut after byte %zu", size);
        expect_error(read_tar(&sample_cifar_10, &cut, &dataset), STATUS_BAD_INPUT, "cut off", place);
        dataset_destroy(&dataset);
        archive_destroy(&cut);
    }
    archive_destroy(&archive);
}

Test(cifar, wrong_sizes_are_refused)
{
    for (size_t s = 0; s < SAMPLES; s++) {
        size_t record = (size_t)cifar_format_find(samples[s]->dataset)->record_bytes;
        struct archive member = sample_member(samples[s], 0);
        const struct {
            size_t size;
            const char *part;
        } cases[] = {
            {0, "found 0 records"},        {1, "record 0 at byte 0 has only 1"}, {member.size - record, "records = "},
            {member.size - 1, "has only"}, {member.size + 1, "has only 1"},      {member.size + record, "records = "},
        };
        uint8_t spare[4000] = {0};
        archive_append(&member, spare, sizeof spare);
        for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
            struct archive changed = {.bytes = member.bytes, .size = cases[c].size};
            struct archive archive = make_tar(samples[s], &changed);
            expect_refusal(samples[s], &archive, cases[c].part);
        }
        archive_destroy(&member);
    }
}

Test(cifar, labels_out_of_range_are_refused)
{
    static const struct {
        size_t sample, byte;
        uint8_t label;
        const char *part;
    } cases[] = {
        {0, 0, 10, "data_batch_1.bin: record 0, byte 0: expected a class label in 0..9, found 10"},
        {0, 2 * 3073, 255, "record 2, byte 6146: expected a class label in 0..9, found 255"},
        {1, 0, 20, "train.bin: record 0, byte 0: expected a coarse label in 0..19, found 20"},
        {1, 3 * 3074, 255, "record 3, byte 9222: expected a coarse label in 0..19, found 255"},
        {1, 1, 100, "record 0, byte 1: expected a fine label in 0..99, found 100"},
        {1, 3074 + 1, 255, "record 1, byte 3075: expected a fine label in 0..99, found 255"},
    };
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        const struct catalog_entry *entry = samples[cases[c].sample];
        struct archive member = sample_member(entry, 0);
        member.bytes[cases[c].byte] = cases[c].label;
        struct archive archive = make_tar(entry, &member);
        expect_refusal(entry, &archive, cases[c].part);
        archive_destroy(&member);
    }
}

Test(cifar, largest_labels_are_accepted)
{
    for (size_t s = 0; s < SAMPLES; s++) {
        struct archive member = sample_member(samples[s], 0);
        struct dataset dataset;
        member.bytes[0] = s == 0 ? 9 : 19;
        member.bytes[1] = 99; // with one label byte this is a pixel
        struct archive archive = make_tar(samples[s], &member);
        struct status status = read_tar(samples[s], &archive, &dataset);
        cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
        cr_expect(eq(int, dataset.train.labels[0], s == 0 ? 9 : 99));
        dataset_destroy(&dataset);
        archive_destroy(&archive);
        archive_destroy(&member);
    }
}

Test(cifar, missing_repeated_and_strange_members_are_refused)
{
    const struct catalog_member *members = sample_cifar_10.members;
    struct archive archive = {0}, bytes = sample_member(&sample_cifar_10, 0);
    archive_append_member(&archive, members[0].name, '0', bytes.bytes, bytes.size);
    archive_append_end(&archive);
    expect_refusal(&sample_cifar_10, &archive, "found none called cifar-10-batches-bin/test_batch.bin");

    archive_append_member(&archive, members[0].name, '0', bytes.bytes, bytes.size);
    archive_append_member(&archive, members[0].name, '0', bytes.bytes, bytes.size);
    archive_append_end(&archive);
    expect_refusal(&sample_cifar_10, &archive, "data_batch_1.bin once, found it twice");

    archive_append_member(&archive, members[0].name, '2', "", 0);
    archive_append_end(&archive);
    expect_refusal(&sample_cifar_10, &archive, "to be an ordinary file");

    archive_append_end(&archive);
    expect_refusal(&sample_cifar_10, &archive, "found none called");

    archive_append_member(&archive, "elsewhere/data_batch_1.bin", '0', bytes.bytes, bytes.size);
    archive_append_end(&archive);
    expect_refusal(&sample_cifar_10, &archive, "found none called cifar-10-batches-bin/data_batch_1.bin");
    archive_destroy(&bytes);
}

Test(cifar, a_cifar_10_archive_is_no_cifar_100)
{
    struct archive archive = sample_tar(&sample_cifar_10);
    expect_refusal(&sample_cifar_100, &archive, "found none called cifar-100-binary/train.bin");
}

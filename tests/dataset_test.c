// dataset_test.c: data sets from a folder: every form an archive may lie there in, what counts as official, and what is
// said when something is missing or wrong. Each test works in a new folder.
#include "datasets/datasets.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/file.h"
#include "datasets/cifar_source.h"
#include "datasets/data_folder.h"
#include "datasets/fingerprint.h"
#include "tests/support/archive.h"
#include "tests/support/cifar_sample.h"
#include "tests/support/temporary_folder.h"

static char folder[TEMPORARY_PATH_SIZE];

static void create_folder(void)
{
    temporary_folder_create(folder);
}

static void remove_folder(void)
{
    temporary_folder_remove(folder);
}

TestSuite(dataset, .init = create_folder, .fini = remove_folder);

// A sample as a catalogue of one entry with the checksums filled in.
struct sample {
    struct catalog_entry entry;
    struct catalog_member members[CATALOG_MEMBER_LIMIT];
    char sha256[65], md5[CATALOG_MEMBER_LIMIT][33];
    struct archive tar, tar_gz;
};

static void sample_create(const struct catalog_entry *of, bool official, struct sample *sample)
{
    *sample = (struct sample){.entry = *of, .tar = sample_tar(of)};
    sample->tar_gz = archive_compress(sample->tar.bytes, sample->tar.size);
    digest_sha256(sample->tar_gz.bytes, sample->tar_gz.size, sample->sha256);
    for (size_t m = 0; m < of->member_count; m++) {
        struct archive member = sample_member(of, m);
        sample->members[m] = of->members[m];
        cr_assert(eq(int, fingerprint_md5(member.bytes, member.size, sample->md5[m]).code, STATUS_OK));
        sample->members[m].md5 = sample->md5[m];
        archive_destroy(&member);
    }
    sample->entry.members = sample->members;
    sample->entry.sha256 = sample->sha256;
    sample->entry.size = sample->tar_gz.size;
    sample->entry.official = official;
    sample->entry.addresses[0] = official ? "https://example.org/sample" : NULL;
    if (official) sample->entry.remark = "";
}

static void sample_destroy(struct sample *sample)
{
    archive_destroy(&sample->tar);
    archive_destroy(&sample->tar_gz);
}

static void write_unpacked(const struct catalog_entry *entry)
{
    char name[64];
    catalog_entry_folder(entry, name, sizeof name);
    char *path = path_join(folder, name);
    cr_assert(eq(int, file_make_folders(path).code, STATUS_OK));
    free(path);
    for (size_t m = 0; m < entry->member_count; m++) {
        struct archive member = sample_member(entry, m);
        archive_write(&member, folder, entry->members[m].name);
        archive_destroy(&member);
    }
}

static struct status load(struct sample *sample, struct dataset *dataset)
{
    struct catalog catalog = {.entries = &sample->entry, .count = 1};
    return cifar_source_load(&catalog, sample->entry.dataset, folder, dataset);
}

static void expect_load(struct sample *sample, bool official, const char *remark, const char *place)
{
    struct dataset dataset;
    struct status status = load(sample, &dataset);
    cr_assert(eq(int, status.code, STATUS_OK), "%s: %s", place, status.message);
    expect_sample(&sample->entry, &dataset, place);
    cr_expect(dataset.official == official, "%s", place);
    cr_expect(strstr(dataset.remark, remark) != NULL, "%s: expected \"%s\" in \"%s\"", place, remark, dataset.remark);
    cr_expect(official == (dataset.remark[0] == '\0'), "%s: %s", place, dataset.remark);
    cr_expect(eq(str, dataset.name, (char *)sample->entry.dataset));
    cr_expect(strstr(dataset.source, place) != NULL, "expected \"%s\" in \"%s\"", place, dataset.source);
    cr_expect(eq(sz, strlen(dataset.sha256), 64));
    dataset_destroy(&dataset);
}

Test(dataset, every_form_of_the_official_archive_is_official)
{
    static const struct catalog_entry *const entries[] = {&sample_cifar_10, &sample_cifar_100};
    static const char *const tars[] = {"sample-10.tar", "sample-100.tar"};
    static const char *const folders[] = {"cifar-10-batches-bin", "cifar-100-binary"};
    for (int e = 0; e < 2; e++) {
        struct sample sample;
        sample_create(entries[e], true, &sample);
        write_unpacked(&sample.entry);
        expect_load(&sample, true, "", folders[e]);
        archive_write(&sample.tar, folder, tars[e]);
        expect_load(&sample, true, "", tars[e]);
        archive_write(&sample.tar_gz, folder, sample.entry.file);
        expect_load(&sample, true, "", sample.entry.file);
        sample_destroy(&sample);
    }
}

Test(dataset, an_entry_of_a_catalogue_file_is_never_official)
{
    struct sample sample;
    sample_create(&sample_cifar_10, false, &sample);
    write_unpacked(&sample.entry);
    expect_load(&sample, false, "a handful of records", "cifar-10-batches-bin");
    sample.members[1].md5 = "";
    expect_load(&sample, false,
                "a handful of records; read from an unpacked folder, where no checksum vouches for "
                "cifar-10-batches-bin/test_batch.bin",
                "cifar-10-batches-bin");
    archive_write(&sample.tar_gz, folder, sample.entry.file);
    expect_load(&sample, false, "a handful of records", "sample-10.tar.gz");
    sample_destroy(&sample);
}

Test(dataset, one_changed_pixel_is_not_official)
{
    struct sample sample;
    sample_create(&sample_cifar_10, true, &sample);
    // The last byte of the archive's last member, which is the entry's first.
    struct archive changed = {0};
    archive_append(&changed, sample.tar.bytes, sample.tar.size);
    size_t header = changed.size - 1024 - (3 * 3073 + 511) / 512 * 512;
    changed.bytes[header + 3 * 3073 - 1] ^= 1;
    archive_write(&changed, folder, "sample-10.tar");
    struct dataset dataset;
    struct status status = load(&sample, &dataset);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    cr_expect(not(dataset.official));
    cr_expect(eq(str, dataset.remark,
                 "read from an archive that is not the published file, where no checksum vouches for "
                 "cifar-10-batches-bin/data_batch_1.bin"));
    dataset_destroy(&dataset);

    struct archive packed = archive_compress(changed.bytes, changed.size);
    archive_write(&packed, folder, sample.entry.file);
    sample.entry.size = packed.size; // the same size, had compression been that kind
    expect_error(load(&sample, &dataset), STATUS_BAD_INPUT, "expected SHA-256", "changed .tar.gz");
    archive_destroy(&packed);
    archive_destroy(&changed);
    sample_destroy(&sample);
}

Test(dataset, damaged_archives_are_named_with_expected_and_found)
{
    struct sample sample;
    struct dataset dataset;
    sample_create(&sample_cifar_10, true, &sample);
    write_unpacked(&sample.entry); // a good folder beside it must not hide the damage
    struct archive changed = {0};
    archive_append(&changed, sample.tar_gz.bytes, sample.tar_gz.size);

    changed.bytes[changed.size / 2] ^= 1;
    archive_write(&changed, folder, sample.entry.file);
    expect_error(load(&sample, &dataset), STATUS_BAD_INPUT, sample.sha256, "flipped bit");
    changed.size--;
    archive_write(&changed, folder, sample.entry.file);
    expect_error(load(&sample, &dataset), STATUS_BAD_INPUT, "an interrupted download?", "cut");
    changed.size = 0;
    archive_write(&changed, folder, sample.entry.file);
    expect_error(load(&sample, &dataset), STATUS_BAD_INPUT, "found 0", "empty");
    temporary_file_write(folder, sample.entry.file, "\n <!DOCTYPE html><html><title>503</title></html>");
    expect_error(load(&sample, &dataset), STATUS_BAD_INPUT, "found a web page of 48 bytes", "page");
    temporary_file_write(folder, sample.entry.file, "<HTML>");
    expect_error(load(&sample, &dataset), STATUS_BAD_INPUT, "found a web page", "short page");
    archive_write(&sample.tar_gz, folder, sample.entry.file);
    sample.entry.size--;
    expect_error(load(&sample, &dataset), STATUS_BAD_INPUT, "found more", "longer than expected");
    archive_destroy(&changed);
    sample_destroy(&sample);
}

Test(dataset, a_right_checksum_does_not_excuse_wrong_content)
{
    static const char text[] = "neither gzip nor tar";
    struct sample sample;
    struct dataset dataset;
    sample_create(&sample_cifar_10, true, &sample);
    temporary_file_write(folder, sample.entry.file, text);
    sample.entry.size = strlen(text);
    digest_sha256(text, strlen(text), sample.sha256);
    expect_error(load(&sample, &dataset), STATUS_BAD_INPUT, "expected a gzip stream", "text");
    cr_expect(eq(ptr, dataset.train.pixels, NULL));

    // More inside than the members and a little else explain.
    size_t size = (size_t)8 << 20;
    uint8_t *zeros = calloc(1, size);
    cr_assert(ne(ptr, zeros, NULL));
    struct archive bomb = archive_compress(zeros, size);
    archive_write(&bomb, folder, sample.entry.file);
    sample.entry.size = bomb.size;
    digest_sha256(bomb.bytes, bomb.size, sample.sha256);
    expect_error(load(&sample, &dataset), STATUS_BAD_INPUT, "found more", "bomb");
    archive_destroy(&bomb);
    free(zeros);
    sample_destroy(&sample);
}

Test(dataset, a_tar_may_be_compressed_all_the_same)
{
    struct sample sample;
    sample_create(&sample_cifar_100, true, &sample);
    archive_write(&sample.tar_gz, folder, "sample-100.tar");
    expect_load(&sample, true, "", "sample-100.tar");
    sample_destroy(&sample);
}

Test(dataset, an_incomplete_folder_is_named)
{
    struct sample sample;
    struct dataset dataset;
    sample_create(&sample_cifar_10, true, &sample);
    write_unpacked(&sample.entry);
    temporary_file_write(folder, "cifar-10-batches-bin/data_batch_2.bin", "short");
    expect_error(load(&sample, &dataset), STATUS_BAD_INPUT, "data_batch_2.bin: expected 2 records", "short file");
    char *path = path_join(folder, "cifar-10-batches-bin/data_batch_2.bin");
    cr_assert(eq(int, remove(path), 0));
    expect_error(load(&sample, &dataset), STATUS_MISSING, path, "no file");
    free(path);
    sample_destroy(&sample);
}

Test(dataset, of_entries_with_one_folder_the_fitting_one_is_used)
{
    struct sample sample;
    struct dataset dataset;
    sample_create(&sample_cifar_10, true, &sample);
    struct catalog_member larger[3] = {sample.members[0], sample.members[1], sample.members[2]};
    struct catalog_entry entries[2] = {sample.entry, sample.entry};
    larger[0].records = 4;
    entries[0].members = larger;
    entries[0].file = "other.tar.gz";
    struct catalog catalog = {.entries = entries, .count = 2};
    write_unpacked(&sample.entry);
    struct status status = cifar_source_load(&catalog, "cifar-10", folder, &dataset);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    expect_sample(&sample.entry, &dataset, "second entry");
    dataset_destroy(&dataset);
    sample_destroy(&sample);
}

Test(dataset, what_is_missing_is_listed)
{
    struct dataset dataset;
    struct dataset_request request = {.name = "cifar-10", .folder = folder};
    struct status status = dataset_load(&request, &dataset);
    expect_error(status, STATUS_MISSING, folder, "official");
    expect_error(status, STATUS_MISSING,
                 "cifar-10-binary.tar.gz (170052171 bytes, published at "
                 "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz), cifar-10-binary.tar, cifar-10-batches-bin/",
                 "official");
    request.catalog = "datasets/catalogs/cifar-subset.json";
    request.name = "cifar-100";
    status = dataset_load(&request, &dataset);
    expect_error(status, STATUS_MISSING, "cifar-100-binary-mini.tar.gz (8404111 bytes)", "subset");
    expect_error(status, STATUS_MISSING, "cifar-100-binary.tar.gz (168513733 bytes, published at", "subset");
    request.folder = "/no/such/folder";
    expect_error(dataset_load(&request, &dataset), STATUS_MISSING, "/no/such/folder (no such folder)", "no folder");
    cr_expect(eq(ptr, dataset.train.pixels, NULL));
}

Test(dataset, a_catalogue_file_leads_to_its_archive)
{
    struct sample sample;
    struct dataset dataset;
    char text[2000];
    sample_create(&sample_cifar_100, false, &sample);
    archive_write(&sample.tar_gz, folder, sample.entry.file);
    snprintf(text, sizeof text,
             "{\"files\": [{\"file\": \"%s\", \"dataset\": \"cifar-100\", \"size\": %" PRIu64 ", \"sha256\": \"%s\", "
             "\"remark\": \"seven records\", \"members\": ["
             "{\"name\": \"cifar-100-binary/train.bin\", \"part\": \"train\", \"records\": 4}, "
             "{\"name\": \"cifar-100-binary/test.bin\", \"part\": \"test\", \"records\": 3}]}]}",
             sample.entry.file, sample.entry.size, sample.sha256);
    temporary_file_write(folder, "catalog.json", text);
    char *catalog = path_join(folder, "catalog.json");
    struct dataset_request request = {.name = "cifar-100", .folder = folder, .catalog = catalog};
    struct status status = dataset_load(&request, &dataset);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    expect_sample(&sample.entry, &dataset, "catalogue file");
    cr_expect(not(dataset.official));
    cr_expect(eq(str, dataset.remark, "seven records"));
    cr_expect(eq(str, dataset.sha256, sample.sha256));
    cr_expect(eq(int, dataset.train.classes, 100));
    dataset_destroy(&dataset);
    free(catalog);
    sample_destroy(&sample);
}

Test(dataset, the_data_folder_is_found_in_order)
{
    char *found = NULL;
    setenv("TRANSINV_DATA", "/data", 1);
    setenv("XDG_CACHE_HOME", "/cache", 1);
    setenv("HOME", "/home/someone", 1);
    const struct {
        const char *asked, *unset, *expected;
    } cases[] = {
        {"/asked", NULL, "/asked"},
        {NULL, NULL, "/data"},
        {NULL, "TRANSINV_DATA", "/cache/transinv"},
        {NULL, "XDG_CACHE_HOME", "/home/someone/.cache/transinv"},
    };
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        if (cases[c].unset != NULL) setenv(cases[c].unset, "", 1); // empty is like unset
        cr_assert(eq(int, data_folder_resolve(cases[c].asked, &found).code, STATUS_OK));
        cr_expect(eq(str, found, (char *)cases[c].expected));
        free(found);
    }
    setenv("XDG_CACHE_HOME", "relative", 1);
    cr_assert(eq(int, data_folder_resolve(NULL, &found).code, STATUS_OK));
    cr_expect(eq(str, found, "/home/someone/.cache/transinv"));
    free(found);
    unsetenv("HOME");
    expect_error(data_folder_resolve(NULL, &found), STATUS_MISSING, "HOME", "no HOME");
    cr_expect(eq(ptr, found, NULL));
    expect_error(data_folder_resolve("", &found), STATUS_USAGE, "empty text", "empty name");
}

Test(dataset, wrong_requests_are_refused)
{
    struct dataset dataset;
    static const struct {
        struct dataset_request request;
        const char *part;
    } cases[] = {
        {{.name = "cifar-20"}, "\"cifar-20\": expected cifar-10, cifar-100, synthetic-10 or synthetic-100"},
        {{.name = "synthetic-10", .synthetic_train = 0, .synthetic_test = 10}, "found 0 and 10"},
        {{.name = "synthetic-10", .synthetic_train = 10, .synthetic_test = -1}, "found 10 and -1"},
        {{.name = "synthetic-100", .synthetic_train = 1000001, .synthetic_test = 10}, "found 1000001 and 10"},
    };
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++)
        expect_error(dataset_load(&cases[c].request, &dataset), STATUS_USAGE, cases[c].part, cases[c].request.name);
}

Test(dataset, the_embedded_set_needs_no_folder)
{
    struct dataset small, large;
    const struct dataset_request request = {
        .name = "synthetic-100", .folder = "/none", .synthetic_train = 100, .synthetic_test = 50};
    struct dataset_request longer = request;
    longer.synthetic_train = 200;
    cr_assert(eq(int, dataset_load(&request, &small).code, STATUS_OK));
    cr_assert(eq(int, dataset_load(&longer, &large).code, STATUS_OK));
    cr_expect(eq(str, small.source, "embedded"));
    cr_expect(not(small.official));
    cr_expect(ne(str, small.remark, ""));
    cr_expect(eq(sz, strlen(small.sha256), 64));
    cr_expect(ne(str, small.sha256, large.sha256));
    // More training images change neither those before them nor the test images.
    cr_expect(eq(int, memcmp(small.train.pixels, large.train.pixels, (size_t)100 * IMAGE_BYTES), 0));
    cr_expect(eq(int, memcmp(small.test.pixels, large.test.pixels, (size_t)50 * IMAGE_BYTES), 0));
    dataset_destroy(&small);
    dataset_destroy(&large);
    dataset_destroy(&large); // an empty one is accepted
}

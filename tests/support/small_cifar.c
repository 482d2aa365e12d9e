// small_cifar.c: see small_cifar.h.
#include "tests/support/small_cifar.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "cli/npy.h"
#include "datasets/corrupted_archive.h"
#include "datasets/synthetic.h"
#include "tests/support/archive.h"
#include "tests/support/temporary_folder.h"

// Records: a label, of CIFAR-100 a coarse one before it, then three planes.
static void write_member(const char *folder, const char *name, int classes, int first, int count)
{
    struct image_set set;
    struct archive member = {0};
    cr_assert(eq(int, synthetic_generate(9, classes, first, count, &set).code, STATUS_OK));
    for (int i = 0; i < count; i++) {
        const uint8_t labels[] = {0, (uint8_t)set.labels[i]};
        archive_append(&member, classes == 100 ? labels : labels + 1, classes == 100 ? 2 : 1);
        for (int channel = 0; channel < IMAGE_CHANNELS; channel++)
            for (int pixel = 0; pixel < IMAGE_SIDE * IMAGE_SIDE; pixel++)
                archive_append(&member, &set.pixels[i * IMAGE_BYTES + pixel * IMAGE_CHANNELS + channel], 1);
    }
    archive_write(&member, folder, name);
    archive_destroy(&member);
    image_set_destroy(&set);
}

static void write_folder(const char *folder, const char *name, const char *train, const char *test, int classes)
{
    char *path = path_join(folder, name);
    cr_assert(eq(int, file_make_folders(path).code, STATUS_OK));
    write_member(path, train, classes, 0, SMALL_CIFAR_TRAIN);
    write_member(path, test, classes, SMALL_CIFAR_TRAIN, SMALL_CIFAR_TEST);
    free(path);
}

// An entry of the catalogue; the archive itself is never there.
#define ENTRY(dataset, file, train, test)                                                                              \
    "{\"file\": \"" file "\", \"dataset\": \"" dataset "\", \"size\": 1, \"sha256\": \"%064d\", "                      \
    "\"remark\": \"a few drawn images\", \"members\": [{\"name\": \"" train                                            \
    "\", \"part\": \"train\", \"records\": %d}, {\"name\": \"" test "\", \"part\": \"test\", \"records\": %d}]}"

void small_cifar_write(const char *folder)
{
    char catalog[2000];
    write_folder(folder, "cifar-10-batches-bin", "data_batch_1.bin", "test_batch.bin", 10);
    snprintf(catalog, sizeof catalog,
             "{\"files\": [" ENTRY("cifar-10", "small.tar.gz", "cifar-10-batches-bin/data_batch_1.bin",
                                   "cifar-10-batches-bin/test_batch.bin") ", " //
             ENTRY("cifar-100", "small-100.tar.gz", "cifar-100-binary/train.bin", "cifar-100-binary/test.bin") "]}",
             0, SMALL_CIFAR_TRAIN, SMALL_CIFAR_TEST, 0, SMALL_CIFAR_TRAIN, SMALL_CIFAR_TEST);
    temporary_file_write(folder, "catalog.json", catalog);
}

static void write_array(const char *folder, const char *name, int dimensions, const struct image_set *set)
{
    const int64_t shape[] = {CORRUPTED_SEVERITIES * SMALL_CIFAR_TEST, IMAGE_SIDE, IMAGE_SIDE, IMAGE_CHANNELS};
    uint8_t header[NPY_HEADER_BYTES];
    char file[64];
    struct archive array = {0};
    npy_fill_header(NPY_UINT8_TYPE, dimensions, shape, header);
    archive_append(&array, header, sizeof header);
    for (int severity = 1; severity <= CORRUPTED_SEVERITIES; severity++)
        for (int i = 0; i < set->count; i++)
            if (dimensions == 1)
                archive_append(&array, &(uint8_t){(uint8_t)set->labels[i]}, 1);
            else
                archive_append(&array, set->pixels + (size_t)i * IMAGE_BYTES, IMAGE_BYTES);
    snprintf(file, sizeof file, "%s.npy", name);
    archive_write(&array, folder, file);
    archive_destroy(&array);
}

void small_cifar_write_published(const char *folder, const char *corruption)
{
    struct image_set set;
    char *path = path_join(folder, "CIFAR-10-C");
    small_cifar_write(folder);
    write_folder(folder, "cifar-100-binary", "train.bin", "test.bin", 100);
    cr_assert(eq(int, file_make_folders(path).code, STATUS_OK));
    cr_assert(eq(int, synthetic_generate(9, 10, SMALL_CIFAR_TRAIN, SMALL_CIFAR_TEST, &set).code, STATUS_OK));
    write_array(path, corruption, 4, &set);
    write_array(path, "labels", 1, &set);
    image_set_destroy(&set);
    free(path);
}

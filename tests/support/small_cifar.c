// small_cifar.c: see small_cifar.h.
#include "tests/support/small_cifar.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "datasets/synthetic.h"
#include "tests/support/archive.h"
#include "tests/support/temporary_folder.h"

// Records of CIFAR-10: a label, then three planes.
static void write_member(const char *folder, const char *name, int first, int count)
{
    struct image_set set;
    struct archive member = {0};
    cr_assert(eq(int, synthetic_generate(9, 10, first, count, &set).code, STATUS_OK));
    for (int i = 0; i < count; i++) {
        archive_append(&member, &(uint8_t){(uint8_t)set.labels[i]}, 1);
        for (int channel = 0; channel < IMAGE_CHANNELS; channel++)
            for (int pixel = 0; pixel < IMAGE_SIDE * IMAGE_SIDE; pixel++)
                archive_append(&member, &set.pixels[i * IMAGE_BYTES + pixel * IMAGE_CHANNELS + channel], 1);
    }
    archive_write(&member, folder, name);
    archive_destroy(&member);
    image_set_destroy(&set);
}

void small_cifar_write(const char *folder)
{
    char catalog[800];
    char *path = path_join(folder, "cifar-10-batches-bin");
    cr_assert(eq(int, file_make_folders(path).code, STATUS_OK));
    write_member(path, "data_batch_1.bin", 0, SMALL_CIFAR_TRAIN);
    write_member(path, "test_batch.bin", SMALL_CIFAR_TRAIN, SMALL_CIFAR_TEST);
    free(path);
    snprintf(catalog, sizeof catalog,
             "{\"files\": [{\"file\": \"small.tar.gz\", \"dataset\": \"cifar-10\", \"size\": 1, \"sha256\": "
             "\"%064d\", \"remark\": \"a few drawn images\", \"members\": ["
             "{\"name\": \"cifar-10-batches-bin/data_batch_1.bin\", \"part\": \"train\", \"records\": %d}, "
             "{\"name\": \"cifar-10-batches-bin/test_batch.bin\", \"part\": \"test\", \"records\": %d}]}]}",
             0, SMALL_CIFAR_TRAIN, SMALL_CIFAR_TEST);
    temporary_file_write(folder, "catalog.json", catalog);
}

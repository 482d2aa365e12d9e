// published_teacher_test.c: what a teacher of published images trains on and is tested on: no base image is in both. On a
// CIFAR-10-C in miniature.
#include "harness/published_teacher.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "base/file.h"
#include "cli/npy.h"
#include "tests/support/archive.h"
#include "tests/support/temporary_folder.h"

enum { TRAIN = 7, BASE = 20, HELD_OUT = 2, ROWS = CORRUPTION_SEVERITIES * BASE };

static char place[TEMPORARY_PATH_SIZE];

static void enter(void)
{
    temporary_folder_enter(place);
}

static void leave(void)
{
    temporary_folder_leave(place);
}

TestSuite(published_teacher, .init = enter, .fini = leave);

// Every image is one byte value all over: training image i is 200 + i, test image i is i.
static void create_clean(struct dataset *clean)
{
    *clean = (struct dataset){.name = "cifar-10"};
    cr_assert(eq(int, image_set_create(TRAIN, 10, &clean->train).code, STATUS_OK));
    cr_assert(eq(int, image_set_create(BASE, 10, &clean->test).code, STATUS_OK));
    for (int i = 0; i < TRAIN; i++) {
        memset(clean->train.pixels + (size_t)i * IMAGE_BYTES, 200 + i, IMAGE_BYTES);
        clean->train.labels[i] = i % 10;
    }
    for (int i = 0; i < BASE; i++) {
        memset(clean->test.pixels + (size_t)i * IMAGE_BYTES, i, IMAGE_BYTES);
        clean->test.labels[i] = 3 * i % 10;
    }
}

// Row r of the published images: base image r % BASE at severity 1 + r / BASE is BASE * severity + base.
static void write_published(int label_of_first)
{
    const int64_t shape[] = {ROWS, IMAGE_SIDE, IMAGE_SIDE, IMAGE_CHANNELS};
    uint8_t header[NPY_HEADER_BYTES], image[IMAGE_BYTES];
    struct archive images = {0}, labels = {0};
    npy_fill_header(NPY_UINT8_TYPE, 4, shape, header);
    archive_append(&images, header, sizeof header);
    npy_fill_header(NPY_UINT8_TYPE, 1, shape, header);
    archive_append(&labels, header, sizeof header);
    for (int row = 0; row < ROWS; row++) {
        const int base = row % BASE;
        const uint8_t label = (uint8_t)(base == 0 ? label_of_first : 3 * base % 10);
        memset(image, BASE + row, sizeof image);
        archive_append(&images, image, sizeof image);
        archive_append(&labels, &label, 1);
    }
    cr_assert(eq(int, file_make_folders("CIFAR-10-C").code, STATUS_OK));
    archive_write(&images, "CIFAR-10-C", "fog.npy");
    archive_write(&labels, "CIFAR-10-C", "labels.npy");
    archive_destroy(&images);
    archive_destroy(&labels);
}

static int base_of(const uint8_t *pixel)
{
    return *pixel % BASE;
}

static void expect_train(const struct dataset *clean, const struct published_teacher *teacher,
                         const bool held_out[BASE], const double *weights)
{
    int seen[1 + CORRUPTION_SEVERITIES] = {0};
    cr_expect(eq(int, memcmp(teacher->train.pixels, clean->train.pixels, (size_t)TRAIN * IMAGE_BYTES), 0));
    for (int i = TRAIN; i < teacher->train.count; i++) {
        const uint8_t *pixels = teacher->train.pixels + (size_t)i * IMAGE_BYTES;
        cr_expect(not(held_out[base_of(pixels)]), "image %d is held out", i);
        cr_expect(eq(int, teacher->train.labels[i], 3 * base_of(pixels) % 10));
        seen[*pixels / BASE]++;
    }
    for (int severity = 1; severity <= CORRUPTION_SEVERITIES; severity++)
        cr_expect(eq(int, seen[severity], weights[severity] > 0 ? BASE - HELD_OUT : 0), "severity %d", severity);
}

Test(published_teacher, holds_out_base_images_at_every_severity)
{
    const struct preset_weights weights = {{5, 1, 0, 1, 1, 2}};
    struct dataset clean;
    struct published_teacher teacher;
    bool held_out[BASE] = {false};
    create_clean(&clean);
    write_published(0);
    struct status status = published_teacher_load(&clean, ".", corruption_find("Fo"), &weights, &teacher);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    cr_expect(not(teacher.official), "not the published bytes");
    cr_assert(eq(int, teacher.test.count, HELD_OUT));
    cr_assert(eq(int, published_teacher_test_count(&clean), HELD_OUT));
    cr_assert(eq(int, teacher.train.count, TRAIN + 4 * (BASE - HELD_OUT)));
    cr_assert(eq(int, published_teacher_train_count(&clean, &weights), teacher.train.count));
    for (int i = 0; i < HELD_OUT; i++) {
        const uint8_t base = teacher.test.pixels[(size_t)i * IMAGE_BYTES];
        held_out[base] = true;
        cr_expect(eq(int, teacher.test.labels[i], 3 * base % 10));
        for (int severity = 1; severity <= CORRUPTION_SEVERITIES; severity++)
            cr_expect(
                eq(int, teacher.test_corrupted[severity - 1].pixels[(size_t)i * IMAGE_BYTES], BASE *severity + base));
    }
    expect_train(&clean, &teacher, held_out, weights.items);
    published_teacher_destroy(&teacher);
    dataset_destroy(&clean);
}

Test(published_teacher, refuses_other_files)
{
    const struct preset_weights weights = {{5, 1, 1, 1, 1, 1}};
    const struct corruption *fog = corruption_find("Fo"), *snow = corruption_find("Sn");
    struct dataset clean;
    struct published_teacher teacher;
    create_clean(&clean);
    expect_error(published_teacher_check(&clean, ".", fog), STATUS_MISSING, "CIFAR-10-C", "no files");
    write_published(7);
    expect_error(published_teacher_check(&clean, ".", fog), STATUS_BAD_INPUT, "labels of image 0: expected 0",
                 "other labels");
    expect_error(published_teacher_load(&clean, ".", fog, &weights, &teacher), STATUS_BAD_INPUT, "found 7",
                 "other labels");
    cr_expect(teacher.train.pixels == NULL && teacher.test.pixels == NULL, "empty on error");
    write_published(0);
    cr_expect(eq(int, published_teacher_check(&clean, ".", fog).code, STATUS_OK));
    expect_error(published_teacher_check(&clean, ".", snow), STATUS_MISSING, "snow", "no snow");
    dataset_destroy(&clean);
}

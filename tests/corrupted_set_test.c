// corrupted_set_test.c: CIFAR-10-C and CIFAR-100-C in miniature, as a folder and as an archive: what is read from them,
// what is refused, and which base images are held out. Each test works in a new folder.
#include "datasets/corrupted_set.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/npy.h"
#include "tests/support/archive.h"
#include "tests/support/temporary_folder.h"

enum { BASE = 4, ROWS = CORRUPTED_SEVERITIES * BASE };

static char place[TEMPORARY_PATH_SIZE];

static void enter(void)
{
    temporary_folder_enter(place);
}

static void leave(void)
{
    temporary_folder_leave(place);
}

TestSuite(corrupted_set, .init = enter, .fini = leave);

static const struct corrupted_request request = {.dataset = "cifar-10", .folder = ".", .base_images = BASE};

// Byte b of row r is r + b, so that every row is another one.
static uint8_t sample_byte(int row, int byte)
{
    return (uint8_t)(row + byte);
}

static struct archive sample_images(int rows)
{
    const int64_t shape[] = {rows, IMAGE_SIDE, IMAGE_SIDE, IMAGE_CHANNELS};
    uint8_t header[NPY_HEADER_BYTES], image[IMAGE_BYTES];
    struct archive array = {0};
    npy_fill_header(NPY_UINT8_TYPE, 4, shape, header);
    archive_append(&array, header, sizeof header);
    for (int row = 0; row < rows; row++) {
        for (int byte = 0; byte < IMAGE_BYTES; byte++) image[byte] = sample_byte(row, byte);
        archive_append(&array, image, sizeof image);
    }
    return array;
}

// Label i of the base images is 3 i modulo 10; `type` has `width` bytes.
static struct archive sample_labels(const char *type, int width)
{
    const int64_t shape[] = {ROWS};
    uint8_t header[NPY_HEADER_BYTES];
    struct archive array = {0};
    npy_fill_header(type, 1, shape, header);
    archive_append(&array, header, sizeof header);
    for (int row = 0; row < ROWS; row++) {
        const uint8_t value[8] = {(uint8_t)(row % BASE * 3 % 10)};
        archive_append(&array, value, (size_t)width);
    }
    return array;
}

static void write_folder(const char *folder, const struct archive *images, const struct archive *labels)
{
    cr_assert(eq(int, file_make_folders(folder).code, STATUS_OK));
    archive_write(images, folder, "frost.npy");
    archive_write(labels, folder, "labels.npy");
}

static void write_tar(const char *title, const struct archive *images, const struct archive *labels)
{
    char name[64];
    struct archive tar = {0};
    snprintf(name, sizeof name, "%s/", title);
    archive_append_member(&tar, name, '5', "", 0);
    snprintf(name, sizeof name, "%s/labels.npy", title);
    archive_append_member(&tar, name, '0', labels->bytes, labels->size);
    snprintf(name, sizeof name, "%s/frost.npy", title);
    archive_append_member(&tar, name, '0', images->bytes, images->size);
    archive_append_end(&tar);
    snprintf(name, sizeof name, "%s.tar", title);
    archive_write(&tar, ".", name);
    archive_destroy(&tar);
}

static struct corrupted_archive find_sample(bool packed)
{
    struct corrupted_archive archive;
    struct status status = corrupted_archive_find(&request, &archive);
    cr_assert(status.code == STATUS_OK, "%s", status.message);
    cr_expect(archive.packed == packed && archive.classes == 10 && archive.base_images == BASE);
    return archive;
}

static void expect_rows(const uint8_t *pixels, int first, int count)
{
    for (int row = 0; row < count; row++)
        for (int byte = 0; byte < IMAGE_BYTES; byte++)
            cr_assert(eq(u8, pixels[row * IMAGE_BYTES + byte], sample_byte(first + row, byte)), "row %d", first + row);
}

static void expect_contents(const struct corrupted_archive *archive)
{
    uint8_t pixels[BASE * IMAGE_BYTES];
    int32_t labels[BASE];
    for (int severity = 1; severity <= CORRUPTED_SEVERITIES; severity++)
        for (int first = 0; first < BASE; first++) {
            struct status status = corrupted_archive_read(archive, "frost", severity, first, BASE - first, pixels);
            cr_assert(status.code == STATUS_OK, "%s", status.message);
            expect_rows(pixels, (severity - 1) * BASE + first, BASE - first);
        }
    struct status status = corrupted_archive_read_labels(archive, labels);
    cr_assert(status.code == STATUS_OK, "%s", status.message);
    for (int i = 0; i < BASE; i++) cr_expect(eq(i32, labels[i], i * 3 % 10));
}

Test(corrupted_set, reads_folder_and_archive_and_labels_of_every_type)
{
    static const struct {
        const char *type;
        int width;
    } types[] = {{"|u1", 1}, {"<i4", 4}, {"<i8", 8}};
    struct archive images = sample_images(ROWS);
    for (size_t t = 0; t < sizeof types / sizeof types[0]; t++) {
        struct archive labels = sample_labels(types[t].type, types[t].width);
        write_folder("CIFAR-10-C", &images, &labels);
        struct corrupted_archive archive = find_sample(false);
        expect_contents(&archive);
        write_tar("CIFAR-10-C", &images, &labels);
        archive = find_sample(true);
        expect_contents(&archive);
        unlink("CIFAR-10-C.tar");
        archive_destroy(&labels);
    }
    archive_destroy(&images);
}

Test(corrupted_set, says_what_is_missing)
{
    struct corrupted_archive archive;
    struct archive images = sample_images(ROWS), labels = sample_labels("|u1", 1);
    uint8_t pixels[BASE * IMAGE_BYTES];
    expect_error(corrupted_archive_find(&request, &archive), STATUS_MISSING,
                 "looked for CIFAR-10-C.tar and the folder CIFAR-10-C/", "nothing there");
    expect_error(corrupted_archive_find(&(struct corrupted_request){"cifar-100", "none", 0}, &archive), STATUS_MISSING,
                 "CIFAR-100-C is not in none (no such folder)", "no folder");
    expect_error(corrupted_archive_find(&(struct corrupted_request){"synthetic-10", ".", 0}, &archive), STATUS_USAGE,
                 "not for synthetic-10", "drawn images");
    write_folder("CIFAR-10-C", &images, &labels);
    archive = find_sample(false);
    expect_error(corrupted_archive_read(&archive, "snow", 1, 0, 1, pixels), STATUS_MISSING, "CIFAR-10-C/snow.npy",
                 "no such array");
    write_tar("CIFAR-10-C", &images, &labels);
    archive = find_sample(true);
    expect_error(corrupted_archive_read(&archive, "snow", 1, 0, 1, pixels), STATUS_MISSING,
                 "expected a member CIFAR-10-C/snow.npy, found none", "no such member");
    archive_destroy(&images);
    archive_destroy(&labels);
}

Test(corrupted_set, refuses_places_that_are_not_there)
{
    static const struct {
        int severity, first, count;
        const char *part;
    } cases[] = {
        {0, 0, 1, "expected a severity from 1 to 5, found 0"},
        {6, 0, 1, "expected a severity from 1 to 5, found 6"},
        {1, -1, 1, "expected numbers from 0 to 3"},
        {1, BASE, 1, "expected numbers from 0 to 3"},
        {5, 0, BASE + 1, "expected numbers from 0 to 3"},
        {5, 2, 0x7fffffff, "expected numbers from 0 to 3"},
        {1, 0, -1, "expected numbers from 0 to 3"},
    };
    uint8_t pixels[BASE * IMAGE_BYTES];
    struct archive images = sample_images(ROWS), labels = sample_labels("|u1", 1);
    write_folder("CIFAR-10-C", &images, &labels);
    struct corrupted_archive archive = find_sample(false);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        memset(pixels, 0xee, sizeof pixels);
        struct status status =
            corrupted_archive_read(&archive, "frost", cases[i].severity, cases[i].first, cases[i].count, pixels);
        expect_error(status, STATUS_USAGE, cases[i].part, cases[i].part);
        for (size_t b = 0; b < sizeof pixels; b++) cr_assert(eq(u8, pixels[b], 0xee), "case %zu wrote", i);
    }
    archive_destroy(&images);
    archive_destroy(&labels);
}

Test(corrupted_set, refuses_wrong_shapes_and_labels)
{
    uint8_t pixels[IMAGE_BYTES];
    int32_t numbers[BASE];
    struct archive images = sample_images(ROWS - 1), labels = sample_labels("|u1", 1);
    write_folder("CIFAR-10-C", &images, &labels);
    struct corrupted_archive archive = find_sample(false);
    expect_error(corrupted_archive_read(&archive, "frost", 1, 0, 1, pixels), STATUS_BAD_INPUT,
                 "frost.npy: expected shape (20, 32, 32, 3), found (19, 32, 32, 3)", "a row too few");
    expect_error(corrupted_archive_read(&archive, "labels", 1, 0, 1, pixels), STATUS_BAD_INPUT,
                 "expected shape (20, 32, 32, 3), found (20,)", "labels for images");
    labels.bytes[labels.size - 1] ^= 1;
    archive_write(&labels, "CIFAR-10-C", "labels.npy");
    expect_error(corrupted_archive_read_labels(&archive, numbers), STATUS_BAD_INPUT,
                 "labels.npy: value 19: expected label 9 as at severity 1, found 8", "another label");
    labels.bytes[labels.size - 1] = 10;
    archive_write(&labels, "CIFAR-10-C", "labels.npy");
    expect_error(corrupted_archive_read_labels(&archive, numbers), STATUS_BAD_INPUT,
                 "labels.npy: value 19: expected 0 to 9, found 10", "no such class");
    archive_write(&images, "CIFAR-10-C", "labels.npy");
    expect_error(corrupted_archive_read_labels(&archive, numbers), STATUS_BAD_INPUT,
                 "expected shape (20,), found (19, 32, 32, 3)", "images for labels");
    archive.base_images = 10000;
    expect_error(corrupted_archive_read(&archive, "frost", 1, 0, 1, pixels), STATUS_BAD_INPUT,
                 "expected shape (50000, 32, 32, 3)", "as published");
    archive_destroy(&images);
    archive_destroy(&labels);
}

Test(corrupted_set, loads_a_whole_corruption)
{
    struct corrupted_set set;
    struct archive images = sample_images(ROWS), labels = sample_labels("|u1", 1);
    write_tar("CIFAR-10-C", &images, &labels);
    struct corrupted_archive archive = find_sample(true);
    struct status status = corrupted_set_load(&archive, "frost", &set);
    cr_assert(status.code == STATUS_OK, "%s", status.message);
    cr_expect(set.base_images == BASE && set.images.count == ROWS && set.images.classes == 10);
    expect_rows(set.images.pixels, 0, ROWS);
    for (int row = 0; row < ROWS; row++) cr_expect(eq(i32, set.images.labels[row], row % BASE * 3 % 10));
    for (int severity = 1; severity <= CORRUPTED_SEVERITIES; severity++) {
        struct image_set at = corrupted_set_at(&set, severity);
        cr_expect(at.count == BASE && at.labels[1] == 3);
        expect_rows(at.pixels, (severity - 1) * BASE, BASE);
    }
    cr_expect(not(set.official));
    cr_expect(eq(str, set.remark, "CIFAR-10-C/frost.npy does not have the published checksum"));
    cr_expect(eq(str, set.source, "./CIFAR-10-C.tar: CIFAR-10-C/frost.npy"));
    corrupted_set_destroy(&set);
    expect_error(corrupted_set_load(&archive, "fog", &set), STATUS_MISSING, "fog.npy", "no such corruption");
    cr_expect(set.images.pixels == NULL);
    corrupted_set_destroy(&set);
    archive_destroy(&images);
    archive_destroy(&labels);
}

Test(corrupted_set, knows_the_published_checksums)
{
    static const char *const datasets[] = {"cifar-10", "cifar-100"};
    static const char *const arrays[] = {"gaussian_noise",
                                         "shot_noise",
                                         "impulse_noise",
                                         "brightness",
                                         "contrast",
                                         "elastic_transform",
                                         "defocus_blur",
                                         "glass_blur",
                                         "motion_blur",
                                         "zoom_blur",
                                         "snow",
                                         "frost",
                                         "fog",
                                         "pixelate",
                                         "jpeg_compression",
                                         "labels"};
    enum { ARRAYS = sizeof arrays / sizeof arrays[0] };
    char seen[2 * ARRAYS][33], none[33];
    for (int i = 0; i < 2 * ARRAYS; i++) {
        corrupted_published_md5(datasets[i / ARRAYS], arrays[i % ARRAYS], seen[i]);
        cr_expect(eq(sz, strspn(seen[i], "0123456789abcdef"), 32), "%s of %s", arrays[i % ARRAYS],
                  datasets[i / ARRAYS]);
        for (int j = 0; j < i; j++) cr_expect(ne(str, seen[i], seen[j]), "%d and %d", i, j);
    }
    corrupted_published_md5("cifar-10", "nothing", none);
    cr_expect(eq(str, none, ""));
    corrupted_published_md5("synthetic-10", "frost", none);
    cr_expect(eq(str, none, ""));
}

// ---- held-out base images --------------------------------------------------------------------------------------

Test(corrupted_set, holds_out_a_tenth)
{
    static const int counts[] = {2, 9, 10, 19, 20, 500, 10000};
    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
        const int count = counts[c];
        struct corrupted_split split;
        int *seen = calloc((size_t)count, sizeof *seen);
        cr_assert(eq(int, corrupted_split_create(count, &split).code, STATUS_OK));
        cr_expect(eq(int, split.held_out_count, count < 20 ? 1 : count / 10), "of %d", count);
        cr_expect(eq(int, split.training_count, count - split.held_out_count), "of %d", count);
        for (int i = 0; i < split.held_out_count; i++) seen[split.held_out[i]]++;
        for (int i = 0; i < split.training_count; i++) seen[split.training[i]]++;
        for (int i = 0; i < count; i++) cr_assert(eq(int, seen[i], 1), "image %d of %d", i, count);
        for (int i = 1; i < split.held_out_count; i++) cr_assert(split.held_out[i - 1] < split.held_out[i]);
        for (int i = 1; i < split.training_count; i++) cr_assert(split.training[i - 1] < split.training[i]);
        corrupted_split_destroy(&split);
        free(seen);
    }
}

// Results hang on which images they are: these must never change.
Test(corrupted_set, the_held_out_images_are_pinned)
{
    static const int32_t first[] = {5, 14, 18, 29, 62, 65, 67, 68};
    struct corrupted_split split;
    int64_t sum = 0;
    cr_assert(eq(int, corrupted_split_create(10000, &split).code, STATUS_OK));
    for (int i = 0; i < split.held_out_count; i++) sum += split.held_out[i];
    for (size_t i = 0; i < sizeof first / sizeof first[0]; i++) cr_expect(eq(i32, split.held_out[i], first[i]));
    cr_expect(eq(i64, sum, 4949707));
    corrupted_split_destroy(&split);
}

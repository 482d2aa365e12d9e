// pickle_test.c: the batches of CIFAR's python archives, and that nothing but them is read.
#include "datasets/pickle_reader.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/random.h"
#include "datasets/cifar_python.h"
#include "datasets/cifar_source.h"
#include "datasets/image_set.h"
#include "tests/support/cifar_sample.h"
#include "tests/support/memory.h"
#include "tests/support/pickle_sample.h"
#include "tests/support/temporary_folder.h"

TestSuite(pickle, .timeout = 120);

enum { FEW = 3 };
static uint8_t planes[FEW * IMAGE_BYTES], labels[FEW] = {7, 0, 9};

static struct archive few(bool column_major)
{
    struct random_stream stream = random_stream_create(3, PURPOSE_TEST, 0, 0);
    for (size_t i = 0; i < sizeof planes; i++) planes[i] = (uint8_t)random_next_u32(&stream);
    return pickle_sample_make(&(struct pickle_sample){
        .labels_key = "labels", .planes = planes, .labels = labels, .count = FEW, .column_major = column_major});
}

static struct status decode(const struct archive *pickle, uint8_t *pixels, int32_t *found)
{
    return cifar_decode_python(cifar_format_find("cifar-10"), "a.tar.gz", "b/c", pickle->bytes, pickle->size, FEW,
                               pixels, found);
}

Test(pickle, both_orders_become_images)
{
    for (int order = 0; order < 2; order++) {
        uint8_t pixels[FEW * IMAGE_BYTES];
        int32_t found[FEW];
        struct archive pickle = few(order == 1);
        struct status status = decode(&pickle, pixels, found);
        cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
        for (int i = 0; i < FEW; i++) {
            cr_expect(eq(int, found[i], labels[i]));
            for (int channel = 0; channel < 3; channel++)
                for (int p = 0; p < 1024; p++)
                    cr_assert(eq(int, pixels[i * IMAGE_BYTES + 3 * p + channel],
                                 planes[i * IMAGE_BYTES + 1024 * channel + p]));
        }
        archive_destroy(&pickle);
    }
}

// Long lists come in pieces of 1,000, and more than 256 things are remembered.
Test(pickle, long_lists)
{
    enum { MANY = 2001 };
    uint8_t *many_planes = calloc(MANY, IMAGE_BYTES), *many_labels = calloc(MANY, 1);
    uint8_t *pixels = test_allocate((size_t)MANY * IMAGE_BYTES);
    int32_t *found = test_allocate(MANY * sizeof *found);
    for (int i = 0; i < MANY; i++) many_labels[i] = (uint8_t)(i % 100);
    struct archive pickle = pickle_sample_make(&(struct pickle_sample){
        .labels_key = "fine_labels", .planes = many_planes, .labels = many_labels, .count = MANY, .coarse = true});
    struct status status =
        cifar_decode_python(cifar_format_find("cifar-100"), "a", "b", pickle.bytes, pickle.size, MANY, pixels, found);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    for (int i = 0; i < MANY; i++) cr_assert(eq(int, found[i], i % 100));
    cr_expect(le(sz, pickle.size, cifar_python_limit(MANY)));
    archive_destroy(&pickle);
    free(many_planes);
    free(many_labels);
    free(pixels);
    free(found);
}

static void expect_other(const struct pickle_sample *sample, const char *part)
{
    uint8_t pixels[FEW * IMAGE_BYTES];
    int32_t found[FEW];
    struct archive pickle = pickle_sample_make(sample);
    expect_error(decode(&pickle, pixels, found), STATUS_BAD_INPUT, part, part);
    archive_destroy(&pickle);
}

Test(pickle, other_batches_are_refused)
{
    static const uint8_t wrong[FEW] = {7, 10, 0};
    expect_other(&(struct pickle_sample){.labels_key = "labels", .planes = planes, .labels = labels, .count = FEW - 1},
                 "a.tar.gz: b/c: data: expected 3 x 3072 values, found 2 x 3072");
    expect_other(&(struct pickle_sample){.labels_key = "label", .planes = planes, .labels = labels, .count = FEW},
                 "expected a list called labels, found none");
    expect_other(&(struct pickle_sample){.labels_key = "labels", .planes = planes, .labels = wrong, .count = FEW},
                 "labels: value 1: expected a number in 0..9, found 10");
}

Test(pickle, opcodes_that_could_do_anything_are_refused)
{
    static const struct {
        const char *text, *part;
    } cases[] = {
        {"\x80\x02"
         "cos\nsystem\n(U\x02lstR.",
         "numpy's _reconstruct, ndarray or dtype, and no other name"},
        {"\x80\x02"
         "cnumpy\nload\n.",
         "and no other name"},
        {"\x80\x02"
         "cnumpy",
         "a short name that ends its line"},
        {"\x80\x02"
         "i",
         "an opcode that CIFAR's python archives are made of"},
        {"\x80\x02"
         "}R.",
         "a name of NumPy and three arguments before"},
        {"\x80\x02"
         "cnumpy\ndtype\n(U\x02"
         "f4NNtR.",
         "the type u1"},
        {"\x80\x02"
         "cnumpy\ndtype\n(U\x02u1NNtR.",
         "a single dictionary at the end"},
        {"\x80\x02"
         "cnumpy\nndarray\n(NNNtR.",
         "_reconstruct of an ndarray"},
        {"\x80\x02}NNb.", "an array or a type and its state before"},
        {"\x80\x02}.}", "nothing behind the end"},
        {"\x80\x02"
         "]q\x01.",
         "a single dictionary at the end"},
        {"\x80\x02}N.", "a single dictionary at the end"},
        {"\x80\x02}(Nu.", "pairs"},
        {"\x80\x02](NNu.", "a dictionary before"},
        {"\x80\x02u.", "a mark before"},
        {"\x80\x02}(s.", "a dictionary before"},
        {"\x80\x02Na.", "a list before"},
        {"\x80\x02(q\x01.", "a value before"},
        {"\x80\x02h\x07.", "a number under which something is remembered"},
        {"\x80\x02Nr\xff\xff\xff\x7f.", "the next number to remember it under"},
        {"\x80\x02"
         "T\xff\xff\xff\xffx",
         "is cut off"},
        {"\x80\x02\x87.", "values before"},
        {"\x80\x02(N\x86.", "values of a tuple"},
        {"\x80\x02]q\x01](NNeq\x02h\x01"
         "NaNah\x02Na.",
         "one list or dictionary to be filled after the other"},
        {"\x80\x03}.", "a pickle of protocol 2"},
        {"", "a pickle of protocol 2"},
    };
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        struct pickle *pickle = NULL;
        struct status status = pickle_decode("p", (const uint8_t *)cases[c].text, strlen(cases[c].text), &pickle);
        expect_error(status, STATUS_BAD_INPUT, cases[c].part, cases[c].text);
        cr_expect(eq(ptr, pickle, NULL));
    }
}

Test(pickle, every_cut_is_an_error)
{
    struct archive pickle = few(false);
    uint8_t pixels[FEW * IMAGE_BYTES];
    int32_t found[FEW];
    for (size_t size = 0; size<pickle.size; size += size> 700 && size + 700 < pickle.size ? 97 : 1) {
        const struct archive cut = {.bytes = pickle.bytes, .size = size};
        struct status status = decode(&cut, pixels, found);
        cr_expect(eq(int, status.code, STATUS_BAD_INPUT), "cut after byte %zu: %s", size, status.message);
    }
    archive_destroy(&pickle);
}

// A python archive in place of the binary one: the same images, official, under its own name and checksum.
Test(pickle, python_archives_hold_the_same_images)
{
    static const struct catalog_entry *const binaries[] = {&sample_cifar_10, &sample_cifar_100};
    for (int b = 0; b < 2; b++) {
        char folder[TEMPORARY_PATH_SIZE], sha256[65];
        struct catalog_member members[3];
        struct dataset dataset;
        temporary_folder_create(folder);
        for (size_t m = 0; m < binaries[b]->member_count; m++) members[m] = binaries[b]->members[m];
        struct catalog_entry python = *binaries[b];
        python.kind = CATALOG_PYTHON;
        python.file = "sample-python.tar.gz";
        python.members = members;
        python.official = true;
        python.remark = "";
        struct archive tar = pickle_sample_tar(binaries[b], &python), packed = archive_compress(tar.bytes, tar.size);
        digest_sha256(packed.bytes, packed.size, sha256);
        python.size = packed.size;
        python.sha256 = sha256;
        archive_write(&packed, folder, python.file);
        struct catalog_entry entries[] = {*binaries[b], python};
        struct catalog catalog = {.entries = entries, .count = 2};
        struct status status = cifar_source_load(&catalog, python.dataset, folder, &dataset);
        cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
        expect_sample(binaries[b], &dataset, python.file);
        cr_expect(dataset.official, "%s", dataset.remark);
        cr_expect(eq(str, dataset.sha256, sha256));
        cr_expect(strstr(dataset.source, python.file) != NULL);
        dataset_destroy(&dataset);
        archive_destroy(&tar);
        archive_destroy(&packed);
        temporary_folder_remove(folder);
    }
}

// pickle_sample.c: see pickle_sample.h.
#include "tests/support/pickle_sample.h"

#include <stdlib.h>
#include <string.h>

#include "datasets/image_set.h"
#include "tests/support/cifar_sample.h"
#include "tests/support/memory.h"

static void add(struct archive *pickle, const char *bytes)
{
    archive_append(pickle, bytes, strlen(bytes));
}

static void add_byte(struct archive *pickle, unsigned byte)
{
    archive_append(pickle, &(uint8_t){(uint8_t)byte}, 1);
}

static void add_number(struct archive *pickle, char opcode, uint32_t number, int bytes)
{
    add_byte(pickle, (uint8_t)opcode);
    for (int i = 0; i < bytes; i++) add_byte(pickle, number >> (8 * i) & 255);
}

static void add_string(struct archive *pickle, const char *text, unsigned *memo)
{
    add_number(pickle, 'U', (uint32_t)strlen(text), 1);
    add(pickle, text);
    add_number(pickle, *memo < 256 ? 'q' : 'r', *memo, *memo < 256 ? 1 : 4);
    (*memo)++;
}

// In pieces of at most 1,000, as Python writes lists.
static void add_list(struct archive *pickle, const uint8_t *values, int count, unsigned *memo)
{
    add_byte(pickle, ']');
    add_number(pickle, *memo < 256 ? 'q' : 'r', *memo, *memo < 256 ? 1 : 4);
    (*memo)++;
    for (int begin = 0; begin < count; begin += 1000) {
        if (count - begin == 1) {
            add_number(pickle, 'K', values[begin], 1);
            add_byte(pickle, 'a');
            continue;
        }
        add_byte(pickle, '(');
        for (int i = begin; i < count && i < begin + 1000; i++) add_number(pickle, 'K', values[i], 1);
        add_byte(pickle, 'e');
    }
}

static void add_array(struct archive *pickle, const struct pickle_sample *sample)
{
    const uint32_t bytes = (uint32_t)sample->count * IMAGE_BYTES;
    add(pickle, "cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\n");
    add_number(pickle, 'K', 0, 1);
    add(pickle, "\x85U\x01"
                "b\x87R(");
    add_number(pickle, 'K', 1, 1);
    add_number(pickle, 'M', (uint32_t)sample->count, 2);
    add_number(pickle, 'M', IMAGE_BYTES, 2);
    add(pickle, "\x86"
                "cnumpy\ndtype\nU\x02u1");
    add_number(pickle, 'K', 0, 1);
    add_number(pickle, 'K', 1, 1);
    add(pickle, "\x87R(");
    add_number(pickle, 'K', 3, 1);
    add(pickle, "U\x01|NNN");
    add_number(pickle, 'J', UINT32_MAX, 4);
    add_number(pickle, 'J', UINT32_MAX, 4);
    add_number(pickle, 'K', 0, 1);
    add(pickle, "tb");
    add_byte(pickle, sample->column_major ? 0x88 : 0x89);
    add_number(pickle, 'T', bytes, 4);
    uint8_t *data = test_allocate(bytes);
    for (uint32_t i = 0; i < bytes; i++) {
        uint32_t row = sample->column_major ? i % (uint32_t)sample->count : i / IMAGE_BYTES;
        uint32_t column = sample->column_major ? i / (uint32_t)sample->count : i % IMAGE_BYTES;
        data[i] = sample->planes[row * IMAGE_BYTES + column];
    }
    archive_append(pickle, data, bytes);
    free(data);
    add(pickle, "tb");
}

struct archive pickle_sample_make(const struct pickle_sample *sample)
{
    struct archive pickle = {0};
    unsigned memo = 1;
    uint8_t *zeros = calloc((size_t)sample->count + 1, 1);
    add(&pickle, "\x80\x02}q\x01(");
    memo++;
    add_string(&pickle, "batch_label", &memo);
    add_string(&pickle, "training batch 1 of 5", &memo);
    add_string(&pickle, sample->labels_key, &memo);
    add_list(&pickle, sample->labels, sample->count, &memo);
    if (sample->coarse) {
        add_string(&pickle, "coarse_labels", &memo);
        add_list(&pickle, zeros, sample->count, &memo);
    }
    add_string(&pickle, "data", &memo);
    add_array(&pickle, sample);
    add_string(&pickle, "again", &memo);
    add_number(&pickle, 'h', 2, 1);
    add_string(&pickle, "filenames", &memo);
    add_byte(&pickle, ']');
    add_byte(&pickle, '(');
    for (int i = 0; i < sample->count; i++) add_string(&pickle, "leptodactylus_pentadactylus_s_000004.png", &memo);
    add(&pickle, "eu.");
    free(zeros);
    return pickle;
}

static struct archive make_member(const struct catalog_entry *binary, size_t m)
{
    struct archive member = sample_member(binary, m);
    const int count = binary->members[m].records;
    const bool fine = strcmp(binary->dataset, "cifar-100") == 0;
    const size_t record = member.size / (size_t)count, label_bytes = record - IMAGE_BYTES;
    uint8_t *planes = test_allocate((size_t)count * IMAGE_BYTES), *labels = test_allocate((size_t)count);
    for (size_t i = 0; i < (size_t)count; i++) {
        labels[i] = member.bytes[i * record + label_bytes - 1];
        memcpy(planes + i * IMAGE_BYTES, member.bytes + i * record + label_bytes, IMAGE_BYTES);
    }
    const struct pickle_sample sample = {.labels_key = fine ? "fine_labels" : "labels",
                                         .planes = planes,
                                         .labels = labels,
                                         .count = count,
                                         .column_major = m % 2 == 1,
                                         .coarse = fine};
    struct archive pickle = pickle_sample_make(&sample);
    free(planes);
    free(labels);
    archive_destroy(&member);
    return pickle;
}

struct archive pickle_sample_tar(const struct catalog_entry *binary, const struct catalog_entry *python)
{
    struct archive tar = {0};
    for (size_t m = 0; m < binary->member_count; m++) {
        struct archive pickle = make_member(binary, m);
        archive_append_member(&tar, python->members[m].name, '0', pickle.bytes, pickle.size);
        archive_destroy(&pickle);
    }
    archive_append_end(&tar);
    return tar;
}

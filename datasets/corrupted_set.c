// corrupted_set.c: a whole corruption, its labels and its checksum; the held-out base images.
// Tests: tests/corrupted_set_test.c.
#include "datasets/corrupted_set.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "datasets/fingerprint.h"
#include "datasets/verification.h"

void corrupted_set_destroy(struct corrupted_set *set)
{
    image_set_destroy(&set->images);
    *set = (struct corrupted_set){.base_images = 0};
}

struct image_set corrupted_set_at(const struct corrupted_set *set, int severity)
{
    assert(severity >= 1 && severity <= CORRUPTED_SEVERITIES);
    size_t first = (size_t)(severity - 1) * (size_t)set->base_images;
    return (struct image_set){.count = set->base_images,
                              .classes = set->images.classes,
                              .pixels = set->images.pixels + first * IMAGE_BYTES,
                              .labels = set->images.labels + first};
}

static struct status hash_array(const struct npy_reader *reader, const uint8_t *data, char md5[33])
{
    uint8_t *header = malloc((size_t)reader->layout.data_offset + 1);
    if (header == NULL) return status_error(STATUS_NO_MEMORY, "%s: out of memory", reader->name);
    struct status status = npy_reader_read_header(reader, header);
    const struct fingerprint_piece pieces[] = {{header, (size_t)reader->layout.data_offset},
                                               {data, (size_t)reader->layout.data_bytes}};
    if (status.code == STATUS_OK && fingerprint_md5_pieces(pieces, 2, md5).code != STATUS_OK) md5[0] = '\0';
    free(header);
    return status;
}

// Whether header and data of an open array have the published MD5. What was found is remembered beside the archive, or
// beside the array where that lies in a folder.
static struct status check_md5(const struct corrupted_archive *archive, const char *array,
                               const struct npy_reader *reader, const uint8_t *data, bool *published)
{
    char md5[33] = "", expected[33], member[120], path[640];
    struct verification verification;
    struct status status = status_ok();
    snprintf(member, sizeof member, "%s/%.80s.npy", archive->title, array);
    snprintf(path, sizeof path, "%s/%.80s.npy", archive->path, array);
    verification_open(archive->packed ? archive->path : path, &verification);
    const char *name = archive->packed ? member : verification_whole;
    const char *known = verification_get(&verification, name);
    if (known != NULL && strlen(known) == 32)
        snprintf(md5, sizeof md5, "%s", known);
    else
        status = hash_array(reader, data, md5);
    if (status.code == STATUS_OK && md5[0] != '\0' && known == NULL) verification_note(&verification, name, md5);
    verification_close(&verification);
    corrupted_published_md5(archive->dataset, array, expected);
    *published = status.code == STATUS_OK && md5[0] != '\0' && strcmp(md5, expected) == 0;
    return status;
}

static struct status load_pixels(const struct corrupted_archive *archive, const char *corruption,
                                 struct corrupted_set *set, bool *published)
{
    const uint64_t shape[] = {(uint64_t)set->images.count, IMAGE_SIDE, IMAGE_SIDE, IMAGE_CHANNELS};
    struct npy_reader reader;
    struct status status = corrupted_archive_open(archive, corruption, &reader);
    if (status.code != STATUS_OK) return status;
    snprintf(set->source, sizeof set->source, "%s", reader.name);
    status = npy_reader_expect_shape(&reader, 4, shape);
    if (status.code == STATUS_OK) status = npy_reader_read_bytes(&reader, 0, shape[0], set->images.pixels);
    if (status.code == STATUS_OK) status = check_md5(archive, corruption, &reader, set->images.pixels, published);
    npy_reader_close(&reader);
    return status;
}

// The published labels are bytes; of any other type the checksum would differ anyway.
static struct status check_labels_md5(const struct corrupted_archive *archive, bool *published)
{
    struct npy_reader reader;
    struct status status = corrupted_archive_open(archive, "labels", &reader);
    if (status.code != STATUS_OK) return status;
    *published = false;
    if (reader.layout.element == NPY_ELEMENT_UINT8) {
        uint8_t *bytes = malloc((size_t)reader.layout.data_bytes + 1);
        status = bytes != NULL ? npy_reader_read_bytes(&reader, 0, reader.layout.shape[0], bytes)
                               : status_error(STATUS_NO_MEMORY, "%s: out of memory", reader.name);
        if (status.code == STATUS_OK) status = check_md5(archive, "labels", &reader, bytes, published);
        free(bytes);
    }
    npy_reader_close(&reader);
    return status;
}

static struct status load_labels(const struct corrupted_archive *archive, struct corrupted_set *set, bool *published)
{
    const size_t count = (size_t)set->base_images;
    struct status status = corrupted_archive_read_labels(archive, set->images.labels);
    for (size_t severity = 1; status.code == STATUS_OK && severity < CORRUPTED_SEVERITIES; severity++)
        memcpy(set->images.labels + severity * count, set->images.labels, count * sizeof *set->images.labels);
    if (status.code == STATUS_OK) status = check_labels_md5(archive, published);
    return status;
}

struct status corrupted_set_load(const struct corrupted_archive *archive, const char *corruption,
                                 struct corrupted_set *set)
{
    bool pixels_published = false, labels_published = false;
    *set = (struct corrupted_set){.base_images = archive->base_images};
    struct status status =
        image_set_create(CORRUPTED_SEVERITIES * archive->base_images, archive->classes, &set->images);
    if (status.code == STATUS_OK) status = load_pixels(archive, corruption, set, &pixels_published);
    if (status.code == STATUS_OK) status = load_labels(archive, set, &labels_published);
    if (status.code != STATUS_OK) {
        corrupted_set_destroy(set);
        return status;
    }
    set->official = pixels_published && labels_published;
    if (!set->official)
        snprintf(set->remark, sizeof set->remark, "%s/%.60s.npy does not have the published checksum", archive->title,
                 pixels_published ? "labels" : corruption);
    return status;
}

// ---- held-out base images --------------------------------------------------------------------------------------

void corrupted_split_destroy(struct corrupted_split *split)
{
    free(split->held_out);
    free(split->training);
    *split = (struct corrupted_split){.held_out = NULL};
}

// Numbers 0 .. count - 1 into two ascending lists: those that `held_out` marks, and the others.
static void split_fill(int count, const bool *held_out, struct corrupted_split *split)
{
    int marked = 0, others = 0;
    for (int i = 0; i < count; i++)
        if (held_out[i])
            split->held_out[marked++] = i;
        else
            split->training[others++] = i;
}

int corrupted_held_out_count(int base_images)
{
    return base_images / 10 > 0 ? base_images / 10 : 1;
}

struct status corrupted_split_create(int base_images, struct corrupted_split *split)
{
    assert(base_images >= 2);
    const int held_out = corrupted_held_out_count(base_images);
    struct random_stream stream = random_stream_create(0, PURPOSE_HELD_OUT, 0, 0);
    int32_t *order = malloc((size_t)base_images * sizeof *order);
    bool *marks = calloc((size_t)base_images, sizeof *marks);
    struct status status = status_ok();
    *split = (struct corrupted_split){.held_out_count = held_out, .training_count = base_images - held_out};
    split->held_out = malloc((size_t)held_out * sizeof *split->held_out);
    split->training = malloc((size_t)split->training_count * sizeof *split->training);
    if (order == NULL || marks == NULL || split->held_out == NULL || split->training == NULL) {
        status = status_error(STATUS_NO_MEMORY, "split %d base images: out of memory", base_images);
        corrupted_split_destroy(split);
        goto done;
    }
    random_permutation(&stream, order, (uint32_t)base_images);
    for (int i = 0; i < held_out; i++) marks[order[i]] = true;
    split_fill(base_images, marks, split);
done:
    free(marks);
    free(order);
    return status;
}

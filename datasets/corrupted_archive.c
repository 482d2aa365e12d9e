// corrupted_archive.c: which array holds what. Arrays are npy_reader.c's. Tests: tests/corrupted_set_test.c.
#include "datasets/corrupted_archive.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "datasets/data_folder.h"
#include "datasets/image_set.h"

static const struct {
    const char *dataset, *title;
    int classes;
} published[] = {{"cifar-10", "CIFAR-10-C", 10}, {"cifar-100", "CIFAR-100-C", 100}};
enum { PUBLISHED_COUNT = sizeof published / sizeof published[0] };

// True when that form of it is there; archive->path is then set.
static bool try_form(const char *folder, bool packed, struct corrupted_archive *archive)
{
    char *base = path_join(folder, archive->title);
    int length = snprintf(archive->path, sizeof archive->path, "%s%s", base, packed ? ".tar" : "");
    free(base);
    archive->packed = packed;
    return length < (int)sizeof archive->path && file_exists(archive->path);
}

static struct status find_in(const char *folder, struct corrupted_archive *archive)
{
    if (try_form(folder, true, archive) || try_form(folder, false, archive)) return status_ok();
    return status_error(STATUS_MISSING, "%s is not in %.200s%s: looked for %s.tar and the folder %s/", archive->title,
                        folder, file_exists(folder) ? "" : " (no such folder)", archive->title, archive->title);
}

struct status corrupted_archive_find(const struct corrupted_request *request, struct corrupted_archive *archive)
{
    char *folder = NULL;
    int entry = 0;
    while (entry < PUBLISHED_COUNT && strcmp(published[entry].dataset, request->dataset) != 0) entry++;
    *archive = (struct corrupted_archive){.packed = false};
    if (entry == PUBLISHED_COUNT)
        return status_error(STATUS_USAGE, "corrupted images are published for cifar-10 and cifar-100, not for %.80s",
                            request->dataset);
    archive->dataset = published[entry].dataset;
    archive->title = published[entry].title;
    archive->classes = published[entry].classes;
    archive->base_images = request->base_images > 0 ? request->base_images : CORRUPTED_BASE_IMAGES;
    struct status status = data_folder_resolve(request->folder, &folder);
    if (status.code == STATUS_OK) status = find_in(folder, archive);
    free(folder);
    return status;
}

struct status corrupted_archive_open(const struct corrupted_archive *archive, const char *name,
                                     struct npy_reader *reader)
{
    char member[120], path[640];
    snprintf(member, sizeof member, "%s/%.80s.npy", archive->title, name);
    snprintf(path, sizeof path, "%s/%.80s.npy", archive->path, name);
    return archive->packed ? npy_reader_open_member(archive->path, member, reader) : npy_reader_open_file(path, reader);
}

static struct status check_place(const struct corrupted_archive *archive, int severity, int first, int count)
{
    if (severity < 1 || severity > CORRUPTED_SEVERITIES)
        return status_error(STATUS_USAGE, "read images of %s: expected a severity from 1 to %d, found %d",
                            archive->path, CORRUPTED_SEVERITIES, severity);
    if (first < 0 || count < 0 || first > archive->base_images || count > archive->base_images - first)
        return status_error(STATUS_USAGE, "read %d images from number %d on of %s: expected numbers from 0 to %d",
                            count, first, archive->path, archive->base_images - 1);
    return status_ok();
}

struct status corrupted_archive_read(const struct corrupted_archive *archive, const char *corruption, int severity,
                                     int first, int count, uint8_t *pixels)
{
    const uint64_t shape[] = {(uint64_t)CORRUPTED_SEVERITIES * (uint64_t)archive->base_images, IMAGE_SIDE, IMAGE_SIDE,
                              IMAGE_CHANNELS};
    const uint64_t row = (uint64_t)(severity - 1) * (uint64_t)archive->base_images + (uint64_t)first;
    struct npy_reader reader;
    struct status status = check_place(archive, severity, first, count);
    if (status.code != STATUS_OK) return status;
    status = corrupted_archive_open(archive, corruption, &reader);
    if (status.code != STATUS_OK) return status;
    status = npy_reader_expect_shape(&reader, 4, shape);
    if (status.code == STATUS_OK) status = npy_reader_read_bytes(&reader, row, (uint64_t)count, pixels);
    npy_reader_close(&reader);
    return status;
}

// The labels of severity 2, 3, ... must be those of severity 1.
static struct status compare_labels(const struct npy_reader *reader, const struct corrupted_archive *archive,
                                    const int32_t *labels, int32_t *others)
{
    struct status status = status_ok();
    const int count = archive->base_images;
    for (int severity = 2; status.code == STATUS_OK && severity <= CORRUPTED_SEVERITIES; severity++) {
        status = npy_reader_read_integers(reader, (uint64_t)(severity - 1) * (uint64_t)count, (uint64_t)count, 0,
                                          archive->classes - 1, others);
        for (int i = 0; status.code == STATUS_OK && i < count; i++)
            if (others[i] != labels[i])
                status = status_error(STATUS_BAD_INPUT, "%s: value %d: expected label %d as at severity 1, found %d",
                                      reader->name, (severity - 1) * count + i, (int)labels[i], (int)others[i]);
    }
    return status;
}

struct status corrupted_archive_read_labels(const struct corrupted_archive *archive, int32_t *labels)
{
    const uint64_t count = (uint64_t)archive->base_images, shape[] = {CORRUPTED_SEVERITIES * count};
    int32_t *others = malloc(count * sizeof *others);
    struct npy_reader reader;
    struct status status = corrupted_archive_open(archive, "labels", &reader);
    if (status.code != STATUS_OK) goto done;
    status = npy_reader_expect_shape(&reader, 1, shape);
    if (status.code == STATUS_OK && others == NULL)
        status = status_error(STATUS_NO_MEMORY, "labels of %s: out of memory", archive->path);
    if (status.code == STATUS_OK) status = npy_reader_read_integers(&reader, 0, count, 0, archive->classes - 1, labels);
    if (status.code == STATUS_OK) status = compare_labels(&reader, archive, labels, others);
    npy_reader_close(&reader);
done:
    free(others);
    return status;
}

struct status corrupted_archive_check_labels(const struct corrupted_archive *archive, const struct image_set *images)
{
    assert(images->count == archive->base_images);
    int32_t *found = malloc((size_t)images->count * sizeof *found);
    if (found == NULL) return status_error(STATUS_NO_MEMORY, "labels of %d images: out of memory", images->count);
    struct status status = corrupted_archive_read_labels(archive, found);
    for (int i = 0; status.code == STATUS_OK && i < images->count; i++)
        if (found[i] != images->labels[i])
            status = status_error(STATUS_BAD_INPUT,
                                  "%s: labels of image %d: expected %d, as in the test images of %s, found %d",
                                  archive->path, i, (int)images->labels[i], archive->dataset, (int)found[i]);
    free(found);
    return status;
}

// corrupt_files.c: one file per corruption, batch by batch, so that memory does not grow with the images.
// Tests: tests/cli_corrupt_test.c.
#include "cli/corrupt_files.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/build_info.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "base/output_folder.h"
#include "cli/npy.h"
#include "harness/image_corruptor.h"
#include "harness/json_text.h"

enum { BATCH = 500 }; // images at a time; decides no result

struct files {
    const struct corrupt_job *job;
    struct output_folder *folder;
    struct image_corruptor *corruptor;
    uint8_t *bytes; // of a batch
    struct progress *progress;
    double images_done;
};

static struct status open_array(const struct files *files, const char *name, int dimensions,
                                struct file_writer **writer)
{
    const int64_t shape[] = {(int64_t)files->job->severities.count * files->job->range.count, IMAGE_SIDE, IMAGE_SIDE,
                             IMAGE_CHANNELS};
    uint8_t header[NPY_HEADER_BYTES];
    char file[64];
    snprintf(file, sizeof file, "%s.npy", name);
    char *path = path_join(output_folder_path(files->folder), file);
    npy_fill_header(NPY_UINT8_TYPE, dimensions, shape, header);
    struct status status = file_writer_open(path, writer);
    if (status.code == STATUS_OK) status = file_writer_append(*writer, header, sizeof header);
    free(path);
    return status;
}

static struct status write_severity(struct files *files, enum corruption_kind kind, int severity,
                                    struct file_writer *writer)
{
    const struct corrupt_job *job = files->job;
    const int end = job->range.first + job->range.count;
    struct status status = status_ok();
    for (int first = job->range.first, count; status.code == STATUS_OK && first < end; first += count) {
        count = end - first < BATCH ? end - first : BATCH;
        image_corruptor_enqueue(files->corruptor, kind, severity, first,
                                job->images->pixels + (size_t)first * IMAGE_BYTES, count);
        status = image_corruptor_download(files->corruptor, count, files->bytes);
        if (status.code == STATUS_OK) status = file_writer_append(writer, files->bytes, (size_t)count * IMAGE_BYTES);
        files->images_done += count;
        progress_update(files->progress, files->images_done);
        if (status.code == STATUS_OK) status = interrupt_status();
    }
    return status;
}

static struct status write_corruption(struct files *files, const struct corruption *corruption)
{
    const struct severity_list *severities = &files->job->severities;
    struct file_writer *writer = NULL;
    progress_set_text(files->progress, corruption->name);
    struct status status = open_array(files, corruption->name, 4, &writer);
    for (int s = 0; status.code == STATUS_OK && s < severities->count; s++)
        status =
            write_severity(files, (enum corruption_kind)corruption_place(corruption), severities->items[s], writer);
    if (status.code == STATUS_OK) status = file_writer_commit(writer);
    file_writer_destroy(writer);
    return status;
}

// Classes are at most 100, so a byte holds a label, as in the published files.
static struct status write_labels(const struct files *files)
{
    const struct image_range *range = &files->job->range;
    struct file_writer *writer = NULL;
    uint8_t *labels = malloc((size_t)range->count);
    if (labels == NULL) return status_error(STATUS_NO_MEMORY, "%d labels: out of memory", range->count);
    for (int i = 0; i < range->count; i++) labels[i] = (uint8_t)files->job->images->labels[range->first + i];
    struct status status = open_array(files, "labels", 1, &writer);
    for (int s = 0; status.code == STATUS_OK && s < files->job->severities.count; s++)
        status = file_writer_append(writer, labels, (size_t)range->count);
    if (status.code == STATUS_OK) status = file_writer_commit(writer);
    file_writer_destroy(writer);
    free(labels);
    return status;
}

// ---- description.json ------------------------------------------------------------------------------------------

static json_t *describe(const struct corrupt_job *job)
{
    json_t *corruptions = json_array(), *severities = json_array();
    for (int c = 0; c < job->corruptions.count; c++)
        json_array_append_new(corruptions, json_string(job->corruptions.items[c]->name));
    for (int s = 0; s < job->severities.count; s++)
        json_array_append_new(severities, json_integer(job->severities.items[s]));
    return json_pack("{s:s, s:s, s:{s:s, s:o, s:s, s:b, s:s}, s:s, s:i, s:i, s:o, s:o, s:I, s:s?}", "program",
                     "transinv", "version", build_version, "data", "name", job->data->name, "source",
                     json_text(job->data->source), "sha256", job->data->sha256, "official", (int)job->data->official,
                     "remark", job->data->remark, "part", job->part, "first_image", job->range.first, "images",
                     job->range.count, "corruptions", corruptions, "severities", severities, "seed",
                     (json_int_t)job->seed, "frost_textures",
                     job->frost != NULL ? frost_origin_name(job->frost->origin) : NULL);
}

static struct status write_description(const struct files *files)
{
    json_t *object = describe(files->job);
    char *text = object != NULL ? json_dumps(object, JSON_INDENT(2)) : NULL, *line = NULL;
    int length = text != NULL ? asprintf(&line, "%s\n", text) : -1;
    char *path = path_join(output_folder_path(files->folder), "description.json");
    struct status status = length >= 0 ? file_write_atomic(path, line, (size_t)length)
                                       : status_error(STATUS_NO_MEMORY, "write %s: out of memory", path);
    if (length >= 0) free(line);
    free(path);
    free(text);
    json_decref(object);
    return status;
}

struct status corrupt_files_write(const struct corrupt_job *job, const char *folder)
{
    const double total = (double)job->corruptions.count * job->severities.count * job->range.count;
    struct files files = {.job = job, .bytes = malloc((size_t)BATCH * IMAGE_BYTES)};
    struct status status = files.bytes != NULL ? output_folder_create(folder, &files.folder)
                                               : status_error(STATUS_NO_MEMORY, "corrupt images: out of memory");
    if (status.code == STATUS_OK)
        status = image_corruptor_create(job->device, BATCH, job->seed, job->frost, &files.corruptor);
    files.progress = progress_create("corrupting", "images", total);
    for (int c = 0; status.code == STATUS_OK && c < job->corruptions.count; c++)
        status = write_corruption(&files, job->corruptions.items[c]);
    progress_destroy(files.progress);
    if (status.code == STATUS_OK) status = write_labels(&files);
    if (status.code == STATUS_OK) status = write_description(&files);
    if (status.code == STATUS_OK) status = output_folder_commit(files.folder);
    output_folder_destroy(files.folder);
    image_corruptor_destroy(files.corruptor);
    free(files.bytes);
    return status;
}

// fetch_part.c: the partial file. Once opened, only the holder of the lock (fetch_lock.c) writes it. The checksum decides
// at the end; until then nothing in it is believed. Tests: tests/fetch_fault_test.c, tests/fetch_place_test.c.
#include "datasets/fetch_part.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/file.h"
#include "datasets/fetch_writer.h"

enum { ORIGIN_LIMIT = 1 << 14 };
static const uint64_t spare_bytes = (uint64_t)1 << 20; // for what else goes into the folder: lock, notes

static char *path_with(const char *path, const char *suffix)
{
    char *made = NULL;
    if (asprintf(&made, "%s%s", path, suffix) < 0) return NULL;
    return made;
}

// ---- where it comes from ---------------------------------------------------------------------------------------

static void origin_take(const json_t *object, const char *key, char *text, size_t size)
{
    const char *value = json_string_value(json_object_get(object, key));
    snprintf(text, size, "%s", value != NULL && strlen(value) < size ? value : "");
}

// Notes that cannot be read are notes that say nothing.
static void origin_load(struct fetch_part *part)
{
    uint8_t *text = NULL;
    size_t size = 0;
    json_t *object = NULL;
    if (file_read(part->origin_path, ORIGIN_LIMIT, &text, &size).code == STATUS_OK)
        object = json_loadb((const char *)text, size, 0, NULL);
    origin_take(object, "address", part->origin.address, sizeof part->origin.address);
    origin_take(object, "etag", part->origin.etag, sizeof part->origin.etag);
    origin_take(object, "last_modified", part->origin.modified, sizeof part->origin.modified);
    json_decref(object);
    free(text);
}

void fetch_part_note_origin(struct fetch_part *part, const struct fetch_origin *origin)
{
    part->origin = *origin;
    json_t *object = json_pack("{s:s, s:s, s:s}", "address", origin->address, "etag", origin->etag, "last_modified",
                               origin->modified);
    char *text = object != NULL ? json_dumps(object, JSON_INDENT(2)) : NULL;
    if (text == NULL || file_write_atomic(part->origin_path, text, strlen(text)).code != STATUS_OK)
        unlink(part->origin_path); // stale notes are worse than none
    free(text);
    json_decref(object);
}

// ---- the file --------------------------------------------------------------------------------------------------

static struct status part_look(struct fetch_part *part)
{
    struct stat facts;
    if (fstat(part->descriptor, &facts) != 0)
        return status_error(STATUS_IO, "look at %s: %s", part->path, strerror(errno));
    if (!S_ISREG(facts.st_mode))
        return status_error(STATUS_IO, "%s: expected a plain file, found a folder, pipe or device", part->path);
    part->size = part->resumed = (uint64_t)facts.st_size;
    if (part->size > 0) origin_load(part);
    if (part->size <= part->entry->size) return status_ok();
    part->size = part->resumed = 0;
    part->origin = (struct fetch_origin){.address = ""};
    if (ftruncate(part->descriptor, 0) == 0) return status_ok();
    return status_error(STATUS_IO, "empty %s: %s", part->path, strerror(errno));
}

// An array lies in a folder of its own, which is made when it is missing.
static struct status part_make_folder(const struct fetch_part *part)
{
    char *slash = strrchr(part->final_path, '/');
    if (slash == NULL) return status_ok();
    *slash = '\0';
    struct status status = file_make_folders(part->final_path);
    *slash = '/';
    return status;
}

struct status fetch_part_open(const struct catalog_entry *entry, const char *folder, struct fetch_part *part)
{
    *part = (struct fetch_part){.entry = entry, .descriptor = -1, .final_path = path_join(folder, entry->file)};
    part->path = path_with(part->final_path, ".part");
    part->origin_path = path_with(part->final_path, ".part.json");
    if (part->path == NULL || part->origin_path == NULL)
        return status_error(STATUS_NO_MEMORY, "fetch %s: out of memory", entry->file);
    struct status status = part_make_folder(part);
    if (status.code != STATUS_OK) return status;
    part->descriptor = open(part->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
    if (part->descriptor < 0 && errno == ELOOP)
        return status_error(STATUS_IO, "%s is a symbolic link: remove it; a download is not written through links",
                            part->path);
    if (part->descriptor < 0) return status_error(STATUS_IO, "write to %s: %s", part->path, strerror(errno));
    status = part_look(part);
    if (status.code == STATUS_OK)
        status = fetch_writer_create(part->descriptor, part->size, entry->sha256[0] != '\0' ? "SHA256" : "MD5",
                                     &part->writer);
    return status;
}

void fetch_part_close(struct fetch_part *part)
{
    fetch_writer_destroy(part->writer);
    if (part->descriptor >= 0) close(part->descriptor);
    free(part->final_path);
    free(part->path);
    free(part->origin_path);
    *part = (struct fetch_part){.descriptor = -1};
}

struct status fetch_part_check_space(const struct fetch_part *part)
{
    struct statvfs facts;
    if (fstatvfs(part->descriptor, &facts) != 0) return status_ok(); // then writing will tell
    uint64_t free_bytes = (uint64_t)facts.f_bavail * facts.f_frsize, needed = part->entry->size - part->size;
    if (free_bytes >= needed + spare_bytes) return status_ok();
    return status_error(STATUS_IO,
                        "no room for %s: %" PRIu64 " bytes are still to come, the disk of %s has %" PRIu64
                        " free; make room, or choose another folder with --data or TRANSINV_DATA",
                        part->entry->file, needed, part->final_path, free_bytes);
}

// What was appended may not have been written: then it counts no more.
static struct status part_explain(struct fetch_part *part, struct status reason)
{
    (void)fetch_writer_flush(part->writer, &part->size);
    return status_error(STATUS_IO, "write %s: %s; %" PRIu64 " of %" PRIu64 " bytes are kept", part->path,
                        reason.message, part->size, part->entry->size);
}

struct status fetch_part_append(struct fetch_part *part, const void *bytes, size_t size)
{
    struct status status = fetch_writer_push(part->writer, bytes, size);
    part->size += size;
    return status.code == STATUS_OK ? status : part_explain(part, status);
}

struct status fetch_part_restart(struct fetch_part *part)
{
    part->size = part->resumed = 0;
    part->origin = (struct fetch_origin){.address = ""};
    unlink(part->origin_path);
    return fetch_writer_restart(part->writer);
}

static struct status part_sync_folder(const struct fetch_part *part)
{
    struct status status = status_ok();
    char *folder = strdup(part->final_path);
    char *slash = folder != NULL ? strrchr(folder, '/') : NULL;
    if (slash != NULL) *slash = '\0';
    int descriptor = open(slash == NULL ? "." : slash == folder ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0 || (fsync(descriptor) != 0 && errno != EINVAL))
        status = status_error(STATUS_IO, "synchronise the folder of %s: %s", part->final_path, strerror(errno));
    if (descriptor >= 0) close(descriptor);
    free(folder);
    return status;
}

static struct status part_commit(struct fetch_part *part)
{
    if (fsync(part->descriptor) != 0) return status_error(STATUS_IO, "synchronise %s: %s", part->path, strerror(errno));
    if (rename(part->path, part->final_path) != 0)
        return status_error(STATUS_IO, "rename %s to %s: %s", part->path, part->final_path, strerror(errno));
    unlink(part->origin_path);
    return part_sync_folder(part);
}

struct status fetch_part_finish(struct fetch_part *part, bool *good, char found[65])
{
    const struct catalog_entry *entry = part->entry;
    const char *expected = entry->sha256[0] != '\0' ? entry->sha256 : entry->md5;
    struct status status = fetch_writer_flush(part->writer, &part->size);
    if (status.code == STATUS_OK) status = fetch_writer_finish(part->writer, found);
    if (status.code != STATUS_OK) status = part_explain(part, status);
    *good = status.code == STATUS_OK && part->size == entry->size && strcmp(found, expected) == 0;
    if (status.code != STATUS_OK) return status;
    if (*good) return part_commit(part);
    unlink(part->path);
    unlink(part->origin_path);
    return status;
}

// cifar_source.c: reads an archive or an unpacked folder, checks it against the catalogue and says how far it could be
// verified. What is inside is cifar_assembly.c's. Tests: tests/dataset_test.c.
#include "datasets/cifar_source.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/file.h"
#include "datasets/cifar_assembly.h"
#include "datasets/cifar_locate.h"
#include "datasets/fetch_policy.h"
#include "datasets/fingerprint.h"
#include "datasets/gzip_reader.h"

// The SHA-256 of an archive, hashed only when it is not remembered from an earlier time.
static struct status archive_identify(const struct cifar_location *location, const uint8_t *bytes, size_t size,
                                      struct verification *verification, char sha256[65])
{
    const char *known = verification_get(verification, verification_whole);
    if (known != NULL && strlen(known) == 64) {
        snprintf(sha256, 65, "%s", known);
    } else {
        digest_sha256(bytes, size, sha256);
        verification_note(verification, verification_whole, sha256);
    }
    if (location->form == CIFAR_TAR_GZ && strcmp(sha256, location->entry->sha256) != 0)
        return status_error(STATUS_BAD_INPUT, "%s: expected SHA-256 %s, found %s", location->path,
                            location->entry->sha256, sha256);
    return status_ok();
}

static struct status location_read_file(const struct cifar_location *location, uint8_t **bytes, size_t *size,
                                        struct verification *verification, char sha256[65])
{
    const struct catalog_entry *entry = location->entry;
    size_t limit = location->form == CIFAR_TAR_GZ ? (size_t)entry->size : cifar_tar_limit(entry);
    struct status status = file_read(location->path, limit, bytes, size);
    if (status.code != STATUS_OK) return status;
    if (fetch_is_web_page(*bytes, *size))
        return status_error(
            STATUS_BAD_INPUT,
            "%s: expected an archive, found a web page of %zu bytes (an error page saved under this name?)",
            location->path, *size);
    if (location->form == CIFAR_TAR_GZ && *size != entry->size)
        return status_error(STATUS_BAD_INPUT, "%s: expected %" PRIu64 " bytes, found %zu (an interrupted download?)",
                            location->path, entry->size, *size);
    return archive_identify(location, *bytes, *size, verification, sha256);
}

// Replaces a gzip stream by what it inflates to; a plain archive stays as it is.
static struct status bytes_inflate(const struct cifar_location *location, uint8_t **bytes, size_t *size)
{
    uint8_t *inflated = NULL;
    size_t inflated_size = 0;
    struct status status;
    if (location->form == CIFAR_TAR && !gzip_is_stream(*bytes, *size)) return status_ok();
    status = gzip_inflate(location->path, *bytes, *size, cifar_tar_limit(location->entry), &inflated, &inflated_size);
    free(*bytes);
    *bytes = inflated;
    *size = inflated_size;
    return status;
}

static struct status location_read_archive(const struct cifar_location *location, struct cifar_assembly *assembly,
                                           char sha256[65])
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    struct status status = location_read_file(location, &bytes, &size, assembly->verification, sha256);
    if (status.code == STATUS_OK) status = bytes_inflate(location, &bytes, &size);
    if (status.code == STATUS_OK) status = cifar_assembly_add_tar(assembly, bytes, size);
    free(bytes);
    return status;
}

static struct status location_read_member(const struct cifar_location *location, const struct catalog_member *member,
                                          struct cifar_assembly *assembly)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    char *path = path_join(location->folder, member->name);
    // One byte more than expected may be read: the record reader then says how the size is wrong.
    struct status status = file_read(path, cifar_member_limit(assembly->entry, member) + 1, &bytes, &size);
    if (status.code == STATUS_OK) status = cifar_assembly_add(assembly, member->name, bytes, size);
    free(bytes);
    free(path);
    return status;
}

static struct status location_read_folder(const struct cifar_location *location, struct cifar_assembly *assembly)
{
    struct status status = status_ok();
    for (size_t m = 0; status.code == STATUS_OK && m < location->entry->member_count; m++)
        status = location_read_member(location, &location->entry->members[m], assembly);
    return status;
}

static void dataset_describe(const struct cifar_location *location, const struct cifar_assembly *assembly,
                             struct dataset *dataset)
{
    static const char *const forms[] = {[CIFAR_TAR_GZ] = "an archive",
                                        [CIFAR_TAR] = "an archive that is not the published file",
                                        [CIFAR_FOLDER] = "an unpacked folder"};
    const char *form = forms[location->form];
    const char *remark = location->entry->remark;
    dataset->official = location->entry->official && assembly->unverified == NULL;
    snprintf(dataset->name, sizeof dataset->name, "%s", location->entry->dataset);
    snprintf(dataset->source, sizeof dataset->source, "%s", location->path);
    if (assembly->unverified == NULL)
        snprintf(dataset->remark, sizeof dataset->remark, "%.255s", remark);
    else
        snprintf(dataset->remark, sizeof dataset->remark, "%.80s%sread from %s, where no checksum vouches for %.70s",
                 remark, remark[0] == '\0' ? "" : "; ", form, assembly->unverified);
}

static struct status location_load(const struct cifar_location *location, struct dataset *dataset)
{
    struct cifar_assembly assembly;
    struct verification verification;
    bool folder = location->form == CIFAR_FOLDER, vouched = location->form == CIFAR_TAR_GZ;
    verification_open(location->path, &verification);
    struct status status = cifar_assembly_create(location->entry, location->path, vouched,
                                                 folder ? NULL : &verification, dataset, &assembly);
    if (status.code == STATUS_OK && location->form == CIFAR_FOLDER)
        status = location_read_folder(location, &assembly);
    else if (status.code == STATUS_OK)
        status = location_read_archive(location, &assembly, dataset->sha256);
    if (status.code == STATUS_OK) status = cifar_assembly_finish(&assembly);
    if (status.code == STATUS_OK && location->form == CIFAR_FOLDER)
        status = fingerprint_dataset(dataset, dataset->sha256);
    if (status.code == STATUS_OK) dataset_describe(location, &assembly, dataset);
    verification_close(&verification);
    return status;
}

struct status cifar_source_load(const struct catalog *catalog, const char *name, const char *folder,
                                struct dataset *dataset)
{
    struct cifar_location location = {0};
    struct status status = cifar_locate(catalog, name, folder, &location);
    *dataset = (struct dataset){0};
    if (status.code == STATUS_OK) status = location_load(&location, dataset);
    if (status.code != STATUS_OK) dataset_destroy(dataset);
    cifar_location_destroy(&location);
    return status;
}

// cifar_assembly.c: from tar entries or files to image sets. Knows which members an entry expects; the record format is
// cifar_reader.c's and finding files is cifar_source.c's. Tests: tests/cifar_reader_test.c.
#include "datasets/cifar_assembly.h"

#include <string.h>

#include "datasets/cifar_python.h"
#include "datasets/fingerprint.h"
#include "datasets/tar_reader.h"

static const size_t tar_spare_bytes = (size_t)1 << 20;

size_t cifar_member_limit(const struct catalog_entry *entry, const struct catalog_member *member)
{
    if (entry->kind == CATALOG_PYTHON) return cifar_python_limit(member->records);
    return cifar_member_bytes(cifar_format_find(entry->dataset), member);
}

size_t cifar_member_bytes(const struct cifar_format *format, const struct catalog_member *member)
{
    return (size_t)member->records * (size_t)format->record_bytes;
}

size_t cifar_tar_limit(const struct catalog_entry *entry)
{
    size_t limit = tar_spare_bytes;
    for (size_t m = 0; m < entry->member_count; m++)
        limit += cifar_member_limit(entry, &entry->members[m]) + (size_t)2 * TAR_BLOCK;
    return limit;
}

struct status cifar_assembly_create(const struct catalog_entry *entry, const char *archive, bool vouched,
                                    struct verification *verification, struct dataset *dataset,
                                    struct cifar_assembly *assembly)
{
    struct status status;
    *assembly = (struct cifar_assembly){
        .entry = entry,
        .format = cifar_format_find(entry->dataset),
        .archive = archive,
        .dataset = dataset,
        .vouched = vouched,
        .verification = verification,
    };
    int classes = assembly->format->classes;
    status = image_set_create(catalog_entry_records(entry, CATALOG_TRAIN), classes, &dataset->train);
    if (status.code == STATUS_OK)
        status = image_set_create(catalog_entry_records(entry, CATALOG_TEST), classes, &dataset->test);
    return status;
}

// Index of the entry's member with that name, or its member_count; *first becomes the number of images before it in
// its part.
static size_t assembly_find(const struct cifar_assembly *assembly, const char *name, size_t *first)
{
    size_t before[2] = {0, 0};
    for (size_t m = 0; m < assembly->entry->member_count; m++) {
        const struct catalog_member *member = &assembly->entry->members[m];
        *first = before[member->part];
        if (strcmp(member->name, name) == 0) return m;
        before[member->part] += (size_t)member->records;
    }
    return assembly->entry->member_count;
}

// Where libcrypto has no MD5 (limited to FIPS algorithms, say), nothing can be verified, but all can be read.
static void assembly_check_md5(struct cifar_assembly *assembly, const struct catalog_member *member,
                               const uint8_t *bytes, size_t size)
{
    char md5[33] = "";
    if (assembly->vouched && member->md5[0] == '\0') return;
    const char *known = assembly->verification != NULL ? verification_get(assembly->verification, member->name) : NULL;
    if (known != NULL && strcmp(known, member->md5) == 0) return;
    struct status status = fingerprint_md5(bytes, size, md5);
    if (status.code == STATUS_OK && assembly->verification != NULL)
        verification_note(assembly->verification, member->name, md5);
    if (status.code != STATUS_OK || strcmp(md5, member->md5) != 0) assembly->unverified = member->name;
}

struct status cifar_assembly_add(struct cifar_assembly *assembly, const char *name, const uint8_t *bytes, size_t size)
{
    size_t first = 0, m = assembly_find(assembly, name, &first);
    if (m == assembly->entry->member_count) return status_ok();
    if (assembly->present[m])
        return status_error(STATUS_BAD_INPUT, "%s: expected %s once, found it twice", assembly->archive, name);
    assembly->present[m] = true;
    const struct catalog_member *member = &assembly->entry->members[m];
    struct image_set *part = member->part == CATALOG_TRAIN ? &assembly->dataset->train : &assembly->dataset->test;
    assembly_check_md5(assembly, member, bytes, size);
    bool python = assembly->entry->kind == CATALOG_PYTHON;
    return (python ? cifar_decode_python : cifar_decode_records)(assembly->format, assembly->archive, name, bytes, size,
                                                                 member->records, part->pixels + first * IMAGE_BYTES,
                                                                 part->labels + first);
}

struct status cifar_assembly_finish(const struct cifar_assembly *assembly)
{
    for (size_t m = 0; m < assembly->entry->member_count; m++)
        if (!assembly->present[m])
            return status_error(STATUS_BAD_INPUT, "%s: expected %zu members, found none called %s", assembly->archive,
                                assembly->entry->member_count, assembly->entry->members[m].name);
    return status_ok();
}

static struct status assembly_add_entry(struct cifar_assembly *assembly, const struct tar_entry *entry)
{
    size_t first;
    if (entry->regular) return cifar_assembly_add(assembly, entry->name, entry->bytes, entry->size);
    if (assembly_find(assembly, entry->name, &first) < assembly->entry->member_count)
        return status_error(STATUS_BAD_INPUT,
                            "%s: byte %zu: expected %s to be an ordinary file, found a link or a device",
                            assembly->archive, entry->offset, entry->name);
    return status_ok();
}

struct status cifar_assembly_add_tar(struct cifar_assembly *assembly, const uint8_t *bytes, size_t size)
{
    struct tar_reader reader = tar_reader_create(assembly->archive, bytes, size);
    struct tar_entry entry;
    bool found = true;
    struct status status = status_ok();
    while (status.code == STATUS_OK && found) {
        status = tar_read_entry(&reader, &entry, &found);
        if (status.code == STATUS_OK && found) status = assembly_add_entry(assembly, &entry);
    }
    return status;
}

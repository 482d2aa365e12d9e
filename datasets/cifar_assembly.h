// cifar_assembly.h: puts the members of a CIFAR archive together as a training and a test part, in whatever order the
// members come and whatever else comes with them.
#ifndef DATASETS_CIFAR_ASSEMBLY_H
#define DATASETS_CIFAR_ASSEMBLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "datasets/catalog.h"
#include "datasets/cifar_reader.h"
#include "datasets/image_set.h"
#include "datasets/verification.h"

struct cifar_assembly {
    const struct catalog_entry *entry; // borrowed
    const struct cifar_format *format;
    const char *archive;     // name for messages; borrowed
    struct dataset *dataset; // borrowed; its train and test are filled
    bool vouched;            // settings: the archive has its checksum, so members without one of their own need none
    struct verification *verification; // borrowed: remembers the members' MD5s of an archive; NULL for a folder
    bool present[CATALOG_MEMBER_LIMIT];
    const char *unverified; // a member that differs from its MD5, or has none in the catalogue; NULL: none so far
};

// Allocates dataset->train and dataset->test for the entry's record counts; the dataset stays the caller's to destroy,
// also on error. STATUS_NO_MEMORY.
struct status cifar_assembly_create(const struct catalog_entry *entry, const char *archive, bool vouched,
                                    struct verification *verification, struct dataset *dataset,
                                    struct cifar_assembly *assembly);

// Decodes the member called `name`, after its MD5 was compared with the entry's where that was not done before; a name that the entry does not have is passed over. Images are placed where the
// entry's order puts them. STATUS_BAD_INPUT for a second member of that name, or for what cifar_decode_records refuses.
struct status cifar_assembly_add(struct cifar_assembly *assembly, const char *name, const uint8_t *bytes, size_t size);

// Adds the members of a tar archive in memory, all of it. STATUS_BAD_INPUT also when one is not an ordinary file.
struct status cifar_assembly_add_tar(struct cifar_assembly *assembly, const uint8_t *bytes, size_t size);

// STATUS_BAD_INPUT naming a member that never came.
struct status cifar_assembly_finish(const struct cifar_assembly *assembly);

// Most bytes that the member may have, in either format.
size_t cifar_member_limit(const struct catalog_entry *entry, const struct catalog_member *member);
// Bytes that a member in the binary format has when it is whole.
size_t cifar_member_bytes(const struct cifar_format *format, const struct catalog_member *member);
// Most bytes a tar archive of the entry may have: its members with headers and padding, and 1 MiB for other members.
size_t cifar_tar_limit(const struct catalog_entry *entry);

#endif

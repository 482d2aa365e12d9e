// data_state.h: what lies in the data folder under an entry's name, and whether it is what the catalogue says.
#ifndef DATASETS_DATA_STATE_H
#define DATASETS_DATA_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "datasets/catalog.h"

enum data_state {
    DATA_ABSENT,
    DATA_PARTIAL,      // FILE.part is there
    DATA_VERIFIED,     // official, with its checksum
    DATA_NOT_OFFICIAL, // of a catalogue file, with the checksum given there
    DATA_CORRUPT,      // there, but with another size or checksum
};

struct data_finding {
    enum data_state state;
    uint64_t bytes;    // that are there
    char checksum[65]; // of a corrupt file: its SHA-256
    char detail[240];  // what is wrong with a corrupt file: expected and found
};

const char *data_state_name(enum data_state state); // "absent", "partial", "verified", "not official", "corrupt"

// Looks at FOLDER/FILE. An entry of size 0 may have any. A file is hashed when nothing is remembered about it (verification.h), or when `again` is set; the
// result is remembered. STATUS_IO when it cannot be read, STATUS_INTERRUPTED.
struct status data_state_find(const char *folder, const struct catalog_entry *entry, bool again,
                              struct data_finding *finding);

// The same for what the members of an entry unpack to, as far as it is there: `present` of them. A member with another
// size or MD5 is somebody's own cut, not damage: DATA_NOT_OFFICIAL, with the last such member in `detail`.
struct status data_state_find_unpacked(const char *folder, const struct catalog_entry *entry, bool again,
                                       struct data_finding *finding, int *present);

// Renames a corrupt file to FILE.corrupt-<first 8 digits of its SHA-256>, and says so. Where that name is taken, a number
// follows. Nothing is deleted.
struct status data_state_set_aside(const char *folder, const struct catalog_entry *entry,
                                   const struct data_finding *finding);

#endif

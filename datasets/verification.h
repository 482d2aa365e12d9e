// verification.h: what was found out about a file, remembered beside it in NAME.verified, so that it is not hashed again
// each time. The notes hold as long as size, times and inode stay the same; they protect against accidents, not against
// somebody who forges them.
#ifndef DATASETS_VERIFICATION_H
#define DATASETS_VERIFICATION_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

extern const char verification_whole[]; // the name under which the checksum of the whole file is noted

struct verification {
    char *path, *notes_path;
    int64_t size, modified_ns, changed_ns, inode; // of the file when this was opened; size -1: it was not there
    json_t *checked;                              // name -> checksum in hex
    bool changed;                                 // something was noted since
};

// Never fails: without usable notes there are none. To be closed, which saves.
void verification_open(const char *path, struct verification *verification);

// The checksum of a member, or of verification_whole, that was found earlier; NULL: not known. Valid until the next note.
const char *verification_get(const struct verification *verification, const char *name);
void verification_note(struct verification *verification, const char *name, const char *checksum);

// Saves new notes unless the file has changed meanwhile. Where they cannot be written nothing is remembered, and that is
// all right.
void verification_close(struct verification *verification);

#endif

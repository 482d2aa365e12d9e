// fetch.h: gets the files of the catalogue into the data folder: from the first address that delivers, with the rest of
// what was there, and only under their names when their checksum is right.
#ifndef DATASETS_FETCH_H
#define DATASETS_FETCH_H

#include <stdbool.h>

#include "base/status.h"
#include "datasets/catalog.h"

struct fetch_settings {
    bool allow_http;               // plain http to other machines, which is otherwise kept to this one
    bool offline;                  // open no socket; file:// still works
    const char *mirror;            // folder or address tried before the catalogue's: MIRROR/FILE; NULL: none
    double floor_bytes_per_second; // a server slower than this over a window is left for the next
    double window_seconds;
    double connect_seconds;
    double delay_seconds;    // before the first repetition; doubles with each
    double patience_seconds; // a server that asks for a longer wait is left for the next
    int repetitions;         // of an address that fails without sending anything; one, where there was no connection
};
struct fetch_settings fetch_settings_default(void);

// Sees to it that FOLDER/FILE is there and verified. One that is there and good is not touched; one that is damaged is set
// aside (data_state.h) and fetched anew. The folder is made when it is missing.
// Another process that fetches the same file is waited for. What was received when something goes wrong stays as
// FILE.part, and the next call goes on from there, also from another server.
// Errors name what to do: STATUS_MISSING when no address delivered, with the file's size, its place and how to go on;
// STATUS_BAD_INPUT when the last one delivered something else; STATUS_IO for the disk; STATUS_INTERRUPTED.
struct status fetch_file(const struct fetch_settings *settings, const char *folder, const struct catalog_entry *entry);

// The same for a data set: its first form in the catalogue or, when no address delivers that, the next form of the same
// images. Entries of a catalogue file come first. STATUS_USAGE for an unknown name.
struct status fetch_dataset(const struct fetch_settings *settings, const char *folder, const struct catalog *catalog,
                            const char *dataset);

#endif

// fetch_list.h: what of the catalogue lies in the data folder, as a table; for `transinv fetch`.
#ifndef CLI_FETCH_LIST_H
#define CLI_FETCH_LIST_H

#include <stdbool.h>

#include "datasets/catalog.h"

struct fetch_list_request {
    const struct catalog *catalog;
    const char *folder;
    char *const *names; // data sets and files; none: all of the catalogue
    int name_count;
    bool verify;  // hash again what is remembered as checked, and set damaged files aside
    bool details; // addresses, checksums, licence and citation as well
};

// Prints a line for every file, and for what it unpacks to where that is there. STATUS_BAD_INPUT when `verify` is set and
// something was damaged; other errors as data_state_find says.
struct status fetch_list_print(const struct fetch_list_request *request);

// Whether an entry is meant by one of the names: its file or its data set. No names mean all.
bool fetch_list_is_meant(const struct catalog_entry *entry, char *const *names, int count);

#endif

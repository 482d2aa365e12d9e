// output_folder.h: a folder that appears with all its files or not at all, for files that only make sense together.
#ifndef BASE_OUTPUT_FOLDER_H
#define BASE_OUTPUT_FOLDER_H

#include "base/status.h"

struct output_folder;

// Makes a temporary folder beside `path`, which must not exist yet or be an empty folder; folders above it are made.
// STATUS_USAGE when something is in the way, STATUS_IO, STATUS_NO_MEMORY. *folder is the caller's to destroy, NULL after
// an error.
struct status output_folder_create(const char *path, struct output_folder **folder);

// Where files are to be written meanwhile: plain files, no folders.
const char *output_folder_path(const struct output_folder *folder);

// Gives it its name. STATUS_USAGE when something came in the way since.
struct status output_folder_commit(struct output_folder *folder);

void output_folder_destroy(struct output_folder *folder); // without commit, removes all of it; accepts NULL

#endif

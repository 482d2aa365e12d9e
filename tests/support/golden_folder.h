// golden_folder.h: where the golden folder is and what lies in it.
#ifndef TESTS_SUPPORT_GOLDEN_FOLDER_H
#define TESTS_SUPPORT_GOLDEN_FOLDER_H

#include <stddef.h>

// The path of `relative` inside the golden folder; the caller frees it.
char *golden_path(const char *relative);

// Names of the folders directly inside `relative`, in order, NULL-terminated; fails the test when `relative` cannot be
// read. Release with golden_free_lines.
char **golden_list_folders(const char *relative);

#endif

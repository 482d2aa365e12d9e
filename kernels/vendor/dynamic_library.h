// dynamic_library.h: libraries of others that a machine may or may not have, found when the program runs.
#ifndef KERNELS_VENDOR_DYNAMIC_LIBRARY_H
#define KERNELS_VENDOR_DYNAMIC_LIBRARY_H

#include <stddef.h>

#include "base/status.h"

struct dynamic_library {
    void *handle;
    char path[1024]; // the file that was opened
};

// Opens the first there is: each of `names` (NULL-terminated) as the dynamic linker finds it, $LD_LIBRARY_PATH included, then
// each in each of `folders` (separated by colons; NULL: none). Its symbols become visible to what is opened later, since
// such libraries open one another. STATUS_MISSING names what was tried, and the linker's reason where a file is there.
struct status dynamic_library_open(const char *const *names, const char *folders, struct dynamic_library *library);
void dynamic_library_close(struct dynamic_library *library); // also one that was never opened

// A function's name and where in a table of function pointers it belongs.
struct dynamic_symbol {
    const char *name;
    size_t offset;
};
// Fills the table. STATUS_MISSING names the first symbol that the library lacks.
struct status dynamic_library_bind(const struct dynamic_library *library, const struct dynamic_symbol *symbols,
                                   size_t count, void *table);

#endif

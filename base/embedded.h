// embedded.h: a file of the source tree that `make` carries inside the program, so that it runs from anywhere. Each
// room declares the files that it reads; scripts/embed_files defines them.
#ifndef BASE_EMBEDDED_H
#define BASE_EMBEDDED_H

#include <stddef.h>

struct embedded_file {
    const char *name; // the file's name without folder and ending: "paper"
    const char *text; // its bytes, followed by a 0 that is not counted
    size_t size;
};

#endif

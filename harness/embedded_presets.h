// embedded_presets.h: the presets, carried inside the program. Defined in a file that `make` generates from
// harness/presets/*.ini.
#ifndef HARNESS_EMBEDDED_PRESETS_H
#define HARNESS_EMBEDDED_PRESETS_H

#include "base/embedded.h"

extern const struct embedded_file embedded_presets[]; // in the order of their names; ends where name is NULL

#endif

// build_info.h: what this program was built from. Defined in a file that `make` generates whenever one of them
// changes, so that a new commit recompiles that file alone.
#ifndef BASE_BUILD_INFO_H
#define BASE_BUILD_INFO_H

#include <stdbool.h>

extern const char build_version[];  // the file VERSION: "0.1.0"
extern const char build_commit[];   // 40 hexadecimal digits; "unknown" outside a git checkout
extern const bool build_tree_clean; // no changed or untracked file besides that commit; false when it is unknown
extern const char build_compiler[]; // first line of `cc --version`

#endif

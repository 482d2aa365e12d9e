// data_folder.h: where archives lie when nobody says so.
#ifndef DATASETS_DATA_FOLDER_H
#define DATASETS_DATA_FOLDER_H

#include "base/status.h"

// `asked` when it is not NULL, else $TRANSINV_DATA, else $XDG_CACHE_HOME/transinv, else $HOME/.cache/transinv. Empty
// variables count as unset, and so does a relative XDG_CACHE_HOME, as its specification wants. The folder need not
// exist. *folder belongs to the caller (free). STATUS_MISSING when nothing is set; STATUS_USAGE when `asked` is empty.
struct status data_folder_resolve(const char *asked, char **folder);

#endif

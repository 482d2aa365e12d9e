// data_folder.c: the search order for the data folder (see the header). Tests: tests/dataset_test.c.
#include "datasets/data_folder.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"

static const char *environment_get(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

struct status data_folder_resolve(const char *asked, char **folder)
{
    const char *data = environment_get("TRANSINV_DATA"), *cache = environment_get("XDG_CACHE_HOME");
    const char *home = environment_get("HOME");
    *folder = NULL;
    if (asked != NULL && asked[0] == '\0')
        return status_error(STATUS_USAGE, "data folder: expected a name, found an empty text");
    if (asked != NULL)
        *folder = strdup(asked);
    else if (data != NULL)
        *folder = strdup(data);
    else if (cache != NULL && cache[0] == '/')
        *folder = path_join(cache, "transinv");
    else if (home != NULL)
        *folder = path_join(home, ".cache/transinv");
    else
        return status_error(STATUS_MISSING,
                            "no data folder: none is given, and TRANSINV_DATA, XDG_CACHE_HOME (absolute) "
                            "and HOME are all unset or empty");
    if (*folder == NULL) return status_error(STATUS_NO_MEMORY, "no memory for the name of the data folder");
    return status_ok();
}

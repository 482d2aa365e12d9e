// reproduce_data.c: what a preset needs, compared with what is there. Tests: tests/cli_fetch_test.c.
#include "cli/reproduce_data.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "datasets/cifar_locate.h"
#include "datasets/data_folder.h"

static const char *const needed[] = {"cifar-10", "cifar-100"};
enum { NEEDED_COUNT = sizeof needed / sizeof needed[0] };

static bool is_there(const struct catalog *catalog, const char *dataset, const char *folder)
{
    struct cifar_location location = {.path = NULL};
    bool found = cifar_locate(catalog, dataset, folder, &location).code == STATUS_OK;
    cifar_location_destroy(&location);
    return found;
}

// The form that is fetched first: what somebody without network should put there.
static const struct catalog_entry *find_entry(const struct catalog *catalog, const char *dataset)
{
    for (size_t e = 0; e < catalog->count; e++)
        if (strcmp(catalog->entries[e].dataset, dataset) == 0) return &catalog->entries[e];
    return NULL;
}

static void list_add(char *list, size_t size, const struct catalog_entry *entry)
{
    size_t used = strlen(list);
    snprintf(list + used, size - used, "%s%s (%" PRIu64 " bytes)", used > 0 ? ", " : "", entry->file, entry->size);
}

static struct status error_missing(const struct reproduce_data_request *request, const char *list, const char *folder)
{
    return status_error(
        STATUS_MISSING,
        "missing: %.200s; put what is listed into %.120s by hand, then go on with: transinv reproduce "
        "--preset %.40s%s%.80s%s%.60s",
        list, folder, request->preset_argument != NULL ? request->preset_argument : request->preset->name,
        request->data != NULL ? " --data " : "", request->data != NULL ? request->data : "",
        request->catalog != NULL ? " --catalog " : "", request->catalog != NULL ? request->catalog : "");
}

static struct status prepare(const struct reproduce_data_request *request, const struct catalog *catalog,
                             const char *folder)
{
    char list[256] = "";
    for (int n = 0; n < NEEDED_COUNT; n++) {
        if (is_there(catalog, needed[n], folder)) continue;
        struct status status = fetch_dataset(&request->settings, folder, catalog, needed[n]);
        if (status.code == STATUS_OK) continue;
        if (status.code != STATUS_MISSING && status.code != STATUS_BAD_INPUT) return status;
        log_message(LOG_ERROR, "%s", status.message);
        list_add(list, sizeof list, find_entry(catalog, needed[n]));
    }
    return list[0] == '\0' ? status_ok() : error_missing(request, list, folder);
}

struct status reproduce_data_prepare(const struct reproduce_data_request *request)
{
    struct catalog catalog = {0};
    char *folder = NULL;
    if (request->preset->values.data.source != PRESET_SOURCE_CIFAR) return status_ok();
    struct status status = catalog_create(request->catalog, &catalog);
    if (status.code == STATUS_OK) status = data_folder_resolve(request->data, &folder);
    if (status.code == STATUS_OK) status = prepare(request, &catalog, folder);
    free(folder);
    catalog_destroy(&catalog);
    return status;
}

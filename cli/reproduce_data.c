// reproduce_data.c: what a preset needs, compared with what is there. Tests: tests/cli_fetch_test.c.
#include "cli/reproduce_data.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/shell_words.h"
#include "datasets/cifar_locate.h"
#include "datasets/data_folder.h"

// Two archives of images, the pictures of frost, an array for every corruption, their labels.
enum { MISSING_LIMIT = 2 + FROST_TEXTURES + CORRUPTION_COUNT + 1, COMMAND_LIMIT = 280 };

static const char published_archive[] = "CIFAR-10-C.tar", published_folder[] = "CIFAR-10-C";

struct preparation {
    const struct reproduce_data_request *request;
    const struct catalog *catalog;
    const char *folder;
    const struct catalog_entry *missing[MISSING_LIMIT]; // what could not be had
    int missing_count;
};

static void note_missing(struct preparation *preparation, const struct catalog_entry *entry)
{
    if (entry != NULL && preparation->missing_count < MISSING_LIMIT)
        preparation->missing[preparation->missing_count++] = entry;
}

static bool lies_there(const struct preparation *preparation, const char *file)
{
    char *path = path_join(preparation->folder, file);
    bool there = file_exists(path);
    free(path);
    return there;
}

// Errors of other kinds (the disk, Ctrl-C) would meet every further file as well.
static bool is_missing(struct status status)
{
    return status.code == STATUS_MISSING || status.code == STATUS_BAD_INPUT;
}

// ---- images ----------------------------------------------------------------------------------------------------

static bool has_images(const struct preparation *preparation, const char *dataset)
{
    struct cifar_location location = {.path = NULL};
    bool found = cifar_locate(preparation->catalog, dataset, preparation->folder, &location).code == STATUS_OK;
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

static struct status prepare_images(struct preparation *preparation, const char *dataset)
{
    if (has_images(preparation, dataset)) return status_ok();
    struct status status =
        fetch_dataset(&preparation->request->settings, preparation->folder, preparation->catalog, dataset);
    if (!is_missing(status)) return status;
    note_missing(preparation, find_entry(preparation->catalog, dataset));
    return status_ok();
}

// ---- parts: pictures of frost, arrays of published corruptions -------------------------------------------------

// Fetches the parts until one cannot be had: the others come from the same place. *absent: how many are not there then.
static struct status fetch_parts(const struct preparation *preparation, const struct catalog_entry *const *parts,
                                 int count, int *absent)
{
    struct status status = status_ok();
    *absent = 0;
    for (int p = 0; p < count; p++) {
        // A part that lies there is looked at as well: it may be damaged.
        if (status.code == STATUS_OK || lies_there(preparation, parts[p]->file)) {
            status = fetch_file(&preparation->request->settings, preparation->folder, parts[p]);
            if (status.code != STATUS_OK && !is_missing(status)) return status;
        }
        *absent += !lies_there(preparation, parts[p]->file);
    }
    return status_ok();
}

static void note_absent(struct preparation *preparation, const struct catalog_entry *const *parts, int count)
{
    for (int p = 0; p < count; p++)
        if (!lies_there(preparation, parts[p]->file)) note_missing(preparation, parts[p]);
}

static bool uses_frost(const struct preset *preset)
{
    const struct preset_corruptions *corruptions = &preset->values.matrix.corruptions;
    for (int c = 0; c < corruptions->count; c++)
        if (corruption_place(corruptions->items[c]) == (int)CORRUPTION_FROST) return true;
    return false;
}

// Whatever the teachers are trained with, targets meet frost of our own making: in FA's training images, and when their
// severity curve is measured. Archives of a catalogue file are never official, so there drawn ice may stand in.
static struct status prepare_frost(struct preparation *preparation)
{
    const struct catalog_entry *pictures[FROST_TEXTURES];
    int count = 0, absent = 0;
    if (!uses_frost(preparation->request->preset)) return status_ok();
    for (size_t e = 0; e < preparation->catalog->count && count < FROST_TEXTURES; e++)
        if (strcmp(preparation->catalog->entries[e].dataset, "frost") == 0)
            pictures[count++] = &preparation->catalog->entries[e];
    struct status status = fetch_parts(preparation, pictures, count, &absent);
    if (status.code == STATUS_OK && preparation->request->catalog != NULL && absent == count)
        log_message(LOG_WARNING, "the published pictures of frost are not there: ice of our own drawing stands in");
    else
        note_absent(preparation, pictures, count);
    return status;
}

// The arrays of the preset's corruptions, and their labels.
static int list_arrays(const struct preparation *preparation, const struct catalog_entry **arrays)
{
    const struct preset_corruptions *corruptions = &preparation->request->preset->values.matrix.corruptions;
    int count = 0;
    for (int c = 0; c <= corruptions->count; c++) {
        char file[128];
        snprintf(file, sizeof file, "%s/%s.npy", published_folder,
                 c < corruptions->count ? corruptions->items[c]->name : "labels");
        const struct catalog_entry *entry = catalog_find_file(preparation->catalog, file);
        if (entry != NULL) arrays[count++] = entry;
    }
    return count;
}

// CIFAR-10-C, as its authors publish it or as single arrays: as much of it as the preset's corruptions ask for. Nobody
// publishes the corrupted images of a catalogue file's subset, so those are not looked for here.
static struct status prepare_published(struct preparation *preparation)
{
    const struct reproduce_data_request *request = preparation->request;
    const struct catalog_entry *archive = catalog_find_file(preparation->catalog, published_archive);
    const struct catalog_entry *arrays[CORRUPTION_COUNT + 1];
    const bool all = request->preset->values.matrix.corruptions.count == CORRUPTION_COUNT;
    int absent = 0;
    if (request->preset->values.data.corrupted_source != PRESET_CORRUPTED_PUBLISHED || request->catalog != NULL ||
        lies_there(preparation, published_archive))
        return status_ok();
    const bool begun = lies_there(preparation, published_folder);
    const int count = list_arrays(preparation, arrays);
    struct status status = status_ok();
    if (begun || !all) {
        status = fetch_parts(preparation, arrays, count, &absent);
        if (status.code != STATUS_OK || absent == 0) return status;
        status = fetch_file(&request->settings, preparation->folder, archive);
    } else {
        status = fetch_dataset(&request->settings, preparation->folder, preparation->catalog, archive->dataset);
    }
    if (!is_missing(status)) return status;
    if (begun)
        note_absent(preparation, arrays, count);
    else
        note_missing(preparation, archive);
    return status_ok();
}

// ---- the whole -------------------------------------------------------------------------------------------------

// The command as it was given, with the program as it was called: "build/transinv reproduce --preset paper".
static char *repeat_command(char *const *arguments)
{
    size_t count = 0;
    while (arguments[count] != NULL) count++;
    const char **words = malloc((count + 3) * sizeof *words);
    if (words == NULL) abort();
    words[0] = program_invocation_name;
    words[1] = "reproduce";
    for (size_t a = 0; a <= count; a++) words[2 + a] = arguments[a];
    char *command = shell_words_join(words);
    free(words);
    return command;
}

// A line for each file; the sentence that ends the program says how to go on.
static struct status error_missing(const struct preparation *preparation)
{
    const struct reproduce_data_request *request = preparation->request;
    const int count = preparation->missing_count;
    char *command = repeat_command(request->arguments);
    const bool fits = strlen(command) <= COMMAND_LIMIT;
    for (int m = 0; m < count; m++) {
        const struct catalog_entry *entry = preparation->missing[m];
        char *path = path_join(preparation->folder, entry->file);
        log_message(LOG_ERROR, "missing: %s (%" PRIu64 " bytes); by hand: put it at %s", entry->file, entry->size,
                    path);
        free(path);
    }
    if (!fits) log_message(LOG_ERROR, "the command to go on with: %s", command);
    struct status status = status_error(
        STATUS_MISSING,
        "the preset %s needs %d file%s that could not be fetched%s; put %s there by hand, then go on with%s%s",
        request->preset->name, count, count == 1 ? "" : "s", request->settings.offline ? " with --offline" : "",
        count == 1 ? "it" : "them", fits ? ": " : " the command above", fits ? command : "");
    free(command);
    return status;
}

static struct status prepare(struct preparation *preparation)
{
    struct status status = prepare_images(preparation, "cifar-10");
    if (status.code == STATUS_OK) status = prepare_images(preparation, "cifar-100");
    if (status.code == STATUS_OK) status = prepare_frost(preparation);
    if (status.code == STATUS_OK) status = prepare_published(preparation);
    if (status.code == STATUS_OK && preparation->missing_count > 0) status = error_missing(preparation);
    return status;
}

struct status reproduce_data_prepare(const struct reproduce_data_request *request)
{
    struct catalog catalog = {0};
    char *folder = NULL;
    if (request->preset->values.data.source != PRESET_SOURCE_CIFAR) return status_ok();
    struct status status = catalog_create(request->catalog, &catalog);
    if (status.code == STATUS_OK) status = data_folder_resolve(request->data, &folder);
    if (status.code == STATUS_OK) {
        struct preparation preparation = {.request = request, .catalog = &catalog, .folder = folder};
        status = prepare(&preparation);
    }
    free(folder);
    catalog_destroy(&catalog);
    return status;
}

// fetch_list.c: `transinv fetch --list` and `--verify`. What a file's state is, is data_state.c's business.
// Tests: tests/cli_fetch_test.c.
#include "cli/fetch_list.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "datasets/data_state.h"

enum { FILE_COLUMNS = 33 };

bool fetch_list_is_meant(const struct catalog_entry *entry, char *const *names, int count)
{
    for (int n = 0; n < count; n++)
        if (strcmp(names[n], entry->file) == 0 || strcmp(names[n], entry->dataset) == 0) return true;
    return count == 0;
}

static void print_row(const char *file, uint64_t bytes, const char *state, const char *dataset)
{
    printf("%-*s %11" PRIu64 "  %-13s %s\n", FILE_COLUMNS, file, bytes, state, dataset);
}

static void print_details(const struct catalog_entry *entry)
{
    for (int a = 0; entry->addresses[a] != NULL; a++) printf("    address   %s\n", entry->addresses[a]);
    if (entry->sha256[0] != '\0') printf("    SHA-256   %s\n", entry->sha256);
    if (entry->md5[0] != '\0') printf("    MD5       %s\n", entry->md5);
    if (entry->remark[0] != '\0') printf("    remark    %s\n", entry->remark);
    if (entry->licence[0] != '\0') printf("    licence   %s\n", entry->licence);
    if (entry->citation[0] != '\0') printf("    cite      %s\n", entry->citation);
}

// How far a partial file has come is worth a number.
static void name_state(const struct catalog_entry *entry, const struct data_finding *finding, char text[32])
{
    if (finding->state == DATA_PARTIAL && entry->size > 0)
        snprintf(text, 32, "partial %3.0f %%", 100.0 * (double)finding->bytes / (double)entry->size);
    else
        snprintf(text, 32, "%s", data_state_name(finding->state));
}

static struct status list_file(const struct fetch_list_request *request, const struct catalog_entry *entry,
                               int *damaged)
{
    struct data_finding finding;
    char state[32];
    struct status status = data_state_find(request->folder, entry, request->verify, &finding);
    if (status.code != STATUS_OK) return status;
    name_state(entry, &finding, state);
    print_row(entry->file, entry->size, state, entry->dataset);
    if (finding.state == DATA_CORRUPT) {
        printf("    %s\n", finding.detail);
        (*damaged)++;
        if (request->verify) status = data_state_set_aside(request->folder, entry, &finding);
    }
    if (request->details) print_details(entry);
    return status;
}

static struct status list_unpacked(const struct fetch_list_request *request, const struct catalog_entry *entry)
{
    struct data_finding finding;
    char folder[128], name[140];
    int present = 0;
    struct status status = data_state_find_unpacked(request->folder, entry, request->verify, &finding, &present);
    if (status.code != STATUS_OK || present == 0) return status;
    catalog_entry_folder(entry, folder, sizeof folder);
    snprintf(name, sizeof name, "  %s/ (%d of %zu)", folder, present, entry->member_count);
    print_row(name, finding.bytes, data_state_name(finding.state), entry->dataset);
    if (finding.detail[0] != '\0') printf("    %s\n", finding.detail);
    return status;
}

struct status fetch_list_print(const struct fetch_list_request *request)
{
    struct status status = status_ok();
    int damaged = 0;
    printf("%-*s %11s  %-13s %s\n", FILE_COLUMNS, "file", "bytes", "state", "data set");
    for (size_t e = 0; status.code == STATUS_OK && e < request->catalog->count; e++) {
        const struct catalog_entry *entry = &request->catalog->entries[e];
        if (!fetch_list_is_meant(entry, request->names, request->name_count)) continue;
        status = list_file(request, entry, &damaged);
        if (status.code == STATUS_OK && entry->member_count > 0) status = list_unpacked(request, entry);
    }
    printf("data folder: %s\n", request->folder);
    if (status.code == STATUS_OK && damaged > 0 && request->verify)
        status = status_error(STATUS_BAD_INPUT, "%d damaged file%s set aside; `transinv fetch' gets what is missing",
                              damaged, damaged == 1 ? " was" : "s were");
    return status;
}

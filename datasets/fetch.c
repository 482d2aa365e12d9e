// fetch.c: which address is tried when, and what becomes of the result. One attempt: fetch_transfer.c; the partial file:
// fetch_part.c. Tests: tests/fetch_fault_test.c, tests/cli_fetch_test.c.
#include "datasets/fetch.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "base/machine.h"
#include "datasets/data_state.h"
#include "datasets/fetch_lock.h"
#include "datasets/fetch_policy.h"
#include "datasets/fetch_transfer.h"
#include "datasets/verification.h"

enum { CANDIDATE_LIMIT = CATALOG_ADDRESS_LIMIT + 1 };
static const uint64_t worthwhile_bytes = 1 << 20; // after so many an address that fails has its repetitions again

struct fetch_settings fetch_settings_default(void)
{
    return (struct fetch_settings){
        .floor_bytes_per_second = 100e3, // the throttled official server: 55 kB/s
        .window_seconds = 20,
        .connect_seconds = 20,
        .delay_seconds = 1,
        .patience_seconds = 120,
        .repetitions = 4,
    };
}

// An address, and what is known of it.
struct candidate {
    const char *address;
    char host[FETCH_HOST_SIZE];
    bool slow, local; // local: file://
    bool delivered;   // something came from there
    double bytes_per_second;
};

// A file on its way.
struct errand {
    const struct fetch_settings *settings;
    const char *folder;
    const struct catalog_entry *entry;
    char *path;
    char mirror[FETCH_ADDRESS_SIZE];
    struct candidate candidates[CANDIDATE_LIMIT];
    int count;
    struct fetch_part part;
    struct progress *progress;
    bool done;
    struct status reason; // why the last address did not deliver
};

// ---- addresses -------------------------------------------------------------------------------------------------

static void errand_add_address(struct errand *errand, const char *address)
{
    struct fetch_address parsed;
    struct status status = fetch_address_parse(address, errand->settings->allow_http, &parsed);
    if (status.code != STATUS_OK) {
        log_message(LOG_WARNING, "not used: %s", status.message);
        errand->reason = status;
        return;
    }
    if (errand->settings->offline && parsed.scheme != FETCH_FILE) return;
    struct candidate *candidate = &errand->candidates[errand->count++];
    *candidate = (struct candidate){.address = address, .local = parsed.scheme == FETCH_FILE};
    memcpy(candidate->host, parsed.host, sizeof candidate->host);
}

static struct status errand_list_addresses(struct errand *errand)
{
    if (errand->settings->mirror != NULL) {
        struct status status = fetch_mirror_address(errand->settings->mirror, errand->entry->file, errand->mirror);
        if (status.code != STATUS_OK) return status;
        errand_add_address(errand, errand->mirror);
    }
    for (int a = 0; errand->entry->addresses[a] != NULL; a++) errand_add_address(errand, errand->entry->addresses[a]);
    return status_ok();
}

// ---- one address -----------------------------------------------------------------------------------------------

static struct status wait_seconds(double seconds)
{
    const struct timespec pause = {.tv_nsec = 50000000};
    const double until = clock_seconds() + seconds;
    while (clock_seconds() < until && !interrupt_requested()) nanosleep(&pause, NULL);
    return interrupt_status();
}

// All bytes are there. When their checksum is wrong, what was there before may be to blame: *again. Otherwise this address
// has another file.
static struct status errand_finish(struct errand *errand, const struct candidate *candidate, bool *again)
{
    struct fetch_part *part = &errand->part;
    char found[65] = "";
    *again = part->resumed > 0;
    struct status status = fetch_part_finish(part, &errand->done, found);
    if (status.code != STATUS_OK) return status;
    if (errand->done) {
        struct verification verification;
        verification_open(errand->path, &verification);
        verification_note(&verification, verification_whole, found);
        verification_close(&verification);
        return status;
    }
    fetch_part_close(part);
    errand->reason = status_error(STATUS_BAD_INPUT, "%s: what came has checksum %s, expected %s; it was thrown away",
                                  candidate->host, found,
                                  errand->entry->sha256[0] != '\0' ? errand->entry->sha256 : errand->entry->md5);
    log_message(LOG_WARNING, "%s: %s", errand->entry->file, errand->reason.message);
    return fetch_part_open(errand->entry, errand->folder, part);
}

// After a failure that may pass: waits, or says that this address has had its chances. One that never was reached gets a
// second and no more: a proxy or a firewall that refuses would otherwise cost minutes for every address.
static struct status errand_wait(struct errand *errand, const struct candidate *candidate,
                                 const struct fetch_result *result, int *failures, bool *leave)
{
    const struct fetch_settings *settings = errand->settings;
    const bool hopeless = result->unreachable && !candidate->delivered;
    const int repetitions = hopeless && settings->repetitions > 1 ? 1 : settings->repetitions;
    *failures = result->received >= worthwhile_bytes ? 1 : *failures + 1;
    double seconds = fetch_delay_seconds(*failures, settings->delay_seconds, result->retry_after_seconds);
    *leave = *failures > repetitions || seconds > settings->patience_seconds;
    if (*leave) return status_ok();
    log_message(LOG_WARNING, "%s; trying again in %.3g s", result->reason.message, seconds);
    return wait_seconds(seconds);
}

// Until the file is done, or the address is of no more use. An error ends the errand.
static struct status errand_try_address(struct errand *errand, struct candidate *candidate, double floor)
{
    struct status status = status_ok();
    bool leave = false, again = true;
    char text[200];
    snprintf(text, sizeof text, "%.80s from %.100s", errand->entry->file, candidate->host);
    progress_set_text(errand->progress, text);
    const double begin_seconds = clock_seconds();
    for (int failures = 0; status.code == STATUS_OK && !errand->done && !leave;) {
        const struct fetch_attempt attempt = {.address = candidate->address,
                                              .settings = errand->settings,
                                              .floor_bytes_per_second = floor,
                                              .part = &errand->part,
                                              .progress = errand->progress};
        struct fetch_result result;
        fetch_transfer(&attempt, &result);
        candidate->bytes_per_second = result.bytes_per_second;
        candidate->slow = result.verdict == FETCH_SLOW;
        candidate->delivered = candidate->delivered || result.received > 0;
        if (result.verdict != FETCH_COMPLETE) errand->reason = result.reason;
        switch (result.verdict) {
        case FETCH_COMPLETE:
            status = errand_finish(errand, candidate, &again);
            leave = !again;
            if (errand->done)
                log_message(LOG_DETAIL, "%s: %.3f s from the first request to the file's name, checksum included",
                            errand->entry->file, clock_seconds() - begin_seconds);
            break;
        case FETCH_AGAIN: status = errand_wait(errand, candidate, &result, &failures, &leave); break;
        case FETCH_SLOW:
        case FETCH_LEAVE: leave = true; break;
        case FETCH_STOP: return result.reason;
        }
        if (leave && result.verdict != FETCH_COMPLETE)
            log_message(LOG_WARNING, "%s: %s", errand->entry->file, errand->reason.message);
    }
    return status;
}

static struct status errand_try(struct errand *errand, struct candidate *candidate, double floor)
{
    struct fetch_lock lock;
    if (candidate->local) return errand_try_address(errand, candidate, floor);
    struct status status = fetch_lock_acquire_host(errand->folder, candidate->host, &lock);
    if (status.code != STATUS_OK) return status;
    status = errand_try_address(errand, candidate, floor);
    fetch_lock_release(&lock);
    return status;
}

// ---- all addresses ---------------------------------------------------------------------------------------------

// Those that were left because they are slow are better than nothing: the fastest of them, without a floor.
static struct candidate *errand_fastest_slow(struct errand *errand)
{
    struct candidate *fastest = NULL;
    for (int c = 0; c < errand->count; c++)
        if (errand->candidates[c].slow &&
            (fastest == NULL || errand->candidates[c].bytes_per_second > fastest->bytes_per_second))
            fastest = &errand->candidates[c];
    return fastest;
}

static struct status errand_try_all(struct errand *errand)
{
    struct status status = status_ok();
    for (int c = 0; status.code == STATUS_OK && !errand->done && c < errand->count; c++)
        status = errand_try(errand, &errand->candidates[c], errand->settings->floor_bytes_per_second);
    for (struct candidate *slow = errand_fastest_slow(errand);
         status.code == STATUS_OK && !errand->done && slow != NULL; slow = errand_fastest_slow(errand)) {
        log_message(LOG_WARNING, "no server is faster; going on slowly with %s", slow->host);
        status = errand_try(errand, slow, 0);
        slow->slow = false;
    }
    return status;
}

static struct status errand_error(const struct errand *errand)
{
    bool damaged = errand->reason.code == STATUS_BAD_INPUT;
    if (errand->settings->offline && errand->count == 0)
        return status_error(STATUS_MISSING,
                            "%s is not there, and --offline keeps this program from fetching it; put it (%" PRIu64
                            " bytes) at %.200s by hand and run the same command again",
                            errand->entry->file, errand->entry->size, errand->path);
    return status_error(damaged ? STATUS_BAD_INPUT : STATUS_MISSING,
                        "%.60s could not be fetched (%.250s); by hand: put it (%" PRIu64
                        " bytes) at %.160s, then run the same command again",
                        errand->entry->file, errand->count == 0 ? "it has no address" : errand->reason.message,
                        errand->entry->size, errand->path);
}

static struct status errand_say_kept(const struct errand *errand, struct status status)
{
    if (status.code != STATUS_INTERRUPTED) return status;
    return status_error(STATUS_INTERRUPTED,
                        "%s; %" PRIu64 " of %" PRIu64 " bytes of %.100s are kept, the same command goes on from there",
                        status.message, errand->part.size, errand->entry->size, errand->entry->file);
}

// With the lock held and the file not there.
static struct status errand_run(struct errand *errand)
{
    const struct catalog_entry *entry = errand->entry;
    static const struct candidate earlier = {.host = "an earlier download"};
    bool again = false;
    struct status status = fetch_part_open(entry, errand->folder, &errand->part);
    if (status.code == STATUS_OK && errand->part.size == entry->size)
        status = errand_finish(errand, &earlier, &again); // killed just before the end
    if (status.code != STATUS_OK || errand->done) return status;
    if (errand->count == 0) return errand_error(errand);
    status = fetch_part_check_space(&errand->part);
    if (status.code != STATUS_OK) return status;
    errand->progress = progress_create(entry->file, "MB", (double)entry->size / 1e6);
    progress_update(errand->progress, (double)errand->part.size / 1e6);
    status = errand_try_all(errand);
    progress_update(errand->progress, (double)errand->part.size / 1e6);
    progress_destroy(errand->progress);
    if (status.code == STATUS_OK && !errand->done) status = errand_error(errand);
    return errand_say_kept(errand, status);
}

// What lies there now; *good: nothing is left to do. A damaged file is set aside.
static struct status errand_look(struct errand *errand, bool may_change, bool *good)
{
    struct data_finding finding;
    struct status status = data_state_find(errand->folder, errand->entry, false, &finding);
    *good = finding.state == DATA_VERIFIED || finding.state == DATA_NOT_OFFICIAL;
    if (status.code == STATUS_OK && may_change && finding.state == DATA_CORRUPT)
        status = data_state_set_aside(errand->folder, errand->entry, &finding);
    return status;
}

// An empty part of a file that could not be fetched at all is no use to anybody.
static void errand_tidy(struct errand *errand)
{
    if (errand->part.path != NULL && !errand->done && errand->part.descriptor >= 0 && errand->part.size == 0)
        remove(errand->part.path);
    fetch_part_close(&errand->part);
}

static struct status errand_run_locked(struct errand *errand)
{
    struct fetch_lock lock;
    bool good = false;
    struct status status = fetch_lock_acquire(errand->path, &lock);
    if (status.code != STATUS_OK) return status;
    status = errand_look(errand, true, &good); // somebody else may have been here
    if (status.code == STATUS_OK && !good) status = errand_run(errand);
    errand_tidy(errand);
    fetch_lock_release(&lock);
    return status;
}

struct status fetch_file(const struct fetch_settings *settings, const char *folder, const struct catalog_entry *entry)
{
    struct errand errand = {.settings = settings,
                            .folder = folder,
                            .entry = entry,
                            .path = path_join(folder, entry->file),
                            .part = {.descriptor = -1},
                            .reason = status_ok()};
    bool good = false;
    struct status status = errand_look(&errand, false, &good);
    if (status.code != STATUS_OK || good) goto done;
    status = errand_list_addresses(&errand);
    if (status.code == STATUS_OK && settings->offline && errand.count == 0 && !file_exists(folder))
        status = errand_error(&errand); // nothing to make a folder for
    if (status.code == STATUS_OK) status = file_make_folders(folder);
    if (status.code == STATUS_OK && entry->kind == CATALOG_ARRAY) {
        char *slash = strrchr(errand.path, '/');
        *slash = '\0';
        status = file_make_folders(errand.path);
        *slash = '/';
    }
    if (status.code == STATUS_OK) status = errand_run_locked(&errand);
done:
    free(errand.path);
    return status;
}

// ---- data sets -------------------------------------------------------------------------------------------------

// Entries of one kind stand for each other's absence when there are several forms; arrays and pictures are parts of one.
static bool kind_is_parts(enum catalog_kind kind)
{
    return kind == CATALOG_ARRAY || kind == CATALOG_PICTURE;
}

// The form that begins at entry `first`: one archive, or all parts of that kind. *last becomes its last entry.
static struct status fetch_form(const struct fetch_settings *settings, const char *folder,
                                const struct catalog *catalog, size_t first, const char *dataset, size_t *last)
{
    const enum catalog_kind kind = catalog->entries[first].kind;
    struct status status = status_ok();
    *last = first;
    for (size_t e = first; e < catalog->count; e++) {
        const struct catalog_entry *entry = &catalog->entries[e];
        if (strcmp(entry->dataset, dataset) != 0 || entry->kind != kind) continue;
        if (e > first && !kind_is_parts(kind)) break;
        if (status.code == STATUS_OK) status = fetch_file(settings, folder, entry);
        *last = e;
    }
    return status;
}

struct status fetch_dataset(const struct fetch_settings *settings, const char *folder, const struct catalog *catalog,
                            const char *dataset)
{
    struct status first = status_ok();
    bool tried = false;
    for (size_t e = 0; e < catalog->count; e++) {
        if (strcmp(catalog->entries[e].dataset, dataset) != 0) continue;
        if (tried)
            log_message(settings->offline ? LOG_DETAIL : LOG_INFO, "trying another form of %s: %s", dataset,
                        catalog->entries[e].file);
        struct status status = fetch_form(settings, folder, catalog, e, dataset, &e);
        bool other_form_may_help = status.code == STATUS_MISSING || status.code == STATUS_BAD_INPUT;
        if (!other_form_may_help) return status; // done, or nothing else would help
        if (!tried) first = status;
        tried = true;
    }
    if (!tried)
        return status_error(STATUS_USAGE, "nothing is published under \"%.80s\": see transinv fetch --list", dataset);
    return first; // of the form that is meant first
}

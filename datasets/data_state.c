// data_state.c: looks, hashes, sets aside. Tests: tests/verification_test.c, tests/fetch_place_test.c, tests/cli_fetch_test.c.
#include "datasets/data_state.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "datasets/plain_file.h"
#include "datasets/verification.h"

enum { PIECE_BYTES = 1 << 20, NAME_ATTEMPTS = 1000 };

const char *data_state_name(enum data_state state)
{
    static const char *const names[] = {[DATA_ABSENT] = "absent",
                                        [DATA_PARTIAL] = "partial",
                                        [DATA_VERIFIED] = "verified",
                                        [DATA_NOT_OFFICIAL] = "not official",
                                        [DATA_CORRUPT] = "corrupt"};
    return names[state];
}

static struct status hash_pieces(const struct plain_file *file, const char *path, struct progress *progress,
                                 uint8_t *piece, EVP_MD_CTX *context)
{
    struct status status = status_ok();
    for (uint64_t at = 0; status.code == STATUS_OK && at < file->size;) {
        size_t size = file->size - at < PIECE_BYTES ? (size_t)(file->size - at) : PIECE_BYTES;
        status = plain_file_read(file, path, at, piece, size);
        if (status.code == STATUS_OK && EVP_DigestUpdate(context, piece, size) != 1)
            status = status_error(STATUS_FAILED, "checksum of %s: libcrypto refused", path);
        if (status.code == STATUS_OK && interrupt_requested()) status = interrupt_status();
        at += size;
        progress_update(progress, (double)at / 1e6);
    }
    return status;
}

static struct status hash_file(const char *path, const char *name, const char *digest, char hex[65])
{
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    struct plain_file file;
    struct progress *progress = NULL;
    uint8_t *piece = malloc(PIECE_BYTES);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    struct status status = plain_file_open(path, &file);
    if (status.code != STATUS_OK) goto done;
    if (piece == NULL || context == NULL || EVP_DigestInit_ex(context, EVP_get_digestbyname(digest), NULL) != 1)
        status = status_error(STATUS_FAILED, "%s of %s: libcrypto refused, or memory ran out", digest, path);
    if (file.size > (uint64_t)64 * PIECE_BYTES) progress = progress_create(name, "MB", (double)file.size / 1e6);
    if (status.code == STATUS_OK) status = hash_pieces(&file, path, progress, piece, context);
    progress_destroy(progress);
    if (status.code == STATUS_OK && EVP_DigestFinal_ex(context, bytes, &size) != 1)
        status = status_error(STATUS_FAILED, "%s of %s: libcrypto refused", digest, path);
    for (unsigned i = 0; status.code == STATUS_OK && i < size && i < 32; i++)
        snprintf(hex + (size_t)2 * i, 3, "%02x", bytes[i]);
    plain_file_close(&file);
done:
    EVP_MD_CTX_free(context);
    free(piece);
    return status;
}

// The SHA-256 that names a corrupt file; where it cannot be had, the file has no name of its own.
static void find_corrupt(const char *path, const char *name, struct data_finding *finding)
{
    finding->state = DATA_CORRUPT;
    if (hash_file(path, name, "SHA256", finding->checksum).code != STATUS_OK)
        snprintf(finding->checksum, sizeof finding->checksum, "unreadable");
}

static struct status find_by_checksum(const char *path, const struct catalog_entry *entry, bool again,
                                      struct data_finding *finding)
{
    const bool sha256 = entry->sha256[0] != '\0';
    const char *expected = sha256 ? entry->sha256 : entry->md5;
    struct verification verification;
    struct status status = status_ok();
    verification_open(path, &verification);
    const char *known = again ? NULL : verification_get(&verification, verification_whole);
    char found[65] = "";
    // What is remembered may be of the other kind: then it says nothing here.
    if (known != NULL && strlen(known) == strlen(expected))
        snprintf(found, sizeof found, "%s", known);
    else
        status = hash_file(path, entry->file, sha256 ? "SHA256" : "MD5", found);
    if (status.code == STATUS_OK) verification_note(&verification, verification_whole, found);
    verification_close(&verification);
    if (status.code != STATUS_OK) return status;
    if (strcmp(found, expected) == 0) {
        finding->state = entry->official ? DATA_VERIFIED : DATA_NOT_OFFICIAL;
        return status;
    }
    snprintf(finding->detail, sizeof finding->detail, "expected %s %s, found %s", sha256 ? "SHA-256" : "MD5", expected,
             found);
    find_corrupt(path, entry->file, finding);
    return status;
}

static void find_part(const char *path, struct data_finding *finding)
{
    struct stat facts;
    char *part = NULL;
    if (asprintf(&part, "%s.part", path) < 0) return;
    if (stat(part, &facts) == 0 && S_ISREG(facts.st_mode)) {
        finding->state = DATA_PARTIAL;
        finding->bytes = (uint64_t)facts.st_size;
    }
    free(part);
}

struct status data_state_find(const char *folder, const struct catalog_entry *entry, bool again,
                              struct data_finding *finding)
{
    struct stat facts;
    struct status status = status_ok();
    char *path = path_join(folder, entry->file);
    *finding = (struct data_finding){.state = DATA_ABSENT};
    if (stat(path, &facts) != 0) {
        if (errno != ENOENT && errno != ENOTDIR)
            status = status_error(STATUS_IO, "look at %s: %s", path, strerror(errno));
        else
            find_part(path, finding);
    } else if (!S_ISREG(facts.st_mode)) {
        status = status_error(STATUS_IO, "%s: expected a file, found a folder, pipe or device", path);
    } else if (entry->size != 0 && (uint64_t)facts.st_size != entry->size) {
        snprintf(finding->detail, sizeof finding->detail, "expected %" PRIu64 " bytes, found %" PRIu64, entry->size,
                 (uint64_t)facts.st_size);
        find_corrupt(path, entry->file, finding);
    } else {
        status = find_by_checksum(path, entry, again, finding);
    }
    if (finding->state != DATA_PARTIAL && finding->state != DATA_ABSENT) finding->bytes = (uint64_t)facts.st_size;
    free(path);
    return status;
}

struct status data_state_find_unpacked(const char *folder, const struct catalog_entry *entry, bool again,
                                       struct data_finding *finding, int *present)
{
    struct status status = status_ok();
    *finding = (struct data_finding){.state = entry->official ? DATA_VERIFIED : DATA_NOT_OFFICIAL};
    *present = 0;
    for (size_t m = 0; status.code == STATUS_OK && m < entry->member_count; m++) {
        const struct catalog_member *member = &entry->members[m];
        const struct catalog_entry alone = {
            .file = member->name, .official = true, .size = member->size, .sha256 = "", .md5 = member->md5};
        struct data_finding one;
        status = data_state_find(folder, &alone, again, &one);
        if (status.code != STATUS_OK || one.state == DATA_ABSENT || one.state == DATA_PARTIAL) continue;
        (*present)++;
        finding->bytes += one.bytes;
        if (one.state == DATA_VERIFIED) continue;
        finding->state = DATA_NOT_OFFICIAL;
        snprintf(finding->detail, sizeof finding->detail, "%.80s: %.140s", member->name, one.detail);
    }
    if (*present == 0) finding->state = DATA_ABSENT;
    return status;
}

struct status data_state_set_aside(const char *folder, const struct catalog_entry *entry,
                                   const struct data_finding *finding)
{
    struct status status = status_ok();
    char *path = path_join(folder, entry->file), *aside = NULL;
    int result = -1;
    for (int attempt = 1; result != 0 && attempt < NAME_ATTEMPTS; attempt++) {
        char number[16] = "";
        free(aside);
        if (attempt > 1) snprintf(number, sizeof number, "-%d", attempt);
        if (asprintf(&aside, "%s.corrupt-%.8s%s", path, finding->checksum, number) < 0) aside = NULL;
        if (aside == NULL) break;
        struct stat facts;
        if (lstat(aside, &facts) == 0) continue; // another damaged file has that name
        result = rename(path, aside);
        if (result != 0) break;
    }
    if (result == 0)
        log_message(LOG_WARNING, "%s is damaged (%s); it is now called %s", path, finding->detail, aside);
    else
        status = status_error(STATUS_IO, "set the damaged %s aside (%s): %s", path, finding->detail, strerror(errno));
    free(aside);
    free(path);
    return status;
}

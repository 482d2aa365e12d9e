// verification_test.c: what is remembered about a file, and when it is not believed; and that data sets use it.
#include "datasets/verification.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/file.h"
#include "datasets/cifar_source.h"
#include "datasets/data_state.h"
#include "tests/support/archive.h"
#include "tests/support/cifar_sample.h"
#include "tests/support/temporary_folder.h"

static char folder[TEMPORARY_PATH_SIZE];

static void enter(void)
{
    temporary_folder_enter(folder);
}

static void leave(void)
{
    temporary_folder_leave(folder);
}

TestSuite(verification, .init = enter, .fini = leave);

static void note(const char *name, const char *checksum)
{
    struct verification verification;
    verification_open("file", &verification);
    verification_note(&verification, name, checksum);
    verification_close(&verification);
}

static void expect_noted(const char *name, const char *checksum)
{
    struct verification verification;
    verification_open("file", &verification);
    const char *found = verification_get(&verification, name);
    if (checksum == NULL)
        cr_expect(eq(ptr, (char *)found, NULL), "%s", name);
    else
        cr_expect(found != NULL && strcmp(found, checksum) == 0, "%s: %s", name, found);
    verification_close(&verification);
}

Test(verification, notes_are_kept)
{
    temporary_file_write(folder, "file", "text");
    expect_noted("file", NULL);
    note(verification_whole, "abc");
    note("a/b.npy", "def");
    note("a/b.npy", "ghi");
    expect_noted("file", "abc");
    expect_noted("a/b.npy", "ghi");
    expect_noted("a/c.npy", NULL);
}

Test(verification, notes_are_written_only_when_they_say_something_new)
{
    struct stat before, after;
    temporary_file_write(folder, "file", "text");
    note("x", "abc");
    cr_assert(stat("file.verified", &before) == 0);
    note("x", "abc");
    expect_noted("x", "abc");
    cr_assert(stat("file.verified", &after) == 0);
    cr_expect(eq(u64, before.st_ino, after.st_ino), "the file was replaced");
}

Test(verification, a_changed_file_has_no_notes)
{
    struct stat before;
    temporary_file_write(folder, "file", "text");
    note("x", "abc");
    cr_assert(stat("file", &before) == 0);
    usleep(20000);
    // Size and modification time are put back; the inode's own time tells.
    int file = open("file", O_WRONLY | O_CLOEXEC);
    const struct timespec times[] = {before.st_atim, before.st_mtim};
    cr_assert(write(file, "TEXT", 4) == 4 && futimens(file, times) == 0);
    close(file);
    expect_noted("x", NULL);
    temporary_file_write(folder, "file", "longer text");
    note("x", "abc");
    expect_noted("x", "abc");
    temporary_file_write(folder, "file", "LONGER TEXT");
    expect_noted("x", NULL);
}

Test(verification, a_file_that_changes_meanwhile_gets_no_notes)
{
    struct verification verification;
    temporary_file_write(folder, "file", "text");
    verification_open("file", &verification);
    verification_note(&verification, "x", "abc");
    temporary_file_write(folder, "file", "other");
    verification_close(&verification);
    expect_noted("x", NULL);
    cr_expect(not(file_exists("file.verified")));
}

Test(verification, absent_files_and_damaged_notes)
{
    note("x", "abc");
    cr_expect(not(file_exists("file.verified")));
    static const char *const damaged[] = {"", "{", "[]", "{\"size\": 4}", "{\"checked\": 3}", "null"};
    temporary_file_write(folder, "file", "text");
    for (size_t d = 0; d < sizeof damaged / sizeof damaged[0]; d++) {
        temporary_file_write(folder, "file.verified", damaged[d]);
        expect_noted("x", NULL);
        note("x", "abc");
        expect_noted("x", "abc");
    }
}

// ---- those who use it ------------------------------------------------------------------------------------------

static struct catalog_entry write_sample(struct catalog_member members[3], char sha256[65])
{
    struct catalog_entry entry = sample_cifar_10;
    struct archive tar = sample_tar(&entry), packed = archive_compress(tar.bytes, tar.size);
    digest_sha256(packed.bytes, packed.size, sha256);
    for (size_t m = 0; m < entry.member_count; m++) members[m] = entry.members[m];
    entry.members = members;
    entry.sha256 = sha256;
    entry.size = packed.size;
    entry.official = true;
    entry.remark = "";
    archive_write(&packed, folder, entry.file);
    archive_destroy(&tar);
    archive_destroy(&packed);
    return entry;
}

static void expect_official(struct catalog_entry *entry, bool official)
{
    struct catalog catalog = {.entries = entry, .count = 1};
    struct dataset dataset;
    struct status status = cifar_source_load(&catalog, "cifar-10", folder, &dataset);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    cr_expect(eq(int, dataset.official, official), "%s", dataset.remark);
    dataset_destroy(&dataset);
}

Test(verification, members_are_checked_at_the_first_use_and_remembered)
{
    struct catalog_member members[3];
    char sha256[65];
    struct catalog_entry entry = write_sample(members, sha256);
    members[1].md5 = "00000000000000000000000000000000";
    expect_official(&entry, false);
    char *notes = temporary_file_read(folder, "sample-10.tar.gz.verified"), *md5 = strstr(notes, members[1].name);
    cr_assert(md5 != NULL, "%s", notes);
    char found[33];
    snprintf(found, sizeof found, "%.32s", strstr(md5, ": ") + 3);
    members[1].md5 = found;
    expect_official(&entry, true);
    free(notes);
}

Test(verification, the_state_of_a_file_is_remembered_until_asked_again)
{
    struct catalog_member members[3];
    struct data_finding finding;
    char sha256[65];
    struct catalog_entry entry = write_sample(members, sha256);
    cr_assert(eq(int, data_state_find(folder, &entry, false, &finding).code, STATUS_OK));
    cr_expect(eq(int, finding.state, DATA_VERIFIED));
    // A note that is wrong is believed, but not by --verify.
    struct verification verification;
    verification_open(entry.file, &verification);
    verification_note(&verification, verification_whole,
                      "0000000000000000000000000000000000000000000000000000000000000000");
    verification_close(&verification);
    cr_assert(eq(int, data_state_find(folder, &entry, false, &finding).code, STATUS_OK));
    cr_expect(eq(int, finding.state, DATA_CORRUPT));
    cr_assert(eq(int, data_state_find(folder, &entry, true, &finding).code, STATUS_OK));
    cr_expect(eq(int, finding.state, DATA_VERIFIED));
    entry.official = false;
    cr_assert(eq(int, data_state_find(folder, &entry, false, &finding).code, STATUS_OK));
    cr_expect(eq(int, finding.state, DATA_NOT_OFFICIAL));
}

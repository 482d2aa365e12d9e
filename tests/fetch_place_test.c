// fetch_place_test.c: downloads where this machine is the trouble: full disks, folders that cannot be written to, links,
// damaged files that lie there already, two at once.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "datasets/data_state.h"
#include "datasets/fetch_lock.h"
#include "tests/support/download.h"

enum { NOBODY = 65534 };

static void forget_proxies(void)
{
    unsetenv("http_proxy");
    unsetenv("all_proxy");
    unsetenv("ALL_PROXY");
}

TestSuite(fetch_place, .init = forget_proxies, .timeout = 120);

static void create(struct download *download)
{
    download_create(download, false);
    download_add_address(download, download->server.port, "plain");
}

// ---- the disk --------------------------------------------------------------------------------------------------

static bool write_text(const char *path, const char *text)
{
    int file = open(path, O_WRONLY | O_CLOEXEC);
    bool good = file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text);
    if (file >= 0) close(file);
    return good;
}

// A file system of that size at the data folder, which only this process sees; false where that is not allowed. An
// ordinary user needs a user namespace for it.
static bool mount_small_disk(const struct download *download, int bytes)
{
    char options[40], map[40];
    int user = (int)getuid(), group = (int)getgid();
    cr_assert(eq(int, file_make_folders(download->data).code, STATUS_OK));
    snprintf(options, sizeof options, "size=%d,mode=0755", bytes);
    if (unshare(CLONE_NEWNS | (geteuid() == 0 ? 0 : CLONE_NEWUSER)) != 0) return false;
    if (geteuid() != 0 || user != 0) {
        snprintf(map, sizeof map, "0 %d 1", user);
        if (!write_text("/proc/self/setgroups", "deny") || !write_text("/proc/self/uid_map", map)) return false;
        snprintf(map, sizeof map, "0 %d 1", group);
        if (!write_text("/proc/self/gid_map", map)) return false;
    }
    return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("tmpfs", download->data, "tmpfs", 0, options) == 0;
}

Test(fetch_place, a_disk_that_is_too_small_is_known_before)
{
    struct download download;
    create(&download);
    if (!mount_small_disk(&download, 2 << 20)) {
        download_destroy(&download);
        cr_skip_test("mounting a small disk needs root, or user namespaces");
    }
    struct status status = download_fetch(&download);
    download_expect_error(&download, status, STATUS_IO, "no room for data.tar.gz: 3000000 bytes are still to come", 0);
    char *log = file_server_log(&download.server);
    cr_expect(strstr(log, "GET") == NULL, "nothing may be asked for: %s", log);
    free(log);
    cr_assert(umount(download.data) == 0);
    download_destroy(&download);
}

// Somebody else fills the disk in the meantime: here the limit of a file's size takes the part of the disk's end.
Test(fetch_place, a_disk_that_fills_up_keeps_what_is_there)
{
    struct download download;
    create(&download);
    const struct rlimit small = {.rlim_cur = 2000000, .rlim_max = RLIM_INFINITY},
                        large = {.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
    signal(SIGXFSZ, SIG_IGN);
    cr_assert(setrlimit(RLIMIT_FSIZE, &small) == 0);
    struct status status = download_fetch(&download);
    cr_assert(setrlimit(RLIMIT_FSIZE, &large) == 0);
    download_expect_error(&download, status, STATUS_IO, "2000000 of 3000000 bytes are kept", 2000000);
    download_expect_whole(&download, download_fetch(&download));
    download_destroy(&download);
}

Test(fetch_place, a_small_disk_that_fills_up)
{
    struct download download;
    create(&download);
    if (!mount_small_disk(&download, 4 << 20)) {
        download_destroy(&download);
        cr_skip_test("mounting a small disk needs root, or user namespaces");
    }
    // Enough by the check, but not for real: a part whose hole takes no room yet.
    char *path = path_join(download.data, "data.tar.gz.part"), *other = path_join(download.data, "other");
    int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666),
        filler = open(other, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    cr_assert(ftruncate(file, 2500000) == 0 && posix_fallocate(filler, 0, 2500000) == 0);
    close(file);
    close(filler);
    // The hole is damage, so the checksum fails, all begins anew, and the disk runs full.
    struct status status = download_fetch(&download);
    download_expect_error(&download, status, STATUS_IO, "No space left on device", -1);
    cr_assert(unlink(other) == 0);
    download_expect_whole(&download, download_fetch(&download));
    free(path);
    free(other);
    cr_assert(umount(download.data) == 0);
    download_destroy(&download);
}

// ---- the folder ------------------------------------------------------------------------------------------------

// From here on the test is an ordinary user, whom permissions stop.
static void become_ordinary(const char *folder)
{
    if (geteuid() != 0) return;
    cr_assert(chown(folder, NOBODY, NOBODY) == 0);
    cr_assert(setgroups(0, NULL) == 0 && setegid(NOBODY) == 0 && seteuid(NOBODY) == 0);
}

static void become_root_again(void)
{
    if (getuid() == 0) cr_assert(seteuid(0) == 0 && setegid(0) == 0);
}

Test(fetch_place, a_folder_that_cannot_be_written_to)
{
    struct download download;
    create(&download);
    cr_assert(eq(int, file_make_folders(download.data).code, STATUS_OK));
    become_ordinary(download.data);
    cr_assert(chmod(download.data, 0555) == 0);
    struct status status = download_fetch(&download);
    expect_error(status, STATUS_IO, "write into the data folder", "read-only");
    expect_error(status, STATUS_IO, "Permission denied; choose another folder with --data", "read-only");
    cr_assert(chmod(download.data, 0755) == 0);
    become_root_again();
    download_destroy(&download);
}

Test(fetch_place, a_good_file_in_a_folder_that_cannot_be_written_to)
{
    struct download download;
    create(&download);
    cr_assert(eq(int, file_make_folders(download.data).code, STATUS_OK));
    archive_write(&download.file, download.data, "data.tar.gz");
    become_ordinary(download.data);
    cr_assert(chmod(download.data, 0555) == 0);
    for (int i = 0; i < 2; i++) download_expect_whole(&download, download_fetch(&download));
    cr_assert(chmod(download.data, 0755) == 0);
    become_root_again();
    download_destroy(&download);
}

Test(fetch_place, a_file_in_the_folders_place)
{
    struct download download;
    create(&download);
    temporary_file_write(download.folder, "data", "a file");
    expect_error(download_fetch(&download), STATUS_IO, "a file of that name is in the way", "no folder");
    download_destroy(&download);
}

// ---- what lies there already -----------------------------------------------------------------------------------

// Names in the data folder that contain `part`.
static int count_names(const struct download *download, const char *part)
{
    char command[200];
    int count = -1;
    snprintf(command, sizeof command, "ls -A %s | grep -c '%s'", download->data, part);
    FILE *stream = popen(command, "re");                            // NOLINT(cert-env33-c): a fixed command
    cr_assert(stream != NULL && fscanf(stream, "%d", &count) == 1); // NOLINT(cert-err34-c)
    pclose(stream);
    return count;
}

Test(fetch_place, a_damaged_file_is_set_aside_and_fetched_anew)
{
    for (int round = 0; round < 2; round++) {
        struct download download;
        create(&download);
        cr_assert(eq(int, file_make_folders(download.data).code, STATUS_OK));
        struct archive damaged = {.bytes = download.file.bytes, .size = round == 0 ? DOWNLOAD_BYTES : 1000};
        for (int again = 1; again <= 2; again++) {
            damaged.bytes[500] ^= 1;
            archive_write(&damaged, download.data, "data.tar.gz");
            damaged.bytes[500] ^= 1;
            cr_assert(eq(int, download_fetch(&download).code, STATUS_OK));
            cr_expect(eq(int, count_names(&download, "^data.tar.gz.corrupt-[0-9a-f]\\{8\\}"), again));
        }
        struct data_finding finding;
        cr_assert(eq(int, data_state_find(download.data, &download.entry, true, &finding).code, STATUS_OK));
        cr_expect(eq(int, finding.state, DATA_VERIFIED));
        download_destroy(&download);
    }
}

Test(fetch_place, a_damaged_file_stays_when_nothing_can_be_done)
{
    struct download download;
    struct stat facts;
    create(&download);
    cr_assert(eq(int, file_make_folders(download.data).code, STATUS_OK));
    temporary_file_write(download.data, "data.tar.gz", "<html>Maintenance</html>");
    download.settings.offline = true;
    download_expect_error(&download, download_fetch(&download), STATUS_MISSING, "--offline", 0);
    cr_expect(eq(int, count_names(&download, "corrupt-"), 1), "it was set aside, not deleted");
    char *path = path_join(download.data, "data.tar.gz");
    cr_expect(ne(int, stat(path, &facts), 0));
    free(path);
    download_destroy(&download);
}

Test(fetch_place, a_link_to_a_good_file_is_good)
{
    struct download download;
    create(&download);
    cr_assert(eq(int, file_make_folders(download.data).code, STATUS_OK));
    cr_assert(symlink("../www/data.tar.gz", strcat(strcpy((char[200]){""}, download.data), "/data.tar.gz")) == 0);
    download_expect_whole(&download, download_fetch(&download));
    char *log = file_server_log(&download.server);
    cr_expect(strstr(log, "GET") == NULL, "%s", log);
    free(log);
    download_destroy(&download);
}

Test(fetch_place, a_link_to_a_damaged_file_is_set_aside_and_its_target_left)
{
    struct download download;
    struct stat facts;
    create(&download);
    char *link = path_join(download.data, "data.tar.gz"), *target = path_join(download.folder, "elsewhere");
    cr_assert(eq(int, file_make_folders(download.data).code, STATUS_OK));
    temporary_file_write(download.folder, "elsewhere", "somebody's text");
    cr_assert(symlink(target, link) == 0);
    cr_assert(eq(int, download_fetch(&download).code, STATUS_OK));
    cr_expect(lstat(link, &facts) == 0 && S_ISREG(facts.st_mode) && facts.st_size == DOWNLOAD_BYTES);
    char *text = temporary_file_read(download.folder, "elsewhere");
    cr_expect(eq(str, text, "somebody's text"));
    free(text);
    free(link);
    free(target);
    download_destroy(&download);
}

Test(fetch_place, a_link_that_leads_nowhere_is_replaced)
{
    struct download download;
    create(&download);
    char *link = path_join(download.data, "data.tar.gz");
    cr_assert(eq(int, file_make_folders(download.data).code, STATUS_OK));
    cr_assert(symlink("/no/such/file", link) == 0);
    download_expect_whole(&download, download_fetch(&download));
    free(link);
    download_destroy(&download);
}

Test(fetch_place, nothing_is_written_through_a_link)
{
    struct download download;
    create(&download);
    char *link = path_join(download.data, "data.tar.gz.part"), *target = path_join(download.folder, "elsewhere");
    cr_assert(eq(int, file_make_folders(download.data).code, STATUS_OK));
    temporary_file_write(download.folder, "elsewhere", "somebody's text");
    cr_assert(symlink(target, link) == 0);
    expect_error(download_fetch(&download), STATUS_IO, "is a symbolic link: remove it", "link");
    char *text = temporary_file_read(download.folder, "elsewhere");
    cr_expect(eq(str, text, "somebody's text"));
    free(text);
    free(link);
    free(target);
    download_destroy(&download);
}

Test(fetch_place, a_whole_part_needs_no_server)
{
    struct download download;
    create(&download);
    file_server_stop(&download.server);
    download_leave_part(&download, DOWNLOAD_BYTES);
    download_expect_whole(&download, download_fetch(&download));
    download_destroy(&download);
}

Test(fetch_place, a_part_that_is_too_long_begins_anew)
{
    struct download download;
    create(&download);
    download_leave_part(&download, DOWNLOAD_BYTES);
    char *path = path_join(download.data, "data.tar.gz.part");
    cr_assert(eq(int, file_append(path, "more", 4).code, STATUS_OK));
    download_expect_whole(&download, download_fetch(&download));
    free(path);
    download_destroy(&download);
}

// ---- company ---------------------------------------------------------------------------------------------------

Test(fetch_place, many_at_once_share_one_download)
{
    enum { PROCESSES = 5 };
    struct download download;
    create(&download);
    pid_t processes[PROCESSES];
    fflush(NULL);
    for (int p = 0; p < PROCESSES; p++) {
        processes[p] = fork();
        if (processes[p] == 0) _exit(download_fetch(&download).code);
    }
    for (int p = 0; p < PROCESSES; p++) {
        int ended = -1;
        cr_assert(waitpid(processes[p], &ended, 0) == processes[p]);
        cr_expect(eq(int, ended, 0), "process %d", p);
    }
    download_expect_whole(&download, download_fetch(&download));
    char *log = file_server_log(&download.server), *first = strstr(log, "GET");
    cr_expect(first != NULL && strstr(first + 1, "GET") == NULL, "one request is enough: %s", log);
    free(log);
    download_destroy(&download);
}

Test(fetch_place, a_third_process_waits_for_a_server)
{
    struct download download;
    struct fetch_lock locks[2];
    char host[64];
    int ended = -1;
    create(&download);
    cr_assert(eq(int, file_make_folders(download.data).code, STATUS_OK));
    snprintf(host, sizeof host, "127.0.0.1:%d", download.server.port);
    for (int l = 0; l < 2; l++)
        cr_assert(eq(int, fetch_lock_acquire_host(download.data, host, &locks[l]).code, STATUS_OK));
    fflush(NULL);
    pid_t process = fork();
    if (process == 0) _exit(download_fetch(&download).code);
    usleep(700000);
    char *log = file_server_log(&download.server);
    cr_expect(strstr(log, "GET") == NULL, "it must not have asked yet: %s", log);
    fetch_lock_release(&locks[1]);
    cr_assert(waitpid(process, &ended, 0) == process);
    cr_expect(eq(int, ended, 0));
    fetch_lock_release(&locks[0]);
    download_expect_whole(&download, status_ok());
    free(log);
    download_destroy(&download);
}

// The lock of a process that is no more is no lock.
Test(fetch_place, a_lock_file_that_was_left_behind)
{
    struct download download;
    create(&download);
    cr_assert(eq(int, file_make_folders(download.data).code, STATUS_OK));
    temporary_file_write(download.data, "data.tar.gz.lock", "");
    download_expect_whole(&download, download_fetch(&download));
    download_destroy(&download);
}

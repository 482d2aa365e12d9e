// download.c: see download.h.
#include "tests/support/download.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/random.h"
#include "tests/support/memory.h"

static void make_folder(const char *folder, const char *name)
{
    char *path = path_join(folder, name);
    cr_assert(eq(int, file_make_folders(path).code, STATUS_OK));
    free(path);
}

void download_create(struct download *download, bool tls)
{
    file_server_require(tls);
    struct random_stream stream = random_stream_create(7, PURPOSE_TEST, 0, 0);
    *download = (struct download){.file = {.bytes = test_allocate(DOWNLOAD_BYTES), .size = DOWNLOAD_BYTES}};
    for (size_t i = 0; i < DOWNLOAD_BYTES; i++) download->file.bytes[i] = (uint8_t)random_next_u32(&stream);
    temporary_folder_create(download->folder);
    cr_assert(chmod(download->folder, 0755) == 0); // for tests that become another user
    snprintf(download->data, sizeof download->data, "%s/data", download->folder);
    make_folder(download->folder, "www");
    archive_write(&download->file, download->folder, "www/data.tar.gz");
    digest_sha256(download->file.bytes, download->file.size, download->sha256);
    download->entry = (struct catalog_entry){.file = "data.tar.gz",
                                             .dataset = "cifar-10",
                                             .official = true,
                                             .size = DOWNLOAD_BYTES,
                                             .sha256 = download->sha256,
                                             .md5 = "",
                                             .remark = ""};
    download->settings = (struct fetch_settings){.floor_bytes_per_second = 100e3,
                                                 .window_seconds = 0.5,
                                                 .connect_seconds = 5,
                                                 .delay_seconds = 0.05,
                                                 .patience_seconds = 3,
                                                 .repetitions = 2};
    download->server = file_server_start(download->folder, tls);
}

void download_destroy(struct download *download)
{
    file_server_stop(&download->server);
    temporary_folder_remove(download->folder);
    archive_destroy(&download->file);
}

void download_add_address(struct download *download, int port, const char *place)
{
    int a = 0;
    while (download->entry.addresses[a] != NULL) a++;
    snprintf(download->addresses[a], sizeof download->addresses[a], "http://127.0.0.1:%d/%s/data.tar.gz", port, place);
    download->entry.addresses[a] = download->addresses[a];
}

struct status download_fetch(const struct download *download)
{
    return fetch_file(&download->settings, download->data, &download->entry);
}

static void expect_only_file(const struct download *download)
{
    DIR *folder = opendir(download->data);
    cr_assert(folder != NULL);
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder))
        cr_expect(entry->d_name[0] == '.' || strcmp(entry->d_name, "data.tar.gz") == 0 ||
                      strcmp(entry->d_name, "data.tar.gz.verified") == 0,
                  "%s is left over", entry->d_name);
    closedir(folder);
}

void download_expect_whole(const struct download *download, struct status status)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    char *path = path_join(download->data, "data.tar.gz");
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    cr_assert(eq(int, file_read(path, 2 * DOWNLOAD_BYTES, &bytes, &size).code, STATUS_OK));
    cr_expect(eq(sz, size, DOWNLOAD_BYTES));
    cr_expect(size == DOWNLOAD_BYTES && memcmp(bytes, download->file.bytes, size) == 0, "other bytes");
    expect_only_file(download);
    free(bytes);
    free(path);
}

void download_expect_error(const struct download *download, struct status status, enum status_code code,
                           const char *part, long received)
{
    struct stat facts;
    char *path = path_join(download->data, "data.tar.gz"), *partial = path_join(download->data, "data.tar.gz.part");
    expect_error(status, code, part, "download");
    cr_expect(stat(path, &facts) != 0, "a file that is not right has got its name");
    if (received == 0)
        cr_expect(stat(partial, &facts) != 0, "%ld bytes are kept, expected none", (long)facts.st_size);
    else if (received > 0)
        cr_expect(stat(partial, &facts) == 0 && facts.st_size == received, "%ld bytes are kept, expected %ld",
                  (long)facts.st_size, received);
    free(path);
    free(partial);
}

void download_leave_part(const struct download *download, size_t size)
{
    const struct archive part = {.bytes = download->file.bytes, .size = size};
    cr_assert(eq(int, file_make_folders(download->data).code, STATUS_OK));
    archive_write(&part, download->data, "data.tar.gz.part");
}

void download_write_catalog(const struct download *download)
{
    char text[2000], addresses[700] = "";
    for (int a = 0; download->entry.addresses[a] != NULL; a++) {
        size_t used = strlen(addresses);
        snprintf(addresses + used, sizeof addresses - used, "%s\"%s\"", a > 0 ? ", " : "",
                 download->entry.addresses[a]);
    }
    snprintf(text, sizeof text,
             "{\"files\": [{\"file\": \"data.tar.gz\", \"dataset\": \"cifar-10\", \"size\": %d, \"sha256\": \"%s\", "
             "\"remark\": \"random bytes\", \"addresses\": [%s], \"members\": ["
             "{\"name\": \"a/train.bin\", \"part\": \"train\", \"records\": 1}, "
             "{\"name\": \"a/test.bin\", \"part\": \"test\", \"records\": 1}]}]}",
             DOWNLOAD_BYTES, download->sha256, addresses);
    temporary_file_write(download->folder, "catalog.json", text);
}

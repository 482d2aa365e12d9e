// download.h: a file to be downloaded in a test: its bytes, its catalogue entry, and what must be true afterwards.
#ifndef TESTS_SUPPORT_DOWNLOAD_H
#define TESTS_SUPPORT_DOWNLOAD_H

#include "datasets/fetch.h"
#include "tests/support/archive.h"
#include "tests/support/file_server.h"
#include "tests/support/temporary_folder.h"

enum { DOWNLOAD_BYTES = 3000000 };

struct download {
    char folder[TEMPORARY_PATH_SIZE];   // the server's
    char data[TEMPORARY_PATH_SIZE + 8]; // the data folder, not made yet
    struct archive file;
    char sha256[65], addresses[4][128];
    struct catalog_entry entry;     // data.tar.gz
    struct fetch_settings settings; // with short times
    struct file_server server;
};

// Writes www/data.tar.gz of random bytes and starts the server. No addresses yet.
void download_create(struct download *download, bool tls);
void download_destroy(struct download *download);

// Adds http://127.0.0.1:PORT/PLACE/data.tar.gz as the next address.
void download_add_address(struct download *download, int port, const char *place);

struct status download_fetch(const struct download *download);

// The file is there with the right bytes, and nothing else lies in the data folder but its notes.
void download_expect_whole(const struct download *download, struct status status);
// An error of that kind that says `part`; the file has not got its name, and `received` bytes of it are kept, or -1: any.
void download_expect_error(const struct download *download, struct status status, enum status_code code,
                           const char *part, long received);

// Writes the first `size` bytes as FILE.part, as an earlier attempt would have left them.
void download_leave_part(const struct download *download, size_t size);

// A catalogue file of that one entry in the server's folder: catalog.json.
void download_write_catalog(const struct download *download);

#endif

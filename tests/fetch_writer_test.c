// fetch_writer_test.c: bytes that are pushed arrive in the file, in order, with their checksum, whatever their sizes; what
// was there before counts; and a write that fails is an error of a later call.
#include "datasets/fetch_writer.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/random.h"
#include "datasets/fingerprint.h"
#include "tests/support/archive.h"
#include "tests/support/memory.h"
#include "tests/support/temporary_folder.h"

enum { RING = 1 << 23, MOST = 3 * RING };

static char folder[TEMPORARY_PATH_SIZE];
static uint8_t *bytes;

static void enter(void)
{
    temporary_folder_enter(folder);
    struct random_stream stream = random_stream_create(5, PURPOSE_TEST, 0, 0);
    bytes = test_allocate(MOST);
    for (size_t i = 0; i < MOST; i += 4) {
        uint32_t number = random_next_u32(&stream);
        memcpy(bytes + i, &number, 4);
    }
}

static void leave(void)
{
    free(bytes);
    temporary_folder_leave(folder);
}

TestSuite(fetch_writer, .init = enter, .fini = leave, .timeout = 120);

static int open_file(void)
{
    int file = open("file", O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    cr_assert(file >= 0);
    return file;
}

static void push(struct fetch_writer *writer, size_t from, size_t to, size_t piece)
{
    while (from < to) {
        size_t now = piece < to - from ? piece : to - from;
        struct status status = fetch_writer_push(writer, bytes + from, now);
        cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
        from += now;
    }
}

static void expect_content(size_t size, const char *digest, const char *found)
{
    uint8_t *content = NULL;
    size_t content_size = 0;
    char expected[65];
    cr_assert(eq(int, file_read("file", MOST, &content, &content_size).code, STATUS_OK));
    cr_assert(eq(sz, content_size, size));
    cr_expect(eq(int, memcmp(content, bytes, size), 0), "%zu bytes", size);
    if (strcmp(digest, "MD5") == 0)
        cr_assert(eq(int, fingerprint_md5(bytes, size, expected).code, STATUS_OK));
    else
        digest_sha256(bytes, size, expected);
    cr_expect(eq(str, (char *)found, expected), "%zu bytes", size);
    free(content);
}

// Sizes around the ring and its pieces; `before` of them are in the file already.
Test(fetch_writer, every_size_arrives_with_its_checksum)
{
    static const struct {
        size_t before, size, piece;
        const char *digest;
    } cases[] = {
        {0, 0, 1, "SHA256"},
        {0, 1, 1, "SHA256"},
        {0, 100000, 7, "MD5"},
        {0, RING, 16384, "SHA256"},
        {0, RING + 1, RING, "SHA256"},
        {0, MOST, 16384, "SHA256"},
        {0, MOST, RING + 5, "MD5"},
        {1, MOST, 99999, "SHA256"},
        {RING - 1, MOST, 16384, "SHA256"},
        {MOST, MOST, 1, "SHA256"},
        {2 * RING + 3, MOST, 16384, "MD5"},
    };
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        struct fetch_writer *writer = NULL;
        uint64_t size = 0;
        char found[65] = "";
        int file = open_file();
        cr_assert(ftruncate(file, 0) == 0 && pwrite(file, bytes, cases[c].before, 0) == (ssize_t)cases[c].before);
        struct status status = fetch_writer_create(file, cases[c].before, cases[c].digest, &writer);
        cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
        push(writer, cases[c].before, cases[c].size, cases[c].piece);
        cr_assert(eq(int, fetch_writer_flush(writer, &size).code, STATUS_OK));
        cr_expect(eq(u64, size, cases[c].size));
        cr_assert(eq(int, fetch_writer_finish(writer, found).code, STATUS_OK));
        expect_content(cases[c].size, cases[c].digest, found);
        fetch_writer_destroy(writer);
        close(file);
    }
}

Test(fetch_writer, beginning_anew_forgets_everything)
{
    struct fetch_writer *writer = NULL;
    char found[65];
    int file = open_file();
    cr_assert(pwrite(file, bytes + 9, RING, 0) == RING);
    cr_assert(eq(int, fetch_writer_create(file, RING, "SHA256", &writer).code, STATUS_OK));
    for (int round = 0; round < 3; round++) {
        push(writer, 50, 5000000, 16384);
        cr_assert(eq(int, fetch_writer_restart(writer).code, STATUS_OK));
    }
    push(writer, 0, 1234567, 1000);
    cr_assert(eq(int, fetch_writer_finish(writer, found).code, STATUS_OK));
    expect_content(1234567, "SHA256", found);
    fetch_writer_destroy(writer);
    close(file);
}

Test(fetch_writer, what_was_pushed_is_kept_when_it_ends_early)
{
    struct fetch_writer *writer = NULL;
    uint8_t *content = NULL;
    size_t size = 0;
    int file = open_file();
    cr_assert(pwrite(file, bytes, 2000, 0) == 2000);
    cr_assert(eq(int, fetch_writer_create(file, 2000, "SHA256", &writer).code, STATUS_OK));
    push(writer, 2000, 7000000, 16384);
    fetch_writer_destroy(writer);
    cr_assert(eq(int, file_read("file", MOST, &content, &size).code, STATUS_OK));
    cr_expect(size == 7000000 && memcmp(content, bytes, size) == 0, "%zu bytes", size);
    free(content);
    close(file);
}

Test(fetch_writer, a_write_that_fails_is_told_later)
{
    const struct rlimit small = {.rlim_cur = 1000000, .rlim_max = RLIM_INFINITY};
    struct fetch_writer *writer = NULL;
    struct status status = status_ok();
    uint64_t size = 0;
    char found[65];
    int file = open_file();
    signal(SIGXFSZ, SIG_IGN);
    cr_assert(setrlimit(RLIMIT_FSIZE, &small) == 0);
    cr_assert(eq(int, fetch_writer_create(file, 0, "SHA256", &writer).code, STATUS_OK));
    for (size_t at = 0; status.code == STATUS_OK && at + 16384 <= MOST; at += 16384)
        status = fetch_writer_push(writer, bytes + at, 16384);
    expect_error(status, STATUS_IO, "File too large", "push");
    expect_error(fetch_writer_flush(writer, &size), STATUS_IO, "File too large", "flush");
    cr_expect(eq(u64, size, 1000000));
    expect_error(fetch_writer_finish(writer, found), STATUS_IO, "File too large", "finish");
    fetch_writer_destroy(writer);
    close(file);
}

Test(fetch_writer, a_file_that_is_shorter_than_said)
{
    struct fetch_writer *writer = NULL;
    char found[65];
    int file = open_file();
    cr_assert(pwrite(file, bytes, 1000, 0) == 1000);
    cr_assert(eq(int, fetch_writer_create(file, 2000, "SHA256", &writer).code, STATUS_OK));
    expect_error(fetch_writer_finish(writer, found), STATUS_IO, "Input/output error", "cut off");
    fetch_writer_destroy(writer);
    cr_expect(eq(int, fetch_writer_create(file, 0, "NONE", &writer).code, STATUS_FAILED));
    cr_expect(eq(ptr, writer, NULL));
    close(file);
}

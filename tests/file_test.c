// file_test.c: reads of odd files, writes that fail half way, folders. Every test works in a new folder of its own.
#include "base/file.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/temporary_folder.h"

static char folder[TEMPORARY_PATH_SIZE];

static void create_folder(void)
{
    temporary_folder_enter(folder);
}

static void remove_folder(void)
{
    temporary_folder_leave(folder);
}

TestSuite(file, .init = create_folder, .fini = remove_folder);

static void expect_content(const char *path, const void *expected, size_t expected_size)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    struct status status = file_read(path, SIZE_MAX, &bytes, &size);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    cr_assert(eq(sz, size, expected_size), "%s", path);
    cr_expect(eq(int, memcmp(bytes, expected, size), 0), "%s", path);
    cr_expect(eq(int, bytes[size], 0), "%s: no 0 byte behind the content", path);
    free(bytes);
}

static int count_entries(const char *path)
{
    int count = 0;
    DIR *entries = opendir(path);
    cr_assert(ne(ptr, entries, NULL));
    for (struct dirent *entry = readdir(entries); entry != NULL; entry = readdir(entries))
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(entries);
    return count;
}

static uint8_t *make_bytes(size_t size)
{
    uint8_t *bytes = malloc(size + 1);
    cr_assert(ne(ptr, bytes, NULL));
    for (size_t i = 0; i < size; i++) bytes[i] = (uint8_t)(i * 31 + i / 256);
    return bytes;
}

Test(file, what_is_written_is_read)
{
    static const size_t sizes[] = {0, 1, 4095, 4096, 4097, 70000, 3000000};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        uint8_t *bytes = make_bytes(sizes[i]);
        struct status status = file_write_atomic("data.bin", bytes, sizes[i]);
        cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
        expect_content("data.bin", bytes, sizes[i]);
        cr_expect(eq(int, count_entries("."), 1), "size %zu left something behind", sizes[i]);
        free(bytes);
    }
}

Test(file, the_limit_is_the_largest_size_read)
{
    uint8_t *bytes = make_bytes(10000), *read = NULL;
    size_t size = 1;
    cr_assert(eq(int, file_write_atomic("data.bin", bytes, 10000).code, STATUS_OK));
    cr_expect(eq(int, file_read("data.bin", 10000, &read, &size).code, STATUS_OK));
    cr_expect(eq(sz, size, 10000));
    free(read);
    static const size_t limits[] = {0, 1, 4096, 9998, 9999};
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        struct status status = file_read("data.bin", limits[i], &read, &size);
        cr_expect(eq(int, status.code, STATUS_BAD_INPUT), "limit %zu", limits[i]);
        cr_expect(eq(ptr, read, NULL), "limit %zu", limits[i]);
        cr_expect(ne(ptr, strstr(status.message, "data.bin"), NULL), "%s", status.message);
    }
    cr_assert(eq(int, file_write_atomic("empty", "", 0).code, STATUS_OK));
    cr_expect(eq(int, file_read("empty", 0, &read, &size).code, STATUS_OK));
    cr_expect(eq(sz, size, 0));
    free(read);
    free(bytes);
}

// A pipe says that its size is 0 and hands out its content in pieces.
Test(file, a_pipe_is_read_to_its_end)
{
    static const size_t limits[] = {300000, 1000000, SIZE_MAX, 299999, 0};
    uint8_t *bytes = make_bytes(300000);
    cr_assert(eq(int, mkfifo("pipe", 0600), 0));
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        pid_t writer = fork();
        cr_assert(ge(int, writer, 0));
        if (writer == 0) {
            signal(SIGPIPE, SIG_IGN); // a reader that has had enough closes early
            FILE *file = fopen("pipe", "wb");
            for (size_t k = 0; k < 300; k++) fwrite(bytes + 1000 * k, 1, 1000, file);
            fclose(file);
            _exit(0);
        }
        uint8_t *read = NULL;
        size_t size = 0;
        struct status status = file_read("pipe", limits[i], &read, &size);
        waitpid(writer, NULL, 0);
        if (limits[i] >= 300000) {
            cr_expect(eq(int, status.code, STATUS_OK), "limit %zu: %s", limits[i], status.message);
            cr_expect(size == 300000 && memcmp(read, bytes, size) == 0, "limit %zu", limits[i]);
        } else {
            cr_expect(eq(int, status.code, STATUS_BAD_INPUT), "limit %zu", limits[i]);
        }
        free(read);
    }
    free(bytes);
}

Test(file, kernel_files_without_a_size_are_read)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    struct status status = file_read("/proc/self/maps", SIZE_MAX, &bytes, &size);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    cr_expect(gt(sz, size, 4096), "shorter than the first buffer: %zu bytes", size);
    cr_expect(ne(ptr, strstr((char *)bytes, "[stack]"), NULL));
    free(bytes);
}

Test(file, read_errors_name_the_file)
{
    static const struct {
        const char *path;
        enum status_code code;
    } cases[] = {{"absent.bin", STATUS_MISSING}, {"absent/file", STATUS_MISSING}, {".", STATUS_IO}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t *bytes = (uint8_t *)&bytes;
        size_t size = 7;
        struct status status = file_read(cases[i].path, 1000, &bytes, &size);
        cr_expect(eq(int, status.code, cases[i].code), "%s: %s", cases[i].path, status.message);
        cr_expect(ne(ptr, strstr(status.message, cases[i].path), NULL), "%s", status.message);
        cr_expect(bytes == NULL && size == 0, "%s", cases[i].path);
    }
}

Test(file, new_files_have_the_permissions_the_umask_leaves)
{
    static const mode_t masks[] = {022, 077, 002, 0};
    for (size_t i = 0; i < sizeof masks / sizeof masks[0]; i++) {
        struct stat information;
        umask(masks[i]);
        unlink("data.bin");
        cr_assert(eq(int, file_write_atomic("data.bin", "x", 1).code, STATUS_OK));
        cr_assert(eq(int, stat("data.bin", &information), 0));
        cr_expect(eq(int, information.st_mode & 0777, 0666 & ~masks[i]), "umask %o", masks[i]);
    }
}

// As on a full disk: the kernel takes part of the data and refuses the rest.
static void limit_file_size(size_t bytes)
{
    struct rlimit limit = {bytes, RLIM_INFINITY};
    signal(SIGXFSZ, SIG_IGN);
    cr_assert(eq(int, setrlimit(RLIMIT_FSIZE, &limit), 0));
}

Test(file, a_failed_write_leaves_the_old_file_alone)
{
    uint8_t *bytes = make_bytes(100000);
    cr_assert(eq(int, file_write_atomic("data.bin", "old content", 11).code, STATUS_OK));
    limit_file_size(50000);
    struct status status = file_write_atomic("data.bin", bytes, 100000);
    limit_file_size(RLIM_INFINITY);
    cr_expect(eq(int, status.code, STATUS_IO), "%s", status.message);
    cr_expect(ne(ptr, strstr(status.message, "data.bin"), NULL), "%s", status.message);
    expect_content("data.bin", "old content", 11);
    cr_expect(eq(int, count_entries("."), 1), "a temporary file stayed behind");
    free(bytes);
}

Test(file, a_rename_that_fails_leaves_nothing_behind)
{
    cr_assert(eq(int, mkdir("taken", 0777), 0));
    struct status status = file_write_atomic("taken", "x", 1);
    cr_expect(eq(int, status.code, STATUS_IO), "%s", status.message);
    cr_expect(eq(int, count_entries("."), 1), "a temporary file stayed behind");
    status = file_write_atomic("absent/data.bin", "x", 1);
    cr_expect(eq(int, status.code, STATUS_MISSING), "%s", status.message);
    cr_expect(ne(ptr, strstr(status.message, "absent/data.bin"), NULL), "%s", status.message);
}

Test(file, what_is_written_in_pieces_appears_at_the_end)
{
    struct file_writer *writer = NULL;
    cr_assert(eq(int, file_write_atomic("data.bin", "old content", 11).code, STATUS_OK));
    cr_assert(eq(int, file_writer_open("data.bin", &writer).code, STATUS_OK));
    cr_expect(eq(int, file_writer_append(writer, "new ", 4).code, STATUS_OK));
    cr_expect(eq(int, file_writer_append(writer, "words", 5).code, STATUS_OK));
    expect_content("data.bin", "old content", 11);
    cr_expect(eq(int, file_writer_commit(writer).code, STATUS_OK));
    file_writer_destroy(writer);
    expect_content("data.bin", "new words", 9);
    cr_expect(eq(int, count_entries("."), 1), "a temporary file stayed behind");
}

Test(file, pieces_without_commit_leave_nothing_behind)
{
    struct file_writer *writer = NULL;
    cr_assert(eq(int, file_writer_open("data.bin", &writer).code, STATUS_OK));
    cr_expect(eq(int, file_writer_append(writer, "half", 4).code, STATUS_OK));
    cr_expect(eq(int, count_entries("."), 1), "the temporary file");
    file_writer_destroy(writer);
    cr_expect(eq(int, count_entries("."), 0));
    file_writer_destroy(NULL);
    struct status status = file_writer_open("absent/data.bin", &writer);
    cr_expect(status.code == STATUS_MISSING && writer == NULL, "%s", status.message);
}

// A temporary file of a process that was killed, with our own process number by chance, is no obstacle.
Test(file, leftovers_of_a_killed_process_do_not_matter)
{
    char leftover[64];
    for (int i = 0; i < 20; i++) {
        snprintf(leftover, sizeof leftover, "data.bin.%ld-%d.tmp", (long)getpid(), i);
        cr_assert(eq(int, file_append(leftover, "junk", 4).code, STATUS_OK));
    }
    struct status status = file_write_atomic("data.bin", "new", 3);
    cr_expect(eq(int, status.code, STATUS_OK), "%s", status.message);
    expect_content("data.bin", "new", 3);
    expect_content(leftover, "junk", 4);
}

// While one process replaces the file again and again, another one must only ever see it whole.
Test(file, readers_see_old_or_new_and_nothing_else)
{
    enum { SIZE = 200000, ROUNDS = 200 };
    uint8_t *bytes = malloc(SIZE);
    cr_assert(ne(ptr, bytes, NULL));
    memset(bytes, 'a', SIZE);
    cr_assert(eq(int, file_write_atomic("data.bin", bytes, SIZE).code, STATUS_OK));
    pid_t writer = fork();
    cr_assert(ge(int, writer, 0));
    if (writer == 0) {
        for (int i = 0; i < ROUNDS; i++) {
            memset(bytes, 'a' + i % 26, SIZE);
            if (file_write_atomic("data.bin", bytes, (size_t)(SIZE - i)).code != STATUS_OK) _exit(1);
        }
        _exit(0);
    }
    int result = -1, reads = 0;
    while (waitpid(writer, &result, WNOHANG) == 0) {
        uint8_t *seen = NULL;
        size_t size = 0;
        struct status status = file_read("data.bin", SIZE_MAX, &seen, &size);
        cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
        cr_assert(size > SIZE - ROUNDS && size <= SIZE, "read %d: %zu bytes", reads, size);
        for (size_t i = 1; i < size; i++) cr_assert(seen[i] == seen[0], "read %d: byte %zu", reads, i);
        free(seen);
        reads++;
    }
    cr_expect(eq(int, result, 0));
    cr_expect(gt(int, reads, 0));
    free(bytes);
}

Test(file, appends_follow_each_other)
{
    cr_expect(eq(int, file_append("log.jsonl", "one\n", 4).code, STATUS_OK));
    cr_expect(eq(int, file_append("log.jsonl", "", 0).code, STATUS_OK));
    cr_expect(eq(int, file_append("log.jsonl", "two\n", 4).code, STATUS_OK));
    expect_content("log.jsonl", "one\ntwo\n", 8);
    struct status status = file_append("absent/log.jsonl", "x", 1);
    cr_expect(eq(int, status.code, STATUS_MISSING), "%s", status.message);
    status = file_append(".", "x", 1);
    cr_expect(eq(int, status.code, STATUS_IO), "%s", status.message);
}

Test(file, an_append_that_does_not_fit_leaves_no_half_line)
{
    cr_assert(eq(int, file_append("log.jsonl", "one\n", 4).code, STATUS_OK));
    limit_file_size(10);
    struct status status = file_append("log.jsonl", "a line too long\n", 16);
    limit_file_size(RLIM_INFINITY);
    cr_expect(eq(int, status.code, STATUS_IO), "%s", status.message);
    cr_expect(ne(ptr, strstr(status.message, "6 of 16 bytes"), NULL), "%s", status.message);
    expect_content("log.jsonl", "one\n", 4);
}

Test(file, folders_are_made_as_deep_as_asked)
{
    static const char *const paths[] = {"a", "a/b/c", "a/b/c", "d/e/", "./f//g", "."};
    char absolute[TEMPORARY_PATH_SIZE + 8];
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        struct stat information;
        struct status status = file_make_folders(paths[i]);
        cr_expect(eq(int, status.code, STATUS_OK), "%s: %s", paths[i], status.message);
        cr_assert(eq(int, stat(paths[i], &information), 0), "%s", paths[i]);
        bool is_folder = S_ISDIR(information.st_mode);
        cr_expect(is_folder, "%s", paths[i]);
    }
    snprintf(absolute, sizeof absolute, "%s/x/y", folder);
    cr_expect(eq(int, file_make_folders(absolute).code, STATUS_OK));
    cr_expect(file_exists("x/y"));
    cr_expect(eq(int, file_make_folders("/").code, STATUS_OK));
}

Test(file, a_file_in_the_way_of_a_folder_is_named)
{
    static const char *const paths[] = {"file", "file/sub", "file/sub/sub"};
    cr_assert(eq(int, file_write_atomic("file", "x", 1).code, STATUS_OK));
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        struct status status = file_make_folders(paths[i]);
        cr_expect(eq(int, status.code, STATUS_IO), "%s", paths[i]);
        cr_expect(eq(str, status.message, "create folder file: a file of that name is in the way"), "%s", paths[i]);
    }
}

Test(file, existence)
{
    cr_expect(not(file_exists("data.bin")));
    cr_assert(eq(int, file_write_atomic("data.bin", "", 0).code, STATUS_OK));
    cr_expect(file_exists("data.bin"));
    cr_expect(file_exists("."));
    cr_expect(not(file_exists("data.bin/more")));
}

Test(file, paths_join_with_one_slash)
{
    static const char *const cases[][3] = {
        {"a", "b", "a/b"}, {"a/", "b", "a/b"},          {"a", "/b", "a/b"}, {"a//", "//b", "a/b"},
        {"/", "b", "/b"},  {"/a/b", "c", "/a/b/c"},     {"", "b", "b"},     {"a", "", "a/"},
        {".", "b", "./b"}, {"a/b", "c/d/", "a/b/c/d/"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *joined = path_join(cases[i][0], cases[i][1]);
        cr_expect(eq(str, joined, (char *)cases[i][2]), "\"%s\" and \"%s\"", cases[i][0], cases[i][1]);
        free(joined);
    }
}

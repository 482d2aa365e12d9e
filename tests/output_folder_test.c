// output_folder_test.c: a folder of files appears as a whole or not at all, and never in the place of others.
#include "base/output_folder.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/support/archive.h"
#include "tests/support/temporary_folder.h"

static char place[TEMPORARY_PATH_SIZE];

static void enter(void)
{
    temporary_folder_enter(place);
}

static void leave(void)
{
    temporary_folder_leave(place);
}

TestSuite(output_folder, .init = enter, .fini = leave);

static struct output_folder *create_with_file(const char *path)
{
    struct output_folder *folder = NULL;
    struct status status = output_folder_create(path, &folder);
    cr_assert(status.code == STATUS_OK, "%s: %s", path, status.message);
    char *file = path_join(output_folder_path(folder), "a.txt");
    cr_assert(eq(int, file_write_atomic(file, "text", 4).code, STATUS_OK));
    free(file);
    return folder;
}

Test(output_folder, appears_with_its_files_at_the_end)
{
    static const char *const paths[] = {"new", "deep/er/", "./empty", "link"};
    cr_assert(mkdir("empty", 0777) == 0 && mkdir("target", 0777) == 0 && symlink("target", "link") == 0);
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        struct output_folder *folder = create_with_file(paths[i]);
        char *file = path_join(paths[i], "a.txt");
        cr_expect(not(file_exists(file)), "%s before commit", file);
        struct status status = output_folder_commit(folder);
        cr_expect(status.code == STATUS_OK, "%s: %s", paths[i], status.message);
        cr_expect(file_exists(file), "%s after commit", file);
        output_folder_destroy(folder);
        cr_expect(file_exists(file), "%s after destroy", file);
        char *text = temporary_file_read(paths[i], "a.txt");
        cr_expect(eq(str, text, "text"));
        free(text);
        free(file);
    }
}

Test(output_folder, without_commit_nothing_stays)
{
    struct output_folder *folder = create_with_file("new");
    char *path = strdup(output_folder_path(folder));
    cr_expect(file_exists(path));
    output_folder_destroy(folder);
    cr_expect(not(file_exists(path)), "%s", path);
    cr_expect(not(file_exists("new")));
    output_folder_destroy(NULL);
    free(path);
}

Test(output_folder, what_is_there_is_left_alone)
{
    struct output_folder *folder = NULL;
    cr_assert(eq(int, file_make_folders("full").code, STATUS_OK));
    temporary_file_write("full", "mine", "kept");
    temporary_file_write(".", "file", "kept");
    cr_assert(eq(int, symlink("nowhere", "dangling"), 0));
    expect_error(output_folder_create("full", &folder), STATUS_USAGE, "files in it", "full");
    expect_error(output_folder_create("file", &folder), STATUS_USAGE, "a file in the way", "file");
    expect_error(output_folder_create("", &folder), STATUS_USAGE, "an empty name", "empty name");
    expect_error(output_folder_create("dangling", &folder), STATUS_IO, "dangling", "dangling");
    expect_error(output_folder_create("file/below", &folder), STATUS_USAGE, "file in the way", "below a file");
    cr_expect(folder == NULL);
    folder = create_with_file("late");
    cr_assert(eq(int, file_make_folders("late").code, STATUS_OK));
    temporary_file_write("late", "mine", "kept");
    expect_error(output_folder_commit(folder), STATUS_USAGE, "late", "late");
    output_folder_destroy(folder);
    char *text = temporary_file_read("late", "mine");
    cr_expect(eq(str, text, "kept"));
    cr_expect(not(file_exists("late/a.txt")));
    free(text);
}

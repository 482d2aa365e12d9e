// dynamic_library_test.c: a library is found by its name or in a folder, its functions work, and what is missing is named.
#include "kernels/vendor/dynamic_library.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/temporary_folder.h"

struct functions {
    double (*cosine)(double);
    double (*sine)(double);
};
static const struct dynamic_symbol symbols[] = {{"cos", offsetof(struct functions, cosine)},
                                                {"sin", offsetof(struct functions, sine)}};

static void expect_words(const struct status *status, const char *words)
{
    cr_expect(eq(int, status->code, STATUS_MISSING));
    cr_expect(strstr(status->message, words) != NULL, "expected \"%s\" in: %s", words, status->message);
}

Test(dynamic_library, the_first_name_that_is_there_serves)
{
    static const char *const names[] = {"libnothing.so.1", "libm.so.6", "libz.so.1", NULL};
    struct dynamic_library library;
    struct functions functions = {NULL, NULL};
    struct status status = dynamic_library_open(names, NULL, &library);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    cr_expect(strstr(library.path, "/libm.so.6") != NULL, "%s", library.path);
    cr_assert(eq(int, dynamic_library_bind(&library, symbols, 2, &functions).code, STATUS_OK));
    cr_expect(functions.cosine(0) == 1 && functions.sine(0) == 0);
    dynamic_library_close(&library);
    cr_expect(library.handle == NULL);
    dynamic_library_close(&library);
}

Test(dynamic_library, what_is_missing_is_named)
{
    static const char *const none[] = {"libnothing.so.2", "libnothing.so.1", NULL}, *const other[] = {"libz.so.1",
                                                                                                      NULL};
    struct dynamic_library library;
    struct functions functions;
    struct status status = dynamic_library_open(none, NULL, &library);
    expect_words(&status,
                 "not found: libnothing.so.2, libnothing.so.1; not on the linker's path, nor in any other folder");
    cr_expect(library.handle == NULL);
    status = dynamic_library_open(none, "/nowhere:/neither", &library);
    expect_words(&status, "nor in /nowhere:/neither");
    cr_assert(eq(int, dynamic_library_open(other, NULL, &library).code, STATUS_OK));
    status = dynamic_library_bind(&library, symbols, 2, &functions);
    expect_words(&status, "libz.so.1 has no cos: ");
    dynamic_library_close(&library);
}

Test(dynamic_library, folders_are_searched_and_a_broken_file_is_told)
{
    static const char *const names[] = {"libbroken.so.3", NULL};
    struct dynamic_library library;
    char folder[TEMPORARY_PATH_SIZE], folders[100], path[100];
    temporary_folder_create(folder);
    temporary_file_write(folder, names[0], "no library");
    snprintf(folders, sizeof folders, "/nowhere::%s", folder);
    struct status status = dynamic_library_open(names, folders, &library);
    snprintf(path, sizeof path, "%s/%s", folder, names[0]);
    expect_words(&status, "cannot be opened: ");
    expect_words(&status, path);
    temporary_folder_remove(folder);
}

Test(dynamic_library, one_in_a_folder_serves)
{
    static const char *const there[] = {"libz.so.1", NULL}, *const names[] = {"libelsewhere.so.7", NULL};
    struct dynamic_library library;
    char folder[TEMPORARY_PATH_SIZE], folders[100], path[100], real_path[1024];
    temporary_folder_create(folder);
    snprintf(path, sizeof path, "%s/%s", folder, names[0]);
    snprintf(folders, sizeof folders, "/nowhere:%s", folder);
    cr_assert(eq(int, dynamic_library_open(there, NULL, &library).code, STATUS_OK));
    snprintf(real_path, sizeof real_path, "%s", library.path);
    cr_assert(symlink(real_path, path) == 0);
    dynamic_library_close(&library);
    struct status status = dynamic_library_open(names, folders, &library);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    cr_expect(eq(str, library.path, real_path), "the linker goes by the file, not by its name");
    dynamic_library_close(&library);
    temporary_folder_remove(folder);
}

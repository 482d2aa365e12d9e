// temporary_folder.c: a folder of a test's own, and the files in it.
#include "tests/support/temporary_folder.h"

#include <criterion/criterion.h>
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

void temporary_folder_create(char path[TEMPORARY_PATH_SIZE])
{
    strcpy(path, "/tmp/transinv-test-XXXXXX");
    cr_assert(mkdtemp(path) != NULL, "make a folder like %s", path);
}

static int remove_entry(const char *path, const struct stat *information, int kind, struct FTW *place)
{
    (void)information;
    (void)kind;
    (void)place;
    return remove(path);
}

void temporary_folder_remove(const char *path)
{
    cr_assert(nftw(path, remove_entry, 8, FTW_DEPTH | FTW_PHYS) == 0, "remove %s", path);
}

void temporary_folder_enter(char path[TEMPORARY_PATH_SIZE])
{
    temporary_folder_create(path);
    cr_assert(chdir(path) == 0, "enter %s", path);
}

void temporary_folder_leave(const char *path)
{
    cr_assert(chdir("/") == 0, "leave %s", path);
    temporary_folder_remove(path);
}

char *temporary_file_read(const char *folder, const char *name)
{
    uint8_t *bytes = NULL;
    size_t size;
    char *path = path_join(folder, name);
    struct status status = file_read(path, 64 << 20, &bytes, &size);
    cr_assert(status.code == STATUS_OK, "%s", status.message);
    free(path);
    return (char *)bytes;
}

void temporary_file_write(const char *folder, const char *name, const char *text)
{
    char *path = path_join(folder, name);
    struct status status = file_write_atomic(path, text, strlen(text));
    cr_assert(status.code == STATUS_OK, "%s", status.message);
    free(path);
}

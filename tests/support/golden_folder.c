// golden_folder.c: walks the golden folder, for every backend under test.
#include "tests/support/golden_folder.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "tests/support/convolvers.h"
#include "tests/support/device_array.h"
#include "tests/support/golden.h"
#include "tests/support/memory.h"

char *golden_path(const char *relative)
{
    const char *folder = getenv("TRANSINV_GOLDEN");
    return path_join(folder == NULL || folder[0] == '\0' ? "tests/golden" : folder, relative);
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static bool is_folder(const char *parent, const char *name)
{
    struct stat information;
    char *path = path_join(parent, name);
    bool answer = stat(path, &information) == 0 && S_ISDIR(information.st_mode);
    free(path);
    return answer;
}

char **golden_list_folders(const char *relative)
{
    char *parent = golden_path(relative);
    struct dirent **entries = NULL;
    int count = scandir(parent, &entries, is_visible, alphasort), kept = 0;
    cr_assert(count >= 0, "list golden folder %s: %s", parent, strerror(errno));
    char **names = test_allocate(((size_t)count + 1) * sizeof *names);
    for (int i = 0; i < count; i++) {
        if (is_folder(parent, entries[i]->d_name)) names[kept++] = strdup(entries[i]->d_name);
        free(entries[i]);
    }
    names[kept] = NULL;
    free(entries);
    free(parent);
    return names;
}

void golden_free_lines(char **lines)
{
    for (char **line = lines; *line != NULL; line++) free(*line);
    free(lines);
}

char **golden_read_lines(const struct golden_case *golden, const char *name)
{
    char *folder = golden_path(golden->folder), *path = path_join(folder, name);
    uint8_t *bytes = NULL;
    size_t size = 0, count = 0;
    struct status status = file_read(path, 1 << 20, &bytes, &size);
    cr_assert(status.code == STATUS_OK, "%s", status.message);
    char **lines = test_allocate((size + 1) * sizeof *lines), *rest = NULL;
    for (char *line = strtok_r((char *)bytes, "\r\n", &rest); line != NULL; line = strtok_r(NULL, "\r\n", &rest))
        lines[count++] = strdup(line);
    lines[count] = NULL;
    free(bytes);
    free(path);
    free(folder);
    return lines;
}

static void free_arrays(struct golden_array *array)
{
    while (array != NULL) {
        struct golden_array *next = array->next;
        free(array->name);
        free(array->values);
        free(array->truth);
        free(array->integers);
        free(array);
        array = next;
    }
}

static void run_case(const struct convolver *convolver, const char *folder, golden_check *check,
                     struct golden_tally *tally)
{
    size_t before = tally->comparisons;
    struct golden_case golden = {
        .folder = folder, .device = convolver_open(convolver, 0), .backend = convolver->name, .tally = tally};
    check(&golden);
    device_end_test(golden.device);
    free_arrays(golden.arrays);
    tally->cases++;
    cr_expect(tally->comparisons > before, "%s, backend %s: nothing was compared", folder, convolver->name);
}

static void report(const char *family, const struct convolver *convolver, const struct golden_tally *tally)
{
    cr_expect(tally->cases > 0, "golden folder %s holds no case", family);
    fprintf(stderr, "golden %s, backend %s: %zu cases, %zu comparisons, largest error %.3g of its tolerance\n", family,
            convolver->name, tally->cases, tally->comparisons, tally->worst);
}

static void run_folder(const struct convolver *convolver, const char *family, golden_check *check)
{
    struct golden_tally tally = {.cases = 0};
    run_case(convolver, family, check, &tally);
    report(family, convolver, &tally);
}

static void run_each(const struct convolver *convolver, const char *family, golden_check *check)
{
    char **names = golden_list_folders(family);
    struct golden_tally tally = {.cases = 0};
    for (char **name = names; *name != NULL; name++) {
        char *folder = path_join(family, *name);
        run_case(convolver, folder, check, &tally);
        free(folder);
    }
    report(family, convolver, &tally);
    golden_free_lines(names);
}

void golden_for_folder(const char *family, golden_check *check)
{
    for (const struct kernels *const *kernels = backends_under_test(); *kernels != NULL; kernels++) {
        struct convolver convolver = convolver_by_table(*kernels);
        run_folder(&convolver, family, check);
    }
}

void golden_for_folder_on_hosts(const char *family, golden_check *check)
{
    for (const struct kernels *const *kernels = host_backends_under_test(); *kernels != NULL; kernels++) {
        struct convolver convolver = convolver_by_table(*kernels);
        run_folder(&convolver, family, check);
    }
}

void golden_for_each(const char *family, golden_check *check)
{
    for (const struct kernels *const *kernels = backends_under_test(); *kernels != NULL; kernels++) {
        struct convolver convolver = convolver_by_table(*kernels);
        run_each(&convolver, family, check);
    }
}

void golden_for_folder_convolution(const char *family, golden_check *check)
{
    for (const struct convolver *convolver = convolvers_under_test(); convolver->kernels != NULL; convolver++)
        run_folder(convolver, family, check);
}

void golden_for_each_convolution(const char *family, golden_check *check)
{
    for (const struct convolver *convolver = convolvers_under_test(); convolver->kernels != NULL; convolver++)
        run_each(convolver, family, check);
}

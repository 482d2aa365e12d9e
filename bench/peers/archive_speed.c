// archive_speed.c: how long an archive takes until its images are ready, the first time and later, and how long it takes
// to know that a verified one is still the same. Called by archive_speed.py.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/machine.h"
#include "datasets/cifar_source.h"
#include "datasets/data_state.h"

enum { REPETITIONS = 5 };

static int fail(struct status status)
{
    fprintf(stderr, "archive_speed: %s\n", status.message);
    return status_exit_code(status.code);
}

static struct status load(const struct catalog *catalog, const char *dataset, const char *folder, double *seconds)
{
    struct dataset data;
    double begin = clock_seconds();
    struct status status = cifar_source_load(catalog, dataset, folder, &data);
    *seconds = clock_seconds() - begin;
    dataset_destroy(&data);
    return status;
}

int main(int argc, char **argv)
{
    struct catalog catalog;
    struct data_finding finding;
    double seconds = 0;
    if (argc != 3) {
        fprintf(stderr, "usage: archive_speed CATALOG FOLDER\n");
        return 2;
    }
    struct status status = catalog_create(argv[1], &catalog);
    if (status.code != STATUS_OK) return fail(status);
    const struct catalog_entry *entry = &catalog.entries[0];
    char *path = path_join(argv[2], entry->file), *notes = NULL;
    if (asprintf(&notes, "%s.verified", path) < 0) return 4;
    for (int r = 0; status.code == STATUS_OK && r < REPETITIONS; r++) {
        unlink(notes);
        status = load(&catalog, entry->dataset, argv[2], &seconds);
        printf("first %.4f\n", seconds);
        if (status.code == STATUS_OK) status = load(&catalog, entry->dataset, argv[2], &seconds);
        printf("later %.4f\n", seconds);
        double begin = clock_seconds();
        if (status.code == STATUS_OK) status = data_state_find(argv[2], entry, false, &finding);
        printf("open %.6f\n", clock_seconds() - begin);
    }
    free(notes);
    free(path);
    catalog_destroy(&catalog);
    return status.code == STATUS_OK ? 0 : fail(status);
}

// corrupted_checksums.c: the published MD5 of every array of CIFAR-10-C and CIFAR-100-C, out of the catalogue.
// Tests: tests/corrupted_set_test.c.
#include <stdio.h>
#include <string.h>

#include "datasets/catalog.h"
#include "datasets/corrupted_set.h"

// The member FOLDER/ARRAY.npy of the entry that holds the corrupted form of the data set.
static const struct catalog_member *find(const struct catalog *catalog, const char *dataset, const char *array)
{
    char corrupted[64], file[128];
    snprintf(corrupted, sizeof corrupted, "%s-c", dataset);
    snprintf(file, sizeof file, "%s.npy", array);
    for (size_t e = 0; e < catalog->count; e++) {
        const struct catalog_entry *entry = &catalog->entries[e];
        for (size_t m = 0; strcmp(entry->dataset, corrupted) == 0 && m < entry->member_count; m++)
            if (strcmp(strchr(entry->members[m].name, '/') + 1, file) == 0) return &entry->members[m];
    }
    return NULL;
}

void corrupted_published_md5(const char *dataset, const char *array, char md5[33])
{
    struct catalog catalog;
    md5[0] = '\0';
    if (catalog_create(NULL, &catalog).code != STATUS_OK) return;
    const struct catalog_member *member = find(&catalog, dataset, array);
    if (member != NULL) snprintf(md5, 33, "%s", member->md5);
    catalog_destroy(&catalog);
}

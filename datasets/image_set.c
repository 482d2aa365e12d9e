// image_set.c: allocation and release of labelled images. Tests: tests/dataset_test.c.
#include "datasets/image_set.h"

#include <stdlib.h>

struct status image_set_create(int count, int classes, struct image_set *set)
{
    size_t images = count > 0 ? (size_t)count : 1;
    *set = (struct image_set){.count = count, .classes = classes};
    set->pixels = malloc(images * IMAGE_BYTES);
    set->labels = malloc(images * sizeof *set->labels);
    if (set->pixels == NULL || set->labels == NULL) {
        image_set_destroy(set);
        return status_error(STATUS_NO_MEMORY, "no memory for %d images of %d bytes", count, IMAGE_BYTES);
    }
    return status_ok();
}

void image_set_destroy(struct image_set *set)
{
    free(set->pixels);
    free(set->labels);
    *set = (struct image_set){0};
}

void dataset_destroy(struct dataset *dataset)
{
    image_set_destroy(&dataset->train);
    image_set_destroy(&dataset->test);
    *dataset = (struct dataset){0};
}

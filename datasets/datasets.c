// datasets.c: from a data set's name to images: the embedded set is generated, CIFAR is read. Tests: tests/dataset_test.c.
#include "datasets/datasets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "datasets/catalog.h"
#include "datasets/cifar_reader.h"
#include "datasets/cifar_source.h"
#include "datasets/data_folder.h"
#include "datasets/fingerprint.h"
#include "datasets/synthetic.h"

// One fixed sequence: training images from its start, test images from far behind it, so that neither changes when the
// other part's size does.
enum { SYNTHETIC_SEED = 2024, SYNTHETIC_TEST_FIRST = 10000000, SYNTHETIC_PART_LIMIT = 1000000 };

static struct status synthetic_check_sizes(const struct dataset_request *request)
{
    int train = request->synthetic_train, test = request->synthetic_test;
    if (train >= 1 && test >= 1 && train <= SYNTHETIC_PART_LIMIT && test <= SYNTHETIC_PART_LIMIT) return status_ok();
    return status_error(STATUS_USAGE, "data set %s: expected 1 to %d training and test images, found %d and %d",
                        request->name, SYNTHETIC_PART_LIMIT, train, test);
}

static struct status dataset_load_synthetic(const struct dataset_request *request, int classes, struct dataset *dataset)
{
    struct status status = synthetic_check_sizes(request);
    if (status.code == STATUS_OK)
        status = synthetic_generate(SYNTHETIC_SEED, classes, 0, request->synthetic_train, &dataset->train);
    if (status.code == STATUS_OK)
        status =
            synthetic_generate(SYNTHETIC_SEED, classes, SYNTHETIC_TEST_FIRST, request->synthetic_test, &dataset->test);
    if (status.code == STATUS_OK) status = fingerprint_dataset(dataset, dataset->sha256);
    snprintf(dataset->name, sizeof dataset->name, "%s", request->name);
    snprintf(dataset->source, sizeof dataset->source, "embedded");
    snprintf(dataset->remark, sizeof dataset->remark, "the embedded set of drawn images, not CIFAR");
    return status;
}

static struct status dataset_load_cifar(const struct dataset_request *request, struct dataset *dataset)
{
    struct catalog catalog = {0};
    char *folder = NULL;
    struct status status = catalog_create(request->catalog, &catalog);
    if (status.code == STATUS_OK) status = data_folder_resolve(request->folder, &folder);
    if (status.code == STATUS_OK) status = cifar_source_load(&catalog, request->name, folder, dataset);
    free(folder);
    catalog_destroy(&catalog);
    return status;
}

struct status dataset_load(const struct dataset_request *request, struct dataset *dataset)
{
    struct status status;
    *dataset = (struct dataset){0};
    if (strcmp(request->name, "synthetic-10") == 0)
        status = dataset_load_synthetic(request, 10, dataset);
    else if (strcmp(request->name, "synthetic-100") == 0)
        status = dataset_load_synthetic(request, 100, dataset);
    else if (cifar_format_find(request->name) != NULL)
        status = dataset_load_cifar(request, dataset);
    else
        status =
            status_error(STATUS_USAGE,
                         "no data set is called \"%.80s\": expected cifar-10, cifar-100, synthetic-10 or synthetic-100",
                         request->name);
    if (status.code != STATUS_OK) dataset_destroy(dataset);
    return status;
}

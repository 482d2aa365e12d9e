// run_data.c: from preset and role to a loaded data set. Reading is datasets/'s. Tests: tests/matrix_test.c.
#include "harness/run_data.h"

#include <string.h>

#include "base/log.h"
#include "datasets/datasets.h"

const char *run_data_name(const struct preset *preset, enum run_role role)
{
    bool synthetic = preset->values.data.source == PRESET_SOURCE_SYNTHETIC;
    if (role == RUN_TEACHER) return synthetic ? "synthetic-10" : "cifar-10";
    return synthetic ? "synthetic-100" : "cifar-100";
}

struct status run_data_load(const struct run_data_request *request, const char *name, struct dataset *data)
{
    const struct preset_values *values = &request->preset->values;
    bool many = strcmp(name, "synthetic-100") == 0;
    struct dataset_request wanted = {
        .name = name,
        .folder = request->folder,
        .catalog = request->catalog,
        .synthetic_train =
            many ? values->data.synthetic_train_images_target : values->data.synthetic_train_images_teacher,
        .synthetic_test = many ? values->data.synthetic_test_images_target : values->data.synthetic_test_images_teacher,
    };
    struct status status = dataset_load(&wanted, data);
    if (status.code == STATUS_OK && data->train.count < values->training.batch_size) {
        status = status_error(STATUS_USAGE, "training.batch_size is %d, expected at most the %d training images of %s",
                              values->training.batch_size, data->train.count, name);
        dataset_destroy(data);
    }
    if (status.code == STATUS_OK)
        log_message(LOG_INFO, "%s: %d training and %d test images, %s", data->name, data->train.count, data->test.count,
                    data->official ? "the official archive" : data->remark);
    return status;
}

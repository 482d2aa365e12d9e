// instance_statistics.c: statistics records have a form of each backend's own, so they are made and read by operations
// alone: a convolution or a pooling makes them, batch norm tells what is in them.
#include <stdlib.h>

#include "bench/instance.h"
#include "bench/values.h"

enum { ARRAY_LIMIT = 6 };

// Arrays that live as long as one call here.
struct arrays {
    struct device *device;
    struct status status;
    void *memory[ARRAY_LIMIT];
    int count;
};

static void *add_array(struct arrays *arrays, size_t bytes)
{
    void *memory = NULL;
    if (arrays->status.code == STATUS_OK) arrays->status = device_allocate(arrays->device, bytes, &memory);
    arrays->memory[arrays->count++] = memory;
    return memory;
}

static struct per_run add_per_run(struct arrays *arrays, size_t count)
{
    return (struct per_run){add_array(arrays, count * sizeof(float)), count};
}

// An array of `count` floats or activations that begin with `values`.
static void *add_filled(struct arrays *arrays, enum field_kind kind, enum field_values values, size_t count,
                        uint32_t index)
{
    const size_t bytes = kind == FIELD_ACTIVATIONS ? device_kernels(arrays->device)->activation_bytes : sizeof(float);
    const struct field field = {.kind = kind, .values = values, .count = count};
    void *memory = add_array(arrays, count * bytes);
    float *floats = malloc(2 * count * sizeof *floats); // the second half for rounded values
    if (floats == NULL && arrays->status.code == STATUS_OK)
        arrays->status = status_error(STATUS_NO_MEMORY, "bench: no memory for %zu values", count);
    if (floats != NULL && memory != NULL) {
        uint16_t *rounded = (uint16_t *)(floats + count);
        values_fill_floats(&field, index, count, count, floats);
        if (bytes == sizeof *rounded) values_to_bfloat16(floats, count, rounded);
        device_upload(arrays->device, memory, bytes == sizeof *rounded ? (void *)rounded : floats, count * bytes);
    }
    free(floats);
    return memory;
}

static struct per_run add_filled_per_run(struct arrays *arrays, enum field_values values, size_t count, uint32_t index)
{
    return (struct per_run){add_filled(arrays, FIELD_PER_RUN, values, count, index), count};
}

static struct status release_arrays(struct arrays *arrays)
{
    struct status status = arrays->status.code == STATUS_OK ? device_synchronise(arrays->device) : arrays->status;
    for (int i = 0; i < arrays->count; i++) device_release(arrays->device, arrays->memory[i]);
    return status;
}

// Images and side of square images that hold `positions` values of a channel.
static int square_side(int64_t positions)
{
    int side = 32;
    while (positions % ((int64_t)side * side) != 0) side /= 2;
    return side;
}

static void produce_forward(struct arrays *arrays, const struct field *field, uint32_t index, void *records)
{
    const int side = square_side(field->positions);
    const size_t channels = field->count, positions = (size_t)field->positions;
    struct conv_forward conv = {.shape = {.runs = 1,
                                          .images = (int)(field->positions / ((int64_t)side * side)),
                                          .height = side,
                                          .width = side,
                                          .channels_in = 1,
                                          .channels_out = (int)channels,
                                          .kernel = 1,
                                          .stride = 1},
                                .statistics = records};
    conv.input = add_filled(arrays, FIELD_ACTIVATIONS, VALUES_UNIFORM, positions, 100 + index);
    conv.filter = add_filled_per_run(arrays, VALUES_POSITIVE, channels, 200 + index);
    conv.output = add_array(arrays, positions * channels * device_kernels(arrays->device)->activation_bytes);
    if (arrays->status.code == STATUS_OK) conv_forward(arrays->device, &conv);
}

static void produce_backward(struct arrays *arrays, const struct field *field, uint32_t index, void *records)
{
    const int side = square_side(field->positions);
    const size_t channels = field->count, values = (size_t)field->positions * channels;
    struct pool_backward pool = {.runs = 1,
                                 .images = (int)(field->positions / ((int64_t)side * side)),
                                 .positions = side * side,
                                 .channels = (int)channels,
                                 .sums = records};
    pool.grad_features = add_filled(arrays, FIELD_FLOATS, VALUES_UNIFORM, (size_t)pool.images * channels, 100 + index);
    pool.mask_input = add_filled(arrays, FIELD_ACTIVATIONS, VALUES_GRID, values, 200 + index);
    pool.affine = add_filled_per_run(arrays, VALUES_AFFINE, 2 * channels, 300 + index);
    pool.output = add_array(arrays, values * device_kernels(arrays->device)->activation_bytes);
    if (arrays->status.code == STATUS_OK) pool_backward(arrays->device, &pool);
}

struct status statistics_produce(struct device *device, const struct field *field, uint32_t index, void *records)
{
    struct arrays arrays = {.device = device, .status = status_ok()};
    if (field->backward)
        produce_backward(&arrays, field, index, records);
    else
        produce_forward(&arrays, field, index, records);
    return release_arrays(&arrays);
}

// Mean and 1 / deviation.
static void read_forward(struct arrays *arrays, const struct field *field, const void *records, float *numbers)
{
    const size_t channels = field->count;
    const struct batchnorm_finalise norm = {.runs = 1,
                                            .channels = (int)channels,
                                            .count = field->positions,
                                            .mode = BATCHNORM_BATCH_ONLY,
                                            .epsilon = 1e-5F,
                                            .statistics = records,
                                            .gamma = add_per_run(arrays, channels),
                                            .beta = add_per_run(arrays, channels),
                                            .affine = add_per_run(arrays, 2 * channels),
                                            .moments = add_per_run(arrays, 2 * channels)};
    if (arrays->status.code != STATUS_OK) return;
    batchnorm_finalise(arrays->device, &norm);
    device_download(arrays->device, numbers, norm.moments.data, 2 * channels * sizeof *numbers);
}

// With mean 0 and deviation 1, the gradients of gamma and beta are the sums of g * x and g themselves.
static void read_backward(struct arrays *arrays, const struct field *field, const void *records, float *numbers)
{
    const size_t channels = field->count;
    const struct batchnorm_backward norm = {.runs = 1,
                                            .channels = (int)channels,
                                            .count = field->positions,
                                            .mode = BATCHNORM_BATCH_ONLY,
                                            .sums = records,
                                            .gamma = add_per_run(arrays, channels),
                                            .moments = add_per_run(arrays, 2 * channels),
                                            .grad_gamma = add_per_run(arrays, channels),
                                            .grad_beta = add_per_run(arrays, channels),
                                            .coefficients = add_per_run(arrays, 3 * channels)};
    if (arrays->status.code != STATUS_OK) return;
    for (size_t i = 0; i < channels; i++) numbers[i] = 1;
    device_upload(arrays->device, norm.moments.data + channels, numbers, channels * sizeof *numbers);
    batchnorm_backward(arrays->device, &norm);
    device_download(arrays->device, numbers, norm.grad_gamma.data, channels * sizeof *numbers);
    device_download(arrays->device, numbers + channels, norm.grad_beta.data, channels * sizeof *numbers);
}

struct status statistics_read(struct device *device, const struct field *field, const void *records, float *numbers)
{
    struct arrays arrays = {.device = device, .status = status_ok()};
    if (field->backward)
        read_backward(&arrays, field, records, numbers);
    else
        read_forward(&arrays, field, records, numbers);
    return release_arrays(&arrays);
}

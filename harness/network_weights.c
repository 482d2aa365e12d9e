// network_weights.c: fresh weights, and the way between a network's flat arrays and PyTorch's named tensors: filters are
// stored kernel row, kernel column, channels in, channels out; PyTorch's are channels out, channels in, row, column.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "harness/network_parts.h"

static const char classifier_prefix[] = "fc.";

// ---- one run's array in host memory ----------------------------------------------------------------------------

static struct status host_array_read(struct network *network, struct per_run array, size_t floats, int run, float **out)
{
    *out = malloc(floats * sizeof **out);
    if (*out == NULL) return status_error(STATUS_NO_MEMORY, "%zu weights: out of memory", floats);
    device_download(network->device, *out, array.data + (size_t)run * array.stride, floats * sizeof **out);
    return device_synchronise(network->device);
}

static struct status host_array_write(struct network *network, struct per_run array, size_t floats, int run,
                                      const float *values)
{
    device_upload(network->device, array.data + (size_t)run * array.stride, values, floats * sizeof *values);
    return device_synchronise(network->device);
}

// ---- initialisation --------------------------------------------------------------------------------------------

static size_t parameter_length(const struct parameter *parameter)
{
    return (size_t)parameter->rows * (size_t)parameter->columns * (size_t)parameter->kernel * (size_t)parameter->kernel;
}

// Place in our layout of element (row, column, tap) of PyTorch's.
static size_t filter_place(const struct parameter *parameter, int row, int column, int tap)
{
    return ((size_t)tap * (size_t)parameter->columns + (size_t)column) * (size_t)parameter->rows + (size_t)row;
}

// Values are drawn in PyTorch's order of elements.
static void initialise_filter(const struct parameter *parameter, struct random_stream *stream, float *values)
{
    int taps = parameter->kernel * parameter->kernel;
    double deviation = sqrt(2.0 / ((double)parameter->rows * taps));
    for (int row = 0; row < parameter->rows; row++)
        for (int column = 0; column < parameter->columns; column++)
            for (int tap = 0; tap < taps; tap++)
                values[filter_place(parameter, row, column, tap)] = (float)(deviation * random_next_normal(stream));
}

static void initialise_uniform(size_t count, double limit, struct random_stream *stream, float *values)
{
    for (size_t i = 0; i < count; i++) values[i] = (float)(limit * (2 * random_next_uniform_open(stream) - 1));
}

static void initialise_parameter(const struct network *network, const struct parameter *parameter,
                                 struct random_stream stream, float *values)
{
    size_t length = parameter_length(parameter);
    switch (parameter->kind) {
    case PARAMETER_FILTER: initialise_filter(parameter, &stream, values); break;
    case PARAMETER_GAMMA:
        for (size_t i = 0; i < length; i++) values[i] = 1;
        break;
    case PARAMETER_BETA: memset(values, 0, length * sizeof *values); break;
    case PARAMETER_LINEAR_WEIGHT:
    case PARAMETER_LINEAR_BIAS: initialise_uniform(length, 1 / sqrt((double)network->features), &stream, values); break;
    }
}

static bool is_classifier(const char *name)
{
    return strncmp(name, classifier_prefix, strlen(classifier_prefix)) == 0;
}

static struct status reset_statistics(struct network *network, int run)
{
    float *values = malloc(network->statistic_floats * sizeof *values);
    if (values == NULL) return status_error(STATUS_NO_MEMORY, "running statistics: out of memory");
    for (size_t i = 0; i < network->statistic_count; i++)
        for (int c = 0; c < network->statistics[i].channels; c++)
            values[network->statistics[i].offset + (size_t)c] = network->statistics[i].initial;
    struct status status = host_array_write(network, network->running, network->statistic_floats, run, values);
    free(values);
    return status;
}

static struct status initialise_parameters(struct network *network, int run, uint32_t seed, enum purpose purpose)
{
    float *values = NULL;
    struct status status = host_array_read(network, network->values, network->parameter_floats, run, &values);
    if (status.code != STATUS_OK) goto done;
    for (size_t i = 0; i < network->parameter_count; i++) {
        const struct parameter *parameter = &network->parameters[i];
        if (purpose == PURPOSE_CLASSIFIER_INIT && !is_classifier(parameter->name)) continue;
        struct random_stream stream = random_stream_create(seed, purpose, 0, (uint32_t)i);
        initialise_parameter(network, parameter, stream, values + parameter->offset);
    }
    status = host_array_write(network, network->values, network->parameter_floats, run, values);
done:
    free(values);
    return status;
}

struct status network_initialise(struct network *network, int run, uint32_t seed)
{
    struct status status = initialise_parameters(network, run, seed, PURPOSE_WEIGHT_INIT);
    return status.code == STATUS_OK ? reset_statistics(network, run) : status;
}

struct status network_initialise_classifier(struct network *network, int run, uint32_t seed)
{
    return initialise_parameters(network, run, seed, PURPOSE_CLASSIFIER_INIT);
}

// ---- export ----------------------------------------------------------------------------------------------------

static int parameter_dimensions(const struct parameter *parameter, int64_t dimensions[STATE_TENSOR_DIMENSIONS])
{
    dimensions[0] = parameter->rows;
    dimensions[1] = parameter->columns;
    dimensions[2] = dimensions[3] = parameter->kernel;
    switch (parameter->kind) {
    case PARAMETER_FILTER: return 4;
    case PARAMETER_LINEAR_WEIGHT: return 2;
    default: return 1;
    }
}

// Copies between our layout and PyTorch's; `to_ours` says which way.
static void convert_parameter(const struct parameter *parameter, float *ours, float *theirs, bool to_ours)
{
    int taps = parameter->kernel * parameter->kernel;
    for (int row = 0; row < parameter->rows; row++)
        for (int column = 0; column < parameter->columns; column++)
            for (int tap = 0; tap < taps; tap++, theirs++) {
                bool filter = parameter->kind == PARAMETER_FILTER;
                float *place = ours + (filter ? filter_place(parameter, row, column, tap)
                                              : (size_t)row * (size_t)parameter->columns + (size_t)column);
                if (to_ours)
                    *place = *theirs;
                else
                    *theirs = *place;
            }
}

struct status network_export_like_parameters(struct network *network, int run, struct per_run array,
                                             struct state_dict *dict)
{
    float *values = NULL;
    struct status status = host_array_read(network, array, network->parameter_floats, run, &values);
    for (size_t i = 0; i < network->parameter_count && status.code == STATUS_OK; i++) {
        const struct parameter *parameter = &network->parameters[i];
        int64_t dimensions[STATE_TENSOR_DIMENSIONS];
        float *theirs = NULL;
        status =
            state_dict_add(dict, parameter->name, parameter_dimensions(parameter, dimensions), dimensions, &theirs);
        if (status.code == STATUS_OK) convert_parameter(parameter, values + parameter->offset, theirs, false);
    }
    free(values);
    return status;
}

struct status network_export(struct network *network, int run, struct state_dict *dict)
{
    float *values = NULL;
    struct status status = network_export_like_parameters(network, run, network->values, dict);
    if (status.code == STATUS_OK)
        status = host_array_read(network, network->running, network->statistic_floats, run, &values);
    for (size_t i = 0; i < network->statistic_count && status.code == STATUS_OK; i++) {
        const struct running_statistic *statistic = &network->statistics[i];
        int64_t channels = statistic->channels;
        float *theirs = NULL;
        status = state_dict_add(dict, statistic->name, 1, &channels, &theirs);
        if (status.code == STATUS_OK) memcpy(theirs, values + statistic->offset, (size_t)channels * sizeof *theirs);
    }
    free(values);
    return status;
}

// ---- import ----------------------------------------------------------------------------------------------------

static struct status find_tensor(const struct state_dict *dict, const char *name, int dimension_count,
                                 const int64_t *dimensions, const struct state_tensor **tensor)
{
    *tensor = state_dict_find(dict, name);
    if (*tensor == NULL) return status_error(STATUS_BAD_INPUT, "weights: tensor %s is missing", name);
    if ((*tensor)->dimension_count != dimension_count)
        return status_error(STATUS_BAD_INPUT, "weights: tensor %s has %d dimensions, expected %d", name,
                            (*tensor)->dimension_count, dimension_count);
    for (int d = 0; d < dimension_count; d++)
        if ((*tensor)->dimensions[d] != dimensions[d])
            return status_error(STATUS_BAD_INPUT, "weights: tensor %s has %lld as dimension %d, expected %lld", name,
                                (long long)(*tensor)->dimensions[d], d, (long long)dimensions[d]);
    return status_ok();
}

static bool is_batch_counter(const char *name)
{
    static const char suffix[] = ".num_batches_tracked";
    size_t length = strlen(name);
    return length >= strlen(suffix) && strcmp(name + length - strlen(suffix), suffix) == 0;
}

static bool network_knows(const struct network *network, const char *name)
{
    for (size_t i = 0; i < network->parameter_count; i++)
        if (strcmp(network->parameters[i].name, name) == 0) return true;
    for (size_t i = 0; i < network->statistic_count; i++)
        if (strcmp(network->statistics[i].name, name) == 0) return true;
    return is_batch_counter(name);
}

static struct status refuse_strangers(const struct network *network, const struct state_dict *dict)
{
    for (size_t i = 0; i < dict->count; i++)
        if (!network_knows(network, dict->tensors[i].name))
            return status_error(STATUS_BAD_INPUT, "weights: tensor %s does not belong to WideResNet-%d-%d",
                                dict->tensors[i].name, network->shape.depth, network->shape.widen);
    return status_ok();
}

static struct status import_parameters(struct network *network, const struct state_dict *dict, bool keep_classifier,
                                       float *values)
{
    struct status status = status_ok();
    for (size_t i = 0; i < network->parameter_count && status.code == STATUS_OK; i++) {
        const struct parameter *parameter = &network->parameters[i];
        if (!keep_classifier && is_classifier(parameter->name)) continue;
        int64_t dimensions[STATE_TENSOR_DIMENSIONS];
        int count = parameter_dimensions(parameter, dimensions);
        const struct state_tensor *tensor = NULL;
        status = find_tensor(dict, parameter->name, count, dimensions, &tensor);
        if (status.code == STATUS_OK) convert_parameter(parameter, values + parameter->offset, tensor->values, true);
    }
    return status;
}

static struct status import_statistics(struct network *network, const struct state_dict *dict, float *values)
{
    struct status status = status_ok();
    for (size_t i = 0; i < network->statistic_count && status.code == STATUS_OK; i++) {
        const struct running_statistic *statistic = &network->statistics[i];
        int64_t channels = statistic->channels;
        const struct state_tensor *tensor = NULL;
        status = find_tensor(dict, statistic->name, 1, &channels, &tensor);
        if (status.code == STATUS_OK)
            memcpy(values + statistic->offset, tensor->values, (size_t)channels * sizeof *values);
    }
    return status;
}

struct status network_import_like_parameters(struct network *network, int run, struct per_run array,
                                             const struct state_dict *dict)
{
    float *values = NULL;
    struct status status = host_array_read(network, array, network->parameter_floats, run, &values);
    if (status.code == STATUS_OK) status = import_parameters(network, dict, true, values);
    if (status.code == STATUS_OK) status = host_array_write(network, array, network->parameter_floats, run, values);
    free(values);
    return status;
}

struct status network_import(struct network *network, int run, const struct state_dict *dict, bool keep_classifier)
{
    float *values = NULL, *running = NULL;
    struct status status = refuse_strangers(network, dict);
    if (status.code == STATUS_OK)
        status = host_array_read(network, network->values, network->parameter_floats, run, &values);
    if (status.code == STATUS_OK)
        status = host_array_read(network, network->running, network->statistic_floats, run, &running);
    if (status.code == STATUS_OK) status = import_parameters(network, dict, keep_classifier, values);
    if (status.code == STATUS_OK) status = import_statistics(network, dict, running);
    // Both or neither: a failure above leaves the network as it was.
    if (status.code == STATUS_OK)
        status = host_array_write(network, network->values, network->parameter_floats, run, values);
    if (status.code == STATUS_OK)
        status = host_array_write(network, network->running, network->statistic_floats, run, running);
    free(values);
    free(running);
    return status;
}

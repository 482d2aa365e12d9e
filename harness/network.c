// network.c: lays a WideResNet out: which layers, which parameters at which offset, which memory.
// Tests: tests/network_test.c, tests/golden_wrn_test.c.
#include "harness/network.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/allocation.h"
#include "harness/network_parts.h"

enum { GROUPS = 3, STEM_CHANNELS = 16, KERNEL = 3 };

// ---- tensors in PyTorch's order --------------------------------------------------------------------------------

static size_t add_parameter(struct network *network, const char *prefix, const char *suffix, enum parameter_kind kind,
                            int rows, int columns, int kernel)
{
    struct parameter *parameter = &network->parameters[network->parameter_count++];
    *parameter = (struct parameter){.kind = kind, .rows = rows, .columns = columns, .kernel = kernel};
    snprintf(parameter->name, sizeof parameter->name, "%s.%s", prefix, suffix);
    parameter->offset = network->parameter_floats;
    network->parameter_floats += (size_t)rows * (size_t)columns * (size_t)kernel * (size_t)kernel;
    return parameter->offset;
}

static size_t add_statistic(struct network *network, const char *prefix, const char *suffix, int channels,
                            float initial)
{
    struct running_statistic *statistic = &network->statistics[network->statistic_count++];
    *statistic = (struct running_statistic){.channels = channels, .initial = initial};
    snprintf(statistic->name, sizeof statistic->name, "%s.%s", prefix, suffix);
    statistic->offset = network->statistic_floats;
    network->statistic_floats += (size_t)channels;
    return statistic->offset;
}

static struct norm_layer add_norm(struct network *network, const char *name, int channels, int side)
{
    struct norm_layer norm = {.channels = channels, .side = side};
    norm.gamma = add_parameter(network, name, "weight", PARAMETER_GAMMA, channels, 1, 1);
    norm.beta = add_parameter(network, name, "bias", PARAMETER_BETA, channels, 1, 1);
    norm.running_mean = add_statistic(network, name, "running_mean", channels, 0);
    norm.running_variance = add_statistic(network, name, "running_var", channels, 1);
    return norm;
}

static struct conv_layer add_conv(struct network *network, const char *name, int channels_in, int channels_out,
                                  int kernel, int stride, int side)
{
    struct conv_layer conv = {channels_in, channels_out, kernel, stride, side, 0};
    conv.filter = add_parameter(network, name, "weight", PARAMETER_FILTER, channels_out, channels_in, kernel);
    return conv;
}

static int strided(int side, int stride)
{
    return (side + stride - 1) / stride;
}

static void add_block(struct network *network, int group, int index, int channels_in, int channels_out, int side)
{
    struct block *block = &network->blocks[network->block_count++];
    int stride = group > 1 && index == 0 ? 2 : 1, side_out = strided(side, stride);
    char prefix[32], name[56];
    snprintf(prefix, sizeof prefix, "block%d.layer.%d", group, index);
    snprintf(name, sizeof name, "%s.bn1", prefix);
    block->norm1 = add_norm(network, name, channels_in, side);
    snprintf(name, sizeof name, "%s.conv1", prefix);
    block->conv1 = add_conv(network, name, channels_in, channels_out, KERNEL, stride, side);
    snprintf(name, sizeof name, "%s.bn2", prefix);
    block->norm2 = add_norm(network, name, channels_out, side_out);
    snprintf(name, sizeof name, "%s.conv2", prefix);
    block->conv2 = add_conv(network, name, channels_out, channels_out, KERNEL, 1, side_out);
    block->has_shortcut = channels_in != channels_out;
    snprintf(name, sizeof name, "%s.conv_shortcut", prefix);
    if (block->has_shortcut) block->shortcut = add_conv(network, name, channels_in, channels_out, 1, stride, side);
}

static void add_layers(struct network *network)
{
    const struct network_shape *shape = &network->shape;
    int channels = STEM_CHANNELS, side = shape->side;
    network->stem = add_conv(network, "conv1", shape->channels, STEM_CHANNELS, KERNEL, 1, side);
    for (int group = 1; group <= GROUPS; group++) {
        int width = (STEM_CHANNELS << (group - 1)) * shape->widen;
        for (int i = 0; i < network->blocks_per_group; i++) {
            add_block(network, group, i, channels, width, side);
            if (group > 1 && i == 0) side = strided(side, 2);
            channels = width;
        }
    }
    network->features = channels;
    network->final_norm = add_norm(network, "bn1", channels, side);
    network->linear_weight =
        add_parameter(network, "fc", "weight", PARAMETER_LINEAR_WEIGHT, shape->classes, channels, 1);
    network->linear_bias = add_parameter(network, "fc", "bias", PARAMETER_LINEAR_BIAS, shape->classes, 1, 1);
}

// ---- memory ----------------------------------------------------------------------------------------------------

static struct per_run allocate_per_run(struct allocation *allocation, int runs, size_t floats)
{
    return (struct per_run){allocation_take(allocation, (size_t)runs * floats * sizeof(float)), floats};
}

static size_t activation_bytes(const struct network *network, int side, int channels)
{
    return (size_t)network->shape.runs * (size_t)network->shape.images * (size_t)side * (size_t)side *
           (size_t)channels * device_kernels(network->device)->activation_bytes;
}

static size_t largest_activation(const struct network *network)
{
    size_t largest = activation_bytes(network, network->shape.side, STEM_CHANNELS);
    for (int i = 0; i < network->block_count; i++) {
        size_t middle = activation_bytes(network, network->blocks[i].conv2.side, network->blocks[i].conv2.channels_out);
        if (middle > largest) largest = middle;
    }
    return largest;
}

static void allocate_norm(struct network *network, struct allocation *allocation, struct norm_layer *norm)
{
    int runs = network->shape.runs;
    size_t channels = (size_t)norm->channels;
    norm->statistics =
        allocation_take(allocation, (size_t)runs * channels * device_kernels(network->device)->statistics_bytes);
    norm->affine = allocate_per_run(allocation, runs, 2 * channels);
    norm->moments = allocate_per_run(allocation, runs, 2 * channels);
    if (network->trains) norm->coefficients = allocate_per_run(allocation, runs, 3 * channels);
}

// A training network keeps every raw output; otherwise blocks take turns on three buffers.
static void allocate_activations(struct network *network, struct allocation *allocation)
{
    size_t largest = largest_activation(network);
    void *shared_middle = NULL, *shared_output[2] = {NULL, NULL};
    network->input =
        allocation_take(allocation, activation_bytes(network, network->shape.side, network->shape.channels));
    if (!network->trains) {
        shared_middle = allocation_take(allocation, largest);
        for (int i = 0; i < 2; i++) shared_output[i] = allocation_take(allocation, largest);
    }
    network->stem_output =
        network->trains ? allocation_take(allocation, activation_bytes(network, network->shape.side, STEM_CHANNELS))
                        : shared_output[1];
    const void *input = network->stem_output;
    for (int i = 0; i < network->block_count; i++) {
        struct block *block = &network->blocks[i];
        size_t bytes = activation_bytes(network, block->conv2.side, block->conv2.channels_out);
        block->input = input;
        block->middle = network->trains ? allocation_take(allocation, bytes) : shared_middle;
        block->output = network->trains ? allocation_take(allocation, bytes) : shared_output[i % 2];
        input = block->output;
    }
}

static void allocate_head(struct network *network, struct allocation *allocation)
{
    size_t rows = (size_t)network->shape.runs * (size_t)network->shape.images;
    size_t feature_bytes = rows * (size_t)network->features * sizeof(float);
    size_t logit_bytes = rows * (size_t)network->shape.classes * sizeof(float);
    network->pooled = allocation_take(allocation, feature_bytes);
    network->logits = allocation_take(allocation, logit_bytes);
    if (!network->trains) return;
    network->grad_pooled = allocation_take(allocation, feature_bytes);
    network->grad_logits = allocation_take(allocation, logit_bytes);
}

static struct status allocate_all(struct network *network)
{
    struct allocation allocation = {network->device, status_ok()};
    int runs = network->shape.runs;
    network->values = allocate_per_run(&allocation, runs, network->parameter_floats);
    network->running = allocate_per_run(&allocation, runs, network->statistic_floats);
    for (int i = 0; i < network->block_count; i++) {
        allocate_norm(network, &allocation, &network->blocks[i].norm1);
        allocate_norm(network, &allocation, &network->blocks[i].norm2);
    }
    allocate_norm(network, &allocation, &network->final_norm);
    allocate_activations(network, &allocation);
    allocate_head(network, &allocation);
    if (network->trains) {
        size_t largest = largest_activation(network);
        network->gradients = allocate_per_run(&allocation, runs, network->parameter_floats);
        for (int i = 0; i < 2; i++) network->outer_gradient[i] = allocation_take(&allocation, largest);
        for (int i = 0; i < 2; i++) network->inner_gradient[i] = allocation_take(&allocation, largest);
    }
    return allocation.status;
}

static void release_norm(struct network *network, struct norm_layer *norm)
{
    device_release(network->device, norm->statistics);
    device_release(network->device, norm->affine.data);
    device_release(network->device, norm->moments.data);
    device_release(network->device, norm->coefficients.data);
}

static void release_activations(struct network *network)
{
    struct device *device = network->device;
    device_release(device, network->input);
    if (network->trains) {
        device_release(device, network->stem_output);
        for (int i = 0; i < network->block_count; i++) {
            device_release(device, network->blocks[i].middle);
            device_release(device, network->blocks[i].output);
        }
    } else {
        device_release(device, network->blocks[0].middle);
        device_release(device, network->blocks[0].output);
        device_release(device, network->stem_output);
    }
}

// ---- public ----------------------------------------------------------------------------------------------------

static struct status check_shape(const struct network_shape *shape)
{
    if (shape->depth < 10 || (shape->depth - 4) % 6 != 0)
        return status_error(STATUS_USAGE,
                            "network depth %d: expected 6 n + 4, at least 10 (10, 16, 22, 28, 34, 40, ...)",
                            shape->depth);
    if (shape->widen < 1) return status_error(STATUS_USAGE, "network widening %d: expected at least 1", shape->widen);
    if (shape->classes < 2)
        return status_error(STATUS_USAGE, "network of %d classes: expected at least 2", shape->classes);
    return status_ok();
}

struct status network_create(struct device *device, const struct network_shape *shape, bool trains,
                             struct network **created)
{
    *created = NULL;
    struct status status = check_shape(shape);
    if (status.code != STATUS_OK) return status;
    struct network *network = calloc(1, sizeof *network);
    if (network == NULL) return status_error(STATUS_NO_MEMORY, "network: out of memory");
    network->device = device;
    network->shape = *shape;
    network->trains = trains;
    network->blocks_per_group = (shape->depth - 4) / 6;
    size_t blocks = GROUPS * (size_t)network->blocks_per_group;
    network->blocks = calloc(blocks, sizeof *network->blocks);
    network->parameters = calloc(8 * blocks + 8, sizeof *network->parameters); // at most 7 tensors a block, 5 outside
    network->statistics = calloc(4 * blocks + 2, sizeof *network->statistics);
    if (network->blocks == NULL || network->parameters == NULL || network->statistics == NULL) {
        status = status_error(STATUS_NO_MEMORY, "network of %zu blocks: out of memory", blocks);
    } else {
        add_layers(network);
        status = allocate_all(network);
    }
    if (status.code == STATUS_OK)
        *created = network;
    else
        network_destroy(network);
    return status;
}

void network_destroy(struct network *network)
{
    if (network == NULL) return;
    struct device *device = network->device;
    for (int i = 0; i < network->block_count; i++) {
        release_norm(network, &network->blocks[i].norm1);
        release_norm(network, &network->blocks[i].norm2);
    }
    release_norm(network, &network->final_norm);
    if (network->block_count > 0) release_activations(network);
    float *others[] = {network->values.data, network->gradients.data, network->running.data, network->pooled,
                       network->logits,      network->grad_pooled,    network->grad_logits};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) device_release(device, others[i]);
    for (int i = 0; i < 2; i++) {
        device_release(device, network->outer_gradient[i]);
        device_release(device, network->inner_gradient[i]);
    }
    free(network->blocks);
    free(network->parameters);
    free(network->statistics);
    free(network);
}

struct per_run network_slice(struct per_run array, size_t offset)
{
    return (struct per_run){array.data == NULL ? NULL : array.data + offset, array.stride};
}

int64_t network_parameter_count(const struct network *network)
{
    return (int64_t)network->parameter_floats;
}

struct per_run network_parameters(const struct network *network)
{
    return network->values;
}

struct per_run network_gradients(const struct network *network)
{
    return network->gradients;
}

void *network_input(const struct network *network)
{
    return network->input;
}

float *network_features(const struct network *network)
{
    return network->pooled;
}

float *network_logits(const struct network *network)
{
    return network->logits;
}

float *network_grad_logits(const struct network *network)
{
    return network->grad_logits;
}

float *network_grad_features(const struct network *network)
{
    return network->grad_pooled;
}

int network_feature_count(const struct network *network)
{
    return network->features;
}

const void *network_group_output(const struct network *network, int group, int *side, int *channels)
{
    const struct block *last = &network->blocks[group * network->blocks_per_group - 1];
    *side = last->conv2.side;
    *channels = last->conv2.channels_out;
    return last->output;
}

static double conv_multiply_adds(const struct conv_layer *conv)
{
    double side = strided(conv->side, conv->stride);
    return side * side * conv->kernel * conv->kernel * conv->channels_in * conv->channels_out;
}

double network_forward_multiply_adds(const struct network *network)
{
    double sum = conv_multiply_adds(&network->stem) + (double)network->features * network->shape.classes;
    for (int i = 0; i < network->block_count; i++) {
        const struct block *block = &network->blocks[i];
        sum += conv_multiply_adds(&block->conv1) + conv_multiply_adds(&block->conv2);
        if (block->has_shortcut) sum += conv_multiply_adds(&block->shortcut);
    }
    return sum;
}

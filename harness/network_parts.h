// network_parts.h: the inside of a network, shared by network.c (memory), network_passes.c (forward, backward) and
// network_weights.c (initialisation, state dictionaries).
#ifndef HARNESS_NETWORK_PARTS_H
#define HARNESS_NETWORK_PARTS_H

#include "harness/network.h"

enum parameter_kind {
    PARAMETER_FILTER,
    PARAMETER_GAMMA,
    PARAMETER_BETA,
    PARAMETER_LINEAR_WEIGHT,
    PARAMETER_LINEAR_BIAS
};

// One parameter tensor, in the order of PyTorch's state_dict.
struct parameter {
    char name[64];
    enum parameter_kind kind;
    int rows, columns, kernel; // filter: channels out, channels in, kernel; linear: classes, features; else rows alone
    size_t offset;             // into a run's parameters, in floats
};

// A running statistic: mean or variance of one batch norm.
struct running_statistic {
    char name[64];
    int channels;
    float initial;
    size_t offset; // into a run's running statistics
};

struct norm_layer {
    int channels, side;
    size_t gamma, beta;                    // offsets into the parameters
    size_t running_mean, running_variance; // offsets into the running statistics
    void *statistics;                      // records of the sums, forward and backward in turn
    struct per_run affine, moments, coefficients;
};

struct conv_layer {
    int channels_in, channels_out, kernel, stride;
    int side;      // of the input
    size_t filter; // offset into the parameters
};

struct block {
    struct norm_layer norm1, norm2;
    struct conv_layer conv1, conv2, shortcut;
    bool has_shortcut;
    const void *input;     // raw output of the stem or of the block before
    void *middle, *output; // raw outputs of conv1 and of conv2 plus shortcut
    // Gradients: with respect to `output`, materialised; masked, behind norm2 and norm1. Blocks share this memory, but where
    // the backend gathers the gradients of filters (kernels.h).
    void *output_gradient, *middle_gradient, *input_gradient;
};

enum { GRADIENT_BUFFERS = 4 };

struct network {
    struct device *device;
    struct network_shape shape;
    bool trains;
    int blocks_per_group, block_count, features;

    struct parameter *parameters;
    struct running_statistic *statistics;
    size_t parameter_count, statistic_count;   // tensors
    size_t parameter_floats, statistic_floats; // per run
    struct per_run values, gradients, running;

    struct conv_layer stem;
    struct block *blocks;
    struct norm_layer final_norm;
    size_t linear_weight, linear_bias;

    void *input, *stem_output;
    float *pooled, *logits, *grad_logits, *grad_pooled;
    void *stem_gradient;                      // with respect to stem_output, materialised
    void *head_gradient;                      // masked, behind the final norm
    void *gradients_memory[GRADIENT_BUFFERS]; // what the gradients of activations share; NULL: nothing is shared
};

struct per_run network_slice(struct per_run array, size_t offset);

#endif

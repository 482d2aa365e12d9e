// network.h: WideResNet-d-k (Zagoruyko and Komodakis, 2016), pre-activation, on any backend: its parameters, its
// forward and backward pass as a fixed sequence of operations. Knows kernels.h and state dictionaries, nothing of data
// sets, methods or schedules.
//
// depth = 6 n + 4; a 3x3 stem to 16 channels; three groups of n blocks, widths 16k, 32k, 64k, strides 1, 2, 2; where the
// width changes a 1x1 convolution of the activated input is the shortcut; final batch norm, ReLU, global average pool,
// linear. No biases in convolutions.
#ifndef HARNESS_NETWORK_H
#define HARNESS_NETWORK_H

#include "harness/state_dict.h"
#include "kernels/kernels.h"

struct network_shape {
    int depth, widen; // depth = 6 n + 4 >= 10, widen >= 1
    int classes;
    int side, channels; // of the input image: 32 and 3
    int runs;           // independent networks in lock step
    int images;         // the largest batch
};

struct network;

// STATUS_USAGE for an impossible depth or width; STATUS_NO_MEMORY. `trains` allocates what backward needs.
struct status network_create(struct device *device, const struct network_shape *shape, bool trains,
                             struct network **created);
void network_destroy(struct network *network); // accepts NULL

// He-normal filters with fan-out (PyTorch's kaiming_normal_, mode fan_out), gamma 1, beta 0, running mean 0 and variance 1,
// linear weight and bias uniform in +-1/sqrt(features). Draws: PURPOSE_WEIGHT_INIT by (seed, tensor number).
struct status network_initialise(struct network *network, int run, uint32_t seed);
// A fresh classifier alone, from PURPOSE_CLASSIFIER_INIT.
struct status network_initialise_classifier(struct network *network, int run, uint32_t seed);

// Parameters and running statistics under PyTorch's names. Import requires every tensor of the network with its exact
// shape; "fc.*" may be absent or of another class count when `keep_classifier` is false, and is then left as it is.
// Extra tensors are STATUS_BAD_INPUT, "num_batches_tracked" excepted.
struct status network_export(struct network *network, int run, struct state_dict *dict);
struct status network_import(struct network *network, int run, const struct state_dict *dict, bool keep_classifier);
// Any other array shaped like the parameters (momentum) under the parameters' names.
struct status network_export_like_parameters(struct network *network, int run, struct per_run array,
                                             struct state_dict *dict);
struct status network_import_like_parameters(struct network *network, int run, struct per_run array,
                                             const struct state_dict *dict);

// The flat arrays that optimisers work on.
int64_t network_parameter_count(const struct network *network); // per run
struct per_run network_parameters(const struct network *network);
struct per_run network_gradients(const struct network *network); // only with `trains`

// The input batch is the network's own buffer: runs x images x side x side x channels, filled by batch_load.
void *network_input(const struct network *network);
float *network_features(const struct network *network);      // runs x images x features: pooled, behind the last ReLU
float *network_logits(const struct network *network);        // runs x images x classes
float *network_grad_logits(const struct network *network);   // the loss writes here; only with `trains`
float *network_grad_features(const struct network *network); // or a loss of features writes here; only with `trains`
int network_feature_count(const struct network *network);

// Enqueues the forward pass over the first `images` images per run of the input.
void network_forward(struct network *network, int images, enum batchnorm_mode mode);

enum {
    NETWORK_PARAMETER_GRADIENTS = 1, // excludes NETWORK_FROM_FEATURES
    NETWORK_INPUT_GRADIENT = 2,
    NETWORK_FROM_FEATURES = 4, // begin at network_grad_features instead: the classifier has no part
};
// Enqueues the backward pass of the last forward from network_grad_logits. `wanted` chooses what is computed; the input
// gradient goes to `grad_input`, shaped like the input, or NULL.
void network_backward(struct network *network, int images, enum batchnorm_mode mode, unsigned wanted, void *grad_input);

// Raw outputs of group 1..3 of the last forward (tests localise errors with them): runs x images x h x w x c. Kept only
// by a network that `trains`.
const void *network_group_output(const struct network *network, int group, int *side, int *channels);

// Multiply-adds of one image's forward pass in convolutions and the classifier.
double network_forward_multiply_adds(const struct network *network);

#endif

// state_dict.h: named float32 tensors in host memory, in PyTorch's names and layouts (filters O I H W, linear weights
// classes x features). The common language of networks, checkpoints and safetensors files.
#ifndef HARNESS_STATE_DICT_H
#define HARNESS_STATE_DICT_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum { STATE_TENSOR_DIMENSIONS = 4 };

struct state_tensor {
    char name[64];       // "block1.layer.0.bn1.weight"
    int dimension_count; // 0 .. 4
    int64_t dimensions[STATE_TENSOR_DIMENSIONS];
    float *values; // product of the dimensions
};
struct state_dict {
    struct state_tensor *tensors;
    size_t count;
};

// Appends a zero-filled tensor; *values points into the dictionary. A name that is there already is STATUS_BAD_INPUT.
struct status state_dict_add(struct state_dict *dict, const char *name, int dimension_count, const int64_t *dimensions,
                             float **values);
// NULL when absent.
const struct state_tensor *state_dict_find(const struct state_dict *dict, const char *name);
size_t state_tensor_length(const struct state_tensor *tensor); // product of the dimensions
void state_dict_destroy(struct state_dict *dict);              // leaves it empty; accepts an empty one

#endif

// augmentation_parts.h: the inside of an augmentation model, shared by augmentation_model.c and augmentation_passes.c.
#ifndef HARNESS_AUGMENTATION_PARTS_H
#define HARNESS_AUGMENTATION_PARTS_H

#include "harness/augmentation_model.h"

// One primitive. All arrays are in device memory.
struct augmentation_part {
    bool present;
    struct mlp_shape shape;       // rows: the largest batch
    size_t mlp_place, gate_place; // in the flat array of parameters
    struct squash_range ranges[SQUASH_COLUMNS_LIMIT];
    float *saved, *raw;          // of the MLP
    float *values, *grad_values; // images x outputs
    float *gates, *grad_gates;   // images
    float *deformed;             // images x 32 x 32 x 3: behind this primitive
};

struct augmentation_model {
    struct device *device;
    struct augmentation_settings settings;
    int images;
    size_t count; // of all parameters
    struct per_run parameters, gradients;
    float *noise, *uniforms, *epsilon; // draws of the last forward
    float *clean;                      // its images
    float *grad_spare;                 // images: gradients go back and forth between this and the caller's
    struct augmentation_part parts[PRIMITIVE_COUNT];
};

#endif

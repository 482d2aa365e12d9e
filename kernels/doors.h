// doors.h: one typed function per operation, so that the compiler checks what an operation is given. Part of kernels.h.
#ifndef KERNELS_DOORS_H
#define KERNELS_DOORS_H

#include "kernels/kernels.h"

static inline void batch_load(struct device *device, const struct batch_load *settings)
{
    device_execute(device, OPERATION_BATCH_LOAD, settings);
}
static inline void batch_gather(struct device *device, const struct batch_gather *settings)
{
    device_execute(device, OPERATION_BATCH_GATHER, settings);
}
static inline void image_corrupt(struct device *device, const struct image_corrupt *settings)
{
    device_execute(device, OPERATION_IMAGE_CORRUPT, settings);
}
static inline void image_normalise(struct device *device, const struct image_normalise *settings)
{
    device_execute(device, OPERATION_IMAGE_NORMALISE, settings);
}
static inline void augmix_views(struct device *device, const struct augmix_views *settings)
{
    device_execute(device, OPERATION_AUGMIX_VIEWS, settings);
}
static inline void image_to_unit(struct device *device, const struct image_to_unit *settings)
{
    device_execute(device, OPERATION_IMAGE_TO_UNIT, settings);
}
static inline void unit_to_activation(struct device *device, const struct unit_to_activation *settings)
{
    device_execute(device, OPERATION_UNIT_TO_ACTIVATION, settings);
}
static inline void unit_to_activation_backward(struct device *device,
                                               const struct unit_to_activation_backward *settings)
{
    device_execute(device, OPERATION_UNIT_TO_ACTIVATION_BACKWARD, settings);
}
static inline void augmentation_draw(struct device *device, const struct augmentation_draw *settings)
{
    device_execute(device, OPERATION_AUGMENTATION_DRAW, settings);
}
static inline void mlp_forward(struct device *device, const struct mlp_forward *settings)
{
    device_execute(device, OPERATION_MLP_FORWARD, settings);
}
static inline void mlp_backward(struct device *device, const struct mlp_backward *settings)
{
    device_execute(device, OPERATION_MLP_BACKWARD, settings);
}
static inline void squash_forward(struct device *device, const struct squash_forward *settings)
{
    device_execute(device, OPERATION_SQUASH_FORWARD, settings);
}
static inline void squash_backward(struct device *device, const struct squash_backward *settings)
{
    device_execute(device, OPERATION_SQUASH_BACKWARD, settings);
}
static inline void gate_forward(struct device *device, const struct gate_forward *settings)
{
    device_execute(device, OPERATION_GATE_FORWARD, settings);
}
static inline void gate_backward(struct device *device, const struct gate_backward *settings)
{
    device_execute(device, OPERATION_GATE_BACKWARD, settings);
}
static inline void deform_forward(struct device *device, const struct deform_forward *settings)
{
    device_execute(device, OPERATION_DEFORM_FORWARD, settings);
}
static inline void deform_backward(struct device *device, const struct deform_backward *settings)
{
    device_execute(device, OPERATION_DEFORM_BACKWARD, settings);
}
static inline void conv_forward(struct device *device, const struct conv_forward *settings)
{
    device_execute(device, OPERATION_CONV_FORWARD, settings);
}
static inline void conv_backward_data(struct device *device, const struct conv_backward_data *settings)
{
    device_execute(device, OPERATION_CONV_BACKWARD_DATA, settings);
}
static inline void conv_backward_filter(struct device *device, const struct conv_backward_filter *settings)
{
    device_execute(device, OPERATION_CONV_BACKWARD_FILTER, settings);
}
static inline void batchnorm_finalise(struct device *device, const struct batchnorm_finalise *settings)
{
    device_execute(device, OPERATION_BATCHNORM_FINALISE, settings);
}
static inline void batchnorm_backward(struct device *device, const struct batchnorm_backward *settings)
{
    device_execute(device, OPERATION_BATCHNORM_BACKWARD, settings);
}
static inline void residual_join(struct device *device, const struct residual_join *settings)
{
    device_execute(device, OPERATION_RESIDUAL_JOIN, settings);
}
static inline void pool_forward(struct device *device, const struct pool_forward *settings)
{
    device_execute(device, OPERATION_POOL_FORWARD, settings);
}
static inline void pool_backward(struct device *device, const struct pool_backward *settings)
{
    device_execute(device, OPERATION_POOL_BACKWARD, settings);
}
static inline void linear_forward(struct device *device, const struct linear_forward *settings)
{
    device_execute(device, OPERATION_LINEAR_FORWARD, settings);
}
static inline void linear_backward(struct device *device, const struct linear_backward *settings)
{
    device_execute(device, OPERATION_LINEAR_BACKWARD, settings);
}
static inline void softmax_cross_entropy(struct device *device, const struct softmax_cross_entropy *settings)
{
    device_execute(device, OPERATION_SOFTMAX_CROSS_ENTROPY, settings);
}
static inline void augmix_loss(struct device *device, const struct augmix_loss *settings)
{
    device_execute(device, OPERATION_AUGMIX_LOSS, settings);
}
static inline void non_saturating_loss(struct device *device, const struct non_saturating_loss *settings)
{
    device_execute(device, OPERATION_NON_SATURATING_LOSS, settings);
}
static inline void feature_distance_loss(struct device *device, const struct feature_distance_loss *settings)
{
    device_execute(device, OPERATION_FEATURE_DISTANCE_LOSS, settings);
}
static inline void kl_loss(struct device *device, const struct kl_loss *settings)
{
    device_execute(device, OPERATION_KL_LOSS, settings);
}
static inline void sgd_update(struct device *device, const struct sgd_update *settings)
{
    device_execute(device, OPERATION_SGD_UPDATE, settings);
}
static inline void adamw_update(struct device *device, const struct adamw_update *settings)
{
    device_execute(device, OPERATION_ADAMW_UPDATE, settings);
}
static inline void gradient_clip(struct device *device, const struct gradient_clip *settings)
{
    device_execute(device, OPERATION_GRADIENT_CLIP, settings);
}
static inline void step_advance(struct device *device, const struct step_advance *settings)
{
    device_execute(device, OPERATION_STEP_ADVANCE, settings);
}

#endif

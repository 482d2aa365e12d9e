// reference.h: the definition of every operation of kernels.h, in plain loops with double accumulators. Slow on
// purpose: nothing here is blocked, threaded or contracted, so that it can be read beside the formulas. Other CPU
// backends may put any of these functions into their own tables where speed does not matter.
#ifndef KERNELS_REFERENCE_REFERENCE_H
#define KERNELS_REFERENCE_REFERENCE_H

#include "kernels/kernels.h"

// One channel's record. Forward: mean and sum of squared deviations from it. Backward: sum of g and sum of g * x.
struct statistics_reference {
    double first, second;
};

extern const struct kernels kernels_reference;

void batch_load_reference(struct device *device, const void *settings);
void batch_gather_reference(struct device *device, const void *settings);
void image_corrupt_reference(struct device *device, const void *settings);
void image_normalise_reference(struct device *device, const void *settings);
void augmix_views_reference(struct device *device, const void *settings);
void image_to_unit_reference(struct device *device, const void *settings);
void unit_to_activation_reference(struct device *device, const void *settings);
void unit_to_activation_backward_reference(struct device *device, const void *settings);
void augmentation_draw_reference(struct device *device, const void *settings);
void mlp_forward_reference(struct device *device, const void *settings);
void mlp_backward_reference(struct device *device, const void *settings);
void squash_forward_reference(struct device *device, const void *settings);
void squash_backward_reference(struct device *device, const void *settings);
void gate_forward_reference(struct device *device, const void *settings);
void gate_backward_reference(struct device *device, const void *settings);
void deform_forward_reference(struct device *device, const void *settings);
void deform_backward_reference(struct device *device, const void *settings);
void conv_forward_reference(struct device *device, const void *settings);
void conv_backward_data_reference(struct device *device, const void *settings);
void conv_backward_filter_reference(struct device *device, const void *settings);
void batchnorm_finalise_reference(struct device *device, const void *settings);
void batchnorm_backward_reference(struct device *device, const void *settings);
void residual_join_reference(struct device *device, const void *settings);
void pool_forward_reference(struct device *device, const void *settings);
void pool_backward_reference(struct device *device, const void *settings);
void linear_forward_reference(struct device *device, const void *settings);
void linear_backward_reference(struct device *device, const void *settings);
void softmax_cross_entropy_reference(struct device *device, const void *settings);
void augmix_loss_reference(struct device *device, const void *settings);
void non_saturating_loss_reference(struct device *device, const void *settings);
void feature_distance_loss_reference(struct device *device, const void *settings);
void kl_loss_reference(struct device *device, const void *settings);
void sgd_update_reference(struct device *device, const void *settings);
void adamw_update_reference(struct device *device, const void *settings);
void gradient_clip_reference(struct device *device, const void *settings);
void step_advance_reference(struct device *device, const void *settings);

#endif
